"""plan.sqlite: what was decided, in one file that the load executes and the verification reads."""

from __future__ import annotations

import hashlib
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Self
from urllib.parse import quote

import orjson

from kt_migrate.books import Books, HashTotal
from kt_migrate.errors import JournalError
from kt_migrate.model import Key, Mode, Outcome
from kt_migrate.plan.rows import (
    ElementRow,
    IssueRow,
    ObjectRow,
    PlannedWrite,
    SightingRow,
    SuppliedRow,
    VersionCount,
    WriteGroup,
)
from kt_migrate.plan.schema import SCHEMA

_OBJECTS_OF = """
WITH source AS (
  SELECT DISTINCT source_type, link FROM write WHERE seq IN (SELECT value FROM json_each(?)))
SELECT object.source_type, object.event, count(*) FROM source JOIN object ON object.write_seq = (
  SELECT min(seq) FROM write WHERE source_type = source.source_type AND link = source.link)
GROUP BY 1, 2 ORDER BY 1, 2
"""


class Plan:
    """A plan that lies on disk; reads only."""

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.is_file():
            raise JournalError(
                "The run has no plan.", where=str(path), fix="Make one with kt-migrate plan."
            )
        self._db = sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro", uri=True)
        if self.meta("schema") != SCHEMA:
            self.close()
            raise JournalError(
                "This is not a plan of this version of kt-migrate.",
                where=str(path),
                fix="Make a new plan with kt-migrate plan.",
            )

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def meta(self, name: str) -> str:
        """Return one value of `meta`; empty when it is not there."""
        try:
            row = self._db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        except sqlite3.DatabaseError:
            return ""
        return "" if row is None else str(row[0])

    def sha256(self) -> str:
        """Return the SHA-256 of the file's bytes."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def count(self) -> int:
        """Return the number of writes."""
        return int(self._db.execute("SELECT count(*) FROM write").fetchone()[0])

    def stages(self) -> int:
        """Return the number of stages."""
        row = self._db.execute("SELECT coalesce(max(stage) + 1, 0) FROM write").fetchone()
        return int(row[0])

    def writes(self, stage: int | None = None) -> Iterator[PlannedWrite]:
        """Yield the writes in order; of one stage, or all."""
        where, values = ("", ()) if stage is None else (" WHERE stage = ?", (stage,))
        rows = self._db.execute(
            "SELECT seq, r4_type, system, value, stage, source_type, link, digest, body"
            f" FROM write{where} ORDER BY seq",
            values,
        )
        for row in rows:
            yield _planned(row)

    def write(self, key: Key) -> PlannedWrite | None:
        """Return the write with this key, or None."""
        row = self._db.execute(
            "SELECT seq, r4_type, system, value, stage, source_type, link, digest, body"
            " FROM write WHERE r4_type = ? AND system = ? AND value = ?",
            (key.r4_type, key.system, key.value),
        ).fetchone()
        return None if row is None else _planned(row)

    def write_at(self, seq: int) -> PlannedWrite | None:
        """Return the write with this number, or None."""
        row = self._db.execute(
            "SELECT seq, r4_type, system, value, stage, source_type, link, digest, body"
            " FROM write WHERE seq = ?",
            (seq,),
        ).fetchone()
        return None if row is None else _planned(row)

    def seqs(self) -> Iterator[int]:
        """Yield the number of every write, and nothing else of it."""
        return (seq for (seq,) in self._db.execute("SELECT seq FROM write ORDER BY seq"))

    def references(self) -> Iterator[tuple[int, int]]:
        """Yield (number of a write, number of what it or an earlier version of it refers to).

        The same pair may come more than once: per path, and per kind of version.
        """
        yield from self._db.execute("SELECT seq, target_seq FROM write_reference")
        if self.mode is Mode.EVERY_VERSION:
            yield from self._db.execute("SELECT seq, target_seq FROM version_reference")

    def key(self, seq: int) -> Key | None:
        """Return the key of one write, or None."""
        row = self._db.execute(
            "SELECT r4_type, system, value FROM write WHERE seq = ?", (seq,)
        ).fetchone()
        return None if row is None else Key(r4_type=row[0], system=row[1], value=row[2])

    def targets(self, seq: int) -> tuple[int, ...]:
        """Return the seqs of the writes that one write, or an earlier version, refers to."""
        rows = self._db.execute(
            "SELECT target_seq FROM write_reference WHERE seq = ?1"
            " UNION SELECT target_seq FROM version_reference WHERE seq = ?1 ORDER BY 1",
            (seq,),
        )
        return tuple(int(row[0]) for row in rows)

    @cached_property
    def mode(self) -> Mode:
        """Whether objects are written in their last state only."""
        return Mode(self.meta("mode") or Mode.LATEST)

    def versions(self, seq: int) -> tuple[PlannedWrite, ...]:
        """Return the earlier versions of one write, the oldest first; itself left out."""
        rows = self._db.execute(
            "SELECT w.seq, w.r4_type, w.system, w.value, w.stage, w.source_type, w.link, v.digest,"
            " v.body FROM version_write v JOIN write w ON w.seq = v.seq WHERE v.seq = ?"
            " ORDER BY v.ordinal",
            (seq,),
        )
        return tuple(_planned(row) for row in rows)

    def count_versions(self, seq: int) -> int:
        """Return how many earlier versions one write has."""
        if self.mode is Mode.LATEST:
            return 0
        row = self._db.execute("SELECT count(*) FROM version_write WHERE seq = ?", (seq,))
        return int(row.fetchone()[0])

    def version(self, write: PlannedWrite, ordinal: int) -> PlannedWrite:
        """Return one earlier version of a write, from 1."""
        digest, body = self._db.execute(
            "SELECT digest, body FROM version_write WHERE seq = ? AND ordinal = ?",
            (write.seq, ordinal),
        ).fetchone()
        return replace(write, digest=digest, resource=orjson.loads(body))

    def version_digests(self, seq: int) -> tuple[str, ...]:
        """Return the digests of the earlier versions of one write, the oldest first."""
        rows = self._db.execute(
            "SELECT digest FROM version_write WHERE seq = ? ORDER BY ordinal", (seq,)
        )
        return tuple(str(row[0]) for row in rows)

    def with_versions(self) -> Iterator[int]:
        """Yield the number of every write that has earlier versions, in order."""
        rows = self._db.execute("SELECT DISTINCT seq FROM version_write ORDER BY seq")
        return (int(seq) for (seq,) in rows)

    def version_counts(self) -> dict[str, VersionCount]:
        """Return what became of earlier versions, per KT 1.3 type; empty in mode `latest`."""
        counts: dict[str, dict[str, int]] = {}
        for source_type, outcome, count in self._db.execute("SELECT * FROM version_count"):
            counts.setdefault(str(source_type), {})[str(outcome)] = int(count)
        return {source_type: VersionCount(**found) for source_type, found in sorted(counts.items())}

    def kinds(self) -> Iterator[tuple[int, str, str]]:
        """Yield (seq, R4 type, identifier system) of every write, in order."""
        rows = self._db.execute("SELECT seq, r4_type, system FROM write ORDER BY seq")
        yield from ((int(seq), str(r4_type), str(system)) for seq, r4_type, system in rows)

    def systems(self) -> tuple[tuple[str, str], ...]:
        """Return the (R4 type, identifier system) pairs that occur, in the order of writing."""
        rows = self._db.execute("SELECT r4_type, system FROM write GROUP BY 1, 2 ORDER BY min(seq)")
        return tuple((str(a), str(b)) for a, b in rows)

    def sources(self) -> tuple[tuple[str, str], ...]:
        """Return the (KT 1.3 type, R4 type) pairs that occur in the writes."""
        rows = self._db.execute("SELECT DISTINCT source_type, r4_type FROM write ORDER BY 1, 2")
        return tuple((str(a), str(b)) for a, b in rows)

    def groups(self) -> tuple[WriteGroup, ...]:
        """Return the runs of writes of one stage, R4 type and identifier system, in order.

        Writes are numbered in that order, so that each is one range of numbers.
        """
        rows = self._db.execute(
            "SELECT first, last, stage, r4_type, system, sources, (SELECT count(*) FROM"
            " version_write v WHERE v.seq BETWEEN first AND last) FROM (SELECT min(seq) AS first,"
            " max(seq) AS last, stage, r4_type, system, json_group_array(DISTINCT source_type)"
            " AS sources FROM write GROUP BY stage, r4_type, system) ORDER BY 1"
        )
        return tuple(
            WriteGroup(
                first=first,
                last=last,
                stage=stage,
                r4_type=r4_type,
                system=system,
                source_types=tuple(sorted(orjson.loads(sources))),
                versions=versions,
            )
            for first, last, stage, r4_type, system, sources, versions in rows
        )

    def hash_totals(self) -> dict[str, HashTotal]:
        """Return the source side's totals per R4 type."""
        rows = self._db.execute("SELECT r4_type, count, sum FROM hash_total ORDER BY 1")
        return {str(t): HashTotal(int(n), int(s, 16)) for t, n, s in rows}

    def books(self) -> Books:
        """Return the books: what came in, what was superseded, and how every object ends."""
        books = Books()
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
            books.end(source_type, event, Outcome(outcome), count)
        return books

    def census(self) -> dict[str, int]:
        """Return how many objects the census counted, per type; `` for what it cannot type."""
        return {str(t): int(n) for t, n in self._db.execute("SELECT * FROM census ORDER BY 1")}

    def origins(self) -> Iterator[tuple[int, str, str]]:
        """Yield (seq, KT 1.3 type, link) of every write, in order."""
        rows = self._db.execute("SELECT seq, source_type, link FROM write ORDER BY seq")
        yield from ((int(seq), str(source_type), str(link)) for seq, source_type, link in rows)

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


def _planned(row: tuple[int, str, str, str, int, str, str, str, bytes]) -> PlannedWrite:
    seq, r4_type, system, value, stage, source_type, link, hex_digest, body = row
    return PlannedWrite(
        seq=seq,
        key=Key(r4_type=r4_type, system=system, value=value),
        stage=stage,
        source_type=source_type,
        link=link,
        digest=hex_digest,
        resource=orjson.loads(body),
    )
