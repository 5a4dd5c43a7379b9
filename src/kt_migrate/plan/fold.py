"""The fold: everything that was read, on disk, until the last state of each object is known.

A domain can hold a million messages; nothing here keeps the archive in memory. The file is
temporary: its row numbers depend on the order of reading, so nothing of it but content may
reach the plan.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson

from kt_migrate.kt13.order import Candidate
from kt_migrate.model import (
    Body,
    Document,
    Form,
    Issue,
    Message,
    NoMessage,
    SourceFile,
    Unreadable,
)

_TABLES = """
CREATE TABLE file (name TEXT, sha256 TEXT, size INTEGER, kind TEXT);
CREATE TABLE failed (name TEXT, event TEXT, code TEXT, path TEXT, detail TEXT);
CREATE TABLE copy (
  id INTEGER PRIMARY KEY, identifier TEXT, event TEXT, form TEXT, iid INTEGER, timestamp TEXT,
  domain TEXT, sender TEXT, status TEXT, focal TEXT, content TEXT, chosen INTEGER DEFAULT 0);
CREATE TABLE version (
  id INTEGER PRIMARY KEY, copy INTEGER, source_type TEXT, link TEXT, version TEXT,
  content TEXT, body BLOB, last INTEGER DEFAULT 0, decided_by TEXT DEFAULT '');
