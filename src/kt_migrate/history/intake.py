"""The history: everything that an archive says, on disk, one row per sighting.

A domain can hold a million messages; nothing here keeps the archive in memory. The file is
temporary, and its row numbers depend on the order of reading, so nothing of it but content may
reach the plan.

What is a sighting: one version of one object in one document, whatever the copy. Message
headers, documents that cannot be read, entries without a link, and the parts of care plans are
objects too, each with sightings of its own, so that one equation holds for all of them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from kt_migrate.history.order import moment
from kt_migrate.history.prepare import Prepared
from kt_migrate.kt13.carried import Carried
from kt_migrate.model import Form, Issue, Message, NoMessage, SourceFile
from kt_migrate.scratch import open_scratch

_TABLES = """
CREATE TABLE file (name TEXT, sha256 TEXT, size INTEGER, kind TEXT);
CREATE TABLE copy (
  id INTEGER PRIMARY KEY, identifier TEXT, event TEXT, form TEXT, iid INTEGER, timestamp TEXT,
  domain TEXT, sender TEXT, status TEXT, focal TEXT);
CREATE TABLE digest (id INTEGER PRIMARY KEY, digest TEXT UNIQUE);
CREATE TABLE body (id INTEGER PRIMARY KEY, body BLOB);
CREATE VIEW content AS SELECT d.id, d.digest, b.body FROM digest d LEFT JOIN body b ON b.id = d.id;
CREATE TABLE sighting (
  id INTEGER PRIMARY KEY, copy INTEGER, source_type TEXT, link TEXT, version TEXT,
  moment INTEGER, content INTEGER, parent INTEGER, place INTEGER);
CREATE TABLE refusal (sighting INTEGER PRIMARY KEY, code TEXT, path TEXT, detail TEXT);
CREATE TABLE response (request TEXT, link TEXT, version TEXT);
CREATE TABLE superseded (sighting INTEGER PRIMARY KEY, successor INTEGER NOT NULL, reason TEXT);
CREATE TABLE object (
  source_type TEXT, link TEXT, sighting INTEGER NOT NULL, decided_by TEXT, removed INTEGER,
  PRIMARY KEY (source_type, link)) WITHOUT ROWID;
