"""What KT 2.0 can hold, as far as a rule can be wrong about it: types, elements, closed codes."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from kt_migrate.conformance import known_types, newest_version
from kt_migrate.conformance.building import root_of
from kt_migrate.conformance.packages import Codes, Package, Profile, package
from kt_migrate.conformance.service import team_roles

Systems = dict[str, frozenset[str]]

_BY_THE_SERVICE = "CareTeam.participant.role"
_HELD = frozenset({"required", "extensible"})
"""Bindings that a code outside them breaks: of an extensible one KT 2.0 has all that it uses."""


def types() -> list[str]:
    """Return the types of KT 2.0 that a rule can make."""
    return sorted(known_types())


def elements(target: str) -> dict[str, bool]:
    """Return the elements of a type; whether KT 2.0 allows each."""
    children = root_of(newest_version(), target).children()
    return {name: node.maximum != 0 for name, node in children.items() if name != "resourceType"}


@lru_cache(maxsize=256)
def codes(target: str, element: str) -> frozenset[str]:
    """Return the codes that an element of KT 2.0 may have; empty: any.

    Args:
        target: a type of `types`.
        element: its element, `participant.type` too.
    """
    known, profile = _profile(target)
    facts = profile.elements.get(element, {})
    if facts.get("types") != ["code"] or facts.get("strength", "required") != "required":
        return frozenset()
    if isinstance(facts.get("fixed"), str):
        return frozenset({facts["fixed"]})
    systems = known.value_sets.get(facts.get("set", "")) or {}
    if None in systems.values():
        return frozenset()
    return frozenset(code for some in systems.values() if some is not None for code in some)


@lru_cache(maxsize=256)
def codings(target: str, element: str) -> Systems:
    """Return the codes that an element may have per code system; empty: any."""
    if f"{target}.{element}" == _BY_THE_SERVICE:
        return _closed(team_roles(newest_version())[1])
    known, profile = _profile(target)
    facts = profile.elements.get(element, {})
    slicing = facts.get("slicing", {})
    if slicing.get("rules") == "closed":
        found: Systems = {}
        for _name, path in profile.slices.get(element, []):
            found |= _of(known, profile.elements[path])
        return found
    return _of(known, facts)


def _of(known: Package, facts: dict[str, Any]) -> Systems:
    fixed = facts.get("fixed") or facts.get("pattern")
    if isinstance(fixed, dict):
        return _fixed(fixed)
    if not {"Coding", "CodeableConcept"} & {*facts.get("types", [])}:
        return {}
    if facts.get("strength", "required") not in _HELD:
        return {}
    return _closed(known.value_sets.get(facts.get("set", "")) or {})


def _closed(systems: Codes) -> Systems:
    """Return the codes, when each system is known whole; else nothing can be wrong."""
    whole = {system: some for system, some in systems.items() if some is not None}
    return whole if len(whole) == len(systems) else {}


def _fixed(fixed: dict[str, Any]) -> Systems:
    inner = fixed.get("coding")
    if isinstance(inner, list):
        return _fixed(inner[0])
    system, code = fixed.get("system"), fixed.get("code")
    return {system: frozenset({code})} if isinstance(system, str) and isinstance(code, str) else {}


def _profile(target: str) -> tuple[Package, Profile]:
    known = package(newest_version())
    return known, known.profiles[known.types[target]]