CREATE TABLE entry_issue (copy INTEGER, code TEXT, path TEXT, detail TEXT);
CREATE TABLE response (request TEXT, link TEXT, version TEXT);
CREATE TABLE decision (row INTEGER, decided_by TEXT);
"""

_INDEXES = """
CREATE INDEX copy_identifier ON copy (identifier);
CREATE INDEX version_object ON version (source_type, link);
CREATE INDEX version_copy ON version (copy, link);
CREATE INDEX version_link ON version (link, last);
CREATE INDEX response_object ON response (request, link);
"""

_PREFERENCE = {Form.QUEUE: 0, Form.SEARCH: 1, Form.SENDER: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRow:
    """One version of one object, with what its message says.

    Attributes:
        row: number in the fold, for looking things up; never for ordering.
        message: MessageHeader.identifier.
        chosen: whether its message copy is the one that counts (kt13.md §5.4).
        content: SHA-256 of the body.
    """

    row: int
    source_type: str
    link: str
    version: str
    event: str
    message: str
    chosen: bool
    last: bool
    content: str
    body: Body


class Fold:
    """A temporary SQLite file with every version of every object."""

    def __init__(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        self._path = path
        self.db = sqlite3.connect(path, isolation_level=None)
        self.db.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + _TABLES)
        path.chmod(0o600)
        self.db.execute("BEGIN")

    def close(self) -> None:
        """Close and delete the file: it holds patient data."""
        self.db.close()
        self._path.unlink(missing_ok=True)

    def add_unreadable(self, file: SourceFile, problem: Unreadable) -> None:
        """Keep a file that cannot be input."""
        issue = problem.issue
        self._add_file(file, "unreadable")
        self.db.execute(
            "INSERT INTO failed VALUES (?, '', ?, ?, ?)",
            (file.name, issue.code, issue.path, issue.detail),
        )

    def add_document(self, file: SourceFile, document: Document) -> None:
        """Keep what one file turned out to hold."""
        self._add_file(file, document.kind.value)
        if document.response is not None:
            request = document.response.request
            self.db.executemany(
                "INSERT INTO response VALUES (?, ?, ?)",
                [(request, link, version) for link, version in document.response.versions],
            )
        for message in document.messages:
            self._add_message(message)

    def add_no_message(self, file: SourceFile, found: NoMessage) -> None:
        """Count a file that no message can be."""
        self._add_file(file, f"no-message {found.kind}")

    def refuse_message(self, message: Message, code: str) -> None:
        """Keep a message as one rejected document, without its objects."""
        self.db.execute(
            "INSERT INTO failed VALUES (?, ?, ?, '', ?)",
            (message.identifier, message.event, code, message.domain),
        )

    def _add_file(self, file: SourceFile, kind: str) -> None:
        self.db.execute(
            "INSERT INTO file VALUES (?, ?, ?, ?)", (file.name, file.sha256, file.size, kind)
        )

    def _add_message(self, message: Message) -> None:
        rows = []
        for thing in message.objects:
            body = orjson.dumps(thing.body, option=orjson.OPT_SORT_KEYS)
            content = hashlib.sha256(body).hexdigest()
            rows.append((thing.source_type, thing.link, thing.version or "", content, body))
        # The copy's own content decides between equal copies, so that file order does not.
        whole = hashlib.sha256(repr(sorted(row[:4] for row in rows)).encode()).hexdigest()
        cursor = self.db.execute(
            "INSERT INTO copy (identifier, event, form, iid, timestamp, domain, sender, status,"
            " focal, content) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
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
                whole,
            ),
        )
        copy = cursor.lastrowid
        self.db.executemany(
            "INSERT INTO version (copy, source_type, link, version, content, body)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            [(copy, *row) for row in rows],
        )
        self.db.executemany(
            "INSERT INTO entry_issue VALUES (?, ?, ?, ?)",
            [(copy, i.code, i.path, i.detail) for i in message.issues],
        )

    def index(self) -> None:
        """Say that everything was read; choose one copy per message (kt13.md §5.4).

        A queue copy before a sender copy, for it has the assigned versions; between equal forms
        the content decides, then the counter: never the order of reading.
        """
        self.db.executescript(_INDEXES)  # it commits first
        self.db.execute("BEGIN")
        order = " ".join(f"WHEN '{form.value}' THEN {rank}" for form, rank in _PREFERENCE.items())
        self.db.execute(
            "UPDATE copy SET chosen = 1 WHERE id IN (SELECT id FROM (SELECT id, row_number()"
            f" OVER (PARTITION BY identifier ORDER BY CASE form {order} END,"
            " content, coalesce(iid, 0), status, timestamp) AS place FROM copy) WHERE place = 1)"
        )

    def groups(self) -> Iterator[list[tuple[int, Candidate]]]:
        """Yield, per object, the candidates for its last state (of the chosen copies)."""
        rows = self.db.execute(_CANDIDATES)
        group: list[tuple[int, Candidate]] = []
        current: tuple[str, str] | None = None
        for source_type, link, row, *rest in rows:
            if current is not None and current != (source_type, link):
                yield group
                group = []
            current = (source_type, link)
            group.append((row, _candidate(*rest)))
        if group:
            yield group

    def candidate(self, row: int) -> Candidate:
        """Return what is known for ordering one version."""
        found = self.db.execute(_CANDIDATE, (row,)).fetchone()
        return _candidate(*found[3:])

    def decide(self, row: int, decided_by: str) -> None:
        """Say that this version is its object's last state; takes effect with `settle`."""
        self.db.execute("INSERT INTO decision VALUES (?, ?)", (row, decided_by))

    def settle(self) -> None:
        """Let the decisions take effect (apart, since `groups` is being read until then)."""
        self.db.execute(
            "UPDATE version SET last = 1, decided_by = d.decided_by"
            " FROM decision d WHERE d.row = version.id"
        )

    def versions(self, *, source_type: str = "", last: bool = False) -> Iterator[VersionRow]:
        """Yield versions, sorted by content; of one type, and only last states, when asked."""
        where = "WHERE (? = '' OR source_type = ?) AND v.last >= ?"
        rows = self.db.execute(f"{_VERSIONS} {where} {_SORTED}", (source_type, source_type, last))
        for row in rows:
            yield _version_row(row)

    def version(self, row: int) -> VersionRow:
        """Return one version by its number."""
        return _version_row(self.db.execute(f"{_VERSIONS} WHERE v.id = ?", (row,)).fetchone())

    def type_of(self, link: str) -> str | None:
        """Return the KT 1.3 type of what lies under a link, or None."""
        found = self.db.execute(
            "SELECT min(source_type) FROM version WHERE link = ? AND last = 1", (link,)
        ).fetchone()
        return None if found[0] is None else str(found[0])

    def failures(self) -> Iterator[tuple[str, str, Issue]]:
        """Yield (name, event, issue) of what could not be input, sorted."""
        for name, event, code, path, detail in self.db.execute(
            "SELECT name, event, code, path, detail FROM failed ORDER BY 1, 2, 3, 4, 5"
        ):
            yield name, event, Issue(code=code, path=path, detail=detail)

    def entry_issues(self) -> Iterator[tuple[str, str, bool, Issue]]:
        """Yield (message, event, chosen, issue) of entries that could not be objects, sorted."""
        for message, event, chosen, code, path, detail in self.db.execute(
            "SELECT identifier, event, chosen, code, path, detail FROM entry_issue"
            " JOIN copy ON copy.id = copy ORDER BY 1, 3 DESC, 2, 4, 5, 6"
        ):
            yield message, event, bool(chosen), Issue(code=code, path=path, detail=detail)

    def headers(self) -> Iterator[tuple[str, str, bool]]:
        """Yield (message identifier, event, chosen) of every copy of a real message, sorted."""
        rows = self.db.execute(
            "SELECT identifier, event, chosen FROM copy WHERE form != ? ORDER BY 1, 3 DESC, 2",
            (Form.SEARCH.value,),
        )
        for identifier, event, chosen in rows:
            yield identifier, event, bool(chosen)

    def conflicts(self) -> Iterator[tuple[str, str, str]]:
        """Yield (type, link, version) where one assigned version has different contents."""
        yield from self.db.execute(
            "SELECT source_type, link, version FROM version v JOIN copy c ON c.id = v.copy"
            " WHERE c.chosen AND c.form != ? AND version != ''"
            " GROUP BY 1, 2, 3 HAVING count(DISTINCT v.content) > 1 ORDER BY 1, 2, 3",
            (Form.SENDER.value,),
        )

    def documents(self) -> dict[str, int]:
        """Return how many files there were of each kind."""
        rows = self.db.execute("SELECT kind, count(*) FROM file GROUP BY 1 ORDER BY 1")
        return {str(kind): int(count) for kind, count in rows}

    def manifest(self) -> list[tuple[str, str]]:
        """Return (name, SHA-256) of every file."""
        return list(self.db.execute("SELECT name, sha256 FROM file ORDER BY 1, 2"))


