"""What becomes of a resource when some of its references are left out, or name another."""

from __future__ import annotations

import orjson

from kt_migrate.model import Json, Key, Resource
from kt_migrate.plan.ledger import load_resource


def final_of(made: bytes, removed: str | None, renamed: str | None) -> Resource:
    """Return a draft's resource as its references came out.

    Args:
        made: as the mapping made it.
        removed: paths of what goes with references that were dropped, one a line.
        renamed: (path, type, system, value) of references that name another, one a line.
    """
    resource = load_resource(made)
    for line in (renamed or "").splitlines():
        path, r4_type, system, value = orjson.loads(line)
        key = Key(r4_type=r4_type, system=system, value=value)
        _rename(resource, path, key)
    paths = {tuple(orjson.loads(path)) for path in (removed or "").splitlines()}
    # From the back, so that the places of what still has to go stay right.
    for path in sorted(paths, key=_from_the_back):
        _remove(resource, list(path))
    return resource


def _rename(value: Json, path: list[str | int], key: Key) -> None:
    for step in path:
        value = _below(value, step)
    if isinstance(value, dict):
        value |= {"reference": key.reference, "type": key.r4_type}


def _below(value: Json, step: str | int) -> Json:
    if isinstance(value, dict) and isinstance(step, str):
        return value.get(step)
    if isinstance(value, list) and isinstance(step, int) and step < len(value):
        return value[step]
    return None


def _from_the_back(path: tuple[str | int, ...]) -> list[tuple[str, int]]:
    return [(step, 0) if isinstance(step, str) else ("", -step) for step in path]


def _remove(value: Json, path: list[str | int]) -> None:
    """Remove the element at a path, and the lists and objects that are empty without it."""
    step, *rest = path
    child = _below(value, step)
    if rest:
        _remove(child, rest)
        if child:
            return
    if isinstance(value, dict) and isinstance(step, str):
        value.pop(step, None)
    elif isinstance(value, list) and isinstance(step, int) and step < len(value):
        del value[step]
