"""What plan.sqlite says of the archive: each object's fate, the books, the issues, the elements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

import orjson

from kt_migrate.books import Books
from kt_migrate.model import Outcome
from kt_migrate.plan.opened import Opened
from kt_migrate.plan.rows import (
    ElementRow,
    IssueRow,
    ObjectRow,
    SightingRow,
    SuppliedRow,
)

_OBJECTS_OF = """
WITH source AS (
  SELECT DISTINCT source_type, link FROM write WHERE seq IN (SELECT value FROM json_each(?)))
SELECT object.source_type, object.event, count(*) FROM source JOIN object ON object.write_seq = (
  SELECT min(seq) FROM write WHERE source_type = source.source_type AND link = source.link)
GROUP BY 1, 2 ORDER BY 1, 2
"""


NOT_DRAWN = "not_drawn"
"""The outcome of an object that a sample leaves alone (`sampling.sampled`)."""


class Accounts(Opened):
    """Every sighting, object and row of the enrichment, and what became of it."""

    sampled = False
    """Whether only a sample of the plan counts."""

    def books(self) -> Books:
        """Return the books: what came in, what was superseded, and how every object ends."""
        books = Books(sampled=self.sampled)
        for source_type, event, count in self._db.execute("SELECT * FROM sighting_count"):
            books.see(source_type, event, count)
        for source_type, event, is_last, count in self._db.execute(
            "SELECT source_type, event, superseded_by IS NULL, count(*) FROM sighting"
            " GROUP BY 1, 2, 3"
        ):
            (books.know if is_last else books.supersede)(source_type, event, count)
        for source_type, event, outcome, count in self._db.execute(
            "SELECT source_type, event, outcome, count(*) FROM object GROUP BY 1, 2, 3"
        ):
            if outcome == NOT_DRAWN:
                books.leave(source_type, event, count)
            else:
                books.end(source_type, event, Outcome(outcome), count)
        return books

    def census(self) -> dict[str, int]:
        """Return how many objects the census counted, per type; `` for what it cannot type."""
        return {str(t): int(n) for t, n in self._db.execute("SELECT * FROM census ORDER BY 1")}

    def objects_of(self, seqs: Iterable[int]) -> Counter[tuple[str, str]]:
        """Return how many objects, per type and event, count as migrated by some writes.

        An object of several writes counts as soon as one of them is among these.

        Args:
            seqs: numbers of writes.
        """
        rows = self._db.execute(_OBJECTS_OF, (orjson.dumps(list(seqs)).decode(),))
        return Counter({(str(a), str(b)): int(count) for a, b, count in rows})

    def without_link(self) -> dict[str, int]:
        """Return how many objects have no link, per type: the census cannot count them."""
        rows = self._db.execute(
            "SELECT source_type, count(*) FROM object WHERE reason = 'object-without-link'"
            " GROUP BY 1 ORDER BY 1"
        )
        return {str(source_type): int(count) for source_type, count in rows}

    def issues(self) -> Iterator[IssueRow]:
        """Yield the issues of reading and mapping, in their stable order."""
        rows = self._db.execute(
            "SELECT source_type, event, link, code, path, rule, detail FROM issue ORDER BY id"
        )
        for source_type, event, link, code, path, rule, detail in rows:
            yield IssueRow(
                source_type=source_type,
                event=event,
                link=link,
                code=code,
                path=path,
                rule=rule,
                detail=detail,
            )

    def objects(self) -> Iterator[ObjectRow]:
        """Yield every object with its fate, sorted by type and link."""
        for row in self._db.execute(
            "SELECT source_type, link, event, outcome, reason FROM object ORDER BY 1, 2"
        ):
            source_type, link, event, outcome, reason = row
            yield ObjectRow(
                source_type=source_type,
                link=link,
                event=event,
                outcome=Outcome(outcome),
                reason=reason,
            )

    def out_of_scope(self) -> list[tuple[str, str, int]]:
        """Return (type, reason, how many) of what is out of scope, sorted."""
        return self._db.execute(
            "SELECT source_type, reason, count(*) FROM object WHERE outcome = 'out_of_scope'"
            " GROUP BY 1, 2 ORDER BY 1, 2"
        ).fetchall()

    def left_out(self) -> Iterator[tuple[str, str, str]]:
        """Yield (type, link, reason) of every object that is out of scope, sorted."""
        yield from self._db.execute(
            "SELECT source_type, link, reason FROM object WHERE outcome = 'out_of_scope'"
            " ORDER BY 1, 2"
        )

    def needed(self) -> dict[str, int]:
        """Return how many objects came along, per type: something in scope needs them."""
        rows = self._db.execute(
            "SELECT source_type, count(*) FROM issue WHERE code = 'scope-needed' GROUP BY 1"
            " ORDER BY 1"
        )
        return {str(source_type): int(count) for source_type, count in rows}

    def ends(self) -> list[tuple[str, str, str, int]]:
        """Return (type, outcome, reason, how many) of all objects, sorted."""
        return self._db.execute(
            "SELECT source_type, outcome, reason, count(*) FROM object GROUP BY 1, 2, 3"
            " ORDER BY 1, 2, 3"
        ).fetchall()

    def reject_reasons(self) -> dict[str, int]:
        """Return how many objects reading and mapping rejected, by reason."""
        rows = self._db.execute(
            "SELECT reason, count(*) FROM object WHERE outcome = 'rejected' GROUP BY 1 ORDER BY 1"
        )
        return {str(reason): int(count) for reason, count in rows}

    def sightings(self) -> Iterator[SightingRow]:
        """Yield every sighting, sorted by type, link and version."""
        for row in self._db.execute(
            "SELECT id, source_type, link, version, message, superseded_by, reason FROM sighting"
            " ORDER BY id"
        ):
            number, source_type, link, version, message, successor, reason = row
            yield SightingRow(
                id=number,
                source_type=source_type,
                link=link,
                version=version,
                message=message,
                superseded_by=successor,
                reason=reason,
            )

    def elements(self) -> tuple[ElementRow, ...]:
        """Return the account of the elements, most frequent first within a type."""
        rows = self._db.execute(
            "SELECT source_type, path, status, rules, because, count FROM element"
            " ORDER BY 1, 6 DESC, 2"
        )
        return tuple(
            ElementRow(
                source_type=source_type,
                path=path,
                status=status,
                rules=tuple(rules.split()),
                because=because,
                count=count,
            )
            for source_type, path, status, rules, because, count in rows
        )

    def losses(self) -> tuple[ElementRow, ...]:
        """Return the elements that are left behind, on purpose or not."""
        return tuple(row for row in self.elements() if row.status != "read")

    def supplied(self, link: str = "") -> Iterator[SuppliedRow]:
        """Yield what became of the enrichment's rows, file by file; of those of one link."""
        where, values = (" WHERE link = ?", (link,)) if link else ("", ())
        for row in self._db.execute(
            "SELECT file, line, field, source_type, link, rule, status, reason, hint"
            f" FROM enrichment{where} ORDER BY id",
            values,
        ):
            yield SuppliedRow(*row)

    def supplied_counts(self) -> dict[str, dict[str, int]]:
        """Return how many rows of the enrichment there are, per status and reason."""
        found: dict[str, dict[str, int]] = {}
        for status, reason, count in self._db.execute(
            "SELECT status, reason, count(*) FROM (SELECT DISTINCT file, line, status, reason"
            " FROM enrichment) GROUP BY 1, 2 ORDER BY 1, 2"
        ):
            found.setdefault(status, {})[reason] = count
        return found

    def documents(self) -> dict[str, int]:
        """Return how many documents of each kind there were."""
        return {str(k): int(n) for k, n in self._db.execute("SELECT * FROM document ORDER BY 1")}
