"""The ledger: where every object that was read ends, kept on disk until the plan is written.

It shares the fold's temporary file. Reading and ending are booked apart, so that an object that
got lost between the two makes the books fail instead of passing unseen.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

import orjson

from kt_migrate.books import Books
from kt_migrate.model import Issue, Key, Loss, Outcome, Reference, Resource, Write

_TABLES = """
CREATE TABLE ended (
  source_type TEXT, event TEXT, link TEXT, version TEXT, message TEXT,
  outcome TEXT, reason TEXT, follows_type TEXT, follows_link TEXT);
CREATE TABLE fate (
  source_type TEXT, link TEXT, event TEXT, outcome TEXT, reason TEXT,
  PRIMARY KEY (source_type, link)) WITHOUT ROWID;
CREATE TABLE problem (
  source_type TEXT, event TEXT, link TEXT, code TEXT, path TEXT, rule TEXT, detail TEXT);
CREATE TABLE lost (
  source_type TEXT, path TEXT, rule TEXT, count INTEGER,
  PRIMARY KEY (source_type, path, rule)) WITHOUT ROWID;
CREATE TABLE draft (
  id INTEGER PRIMARY KEY, r4_type TEXT, system TEXT, value TEXT, source_type TEXT, link TEXT,
  event TEXT, body BLOB, final BLOB, alive INTEGER DEFAULT 1, stage INTEGER, seq INTEGER,
  UNIQUE (r4_type, system, value));
CREATE TABLE draft_reference (
  draft INTEGER, place INTEGER, r4_type TEXT, system TEXT, value TEXT, path TEXT, remove TEXT,
  rule TEXT, dropped INTEGER DEFAULT 0, target INTEGER, PRIMARY KEY (draft, place)) WITHOUT ROWID;
CREATE INDEX draft_source ON draft (source_type, link);
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One version of one object, as the books count it.

    Attributes:
        source_type: KT 1.3 type, or `Document`, `CarePlanActivity`, `Application`, …
        event: event of the message that carried it.
        link: resource link, activity identifier, application name, file name.
        version: verbatim, or empty.
        message: message identifier.
    """

    source_type: str
    event: str
    link: str
    version: str = ""
    message: str = ""


class Ledger:
    """Books while planning; see the module."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db
        self.books = Books()
        for statement in _TABLES.split(";"):
            db.execute(statement)

    def read(self, seen: Seen) -> None:
        """Book that this came in."""
        self.books.read(seen.source_type, seen.event)

    def end(self, seen: Seen, outcome: Outcome, reason: str) -> None:
        """Book where this ended."""
        self._ended(seen, outcome.value, reason, "", "")

    def follow(self, seen: Seen, source_type: str, link: str) -> None:
        """Book that this ends where an object ends (itself, or the one that it became part of)."""
        self._ended(seen, "", "", source_type, link)

    def _ended(self, seen: Seen, outcome: str, reason: str, of_type: str, of_link: str) -> None:
        self.db.execute(
            "INSERT INTO ended VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                seen.source_type,
                seen.event,
                seen.link,
                seen.version,
                seen.message,
                outcome,
                reason,
                of_type,
                of_link,
            ),
        )

    def fate(self, seen: Seen, outcome: Outcome, reason: str) -> None:
        """Decide where an object ends; a later decision replaces an earlier one."""
        self.db.execute(
            "INSERT OR REPLACE INTO fate VALUES (?, ?, ?, ?, ?)",
            (seen.source_type, seen.link, seen.event, outcome.value, reason),
        )

    def issue(self, seen: Seen, issue: Issue) -> None:
        """Put one line in the error list."""
        self.db.execute(
            "INSERT INTO problem VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                seen.source_type,
                seen.event,
                seen.link,
                issue.code,
                issue.path,
                issue.rule,
                issue.detail,
            ),
        )

    def reject(self, seen: Seen, issues: tuple[Issue, ...]) -> None:
        """Decide that an object is rejected, with every reason."""
        for issue in issues:
            self.issue(seen, issue)
        self.fate(seen, Outcome.REJECTED, issues[0].code)

    def lose(self, source_type: str, losses: tuple[Loss, ...]) -> None:
        """Count elements that were left behind."""
        self.db.executemany(
            "INSERT INTO lost VALUES (?, ?, ?, 1) ON CONFLICT DO UPDATE SET count = count + 1",
            [(source_type, loss.path, loss.rule) for loss in losses],
        )

    def draft(self, seen: Seen, write: Write) -> None:
        """Keep a resource that may be written, until its references are looked at."""
        key = write.key
        cursor = self.db.execute(
            "INSERT INTO draft (r4_type, system, value, source_type, link, event, body)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                key.r4_type,
                key.system,
                key.value,
                seen.source_type,
                seen.link,
                seen.event,
                orjson.dumps(write.resource),
            ),
        )
        self.db.executemany(
            "INSERT INTO draft_reference (draft, place, r4_type, system, value, path, remove,"
            " rule) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [(cursor.lastrowid, n, *_reference_row(r)) for n, r in enumerate(write.references)],
        )

    def problems(self) -> Iterator[tuple[str, str, str, str, str, str, str]]:
        """Yield the error list in its stable order."""
        yield from self.db.execute("SELECT * FROM problem ORDER BY 1, 2, 3, 4, 5, 6, 7")

    def losses(self) -> Iterator[tuple[str, str, str, int]]:
        """Yield what was left behind, sorted."""
        yield from self.db.execute("SELECT * FROM lost ORDER BY 1, 2, 3")

    def outcomes(self) -> Iterator[tuple[str, str, str, str, str, str, str, int | None]]:
        """Yield where every version ended, in stable order, with the write that it became."""
        yield from self.db.execute(_OUTCOMES)

    def read_counts(self) -> list[tuple[str, str, int]]:
        """Return what came in, per type and event."""
        return [(t, e, row.read) for t, e, row in self.books.rows()]


def _reference_row(reference: Reference) -> tuple[str, str, str, str, str, str]:
    target: Key = reference.target
    path, remove = orjson.dumps(reference.path), orjson.dumps(reference.remove)
    return (
        target.r4_type,
        target.system,
        target.value,
        path.decode(),
        remove.decode(),
        reference.rule,
    )


def load_resource(body: bytes) -> Resource:
    """Parse the JSON of a draft."""
    resource: Resource = orjson.loads(body)
    return resource


# What follows an object that is rejected is itself rejected because of that reference; its own
# versions carry the object's own reason.
_OUTCOMES = """
SELECT e.source_type, e.event, e.link, e.version, e.message,
  CASE WHEN e.outcome != '' THEN e.outcome ELSE coalesce(f.outcome, '') END AS outcome,
  CASE WHEN e.outcome != '' THEN e.reason
    WHEN f.outcome = 'rejected' AND (e.source_type, e.link) != (f.source_type, f.link)
      THEN 'reference-missing'
    ELSE coalesce(f.reason, '') END AS reason,
  CASE WHEN e.outcome = '' AND f.outcome = 'migrated' THEN
    (SELECT min(seq) FROM draft d
      WHERE d.source_type = f.source_type AND d.link = f.link AND d.alive) END AS seq
FROM ended e LEFT JOIN fate f ON f.source_type = e.follows_type AND f.link = e.follows_link
ORDER BY 1, 2, 3, 4, 5, 6, 7
"""
