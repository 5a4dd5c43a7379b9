"""The elements of a StructureDefinition's snapshot, restated: what is not said is the default."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Json = dict[str, Any]

SYSTEM = "http://hl7.org/fhirpath/System."
DISCRIMINATORS = {
    ("value", "url"),
    ("value", "$this"),
    ("value", "use"),
    ("pattern", "code"),
    ("profile", "$this"),
    ("profile", "member.resolve()"),
    ("type", "$this"),
}
"""Those that `conformance/slices.py` can tell apart."""


class UnknownShapeError(Exception):
    """A profile says something that the check does not know how to follow."""


def elements_of(definition: Json, type_of: Callable[[str], str]) -> Json:
    """Return {type, base, context?, elements: {path below the root: facts}}.

    Facts: `min` (0), `max` (1; null: no bound), `list` (false), `types` (names, or code with
    profiles and targets), `fixed`, `pattern`, `set` and `strength` of a binding, `slicing`,
    `rules` (keys of invariants). What stands under a forbidden element is left out.
    """
    made: Json = {"type": definition["type"], "elements": {}}
    if definition["type"] == "Extension" and definition.get("derivation") == "constraint":
        made["context"] = [[c["type"], c["expression"]] for c in definition.get("context", [])]
    forbidden: list[str] = []
    for element in definition["snapshot"]["element"]:
        path = element["id"].partition(".")[2]
        if any(path.startswith(f"{above}.") for above in forbidden):
            continue
        if element["max"] == "0" and path:
            forbidden.append(path)
        if path or definition["kind"] != "primitive-type":
            made["elements"][path] = _facts(element, type_of)
        elif definition["kind"] == "primitive-type":
            made["elements"][""] = {}
    if definition["kind"] == "primitive-type":
        made["elements"].pop("value", None)
        made["primitive"] = True
    return made


def _facts(element: Json, type_of: Callable[[str], str]) -> Json:
    if "contentReference" in element:
        raise UnknownShapeError(f"{element['id']}: it is told of elsewhere (contentReference)")
    most = element["max"]
    facts: Json = {
        "min": element["min"],
        "list": element.get("base", element)["max"] not in ("0", "1"),
        "types": [_type(t, type_of) for t in element.get("type", [])],
        "slicing": _slicing(element) if "slicing" in element else {},
        "rules": [r["key"] for r in element.get("constraint", []) if _counts(r)],
    }
    made = {name: value for name, value in facts.items() if value not in (0, [], {})}
    if most != "1":
        made["max"] = None if most == "*" else int(most)
    return {**made, **_values(element)}


def _values(element: Json) -> Json:
    """Return what is said of the value: `fixed`, `pattern`, `set` and `strength`."""
    made: Json = {}
    for name, value in element.items():
        for kind in ("fixed", "pattern"):
            if name.startswith(kind) and name != kind:
                made[kind] = value
    binding = element.get("binding", {})
    if binding.get("strength") in ("required", "extensible") and "valueSet" in binding:
        made["set"] = binding["valueSet"].partition("|")[0]
        if binding["strength"] != "required":
            made["strength"] = binding["strength"]
    return made


def _counts(rule: Json) -> bool:
    return bool(rule["severity"] == "error" and rule["key"] != "ele-1")


def _type(kind: Json, type_of: Callable[[str], str]) -> Json | str:
    code = kind["code"]
    if code.startswith(SYSTEM):
        code = next(
            (e["valueUrl"] for e in kind.get("extension", []) if e["url"].endswith("fhir-type")),
            "string",
        )
    made: Json = {}
    if kind.get("profile"):
        made["profiles"] = [p.partition("|")[0] for p in kind["profile"]]
    targets = sorted({type_of(p.partition("|")[0]) for p in kind.get("targetProfile", [])})
    if targets and targets != ["Resource"]:
        made["targets"] = targets
        made["targetProfiles"] = sorted(p.partition("|")[0] for p in kind["targetProfile"])
    return {"code": code, **made} if made else code


def _slicing(element: Json) -> Json:
    by = [[d["type"], d["path"]] for d in element["slicing"].get("discriminator", [])]
    for kind, path in by:
        if (kind, path) not in DISCRIMINATORS:
            raise UnknownShapeError(f"{element['id']}: {kind} {path}")
    return {"by": by, "rules": element["slicing"].get("rules", "open")}