CREATE INDEX object_link ON object (link);
CREATE INDEX object_sighting ON object (sighting);
CREATE TABLE same_version (sighting INTEGER, other INTEGER);
CREATE TABLE removed (source_type TEXT, link TEXT, content INTEGER, count INTEGER);
"""

_INDEXES = """
CREATE INDEX copy_identifier ON copy (identifier);
CREATE INDEX sighting_object ON sighting (source_type, link, moment, content, version);
CREATE INDEX sighting_copy ON sighting (copy, link);
CREATE INDEX response_object ON response (request, link);
"""

_FILE = "INSERT INTO file VALUES (?, ?, ?, ?)"
_COPY = "INSERT INTO copy VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_DIGEST = "INSERT OR IGNORE INTO digest (digest) VALUES (?)"
_BODY = "INSERT OR IGNORE INTO body SELECT id, ?2 FROM digest WHERE digest = ?1"
_SIGHTING = (
    "INSERT INTO sighting (id, copy, source_type, link, version, moment, content)"
    " SELECT ?, ?, ?, ?, ?, ?, id FROM digest WHERE digest = ?"
)
_BARE = "INSERT INTO sighting (id, copy, source_type, link, version) VALUES (?, ?, ?, ?, '')"
_REMOVED = "INSERT INTO removed SELECT ?, ?, id, ? FROM digest WHERE digest = ?"
_REFUSAL = "INSERT INTO refusal VALUES (?, ?, ?, ?)"
_RESPONSE = "INSERT INTO response VALUES (?, ?, ?)"
_PART = (
    "INSERT INTO sighting (id, copy, source_type, link, version, moment, parent, place)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
_WAITING, _BYTES = 2_000, 4 * 1024 * 1024
"""So many rows, or bytes of texts, wait before all are written."""

REFUSED = "refused"
"""The form of a document that is no message: it has a copy of its own, for its event."""

HEADER, DOCUMENT = "MessageHeader", "Document"


class Owner(NamedTuple):
    """One sighting of a care plan.

    Attributes:
        sighting: its number.
        copy: number of the message copy that carried it.
        event: of that.
        link: of the care plan.
        version: in that copy.
        moment: that copy's, as `order.moment` has it; None: no copy of its message knows.
        content: number of its content.
        is_last: whether it is the last state.
    """

    sighting: int
    copy: int
    event: str
    link: str
    version: str
    moment: int | None
    content: int
    is_last: int


class Intake:
    """A temporary SQLite file that takes in every sighting of every object.

    Args:
        folder: where the file comes; None: nothing is on disk, for a few documents.
    """

    def __init__(self, folder: Path | None) -> None:
        if folder is None:
            self.db = sqlite3.connect(":memory:", isolation_level=None)
            self.db.execute("PRAGMA temp_store = MEMORY")
        else:
            self.db = open_scratch(folder, "history")
            # Sorting a million sightings must not fill the memory; SQLite unlinks these files too.
            self.db.execute("PRAGMA temp_store = FILE")
        for statement in _TABLES.split(";"):
            self.db.execute(statement)
        self.db.execute("BEGIN")
        self._counted: dict[tuple[str, str], int] = {}
        self._copies = self._sightings = self._bytes = 0
        # In the order in which they are written: a sighting finds its content.
        content = (_DIGEST, _BODY, _SIGHTING)
        statements = (_FILE, _COPY, *content, _BARE, _PART, _REMOVED, _REFUSAL, _RESPONSE)
        self._waiting: dict[str, list[tuple[object, ...]]] = {sql: [] for sql in statements}

    def close(self) -> None:
        """Close the file, and with that delete it: it holds patient data."""
        self.db.close()

    def add_no_message(self, file: SourceFile, found: NoMessage) -> None:
        """Count a file that no message can be."""
        self._add_file(file, f"no-message {found.kind}")

    def add_document(self, file: SourceFile, document: Prepared) -> None:
        """Keep what one file turned out to hold."""
        self._add_file(file, document.kind or "unreadable")
        if not document.kind:
            self._refuse(file.name, "", document.issues[0])
            return
        if document.response is not None:
            request = document.response.request
            self._waiting[_RESPONSE].extend(
                (request, link, version) for link, version in document.response.versions
            )
        for place, issue in enumerate(document.issues, start=1):
            self._refuse(f"{file.name}#message-{place}", "", issue)
        for message, carried in zip(document.messages, document.carried, strict=True):
            self._add_message(message, carried)

    def refuse_message(self, message: Message, carried: Sequence[Carried], issue: Issue) -> None:
        """Keep a message as one rejected document, without its objects."""
        for thing in carried:
            self._content(thing)  # another message may carry it, and its text came once
        self._refuse(message.identifier, message.event, issue)

    def _add_file(self, file: SourceFile, kind: str) -> None:
        self._waiting[_FILE].append((file.name, file.sha256, file.size, kind))
        waiting = max(len(self._waiting[_FILE]), len(self._waiting[_SIGHTING]))
        if waiting > _WAITING or self._bytes > _BYTES:
            self.write()

    def write(self) -> None:
        """Write what waits to be written together.

        Raises:
            ValueError: an object's content never came.
        """
        for sql, rows in self._waiting.items():
            written = self.db.executemany(sql, rows).rowcount
            if sql == _SIGHTING and rows and written < len(rows):
                raise ValueError("a content never came")
            rows.clear()
        self._bytes = 0

    def _refuse(self, name: str, event: str, issue: Issue) -> None:
        copy = self._add_copy(name, event, REFUSED)
        self._refuse_entry(copy, event, DOCUMENT, name, issue)

    def _refuse_entry(
        self, copy: int, event: str, source_type: str, link: str, issue: Issue
    ) -> None:
        sighting = self._see(copy, event, source_type, link)
        self._waiting[_REFUSAL].append((sighting, issue.code, issue.path, issue.detail))

    def _add_copy(self, identifier: str, event: str, form: str) -> int:
        self._copies += 1
        row = (self._copies, identifier, event, form, None, "", None, None, None, "")
        self._waiting[_COPY].append(row)
        return self._copies

    def _see(self, copy: int, event: str, source_type: str, link: str) -> int:
        self.count(source_type, event)
        self._sightings += 1
        self._waiting[_BARE].append((self._sightings, copy, source_type, link))
        return self._sightings

    def see_part(self, source_type: str, link: str, owner: Owner, parent: int, place: int) -> int:
        """See a part of a care plan in one sighting of that.

        Args:
            source_type: what it is.
            link: what it is known by.
            owner: the sighting of the care plan.
            parent: number of the sighting that it stands in: the care plan's, or an activity's.
            place: where in that, from zero.

        Returns:
            The number of its sighting.
        """
        self.count(source_type, owner.event)
        self._sightings += 1
        number, waiting = self._sightings, self._waiting[_PART]
        seen = (number, owner.copy, source_type, link, owner.version, owner.moment, parent, place)
        waiting.append(seen)
        if len(waiting) > _WAITING:
            self.write()
        return number

    def _add_message(self, message: Message, carried: Sequence[Carried]) -> None:
        self._copies += 1
        copy = self._copies
        self._waiting[_COPY].append(
            (
                copy,
                message.identifier,
                message.event,
                message.form.value,
                message.iid,
                message.timestamp,
                message.domain,
                message.sender,
                message.status,
                message.focal,
            ),
        )
        if message.form is not Form.SEARCH:
            self._see(copy, message.event, HEADER, message.identifier)
        # A sender's copy has the version that it was based on; `settling` asks the other copies.
        own = message.form is not Form.SENDER
        sightings = self._waiting[_SIGHTING]
        for thing in carried:
            self._content(thing)
            source_type, link, version, digest, _text, removed = thing
            self.count(source_type, message.event)
            self._sightings += 1
            given = moment(version, assigned=True) if own else None
            sightings.append((self._sightings, copy, source_type, link, version, given, digest))
            if removed:
                self._waiting[_REMOVED].append((source_type, link, removed, digest))
        places: dict[str, int] = {}
        for issue in message.issues:
            places[issue.path] = places.get(issue.path, 0) + 1
            link = f"{message.identifier}#entry-{places[issue.path]}"
            self._refuse_entry(copy, message.event, issue.path, link, issue)

    def _content(self, thing: Carried) -> None:
        """Keep a content once, however often it is seen."""
        if thing.text:
            self._waiting[_DIGEST].append((thing.digest,))
            self._waiting[_BODY].append((thing.digest, thing.text))
            self._bytes += len(thing.text)

    def count(self, source_type: str, event: str, count: int = 1) -> None:
        """Count sightings as they come in, apart from the rows that are kept of them."""
        key = (source_type, event)
        self._counted[key] = self._counted.get(key, 0) + count

    def index(self) -> None:
        """Say that everything was read."""
        self.write()
        self.db.execute("COMMIT")
        for statement in _INDEXES.split(";"):
            self.db.execute(statement)
        self.db.execute("BEGIN")
        self._join_untyped()

    def _join_untyped(self) -> None:
        """Count an `Other` without its usage code to the one typed object with its link."""
        rows = self.db.execute(
            "SELECT u.id, u.source_type, c.event, min(t.source_type) FROM sighting u"
            " JOIN copy c ON c.id = u.copy"
            " JOIN sighting t ON t.link = u.link AND t.source_type NOT IN ('Other', ?)"
            " WHERE u.source_type = 'Other' AND u.content IS NOT NULL"
            " GROUP BY u.id HAVING count(DISTINCT t.source_type) = 1",
            (HEADER,),
        ).fetchall()
        for sighting, untyped, event, source_type in rows:
            self.count(untyped, event, -1)
            self.count(source_type, event)
            self.db.execute(
                "UPDATE sighting SET source_type = ? WHERE id = ?", (source_type, sighting)
            )
