"""What people filled in on the error list: who acts, a remark, and where it stands.

Remarks are free text by people, so that they may hold personal data. They lie in one database of
the working folder (mode 0600, in a folder of mode 0700 that git passes over), and in the lists
that are given away to be filled in (mode 0600); in no terminal, log, report or error.
A remark is about a line by (link, code, path): of whichever run and environment.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from kt_migrate.errors import JournalError, said
from kt_migrate.read_only import open_read_only

SCHEMA = "kt-migrate-remarks/1"
FOLDER, NAME = "remarks", "remarks.sqlite"
MOST = 2_000
"""Characters of one remark: a spreadsheet's cell can be read in one look."""

_TABLES = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE remark (
  link TEXT NOT NULL, code TEXT NOT NULL, path TEXT NOT NULL,
  holder TEXT NOT NULL, status TEXT NOT NULL, remark TEXT NOT NULL,
  PRIMARY KEY (link, code, path)) STRICT, WITHOUT ROWID;
CREATE TABLE given (path TEXT PRIMARY KEY, digest TEXT NOT NULL, run TEXT NOT NULL) STRICT;
CREATE TABLE taken (digest TEXT PRIMARY KEY) STRICT;
"""


class Status(StrEnum):
    """Where a line stands, as a person says."""

    OPEN = "open"
    SOLVED = "solved"
    ACCEPTED = "accepted"


@dataclass(frozen=True, slots=True)
class Remark:
    """What a person filled in on one line.

    Attributes:
        holder: who acts; empty: who the catalogue says.
        status: where it stands.
        text: free; never shown but in the list itself.
    """

    holder: str = ""
    status: Status = Status.OPEN
    text: str = ""

    @property
    def mark(self) -> str:
        """Eight characters that tell one remark from another; empty when nothing is filled in."""
        if self == NOTHING:
            return ""
        content = f"{self.holder}\n{self.status.value}\n{self.text}"
        return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def plain(text: str) -> str:
    """Return a remark in the one form that it has wherever it comes from."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c if c.isprintable() or c == "\n" else " " for c in lines).strip()


NOTHING = Remark()
"""Nobody filled anything in."""

Line = tuple[str, str, str]
"""(link, code, path) of a line."""


def store_of(root: Path) -> Path:
    """Return where a working folder keeps what people filled in."""
    return root / FOLDER / NAME


@contextmanager
def remarks_of(root: Path) -> Iterator[Remarks]:
    """Open the remarks of a working folder to be read; empty when there are none yet.

    Raises:
        JournalError: the file is damaged, or another version's.
    """
    path = store_of(root)
    with _damage_named(path):
        db = open_read_only(path) if path.is_file() else _empty()
        try:
            yield Remarks(_of_this_version(db, path))
        finally:
            db.close()


@contextmanager
def changing(root: Path) -> Iterator[Remarks]:
    """Open the remarks of a working folder to be changed: all that the block does, or nothing.

    Raises:
        JournalError: the file is damaged, or another version's.
    """
    path = store_of(root)
    if not path.is_file():
        _make(path)
    with _damage_named(path):
        db = sqlite3.connect(path, isolation_level=None, timeout=30.0)
        try:
            db.executescript("PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;")
            _of_this_version(db, path)
            db.execute("BEGIN IMMEDIATE")
            yield Remarks(db)
            db.execute("COMMIT")
        finally:
            db.close()


def _make(path: Path) -> None:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.parent.chmod(0o700)
    (path.parent / ".gitignore").write_bytes(b"*\n")
    unfinished = path.with_name(f"{path.stem}.{os.getpid()}.unfinished.sqlite")
    unfinished.unlink(missing_ok=True)
    os.close(os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    db = sqlite3.connect(unfinished, isolation_level=None)
    try:
        db.executescript(f"BEGIN; {_TABLES} COMMIT;")
        db.execute("INSERT INTO meta VALUES ('schema', ?)", (SCHEMA,))
    finally:
        db.close()
    unfinished.replace(path)


def _empty() -> sqlite3.Connection:
    db = sqlite3.connect(":memory:", isolation_level=None)
    db.executescript(_TABLES)
    db.execute("INSERT INTO meta VALUES ('schema', ?)", (SCHEMA,))
    return db


def _of_this_version(db: sqlite3.Connection, path: Path) -> sqlite3.Connection:
    row = db.execute("SELECT value FROM meta WHERE name = 'schema'").fetchone()
    if row is None or row[0] != SCHEMA:
        raise JournalError(
            "The remarks on the error list are of another version of kt-migrate.",
            where=str(path),
            fix="Use that version, or move the file away and import the lists again.",
        )
    return db


@contextmanager
def _damage_named(path: Path) -> Iterator[None]:
    """Turn what SQLite says into words that hold nothing of what stands in the file."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        name = getattr(error, "sqlite_errorname", "SQLITE_ERROR")
        raise JournalError(
            said("The remarks on the error list cannot be used ({name}).", name=name),
            where=str(path),
            fix="Look at the disk and the file's rights; move a damaged file away and import the"
            " lists again.",
        ) from None


class Remarks:
    """The remarks of a working folder, while they are open."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def of(self, link: str, code: str, path: str) -> Remark:
        """Return what was filled in on a line."""
        row = self._db.execute(
            "SELECT holder, status, remark FROM remark WHERE link = ? AND code = ? AND path = ?",
            (link, code, path),
        ).fetchone()
        return NOTHING if row is None else Remark(row[0], Status(row[1]), row[2])

    def count(self) -> int:
        """Return on how many lines something is filled in."""
        return int(self._db.execute("SELECT count(*) FROM remark").fetchone()[0])

    def lines(self) -> Iterator[tuple[Line, Remark]]:
        """Yield every line on which something is filled in, in order."""
        rows = self._db.execute("SELECT link, code, path, holder, status, remark FROM remark")
        for link, code, path, holder, status, text in rows:
            yield (link, code, path), Remark(holder, Status(status), text)

    def put(self, line: Line, remark: Remark) -> None:
        """Keep what was filled in on a line; nothing takes away what was there."""
        if remark == NOTHING:
            self._db.execute("DELETE FROM remark WHERE link = ? AND code = ? AND path = ?", line)
            return
        self._db.execute(
            "INSERT OR REPLACE INTO remark VALUES (?, ?, ?, ?, ?, ?)",
            (*line, remark.holder, remark.status.value, remark.text),
        )

    def give(self, path: Path, digest: str, run: str) -> None:
        """Note that a list was written to be filled in."""
        row = (str(path.absolute()), digest, run)
        self._db.execute("INSERT OR REPLACE INTO given VALUES (?, ?, ?)", row)

    def take(self, digest: str) -> None:
        """Note that a file was read back."""
        self._db.execute("INSERT OR IGNORE INTO taken VALUES (?)", (digest,))

    def not_taken(self) -> list[Path]:
        """Return the lists that changed since they were written, and were not read back."""
        taken = {row[0] for row in self._db.execute("SELECT digest FROM taken")}
        rows = self._db.execute("SELECT path, digest FROM given ORDER BY path").fetchall()
        return [
            Path(path)
            for path, digest in rows
            if (now := file_digest(Path(path))) not in ("", digest) and now not in taken
        ]


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file; empty when it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
