"""Good resources, the limits as they lie in the package, and how to break the one by the other."""

from __future__ import annotations

import copy
import json
from pathlib import Path

from golden import golden
from kt_migrate.conformance import check
from kt_migrate.model import Resource

LIMITS = json.loads(
    Path(__file__)
    .parents[2]
    .joinpath("src/kt_migrate/conformance/kt2-0.16.3.json")
    .read_text("utf-8")
)["types"]
Found = set[tuple[str, str]]


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