_CANDIDATE_COLUMNS = """
SELECT v.source_type, v.link, v.id, nullif(v.version, ''),
  (SELECT max(version) FROM response WHERE request = c.identifier AND link = v.link),
  c.form,
  (SELECT min(f.version) FROM version f
    WHERE f.copy = c.id AND f.link = c.focal AND f.version != ''),
  (SELECT max(version) FROM response WHERE request = c.identifier AND link = c.focal),
  c.iid, c.timestamp, v.content
FROM version v JOIN copy c ON c.id = v.copy
"""
_CANDIDATES = _CANDIDATE_COLUMNS + "WHERE c.chosen ORDER BY v.source_type, v.link"
_CANDIDATE = _CANDIDATE_COLUMNS + "WHERE v.id = ?"

_VERSIONS = """
SELECT v.id, v.source_type, v.link, v.version, c.event, c.identifier, c.chosen, v.last,
  v.content, v.body
FROM version v JOIN copy c ON c.id = v.copy
"""
_SORTED = (
    "ORDER BY v.source_type, v.link, v.version, c.identifier, c.chosen DESC, c.event, v.content,"
    " v.last DESC"
)


def _candidate(
    version: str | None,
    answered: str | None,
    form: str,
    focal_version: str | None,
    focal_answered: str | None,
    *rest: int | str | None,
) -> Candidate:
    """Upgrade a sender copy by the server's answer to it, when the archive has that answer."""
    iid, timestamp, content = rest
    sender = form == Form.SENDER
    return Candidate(
        version=answered if sender and answered else version,
        form=Form(form),
        assigned=not sender or answered is not None,
        focal_version=focal_answered if sender and focal_answered else focal_version,
        focal_assigned=not sender or focal_answered is not None,
        iid=iid if isinstance(iid, int) else None,
        timestamp=str(timestamp or ""),
        content=str(content),
    )


def _version_row(row: tuple[int, str, str, str, str, str, int, int, str, bytes]) -> VersionRow:
    number, source_type, link, version, event, message, chosen, last, content, body = row
    return VersionRow(
        row=number,
        source_type=source_type,
        link=link,
        version=version,
        event=event,
        message=message,
        chosen=bool(chosen),
        last=bool(last),
        content=content,
        body=orjson.loads(body),
    )
