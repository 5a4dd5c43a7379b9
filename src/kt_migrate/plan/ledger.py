"""The ledger: the one fate of every object, kept on disk until the plan is written.

It shares the history's temporary file. A draft lies there in three: what is asked of it again
and again (`draft`), the resource as the mapping made it (`made`), and its digest once it has been
found sound (`sound`), with the resource when its references changed since. `staged` is where
stages are counted; `other_target` has what else a reference may name, `rank` says which it is;
`version_draft`, `version_target` and `version_end` are of the earlier versions (mode
`every-version`). A fate is written once: the database refuses a second one. What came in, what
was superseded and what has a fate are booked apart, so that an object that got lost between them
makes the books fail instead of passing unseen.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

import orjson

from kt_migrate.errors import BooksError
from kt_migrate.mapping.account import Account
from kt_migrate.model import Body, Issue, Key, Outcome, Reference, Resource, Write

_TABLES = """
CREATE TABLE fate (
  source_type TEXT, link TEXT, outcome TEXT NOT NULL, reason TEXT NOT NULL,
  PRIMARY KEY (source_type, link)) WITHOUT ROWID;
CREATE TABLE follows (
  source_type TEXT, link TEXT, of_type TEXT, of_link TEXT,
  PRIMARY KEY (source_type, link)) WITHOUT ROWID;
CREATE TABLE named (
  source_type TEXT, link TEXT, patient TEXT, PRIMARY KEY (source_type, link)) WITHOUT ROWID;
CREATE TABLE problem (
  source_type TEXT, event TEXT, link TEXT, code TEXT, path TEXT, rule TEXT, detail TEXT);
CREATE TABLE element (
  source_type TEXT, path TEXT, count INTEGER, PRIMARY KEY (source_type, path)) WITHOUT ROWID;
CREATE TABLE draft (
  id INTEGER PRIMARY KEY, r4_type TEXT, system TEXT, value TEXT, source_type TEXT, link TEXT,
  event TEXT, alive INTEGER DEFAULT 1, stage INTEGER, seq INTEGER,
  UNIQUE (r4_type, system, value));
CREATE TABLE made (draft INTEGER PRIMARY KEY, resource BLOB);
CREATE TABLE sound (draft INTEGER PRIMARY KEY, digest TEXT, final BLOB);
CREATE TABLE staged (draft INTEGER PRIMARY KEY, stage INTEGER);
CREATE TABLE draft_reference (
  draft INTEGER, place INTEGER, r4_type TEXT, system TEXT, value TEXT, path TEXT, remove TEXT,
  rule TEXT, dropped INTEGER DEFAULT 0, target INTEGER, rank INTEGER DEFAULT 0,
  PRIMARY KEY (draft, place)) WITHOUT ROWID;
CREATE TABLE other_target (
  draft INTEGER, place INTEGER, rank INTEGER, r4_type TEXT, system TEXT, value TEXT,
  PRIMARY KEY (draft, place, rank)) WITHOUT ROWID;
CREATE TABLE version_draft (
  id INTEGER PRIMARY KEY, draft INTEGER, place INTEGER, ordinal INTEGER, sighting INTEGER,
  digest TEXT, resource BLOB, UNIQUE (draft, place));
CREATE TABLE version_target (
  version INTEGER, target INTEGER, PRIMARY KEY (version, target)) WITHOUT ROWID;
CREATE TABLE version_end (
  source_type TEXT, outcome TEXT, count INTEGER, PRIMARY KEY (source_type, outcome)) WITHOUT ROWID;
