"""The file under the journal: its tables, how it is opened, and what makes it durable.

WAL and `synchronous=FULL`: a commit that returned survives a power cut. Counts are kept by
triggers in `tally`, in the same transaction as what they count: reading them costs the same
for ten writes and for a million.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from kt_migrate.errors import JournalError
from kt_migrate.load.states import State

SCHEMA = "kt-migrate-journal/5"
_UPGRADABLE = ("", *(f"kt-migrate-journal/{number}" for number in (1, 2, 3, 4)))
"""A file that is still empty; without `notice` and `tally`; without `said` and ids in `event`;
without versions (`passed`, `not_taken`); without what others brought."""

REQUESTS = "requests"
"""The row of `tally` that counts intents; the others are named after their state."""

_STATES = tuple(state.value for state in State)
_META = (
    "CREATE TABLE IF NOT EXISTS meta"
    " (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID"
)
_TABLES = (
    f"""CREATE TABLE IF NOT EXISTS entry (
  seq INTEGER PRIMARY KEY,
  state TEXT NOT NULL CHECK (state IN ({", ".join(f"'{state}'" for state in _STATES)})),
  operation TEXT NOT NULL, server_id TEXT NOT NULL, version TEXT NOT NULL, digest TEXT NOT NULL,
  code TEXT NOT NULL, path TEXT NOT NULL, status INTEGER NOT NULL, attempts INTEGER NOT NULL,
  request_id TEXT NOT NULL, notice TEXT NOT NULL DEFAULT '',
  said TEXT NOT NULL DEFAULT '', passed INTEGER NOT NULL DEFAULT 0) STRICT""",
    """CREATE TABLE IF NOT EXISTS event (
  id INTEGER PRIMARY KEY, seq INTEGER NOT NULL, at REAL NOT NULL, state TEXT NOT NULL,
  operation TEXT NOT NULL, status INTEGER NOT NULL, request_id TEXT NOT NULL,
  server_id TEXT NOT NULL DEFAULT '', version TEXT NOT NULL DEFAULT '',
  passed INTEGER NOT NULL DEFAULT 0, code TEXT NOT NULL DEFAULT '') STRICT""",
    """CREATE TABLE IF NOT EXISTS not_taken (
  seq INTEGER NOT NULL, ordinal INTEGER NOT NULL, code TEXT NOT NULL, path TEXT NOT NULL,
  status INTEGER NOT NULL, said TEXT NOT NULL, PRIMARY KEY (seq, ordinal))
  STRICT, WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS of_other (
  expected INTEGER PRIMARY KEY, server_id TEXT NOT NULL, origin TEXT NOT NULL) STRICT""",
    """CREATE TABLE IF NOT EXISTS tally (
  name TEXT PRIMARY KEY, count INTEGER NOT NULL) STRICT, WITHOUT ROWID""",
)
_LATER_IN_EVENT = (
    ("server_id", "TEXT NOT NULL DEFAULT ''"),
    ("version", "TEXT NOT NULL DEFAULT ''"),
    ("passed", "INTEGER NOT NULL DEFAULT 0"),
    ("code", "TEXT NOT NULL DEFAULT ''"),
)
"""Columns that an older history lacks, in their order."""

_INDEXES = (
    "CREATE INDEX IF NOT EXISTS entry_state ON entry (state)",
    "CREATE INDEX IF NOT EXISTS entry_server_id ON entry (server_id)",
    "CREATE INDEX IF NOT EXISTS of_other_id ON of_other (server_id)",
    "CREATE INDEX IF NOT EXISTS entry_notice ON entry (notice) WHERE notice <> ''",
)
_COUNT = (
    "INSERT INTO tally SELECT state, count(*) FROM entry GROUP BY 1",
    f"INSERT INTO tally SELECT '{REQUESTS}', count(*) FROM event WHERE state = 'intent'",
)
_TRIGGERS = (
    """CREATE TRIGGER entry_new AFTER INSERT ON entry BEGIN
  UPDATE tally SET count = count + 1 WHERE name = new.state; END""",
    """CREATE TRIGGER entry_moved AFTER UPDATE OF state ON entry WHEN old.state <> new.state BEGIN
  UPDATE tally SET count = count - 1 WHERE name = old.state;
  UPDATE tally SET count = count + 1 WHERE name = new.state; END""",
    f"""CREATE TRIGGER event_new AFTER INSERT ON event WHEN new.state = 'intent' BEGIN
  UPDATE tally SET count = count + 1 WHERE name = '{REQUESTS}'; END""",
)


def open_file(path: Path) -> sqlite3.Connection:
    """Open a journal's file; make it, or bring it to this version's schema, when needed.

    Raises:
        JournalError: it is damaged, of a later version, or on a disk that cannot keep it safe.
    """
    try:
        path.touch()
        path.chmod(0o600)  # before SQLite opens it: what lies beside it gets the same mode
        db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)
    except (OSError, sqlite3.Error):
        raise _cannot_open(path) from None
    try:
        (mode,) = db.execute("PRAGMA journal_mode = WAL").fetchone()
        db.execute("PRAGMA synchronous = FULL")
        schema = _prepare(db)
    except sqlite3.Error:
        db.close()
        raise _cannot_open(path) from None
    if mode != "wal":
        db.close()
        raise JournalError(
            "The disk of the run folder cannot keep a journal safely.",
            where=str(path),
            fix="Put the working folder on a local disk, not on a network share.",
        )
    if schema != SCHEMA:
        db.close()
        raise JournalError(
            "The journal is of another version of kt-migrate.",
            where=str(path),
            fix="End this run with the version that began it, or make a new plan.",
        )
    return db


def _cannot_open(path: Path) -> JournalError:
    return JournalError(
        "The journal cannot be opened.",
        where=str(path),
        fix="Check the disk; a damaged journal must not be used: keep it and ask for help.",
    )


def durability(db: sqlite3.Connection) -> tuple[str, str]:
    """Return how a connection keeps what it commits: (journal mode, synchronous)."""
    (mode,) = db.execute("PRAGMA journal_mode").fetchone()
    (level,) = db.execute("PRAGMA synchronous").fetchone()
    return str(mode), {0: "off", 1: "normal", 2: "full", 3: "extra"}[level]


def _prepare(db: sqlite3.Connection) -> str:
    """Return the file's schema, after bringing an older one up to date."""
    if (found := _schema(db)) not in _UPGRADABLE:
        return found
    db.execute("BEGIN IMMEDIATE")
    if (found := _schema(db)) in _UPGRADABLE:  # another process may have been first
        _upgrade(db)
        found = SCHEMA
    db.execute("COMMIT")
    return found


