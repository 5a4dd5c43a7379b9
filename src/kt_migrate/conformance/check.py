"""Walks a resource along its profile's limits. Says what is wrong, never what the value is."""

from __future__ import annotations

from datetime import datetime

from kt_migrate.conformance.datatypes import COMPLEX, fits
from kt_migrate.conformance.limits import (
    PROFILE_PACKAGE,
    PROFILE_VERSION,
    Limit,
    known_types,
    limits_of,
)
from kt_migrate.conformance.rules import rules_for
from kt_migrate.model import PROFILE_BASE, Issue, Json, Resource

__all__ = ["PROFILE_PACKAGE", "PROFILE_VERSION", "check"]

Problem = tuple[str, str]


def check(resource: Resource, *, incoming: bool = True) -> tuple[Issue, ...]:
    """Check one resource against KT 2.0's limits.

    Args:
        resource: FHIR JSON. References may be literal (`Patient/1`) or conditional.
        incoming: whether it is on its way to the server: then it may hold no id and no
            resource-origin, which the server gives.

    Returns:
        What is wrong: code `profile-violation`, the FHIR path, and the rule in `detail`. Empty
        is good.
    """
    r4_type = resource.get("resourceType")
    if not isinstance(r4_type, str) or r4_type not in known_types():
        return (Issue(code="profile-violation", detail="unknown-type"),)
    found: list[Problem] = []
    _profile(found, resource, r4_type)
    _elements(found, resource, limits_of(r4_type), r4_type, root=True)
    found.extend(rules_for(resource, r4_type, incoming=incoming))
    unique = dict.fromkeys(found)
    return tuple(Issue(code="profile-violation", path=p, detail=d) for p, d in unique)


# Each of these adds what it finds to a list. As generators they would take twice the time: a
# resource has a hundred elements, a domain a million resources, and hardly anything is found.


def _profile(found: list[Problem], resource: Resource, r4_type: str) -> None:
    meta = resource.get("meta")
    profiles = meta.get("profile") if isinstance(meta, dict) else None
    if not isinstance(profiles, list) or PROFILE_BASE + r4_type not in profiles:
        found.append((f"{r4_type}.meta.profile", "kt2-profile"))


def _elements(
    found: list[Problem], value: dict[str, Json], limits: dict[str, Limit], path: str, *, root: bool
) -> None:
    for name, child in value.items():
        limit = limits.get(name)
        if limit is not None:
            _element(found, child, limit, f"{path}.{name}")
        elif not (name == "resourceType" and root):
            plain = name.removeprefix("_")
            if plain not in limits:
                found.append((f"{path}.{plain}", "unknown-element"))
    for name, limit in limits.items():
        if limit.minimum and name not in value and f"_{name}" not in value:
            found.append((f"{path}.{name}", "min"))


def _element(found: list[Problem], value: Json, limit: Limit, path: str) -> None:
    if isinstance(value, list) != limit.repeats:
        found.append((path, "cardinality"))
        return
    values = value if isinstance(value, list) else [value]
    if not values or len(values) < limit.minimum:
        found.append((path, "min"))
    if limit.maximum is not None and len(values) > limit.maximum:
        found.append((path, "max"))
        return
    for item in values:
        _item(found, item, limit, path)


def _item(found: list[Problem], item: Json, limit: Limit, path: str) -> None:
    if limit.fixed is not None and item != limit.fixed:
        found.append((path, "fixed"))
    elif limit.codes and limit.types == ("code",) and str(item) not in limit.codes:
        found.append((path, "code"))
    elif limit.types == ("BackboneElement",):
        if isinstance(item, dict) and item:
            _elements(found, item, limit.children, path, root=False)
        else:
            found.append((path, "type"))
    elif limit.types:
        _typed(found, item, limit.types[0], path)
        if limit.targets and limit.types[0] == "Reference":
            _target(found, item, limit.targets, path)


def _typed(found: list[Problem], item: Json, datatype: str, path: str) -> None:
    if datatype in COMPLEX:
        if isinstance(item, dict) and item:
            _complex(found, item, datatype, path)
        else:
            found.append((path, "type"))
    elif datatype == "boolean":
        if not isinstance(item, bool):
            found.append((path, "type"))
    elif datatype in ("integer", "positiveInt", "decimal"):
        if isinstance(item, (bool, str, list, dict)) or item is None:
            found.append((path, "type"))
    elif datatype != "Resource":
        _text(found, item, datatype, path)


def _text(found: list[Problem], item: Json, datatype: str, path: str) -> None:
    if not isinstance(item, str):
        found.append((path, "type"))
    elif not fits(item, datatype):
        found.append((path, "format"))


def _complex(found: list[Problem], item: dict[str, Json], datatype: str, path: str) -> None:
    shape = COMPLEX[datatype]
    for name, child in item.items():
        member = shape.get(name)
        if member is not None:
            _member(found, child, member, f"{path}.{name}", beside=f"_{name}" in item)
            continue
        plain = name.removeprefix("_")
        if plain == "extension":
            _extensions(found, child, f"{path}.extension")
        elif plain not in shape and plain != "id":
            found.append((f"{path}.{plain}", "unknown-element"))
    if datatype == "Period":
        _period(found, item, path)


def _member(
    found: list[Problem],
    child: Json,
    member: tuple[str, bool, tuple[str, ...]],
    path: str,
    *,
    beside: bool,
) -> None:
    """Check one element of a datatype; `beside`: it has extensions, so null may stand for it."""
    datatype, repeats, codes = member
    if isinstance(child, list) != repeats or child == []:
        found.append((path, "cardinality"))
        return
    for value in child if isinstance(child, list) else [child]:
        if value is None and beside:
            continue
        if codes and value not in codes:
            found.append((path, "code"))
        else:
            _typed(found, value, datatype, path)


def _extensions(found: list[Problem], value: Json, path: str) -> None:
    if not isinstance(value, list) or not value:
        found.append((path, "cardinality"))
        return
    for extension in value:
        if not isinstance(extension, dict) or not isinstance(extension.get("url"), str):
            found.append((path, "type"))
        else:
            _complex(found, extension, "Extension", path)


def _period(found: list[Problem], item: dict[str, Json], path: str) -> None:
    start, end = item.get("start"), item.get("end")
    if isinstance(start, str) and isinstance(end, str) and _reversed(start, end):
        found.append((path, "per-1"))


def _reversed(start: str, end: str) -> bool:
    """Compare two moments by their zones, anything else by what both of them say.

    Cutting the first is enough: a shorter one never comes after what begins with it.
    """
    if "T" in start and "T" in end:
        try:
            return datetime.fromisoformat(start) > datetime.fromisoformat(end)
        except (ValueError, TypeError):
            return False
    return start[: len(end)] > end


def _target(found: list[Problem], item: Json, targets: frozenset[str], path: str) -> None:
    if not isinstance(item, dict):
        return
    reference, named = item.get("reference"), item.get("type")
    if isinstance(reference, str):
        parts = reference.partition("?")[0].partition("#")[0].split("/")
        r4_type = parts[-2:][0]
    elif isinstance(named, str):
        r4_type = named
    else:
        if "identifier" not in item:
            found.append((path, "reference"))
        return
    if r4_type not in targets:
        found.append((path, "target"))
    if isinstance(named, str) and isinstance(reference, str) and named != r4_type:
        found.append((path, "target"))
