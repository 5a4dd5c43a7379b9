"""Good resources, the limits as they lie in the package, and how to break the one by the other."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

from golden import golden
from kt_migrate.conformance import check
from kt_migrate.model import Resource

DATA = Path(__file__).parents[2] / "src/kt_migrate/conformance"
OWN, R4 = (
    json.loads(DATA.joinpath(f"{name}.json").read_text("utf-8"))
    for name in ("koppeltaalv2.00-0.16.3", "r4-4.0.1")
)
VALUE_SETS: dict[str, dict[str, list[str] | None] | None] = {**R4["valueSets"], **OWN["valueSets"]}
Found = set[tuple[str, str]]


def value_set(name: str) -> dict[str, list[str] | None]:
    """Return the codes per system of the value set whose url ends so."""
    (found,) = (codes for url, codes in VALUE_SETS.items() if url.endswith(name))
    assert found
    return found


def limit(facts: dict[str, Any]) -> dict[str, Any]:
    """Return what is asked of a root element: min, max, list, types, codes, targets, fixed."""
    types = facts.get("types", [])
    codes = VALUE_SETS.get(facts["set"]) if facts.get("set") and "strength" not in facts else {}
    return {
        "min": facts.get("min", 0),
        "max": facts.get("max", 1),
        "list": facts.get("list", False),
        "types": [t if isinstance(t, str) else t["code"] for t in types],
        "codes": sorted(code for some in (codes or {}).values() for code in some or ()),
        "targets": [x for t in types if isinstance(t, dict) for x in t.get("targets", [])],
        "fixed": facts.get("fixed"),
    }


LIMITS = {
    r4_type: {
        path: limit(facts)
        for path, facts in OWN["profiles"][url]["elements"].items()
        if path and "." not in path and ":" not in path
    }
    for r4_type, url in OWN["types"].items()
}
"""Of every root element of every type."""


GOOD: dict[str, Resource] = {
    str(r["resourceType"]): r for r in sorted(golden(), key=lambda r: len(json.dumps(r)))
}
"""The longest golden resource of each type."""


def good(r4_type: str, **changes: object) -> Resource:
    """Return a good resource with these elements instead of its own."""
    return {**copy.deepcopy(GOOD[r4_type]), **changes}  # type: ignore[dict-item]  # as odd as a test asks


def problems(resource: Resource, *, incoming: bool = True) -> Found:
    """Return (path, rule) of what is wrong."""
    issues = check(resource, incoming=incoming)
    assert all(issue.code == "profile-violation" for issue in issues)
    assert len(set(issues)) == len(issues)
    return {(issue.path, issue.detail) for issue in issues}


def names(element: str, types: list[str]) -> list[str]:
    """Return an element's names in JSON: one per type for `value[x]`."""
    if not element.endswith("[x]"):
        return [element]
    return [element[:-3] + t[0].upper() + t[1:] for t in types]


def elements(**wanted: object) -> list[tuple[str, str, dict[str, object]]]:
    """Return (type, element, limit) of the root elements whose limit says so, of types in GOOD."""
    return [
        (r4_type, name, limit)
        for r4_type, found in LIMITS.items()
        if r4_type in GOOD
        for element, limit in found.items()
        if "." not in element and all(limit.get(k, False) == v for k, v in wanted.items())
        for name in names(element, limit["types"])
    ]
