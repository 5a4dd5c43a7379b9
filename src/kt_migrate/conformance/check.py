"""Walks a resource along its profile's limits. Says what is wrong, never what the value is."""

from __future__ import annotations

from collections.abc import Iterator
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
    problems = [
        *_profile(resource, r4_type),
        *_elements(resource, limits_of(r4_type), r4_type, root=True),
        *rules_for(resource, r4_type, incoming=incoming),
    ]
    unique = dict.fromkeys(problems)
    return tuple(Issue(code="profile-violation", path=p, detail=d) for p, d in unique)


def _profile(resource: Resource, r4_type: str) -> Iterator[Problem]:
    meta = resource.get("meta")
    profiles = meta.get("profile") if isinstance(meta, dict) else None
    if not isinstance(profiles, list) or PROFILE_BASE + r4_type not in profiles:
        yield f"{r4_type}.meta.profile", "kt2-profile"


def _elements(
    value: dict[str, Json], limits: dict[str, Limit], path: str, *, root: bool
) -> Iterator[Problem]:
    for name, child in value.items():
        if name == "resourceType" and root:
            continue
        plain = name.removeprefix("_")
        limit = limits.get(plain)
        if limit is None:
            yield f"{path}.{plain}", "unknown-element"
        elif name == plain:
            yield from _element(child, limit, f"{path}.{name}")
    for name, limit in limits.items():
        if limit.minimum and name not in value and f"_{name}" not in value:
            yield f"{path}.{name}", "min"


def _element(value: Json, limit: Limit, path: str) -> Iterator[Problem]:
    if isinstance(value, list) != limit.repeats:
        yield path, "cardinality"
        return
    values = value if isinstance(value, list) else [value]
    if not values or len(values) < limit.minimum:
        yield path, "min"
    if limit.maximum is not None and len(values) > limit.maximum:
        yield path, "max"
        return
    for item in values:
        yield from _item(item, limit, path)


def _item(item: Json, limit: Limit, path: str) -> Iterator[Problem]:
    if limit.fixed is not None and item != limit.fixed:
        yield path, "fixed"
    elif limit.codes and limit.types == ("code",) and str(item) not in limit.codes:
        yield path, "code"
    elif limit.types == ("BackboneElement",):
        if isinstance(item, dict) and item:
            yield from _elements(item, limit.children, path, root=False)
        else:
            yield path, "type"
    elif limit.types:
        yield from _typed(item, limit.types[0], path)
        if limit.targets and limit.types[0] == "Reference":
            yield from _target(item, limit.targets, path)


def _typed(item: Json, datatype: str, path: str) -> Iterator[Problem]:
    if datatype in COMPLEX:
        if isinstance(item, dict) and item:
            yield from _complex(item, datatype, path)
        else:
            yield path, "type"
    elif datatype == "boolean":
        if not isinstance(item, bool):
            yield path, "type"
    elif datatype in ("integer", "positiveInt", "decimal"):
        if isinstance(item, (bool, str, list, dict)) or item is None:
            yield path, "type"
    elif datatype != "Resource":
        yield from _text(item, datatype, path)


def _text(item: Json, datatype: str, path: str) -> Iterator[Problem]:
    if not isinstance(item, str):
        yield path, "type"
    elif not fits(item, datatype):
        yield path, "format"


def _complex(item: dict[str, Json], datatype: str, path: str) -> Iterator[Problem]:
    shape = COMPLEX[datatype]
    for name, child in item.items():
        plain = name.removeprefix("_")
        if plain == "extension":
            yield from _extensions(child, f"{path}.extension")
        elif plain not in shape:
            if plain != "id":
                yield f"{path}.{plain}", "unknown-element"
        elif name == plain:
            beside = f"_{name}" in item
            yield from _member(child, shape[plain], f"{path}.{name}", beside=beside)
    if datatype == "Period":
        yield from _period(item, path)


def _member(
    child: Json, member: tuple[str, bool, tuple[str, ...]], path: str, *, beside: bool
) -> Iterator[Problem]:
    """Check one element of a datatype; `beside`: it has extensions, so null may stand for it."""
    datatype, repeats, codes = member
    if isinstance(child, list) != repeats or child == []:
        yield path, "cardinality"
        return
    for value in child if isinstance(child, list) else [child]:
        if value is None and beside:
            continue
        if codes and value not in codes:
            yield path, "code"
        else:
            yield from _typed(value, datatype, path)


def _extensions(value: Json, path: str) -> Iterator[Problem]:
    if not isinstance(value, list) or not value:
        yield path, "cardinality"
        return
    for extension in value:
        if not isinstance(extension, dict) or not isinstance(extension.get("url"), str):
            yield path, "type"
        else:
            yield from _complex(extension, "Extension", path)


def _period(item: dict[str, Json], path: str) -> Iterator[Problem]:
    start, end = item.get("start"), item.get("end")
    if isinstance(start, str) and isinstance(end, str) and _reversed(start, end):
        yield path, "per-1"


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


def _target(item: Json, targets: frozenset[str], path: str) -> Iterator[Problem]:
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
            yield path, "reference"
        return
    if r4_type not in targets:
        yield path, "target"
    if isinstance(named, str) and isinstance(reference, str) and named != r4_type:
        yield path, "target"