def _schema(db: sqlite3.Connection) -> str:
    known = db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'meta'").fetchone()
    row = known and db.execute("SELECT value FROM meta WHERE name = 'schema'").fetchone()
    return str(row[0]) if row else ""


def _upgrade(db: sqlite3.Connection) -> None:
    if older := _columns(db, "entry"):
        # SQLite cannot widen a CHECK; what hangs on the table goes with it, and comes back below.
        db.execute("ALTER TABLE entry RENAME TO entry_before")
    for statement in (_META, *_TABLES):
        db.execute(statement)
    if older:
        kept = ", ".join(older)
        db.execute(f"INSERT INTO entry ({kept}) SELECT {kept} FROM entry_before")
        db.execute("DROP TABLE entry_before")
    for column, kind in _LATER_IN_EVENT:
        if column not in _columns(db, "event"):
            db.execute(f"ALTER TABLE event ADD COLUMN {column} {kind}")
    db.execute("DROP TRIGGER IF EXISTS event_new")
    db.execute("DELETE FROM tally")
    for statement in (*_INDEXES, *_COUNT, *_TRIGGERS):
        db.execute(statement)
    db.executemany("INSERT OR IGNORE INTO tally VALUES (?, 0)", [(state,) for state in _STATES])
    db.execute("INSERT OR REPLACE INTO meta VALUES ('schema', ?)", (SCHEMA,))


def _columns(db: sqlite3.Connection, table: str) -> list[str]:
    return [str(row[1]) for row in db.execute(f"PRAGMA table_info({table})")]
