"""The enrichment: values that the supplier gives, and that go before what the messages say.

A table has the columns `link` or `identifier` (or both), `field` and `value`: one value for one
field of one object. Other columns are the writer's own. Source: draaiboek M.4, Q.5.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

from kt_migrate.errors import ConfigurationError
from kt_migrate.model import Supplied
from kt_migrate.plan.enrichment_tables import table_of

_COLUMNS = ("link", "identifier", "field", "value")

KeyKind: TypeAlias = Literal["link", "identifier"]
Values: TypeAlias = dict[str, dict[str, Supplied]]
"""Per link or identifier, per field."""

NOTHING: Mapping[str, Supplied] = {}


class Fields(Protocol):
    """What was supplied, as who needs no more than a value sees it."""

    def get(self, link: str, field: str) -> str | None:
        """Return the value of one field of one object, or None."""
        ...


@dataclass(frozen=True, slots=True)
class Stray:
    """A row that can be about no field of no object.

    Attributes:
        file, line: where it stands.
        reason: `no-key`, `no-field` or `no-system` (an identifier without `|`).
    """

    file: str
    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """More than one value for one field of one object: none of them counts.

    Attributes:
        by: what `key` is.
        key: the link, or the identifier (which nothing may show).
        field: of which field.
        rows: the rows, as they were read.
    """

    by: KeyKind
    key: str
    field: str
    rows: tuple[Supplied, ...]


@dataclass(frozen=True, slots=True)
class Enrichment:
    """All values that were supplied.

    Attributes:
        by_link: values per link.
        by_identifier: values per `system|value`.
        conflicts: fields with more than one value; they are in neither of those.
        strays: rows that are about nothing.
        empty: how many rows have no value.
        digest: SHA-256 over keys, fields and values, sorted: two files with the same values are
            the same, wherever these stand.
    """

    by_link: Values = field(default_factory=dict)
    by_identifier: Values = field(default_factory=dict)
    conflicts: tuple[Conflict, ...] = ()
    strays: tuple[Stray, ...] = ()
    empty: int = 0
    digest: str = ""

    def of(self, link: str) -> Mapping[str, Supplied]:
        """Return the values of one object, by field."""
        return self.by_link.get(link, NOTHING)

    def get(self, link: str, field: str) -> str | None:
        """Return the value of one field of one object, or None."""
        found = self.of(link).get(field)
        return None if found is None else found.value


def enrichment_of(values: Mapping[tuple[str, str], str], file: str = "enrichment") -> Enrichment:
    """Return an enrichment of values per (link, field): as a file with a line each gives it."""
    gathered = _Gathered()
    for line, ((link, name), value) in enumerate(values.items(), start=2):
        gathered.add({"link": link, "identifier": "", "field": name, "value": value}, file, line)
    return gathered.whole()


def read_enrichment(paths: Sequence[Path]) -> Enrichment:
    """Read every CSV and XLSX file in the given files and folders.

    Raises:
        ConfigurationError: a file that cannot be read, or without the columns. Says file and
            line, never the value.
    """
    gathered = _Gathered()
    for path in _files(paths):
        gathered.add_file(path)
    return gathered.whole()


class _Gathered:
    """What was read so far."""

    def __init__(self) -> None:
        self._values: dict[KeyKind, Values] = {"link": {}, "identifier": {}}
        self._several: dict[tuple[KeyKind, str, str], list[Supplied]] = {}
        self._strays: list[Stray] = []
        self._empty = 0

    def add_file(self, path: Path) -> None:
        for line, row in _rows(path):
            if row["value"]:
                self.add(row, path.name, line)
            elif any(row.values()):
                self._empty += 1

    def add(self, row: Mapping[str, str], file: str, line: int) -> None:
        by: KeyKind = "link" if row["link"] or not row["identifier"] else "identifier"
        key, name = row[by], row["field"]
        reason = "no-key" if not key else "no-field" if not name else ""
        if by == "identifier" and not reason and "|" not in key:
            reason = "no-system"
        if reason:
            self._strays.append(Stray(file, line, reason))
            return
        given = Supplied(value=row["value"], file=file, line=line)
        known = self._values[by].setdefault(key, {}).setdefault(name, given)
        if known.value != given.value:
            self._several.setdefault((by, key, name), [known]).append(given)

    def whole(self) -> Enrichment:
        digest = self._digest()
        for by, key, name in self._several:
            del self._values[by][key][name]
        return Enrichment(
            by_link=self._values["link"],
            by_identifier=self._values["identifier"],
            conflicts=tuple(
                Conflict(by, key, name, tuple(rows))
                for (by, key, name), rows in self._several.items()
            ),
            strays=tuple(self._strays),
            empty=self._empty,
            digest=digest,
        )

    def _digest(self) -> str:
        hasher = hashlib.sha256()
        for by, values in self._values.items():
            for key in sorted(values):
                for name, given in sorted(values[key].items()):
                    several = self._several.get((by, key, name), [given])
                    said = sorted({one.value for one in several})
                    hasher.update(repr((by, key, name, said)).encode())
        return hasher.hexdigest()


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(
                p
                for p in path.iterdir()
                if p.suffix.lower() in {".csv", ".xlsx"} and not p.name.startswith((".", "~$"))
            )
        elif path.is_file():
            yield path
        else:
            raise ConfigurationError(
                "There is no such enrichment file or folder.",
                where=str(path),
                fix="Correct enrichment in kt-migrate.yaml, or --enrichment.",
            )


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    table = table_of(path)
    _line, header = next(table, (1, []))
    names = [name.lower() for name in header]
    if not {"field", "value"} <= set(names) or not {"link", "identifier"} & set(names):
        raise ConfigurationError(
            "The first line must have the columns link/identifier, field, value.",
            where=f"{path.name}:1",
            fix="Add the columns, separated by commas or semicolons.",
        )
    places = {name: names.index(name) if name in names else len(names) for name in _COLUMNS}
    for line, row in table:
        yield line, {name: row[p] if p < len(row) else "" for name, p in places.items()}
