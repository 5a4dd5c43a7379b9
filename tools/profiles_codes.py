"""Value sets and code systems, expanded as far as the packages hold them."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
Definitions = dict[tuple[str, str], Json]
Expanded = dict[str, list[str] | None]


class MissingError(Exception):
    """A definition that is needed is in none of the packages."""


class Codes:
    """Expands value sets; the codes of a system are None when the packages cannot tell them.

    Args:
        definitions: of the packages that were read.
        known: what was restated of R4 before: `valueSets` and `codeSystems`.
    """

    def __init__(self, definitions: Definitions, known: Json) -> None:
        self._definitions, self._known = definitions, known

    def complete(self, system: str) -> list[str] | None:
        """Return all codes of a code system, sorted; None: the packages do not have them all."""
        found = self._definitions.get(("CodeSystem", system))
        if found is None:
            known: list[str] | None = self._known.get("codeSystems", {}).get(system)
            return known
        if found.get("content") != "complete":
            return None
        return sorted({code for code, _concept in _concepts(found.get("concept", []))})

    def systems(self, url: str) -> list[str]:
        """Return the code systems that a value set takes from, itself or through others."""
        found = self._definitions.get(("ValueSet", url.partition("|")[0]), {})
        made: set[str] = set()
        for part in found.get("compose", {}).get("include", []):
            made |= {part["system"]} if "system" in part else set()
            for other in part.get("valueSet", []):
                made.update(self.systems(other))
        return sorted(made)

    def expanded(self, url: str) -> Expanded | None:
        """Return the codes of a value set per system; None: the packages do not have it."""
        url = url.partition("|")[0]
        found = self._definitions.get(("ValueSet", url))
        if found is None:
            known: Expanded | None = self._known.get("valueSets", {}).get(url)
            return known
        made: dict[str, set[str] | None] = {}
        compose = found.get("compose", {})
        for part in compose.get("include", []):
            included = self._included(part)
            if included is None:
                return None
            for system, some in included.items():
                before = made.setdefault(system, set())
                made[system] = None if some is None or before is None else before | set(some)
        for part in compose.get("exclude", []):
            for system, some in (self._included(part) or {}).items():
                made[system] = (made.get(system) or set()) - set(some or ())
        return {s: None if c is None else sorted(c) for s, c in sorted(made.items())}

    def _included(self, part: Json) -> Expanded | None:
        """Return the codes of one part; None: it names a value set that is not there."""
        made: Expanded = {}
        for url in part.get("valueSet", []):
            below = self.expanded(url)
            if below is None:
                return None
            made |= below
        system = part.get("system")
        if system is None:
            return made
        if "concept" in part:
            return {**made, system: [c["code"] for c in part["concept"]]}
        return {**made, system: self._filtered(system, part.get("filter", []))}

    def _filtered(self, system: str, filters: list[Json]) -> list[str] | None:
        codes = self.complete(system)
        if codes is None:
            return None
        if filters and ("CodeSystem", system) not in self._definitions:
            raise MissingError(f"{system}: its hierarchy is asked for; is it of R4? Then --core.")
        found = self._definitions.get(("CodeSystem", system), {})
        concepts = dict(_concepts(found.get("concept", [])))
        for one in filters:
            if one["property"] != "concept" or one["op"] not in ("is-a", "descendent-of"):
                return None
            top = concepts.get(one["value"])
            below = {code for code, _concept in _concepts([top])} if top else set()
            below |= _children(concepts, one["value"])
            if one["op"] != "is-a":
                below.discard(one["value"])
            codes = [code for code in codes if code in below]
        return codes


def _concepts(concepts: list[Json]) -> list[tuple[str, Json]]:
    found = []
    for concept in concepts:
        found.append((concept["code"], concept))
        found += _concepts(concept.get("concept", []))
    return found


def _children(concepts: dict[str, Json], code: str) -> set[str]:
    """Return what says by a property that it is below a code, however far (v3 code systems)."""
    found = {code}
    while True:
        more = {
            c
            for c, concept in concepts.items()
            for p in concept.get("property", [])
            if p["code"] == "subsumedBy" and p.get("valueCode") in found
        } - found
        if not more:
            return found
        found |= more
