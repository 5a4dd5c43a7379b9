"""The history: everything that an archive says, on disk, one row per sighting.

A domain can hold a million messages; nothing here keeps the archive in memory. The file is
temporary, and its row numbers depend on the order of reading, so nothing of it but content may
reach the plan.

What is a sighting: one version of one object in one document, whatever the copy. Message
headers, documents that cannot be read, entries without a link, and the parts of care plans are
objects too, each with sightings of its own, so that one equation holds for all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kt_migrate.history.prepare import Prepared
from kt_migrate.kt13.carried import Carried
from kt_migrate.model import Form, Issue, Message, NoMessage, SourceFile
from kt_migrate.scratch import open_scratch

_TABLES = """
CREATE TABLE file (name TEXT, sha256 TEXT, size INTEGER, kind TEXT);
CREATE TABLE copy (
  id INTEGER PRIMARY KEY, identifier TEXT, event TEXT, form TEXT, iid INTEGER, timestamp TEXT,
  domain TEXT, sender TEXT, status TEXT, focal TEXT);
CREATE TABLE content (id INTEGER PRIMARY KEY, digest TEXT UNIQUE, body BLOB);
CREATE TABLE sighting (
  id INTEGER PRIMARY KEY, copy INTEGER, source_type TEXT, link TEXT, version TEXT,
  content INTEGER, parent INTEGER, place INTEGER);
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
CREATE INDEX sighting_object ON sighting (source_type, link);
CREATE INDEX sighting_copy ON sighting (copy, link);
CREATE INDEX response_object ON response (request, link);
"""

REFUSED = "refused"
"""The form of a document that is no message: it has a copy of its own, for its event."""

HEADER, DOCUMENT = "MessageHeader", "Document"


class Intake:
    """A temporary SQLite file that takes in every sighting of every object."""

    def __init__(self, folder: Path) -> None:
        self.db = open_scratch(folder, "history")
        # Sorting a million sightings must not fill the memory; SQLite unlinks these files too.
        self.db.execute("PRAGMA temp_store = FILE")
        for statement in _TABLES.split(";"):
            self.db.execute(statement)
        self.db.execute("BEGIN")
        self._counted: dict[tuple[str, str], int] = {}

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
            self.db.executemany(
                "INSERT INTO response VALUES (?, ?, ?)",
                [(request, link, version) for link, version in document.response.versions],
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
        self.db.execute(
            "INSERT INTO file VALUES (?, ?, ?, ?)", (file.name, file.sha256, file.size, kind)
        )

    def _refuse(self, name: str, event: str, issue: Issue) -> None:
        copy = self._add_copy(name, event, REFUSED)
        self._refuse_entry(copy, event, DOCUMENT, name, issue)

    def _refuse_entry(
        self, copy: int, event: str, source_type: str, link: str, issue: Issue
    ) -> None:
        sighting = self._see(copy, event, source_type, link)
        self.db.execute(
            "INSERT INTO refusal VALUES (?, ?, ?, ?)",
            (sighting, issue.code, issue.path, issue.detail),
        )

    def _add_copy(self, identifier: str, event: str, form: str) -> int:
        return self.insert(
            "INSERT INTO copy (identifier, event, form, timestamp, focal) VALUES (?, ?, ?, '', '')",
            (identifier, event, form),
        )

    def _see(self, copy: int, event: str, source_type: str, link: str) -> int:
        self.count(source_type, event)
        return self.insert(
            "INSERT INTO sighting (copy, source_type, link, version) VALUES (?, ?, ?, '')",
            (copy, source_type, link),
        )

    def insert(self, sql: str, values: tuple[object, ...]) -> int:
        """Insert one row, and return its number."""
        number = self.db.execute(sql, values).lastrowid
        if number is None:
            raise AssertionError(sql)
        return number

    def _add_message(self, message: Message, carried: Sequence[Carried]) -> None:
        copy = self.insert(
            "INSERT INTO copy (identifier, event, form, iid, timestamp, domain, sender, status,"
            " focal) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
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
        rows = []
        for thing in carried:
            self.count(thing.source_type, message.event)
            content = self._content(thing)
            rows.append((copy, thing.source_type, thing.link, thing.version, content))
            if thing.removed:
                self.db.execute(
                    "INSERT INTO removed VALUES (?, ?, ?, ?)",
                    (thing.source_type, thing.link, content, thing.removed),
                )
        self.db.executemany(
            "INSERT INTO sighting (copy, source_type, link, version, content)"
            " VALUES (?, ?, ?, ?, ?)",
            rows,
        )
        places: dict[str, int] = {}
        for issue in message.issues:
            places[issue.path] = places.get(issue.path, 0) + 1
            link = f"{message.identifier}#entry-{places[issue.path]}"
            self._refuse_entry(copy, message.event, issue.path, link, issue)

    def _content(self, thing: Carried) -> int:
        """Keep a content once, however often it is seen."""
        found = self.db.execute(
            "SELECT id FROM content WHERE digest = ?", (thing.digest,)
        ).fetchone()
        if found is not None:
            return int(found[0])
        return self.insert(
            "INSERT INTO content (digest, body) VALUES (?, ?)", (thing.digest, thing.text)
        )

    def count(self, source_type: str, event: str, count: int = 1) -> None:
        """Count sightings as they come in, apart from the rows that are kept of them."""
        key = (source_type, event)
        self._counted[key] = self._counted.get(key, 0) + count

    def index(self) -> None:
        """Say that everything was read."""
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
