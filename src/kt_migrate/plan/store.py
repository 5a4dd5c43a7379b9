"""plan.sqlite: what was decided, in one file that the load executes and the verification reads.

Written once, in one transaction with everything sorted, so that the same input gives the same
bytes. The tables are described in docs/design.md, step 6.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import orjson

from kt_migrate.books import Books, HashTotal
from kt_migrate.errors import JournalError
from kt_migrate.model import Key, Outcome, Resource

SCHEMA = "kt-migrate-plan/1"

_TABLES = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE write (
  seq INTEGER PRIMARY KEY, r4_type TEXT NOT NULL, system TEXT NOT NULL, value TEXT NOT NULL,
  stage INTEGER NOT NULL, source_type TEXT NOT NULL, link TEXT NOT NULL,
  digest TEXT NOT NULL, body BLOB NOT NULL, UNIQUE (r4_type, system, value)) STRICT;
CREATE TABLE write_reference (
  seq INTEGER NOT NULL REFERENCES write, target_seq INTEGER NOT NULL REFERENCES write,
  path TEXT NOT NULL, PRIMARY KEY (seq, path)) STRICT, WITHOUT ROWID;
CREATE TABLE outcome (
  id INTEGER PRIMARY KEY, source_type TEXT NOT NULL, event TEXT NOT NULL, link TEXT NOT NULL,
  version TEXT NOT NULL, message TEXT NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN
    ('migrated', 'superseded', 'not_migrated', 'rejected', 'out_of_scope')),
  reason TEXT NOT NULL, write_seq INTEGER REFERENCES write) STRICT;
CREATE TABLE read_count (
  source_type TEXT NOT NULL, event TEXT NOT NULL, count INTEGER NOT NULL,
  PRIMARY KEY (source_type, event)) STRICT, WITHOUT ROWID;
CREATE TABLE issue (
  id INTEGER PRIMARY KEY, source_type TEXT NOT NULL, event TEXT NOT NULL, link TEXT NOT NULL,
  code TEXT NOT NULL, path TEXT NOT NULL, rule TEXT NOT NULL, detail TEXT NOT NULL) STRICT;
CREATE TABLE loss (
  source_type TEXT NOT NULL, path TEXT NOT NULL, rule TEXT NOT NULL, count INTEGER NOT NULL,
  PRIMARY KEY (source_type, path, rule)) STRICT, WITHOUT ROWID;
CREATE TABLE document (
  kind TEXT PRIMARY KEY, count INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE hash_total (
  r4_type TEXT PRIMARY KEY, count INTEGER NOT NULL, sum TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX outcome_write ON outcome (write_seq);
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedWrite:
    """One row of `write`, as the load and the verification use it.

    Attributes:
        seq: position in the order of writing, from 1.
        key: temporary identifier.
        stage: everything that it refers to has a lower stage.
        source_type: KT 1.3 type of the object that it comes from.
        link: resource link (or activity identifier, application name) of that object.
        digest: SHA-256 of the canonical form.
        resource: with conditional references.
    """

    seq: int
    key: Key
    stage: int
    source_type: str
    link: str
    digest: str
    resource: Resource


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueRow:
    """One line of the error list: an issue and the object that it is about."""

    source_type: str
    event: str
    link: str
    code: str
    path: str
    rule: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LossRow:
    """How often an element of a type was left behind, and by which rule (empty: unread)."""

    source_type: str
    path: str
    rule: str
    count: int


class Plan:
    """A plan that lies on disk; reads only."""

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.is_file():
            raise JournalError(
                "The run has no plan.", where=str(path), fix="Make one with kt-migrate plan."
            )
        self._db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        if self.meta("schema") != SCHEMA:
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

    def key(self, seq: int) -> Key | None:
        """Return the key of one write, or None."""
        row = self._db.execute(
            "SELECT r4_type, system, value FROM write WHERE seq = ?", (seq,)
        ).fetchone()
        return None if row is None else Key(r4_type=row[0], system=row[1], value=row[2])

    def targets(self, seq: int) -> tuple[int, ...]:
        """Return the seqs of the writes that one write refers to."""
        rows = self._db.execute(
            "SELECT DISTINCT target_seq FROM write_reference WHERE seq = ? ORDER BY 1", (seq,)
        )
        return tuple(int(row[0]) for row in rows)

    def systems(self) -> tuple[tuple[str, str], ...]:
        """Return the (R4 type, identifier system) pairs that occur, in the order of writing."""
        rows = self._db.execute("SELECT r4_type, system FROM write GROUP BY 1, 2 ORDER BY min(seq)")
        return tuple((str(a), str(b)) for a, b in rows)

    def sources(self) -> tuple[tuple[str, str], ...]:
        """Return the (KT 1.3 type, R4 type) pairs that occur in the writes."""
        rows = self._db.execute("SELECT DISTINCT source_type, r4_type FROM write ORDER BY 1, 2")
        return tuple((str(a), str(b)) for a, b in rows)

    def hash_totals(self) -> dict[str, HashTotal]:
        """Return the source side's totals per R4 type."""
        rows = self._db.execute("SELECT r4_type, count, sum FROM hash_total ORDER BY 1")
        return {str(t): HashTotal(int(n), int(s, 16)) for t, n, s in rows}

    def books(self) -> Books:
        """Return the books: what was read, and where the plan says that it ends."""
        books = Books()
        for source_type, event, count in self._db.execute("SELECT * FROM read_count"):
            books.read(source_type, event, count)
        rows = self._db.execute(
            "SELECT source_type, event, outcome, count(*) FROM outcome GROUP BY 1, 2, 3"
        )
        for source_type, event, outcome, count in rows:
            books.end(source_type, event, Outcome(outcome), count)
        return books

    def migrated_by(self, seq: int) -> tuple[tuple[str, str], ...]:
        """Return (type, event) of every object that counts as migrated by one write."""
        rows = self._db.execute(
            "SELECT source_type, event FROM outcome"
            " WHERE write_seq = ? AND outcome = 'migrated' ORDER BY id",
            (seq,),
        )
        return tuple((str(a), str(b)) for a, b in rows)

    def first_write_of(self, source_type: str, link: str) -> int:
        """Return the first seq of the object that a write comes from."""
        row = self._db.execute(
            "SELECT min(seq) FROM write WHERE source_type = ? AND link = ?", (source_type, link)
        ).fetchone()
        return int(row[0])

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

    def losses(self) -> tuple[LossRow, ...]:
        """Return what was left behind, most frequent first within a type."""
        rows = self._db.execute(
            "SELECT source_type, path, rule, count FROM loss ORDER BY 1, 4 DESC, 2, 3"
        )
        return tuple(LossRow(source_type=t, path=p, rule=r, count=n) for t, p, r, n in rows)

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


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanContent:
    """Everything that goes into plan.sqlite; each iterable is already in its stable order."""

    meta: Iterable[tuple[str, str]]
    writes: Iterable[tuple[int, str, str, str, int, str, str, str, bytes]]
    references: Iterable[tuple[int, int, str]]
    outcomes: Iterable[tuple[str, str, str, str, str, str, str, int | None]]
    read_counts: Iterable[tuple[str, str, int]]
    issues: Iterable[tuple[str, str, str, str, str, str, str]]
    losses: Iterable[tuple[str, str, str, int]]
    documents: Iterable[tuple[str, int]]
    hash_totals: Iterable[tuple[str, int, str]]


