"""What was supplied for each object of the archive: an `Enrichment` whose rows found their objects.

The values themselves reach nothing but the mapping and the scope.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from kt_migrate.algorithm.fields import EXCLUDE, EXCLUDE_REASONS, fields_of
from kt_migrate.algorithm.model import Algorithm
from kt_migrate.history.store import History
from kt_migrate.model import Issue, SourceObject, Supplied
from kt_migrate.plan.enrichment import Enrichment
from kt_migrate.plan.identified import Identified

_SHOWN = 20
"""Of an identifier that fits more objects than this, the first ones are named."""

Row = tuple[str, Supplied]
"""A field, and what was supplied for it."""


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """An identifier that more than one object has: its rows count for none of them."""

    links: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def where(self) -> str:
        """Return the files and lines."""
        return wheres(row for _field, row in self.rows)


def wheres(rows: Iterable[Supplied]) -> str:
    """Return where rows stand: each file and line once."""
    return " ".join(dict.fromkeys(row.where for row in rows))


class SuppliedValues:
    """The values per object, whether its rows name its link or one of its identifiers.

    Attributes:
        unfound: rows by an identifier that no object has.
        ambiguous: identifiers that more than one object has.
    """

    def __init__(self, enrichment: Enrichment, history: History, algorithm: Algorithm) -> None:
        self._enrichment = enrichment
        self._algorithm = algorithm
        self._joined: dict[str, dict[str, Supplied]] = {}  # of what has rows by identifier
        self._conflicts: dict[str, dict[str, tuple[Supplied, ...]]] = {}
        self.unfound: list[Row] = []
        self.ambiguous: list[Ambiguous] = []
        for conflict in enrichment.conflicts:
            if conflict.by == "link":
                self._conflicts.setdefault(conflict.key, {})[conflict.field] = conflict.rows
        if enrichment.by_identifier:
            self._join(Identified(history, algorithm, enrichment.by_identifier))

    def _join(self, identified: Identified) -> None:
        """Give the rows of every identifier to the one object that has it."""
        rows = {key: list(given.items()) for key, given in self._enrichment.by_identifier.items()}
        for conflict in self._enrichment.conflicts:
            if conflict.by == "identifier":
                rows[conflict.key] += [(conflict.field, row) for row in conflict.rows]
        for key, given in rows.items():
            links = identified.links(key, _SHOWN)
            if not links:
                self.unfound += given
            elif len(links) > 1:
                self.ambiguous.append(Ambiguous(tuple(links), tuple(given)))
            else:
                for field, row in given:
                    self._give(links[0], field, row)

    def _give(self, link: str, field: str, row: Supplied) -> None:
        values = self._joined.setdefault(link, dict(self._enrichment.of(link)))
        known = self._conflicts.get(link, {}).get(field) or (values.setdefault(field, row),)
        if len(known) > 1 or known[0].value != row.value:
            self._conflicts.setdefault(link, {})[field] = (*known, row)
            values.pop(field, None)

    def of(self, link: str) -> Mapping[str, Supplied]:
        """Return the values of one object, by field; a field with a conflict has none."""
        joined = self._joined.get(link)
        return self._enrichment.of(link) if joined is None else joined

    def get(self, link: str, field: str) -> str | None:
        """Return the value of one field of one object, or None."""
        found = self.of(link).get(field)
        return None if found is None else found.value

    def refusals(self, source: SourceObject) -> tuple[Issue, ...]:
        """Return why an object is rejected whatever is in it: a row for it cannot be followed.

        To pass such a row over would migrate what somebody wanted corrected, or left out.
        """
        conflicts = self._conflicts.get(source.link)
        excluded = self.of(source.link).get(EXCLUDE)
        if conflicts is None and excluded is None:
            return ()
        known = fields_of(self._algorithm, source.source_type)
        issues = [
            Issue(code="enrichment-conflict", detail=wheres(rows))
            for field, rows in sorted((conflicts or {}).items())
            if field in known
        ]
        if excluded is not None and excluded.value not in EXCLUDE_REASONS:
            issues.append(Issue(code="value-invalid", detail=excluded.where))
        return tuple(issues)

    def rows(self) -> Iterator[tuple[str, str, tuple[Supplied, ...]]]:
        """Yield (link, field, its row; more when they are in conflict) of what has a link."""
        for link in self._enrichment.by_link:
            yield from ((link, field, (row,)) for field, row in self.of(link).items())
        for link in self._joined.keys() - self._enrichment.by_link.keys():
            yield from ((link, field, (row,)) for field, row in self.of(link).items())
        for link, fields in self._conflicts.items():
            yield from ((link, field, rows) for field, rows in fields.items())
