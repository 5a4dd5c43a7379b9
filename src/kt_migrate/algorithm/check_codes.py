"""Checks code tables: codes that KT 1.3 has, codings that there are, codes that KT 2.0 allows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kt_migrate.algorithm import known_targets
from kt_migrate.algorithm.arguments import Kind, split_call
from kt_migrate.algorithm.codes import KEYWORDS, MARK, NOTHING, CodeTable, CodingEntry
from kt_migrate.algorithm.known_sources import CODE_SYSTEMS
from kt_migrate.algorithm.merging import Origins, Path
from kt_migrate.algorithm.mistakes import Mistake, nearest, unknown
from kt_migrate.algorithm.model import AlgorithmFile
from kt_migrate.algorithm.registry import FUNCTIONS

_ACTIONS = frozenset({"reject", "drop", "keep"})


def check_tables(file: AlgorithmFile, origins: Origins) -> Iterator[Mistake]:
    """Yield what is wrong in the code tables of an algorithm."""
    uses = _uses(file)
    asked = _asked(file) & file.codes.keys()
    for name, table in file.codes.items():
        path: Path = ("codes", name)
        if name not in asked and nearest(name, sorted(asked)):
            yield unknown(origins.where(path), "code table", name, asked)
        yield from _sources(table, origins, path)
        yield from _codings(table, origins, path, uses.get(name, []))
        for code, entry in table.codes.items():
            own = [use for use in uses.get(name, []) if use.of(code)]
            yield from _target(table, origins, (*path, "codes", code), entry, own)
        if isinstance(table.unknown, str) and table.unknown not in _choices(table):
            where = origins.where((*path, "unknown"), value=True)
            yield unknown(where, "value", table.unknown, _choices(table))
        elif table.unknown not in _ACTIONS:
            yield from _target(
                table, origins, (*path, "unknown"), table.unknown, uses.get(name, [])
            )


def _choices(table: CodeTable) -> list[str]:
    """Return what `unknown` can be in one word: a default is a target that the table has."""
    own = {entry for entry in table.codes.values() if isinstance(entry, str)}
    return [*sorted(_ACTIONS), *sorted(own | {MARK + name for name in table.codings})]


@dataclass(frozen=True, slots=True)
class _Use:
    """An element of KT 2.0 that gets what a table says; with `only` what it says of one code."""

    target: str
    element: str
    only: str = ""

    def of(self, code: str) -> bool:
        """Say whether it gets what this source code becomes."""
        return self.only in ("", code)


def _asked(file: AlgorithmFile) -> set[str]:
    """Return the names of the tables that a rule asks."""
    found: set[str] = set()
    for entry in file.types.values():
        for rule in entry.rules:
            name, arguments = split_call(rule.using)
            needs = FUNCTIONS.get(name)
            if needs is not None:
                named = zip(needs.arguments, arguments, strict=False)
                found |= {word for argument, word in named if argument.kind is Kind.TABLE}
                found |= {needs.needs} - {""}
    return found


def _uses(file: AlgorithmFile) -> dict[str, list[_Use]]:
    found: dict[str, list[_Use]] = {}
    for entry in file.types.values():
        for rule in entry.rules:
            name, arguments = split_call(rule.using)
            if rule.value is not None or name not in FUNCTIONS or rule.to is None:
                continue
            if entry.target not in known_targets.types():
                continue
            needs = FUNCTIONS[name]
            if needs.into is None:
                continue
            element = f"{rule.to}.{needs.into}" if needs.into else rule.to
            named = list(zip(needs.arguments, arguments, strict=False))
            only = next((word for argument, word in named if argument.kind is Kind.CODE), "")
            for argument, word in named:
                if argument.kind is Kind.TABLE:
                    found.setdefault(word, []).append(_Use(str(entry.target), element, only))
    return found


def _sources(table: CodeTable, origins: Origins, path: Path) -> Iterator[Mistake]:
    if table.source is None:
        return
    if table.source not in CODE_SYSTEMS:
        where = origins.where((*path, "from"), value=True)
        yield unknown(where, "code system", table.source, CODE_SYSTEMS)
        return
    known = CODE_SYSTEMS[table.source] | {*table.own_codes}
    for code in table.codes:
        if code not in known:
            words = known | KEYWORDS if nearest(code, sorted(KEYWORDS)) else known
            yield unknown(origins.where((*path, "codes", code)), "source code", code, words)


def _codings(table: CodeTable, origins: Origins, path: Path, uses: list[_Use]) -> Iterator[Mistake]:
    for name, entry in table.codings.items():
        yield from _coding(table, origins, (*path, "codings", name), entry, uses)


def _target(
    table: CodeTable, origins: Origins, at: Path, entry: str | CodingEntry, uses: list[_Use]
) -> Iterator[Mistake]:
    if isinstance(entry, CodingEntry):
        yield from _coding(table, origins, at, entry, uses)
    elif entry.startswith(MARK):
        if entry[1:] not in table.codings:
            known = [MARK + name for name in table.codings]
            yield unknown(origins.where(at, value=True), "coding", entry, known)
    elif entry == NOTHING:
        return
    elif table.system is not None:
        plain = CodingEntry(code=entry)
        yield from _coding(table, origins, at, plain, uses, besides=(NOTHING,))
    else:
        for use in uses:
            allowed = known_targets.codes(use.target, use.element)
            if allowed and entry not in allowed:
                where = origins.where(at, value=True)
                yield unknown(where, "target code", entry, {*allowed, NOTHING})
                return


def _coding(
    table: CodeTable,
    origins: Origins,
    at: Path,
    entry: CodingEntry,
    uses: list[_Use],
    besides: tuple[str, ...] = (),
) -> Iterator[Mistake]:
    system = entry.system or table.system or ""
    for use in uses:
        systems = known_targets.codings(use.target, use.element)
        if not systems:
            continue
        if system not in systems:
            yield unknown(_system_at(origins, at, entry), "code system", system, systems)
            return
        if entry.code not in systems[system]:
            where = origins.of(at).file.where(_code_loc(origins, at), value=True)
            yield unknown(where, "target code", entry.code, {*systems[system], *besides})
            return


def _code_loc(origins: Origins, at: Path) -> tuple[str | int, ...]:
    """Return the way to a coding's code: itself, or the key `code` in it."""
    return (*origins.of(at).loc, "code")


def _system_at(origins: Origins, at: Path, entry: CodingEntry) -> str:
    """Return where a coding's system stands: in it, or above its table."""
    if entry.system is None:
        return origins.where((*at[:2], "system"), value=True)
    origin = origins.of(at)
    return origin.file.where((*origin.loc, "system"), value=True)