CREATE INDEX draft_source ON draft (source_type, link);
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The object that a fate or an issue is about.

    Attributes:
        source_type: KT 1.3 type, or `Document`, `CarePlanActivity`, `Application`, …
        link: resource link, activity identifier, application name, file name.
        event: event of the message that carried its last state.
    """

    source_type: str
    link: str
    event: str


class Ledger:
    """Fates, issues and drafts while planning; see the module."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db
        self._elements = Account()
        for statement in _TABLES.split(";"):
            db.execute(statement)

    def fate(self, subject: Subject, outcome: Outcome, reason: str) -> None:
        """Decide where an object ends, once.

        Raises:
            BooksError: it has a fate already.
        """
        try:
            self.db.execute(
                "INSERT INTO fate VALUES (?, ?, ?, ?)",
                (subject.source_type, subject.link, outcome.value, reason),
            )
        except sqlite3.IntegrityError:
            raise BooksError(
                "An object has two fates.",
                where=f"{subject.source_type} {subject.link}",
                fix="Report this with the error list; do not migrate with this plan.",
            ) from None

    def fate_of_all(
        self, source_type: str, outcome: Outcome, reason: str, *, content: bool
    ) -> None:
        """Decide where all objects of a type end whose last state has a content (or has none).

        Raises:
            sqlite3.IntegrityError: one of them has a fate already.
        """
        self.db.execute(
            "INSERT INTO fate SELECT o.source_type, o.link, ?, ? FROM object o"
            " JOIN sighting s ON s.id = o.sighting"
            " WHERE o.source_type = ? AND (s.content IS NOT NULL) = ?",
            (outcome.value, reason, source_type, content),
        )

    def follow(self, subject: Subject, of_type: str, of_link: str) -> None:
        """Say that an object ends where another does, of which it became part."""
        self.db.execute(
            "INSERT INTO follows VALUES (?, ?, ?, ?)",
            (subject.source_type, subject.link, of_type, of_link),
        )

    def settle_followers(self) -> None:
        """Give every follower the fate of what it follows.

        What follows an object that is rejected is itself rejected because of that.
        """
        self.db.execute(
            "INSERT INTO fate SELECT w.source_type, w.link, f.outcome,"
            " CASE f.outcome WHEN ? THEN 'reference-missing' ELSE f.reason END FROM follows w"
            " JOIN fate f ON f.source_type = w.of_type AND f.link = w.of_link",
            (Outcome.REJECTED.value,),
        )

    def issue(self, subject: Subject, issue: Issue) -> None:
        """Put one line in the error list."""
        self.db.execute(
            "INSERT INTO problem VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                subject.source_type,
                subject.event,
                subject.link,
                issue.code,
                issue.path,
                issue.rule,
                issue.detail,
            ),
        )

    def reject(self, subject: Subject, issues: tuple[Issue, ...]) -> None:
        """Decide that an object is rejected, with every reason."""
        for issue in issues:
            self.issue(subject, issue)
        self.fate(subject, Outcome.REJECTED, issues[0].code)

    def belongs(self, subject: Subject, patient: str) -> None:
        """Note to whose dossier an object belongs of which there will be no draft.

        Args:
            subject: the object.
            patient: the patient's link; empty: to nobody's.
        """
        if patient:
            row = (subject.source_type, subject.link, patient)
            self.db.execute("INSERT INTO named VALUES (?, ?, ?)", row)

    def account(self, source_type: str, body: Body) -> None:
        """Count the elements of one object."""
        self._elements.take(source_type, body)
        if self._elements.full:
            self._keep_elements()

    def _keep_elements(self) -> None:
        self.db.executemany(
            "INSERT INTO element VALUES (?, ?, ?)"
            " ON CONFLICT DO UPDATE SET count = count + excluded.count",
            self._elements.taken(),
        )

    def draft(self, subject: Subject, write: Write) -> None:
        """Keep a resource that may be written, until its references are looked at."""
        key = write.key
        cursor = self.db.execute(
            "INSERT INTO draft (r4_type, system, value, source_type, link, event)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (
                key.r4_type,
                key.system,
                key.value,
                subject.source_type,
                subject.link,
                subject.event,
            ),
        )
        self.db.execute(
            "INSERT INTO made VALUES (?, ?)", (cursor.lastrowid, dump_resource(write.resource))
        )
        self.db.executemany(
            "INSERT INTO draft_reference (draft, place, r4_type, system, value, path, remove,"
            " rule) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [(cursor.lastrowid, n, *_reference_row(r)) for n, r in enumerate(write.references)],
        )
        for place, reference in enumerate(write.references):
            self.db.executemany(
                "INSERT INTO other_target VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (cursor.lastrowid, place, rank, other.r4_type, other.system, other.value)
                    for rank, other in enumerate(reference.others, start=1)
                ],
            )

    def problems(self) -> Iterator[tuple[str, str, str, str, str, str, str]]:
        """Yield the error list in its stable order."""
        yield from self.db.execute("SELECT * FROM problem ORDER BY 1, 2, 3, 4, 5, 6, 7")

    def elements(self) -> Iterator[tuple[str, str, int]]:
        """Yield (type, path, objects) of every element that was counted, sorted."""
        self._keep_elements()
        yield from self.db.execute("SELECT * FROM element ORDER BY 1, 2")

    def end_versions(self, source_type: str, outcome: str, count: int = 1) -> None:
        """Count earlier versions: `planned`, `equal` or `skipped`."""
        self.db.execute(
            "INSERT INTO version_end VALUES (?, ?, ?)"
            " ON CONFLICT DO UPDATE SET count = count + excluded.count",
            (source_type, outcome, count),
        )

    def version_counts(self) -> Iterator[tuple[str, str, int]]:
        """Yield what became of the earlier versions, per type and outcome, sorted."""
        yield from self.db.execute("SELECT * FROM version_end ORDER BY 1, 2")


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


def dump_resource(resource: Resource) -> bytes:
    """Return a resource as it is written in a plan: JSON with sorted keys."""
    return orjson.dumps(resource, option=orjson.OPT_SORT_KEYS)


def load_resource(body: bytes) -> Resource:
    """Parse the JSON of a draft."""
    resource: Resource = orjson.loads(body)
    return resource
