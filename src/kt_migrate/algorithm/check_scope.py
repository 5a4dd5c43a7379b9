"""Checks the words of the scope and of the success criteria: types and reasons."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from kt_migrate.algorithm.merging import Origins, Path
from kt_migrate.algorithm.mistakes import Mistake, unknown
from kt_migrate.algorithm.model import AlgorithmFile
from kt_migrate.algorithm.scope import ScopeRules
from kt_migrate.algorithm.success import REASONS

Loc = tuple[str | int, ...]


def check_scope(file: AlgorithmFile, origins: Origins, known: Collection[str]) -> Iterator[Mistake]:
    """Yield every type in the scope that there cannot be."""
    for loc, word in _types(file.scope):
        if word not in known:
            yield unknown(_where(origins, ("scope", *loc)), "source type", word, known)


def _types(scope: ScopeRules) -> Iterator[tuple[Loc, str]]:
    """Yield every type that a scope names, with the way to it."""
    if scope.types != "all":
        yield from ((("types", place), name) for place, name in enumerate(scope.types))
    yield from ((("needed_only", place), name) for place, name in enumerate(scope.needed_only))
    yield from ((("history", name), name) for name in scope.history)
    for place, group in enumerate(scope.groups):
        yield from ((("groups", place, "history", name), name) for name in group.history)


def check_success(
    file: AlgorithmFile, origins: Origins, known: Collection[str]
) -> Iterator[Mistake]:
    """Yield every type and reason of the success criteria that there cannot be."""
    types = {*known, *(entry.target for entry in file.types.values() if entry.target)}
    for name in file.success.types:
        if name not in types:
            yield unknown(_where(origins, ("success", "types", name)), "type", name, types)
    for name in file.success.reasons:
        if name not in REASONS:
            where = _where(origins, ("success", "reasons", name))
            yield unknown(where, "reason", name, REASONS)


def _where(origins: Origins, loc: Loc) -> str:
    """Return the place of something: by what was merged as far as that goes, then in its file."""
    path: Path = ()
    for step in loc:
        if not isinstance(step, str) or (*path, step) not in origins.at:
            break
        path = (*path, step)
    origin = origins.of(path)
    return origin.file.where((*origin.loc, *loc[len(path) :]))