def write_plan(path: Path, content: PlanContent) -> None:
    """Write plan.sqlite anew; it appears under its name only when it is whole."""
    unfinished = path.with_suffix(".unfinished")
    unfinished.unlink(missing_ok=True)
    db = sqlite3.connect(unfinished, isolation_level=None)
    try:
        db.executescript("PRAGMA page_size = 4096; PRAGMA journal_mode = OFF; BEGIN;" + _TABLES)
        db.execute("INSERT INTO meta VALUES ('schema', ?)", (SCHEMA,))
        _fill(db, content)
        db.execute("COMMIT")
    finally:
        db.close()
    unfinished.chmod(0o600)
    unfinished.replace(path)


def _fill(db: sqlite3.Connection, content: PlanContent) -> None:
    db.executemany("INSERT INTO meta VALUES (?, ?)", content.meta)
    db.executemany("INSERT INTO write VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", content.writes)
    db.executemany("INSERT INTO write_reference VALUES (?, ?, ?)", content.references)
    db.executemany(
        "INSERT INTO outcome (source_type, event, link, version, message, outcome, reason,"
        " write_seq) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        content.outcomes,
    )
    db.executemany("INSERT INTO read_count VALUES (?, ?, ?)", content.read_counts)
    db.executemany(
        "INSERT INTO issue (source_type, event, link, code, path, rule, detail)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        content.issues,
    )
    db.executemany("INSERT INTO loss VALUES (?, ?, ?, ?)", content.losses)
    db.executemany("INSERT INTO document VALUES (?, ?)", content.documents)
    db.executemany("INSERT INTO hash_total VALUES (?, ?, ?)", content.hash_totals)
