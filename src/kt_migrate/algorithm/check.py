"""Checks a merged algorithm: every word in it must be one that something knows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from kt_migrate.algorithm import known_sources, known_targets
from kt_migrate.algorithm.check_calls import check_call
from kt_migrate.algorithm.check_codes import check_tables
from kt_migrate.algorithm.check_expressions import check_expression
from kt_migrate.algorithm.check_fields import check_fields
from kt_migrate.algorithm.check_scope import check_scope, check_success
from kt_migrate.algorithm.merging import Origins, Path
from kt_migrate.algorithm.mistakes import Mistake, nearest, unknown
from kt_migrate.algorithm.model import AlgorithmFile, RuleEntry, TypeEntry
from kt_migrate.algorithm.paths import is_simple, unknown_step
from kt_migrate.language import tr


@dataclass(frozen=True, slots=True)
class Merged:
    """An algorithm as far as it is merged.

    Attributes:
        file: its content.
        origins: which file decided what.
    """

    file: AlgorithmFile
    origins: Origins

    def source_types(self) -> set[str]:
        """Return the types of object that there can be."""
        return {*known_sources.TYPES, *(own.source_type for own in self.file.own_elements)}

    def own_paths(self, source_type: str) -> list[str]:
        """Return the paths of a type that the algorithm itself says there are."""
        return [
            own.path
            for own in self.file.own_elements
            if own.source_type == source_type and own.path is not None
        ]


def mistakes(merged: Merged) -> list[Mistake]:
    """Return everything that is wrong, in the order of the places."""
    found = chain(
        _source_types(merged),
        _types(merged),
        check_tables(merged.file, merged.origins),
        check_scope(merged.file, merged.origins, merged.source_types()),
        check_success(merged.file, merged.origins, merged.source_types()),
    )
    return list(found)


def _source_types(merged: Merged) -> Iterator[Mistake]:
    known = merged.source_types()
    named: list[tuple[Path, str, bool]] = [
        (("types", name), name, False) for name in merged.file.types
    ]
    named += [
        (("not_migrated", entry.id, "source_type"), entry.source_type, True)
        for entry in merged.file.not_migrated
    ]
    for own in merged.file.own_elements:
        if own.source_type not in known_sources.TYPES and _slip(own.source_type):
            where = merged.origins.where(("own_elements", own.id, "source_type"), value=True)
            yield unknown(where, "source type", own.source_type, known_sources.TYPES)
    for path, word, value in named:
        if word not in known:
            where = merged.origins.where(path, value=value)
            yield unknown(where, "source type", word, known)


def _slip(word: str) -> bool:
    """Say whether a type of one's own is rather a known one, misspelt."""
    return bool(nearest(word, known_sources.TYPES, 0.85))


def _types(merged: Merged) -> Iterator[Mistake]:
    for source_type, entry in merged.file.types.items():
        path: Path = ("types", source_type)
        if entry.target is None or entry.identifier is None:
            lacking = "target" if entry.target is None else "identifier"
            yield _lacks(merged, path, lacking)
            continue
        if entry.target not in known_targets.types():
            where = merged.origins.where((*path, "target"), value=True)
            yield unknown(where, "target type", entry.target, known_targets.types())
            continue
        named = (entry.target, source_type)
        if entry.identifier not in named:
            where = merged.origins.where((*path, "identifier"), value=True)
            yield unknown(where, "identifier", entry.identifier, named)
            continue
        for rule in entry.rules:
            yield from _rule(merged, source_type, entry, rule)
        for ignored in entry.ignored:
            own = (*path, "ignored", ignored.id, "path")
            yield from _path(merged, source_type, own, ignored.path)


def _lacks(merged: Merged, path: Path, key: str) -> Mistake:
    what = tr("The key {key} is missing.", key=key)
    return Mistake(merged.origins.where(path), what, tr("Add {key}.", key=key))


def _rule(merged: Merged, source_type: str, entry: TypeEntry, rule: RuleEntry) -> Iterator[Mistake]:
    path: Path = ("types", source_type, "rules", rule.id)
    if rule.to is None:
        yield _lacks(merged, path, "to")
        return
    target = str(entry.target)
    yield from _element(merged, path, target, rule.to)
    if rule.source and is_simple(rule.source):
        yield from _path(merged, source_type, (*path, "from"), rule.source)
    elif rule.source:
        yield from _expression(merged, source_type, (*path, "from"), rule.source)
    if rule.when is not None:
        yield from _expression(merged, source_type, (*path, "when"), rule.when)
    if rule.value is not None:
        allowed = known_targets.codes(target, rule.to)
        if allowed and rule.value not in allowed:
            where = merged.origins.where((*path, "value"), value=True)
            yield unknown(where, "target code", rule.value, allowed)
    else:
        yield from check_call(merged.file, merged.origins, path, entry, rule.using)
    yield from check_fields(merged.origins, path, rule)


def _element(merged: Merged, path: Path, target: str, element: str) -> Iterator[Mistake]:
    elements = known_targets.elements(target)
    where = merged.origins.where((*path, "to"), value=True)
    if element not in elements:
        yield unknown(where, "target element", element, (n for n, ok in elements.items() if ok))
    elif not elements[element]:
        what = tr("KT 2.0 forbids {element}.", element=element)
        fix = tr("Take the rule away, or put the element under ignored.")
        yield Mistake(where, what, fix)


def _expression(merged: Merged, source_type: str, at: Path, text: str) -> Iterator[Mistake]:
    own = merged.own_paths(source_type)
    known = source_type if source_type in known_sources.TYPES else known_sources.ANY
    yield from check_expression(merged.origins, at, text, known, own)


def _path(merged: Merged, source_type: str, at: Path, path: str) -> Iterator[Mistake]:
    if not is_simple(path):
        what = tr("This is no path.")
        fix = tr("Expected: a.b, extension[X#Y].value[x].")
        yield Mistake(merged.origins.where(at, value=True), what, fix)
        return
    if source_type not in known_sources.TYPES:
        return
    found = unknown_step(source_type, path, merged.own_paths(source_type))
    if found is not None:
        where = merged.origins.where(at, value=True, offset=found.at)
        yield unknown(where, "source element", found.word, found.known)
