"""Tables and indexes of the sandbox's SQLite store."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from kt_migrate.errors import ConfigurationError
from kt_migrate.sandbox.sqlite_audits import AUDIT_TABLE

SCHEMA = 3
"""Goes up when a store that was made before can no longer be used."""

_TABLES = """
CREATE TABLE IF NOT EXISTS resource (
  row INTEGER PRIMARY KEY, r4_type TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL,
  updated INTEGER NOT NULL, origin TEXT NOT NULL, deleted INTEGER NOT NULL DEFAULT 0,
  body BLOB NOT NULL) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS resource_id ON resource (r4_type, id);
CREATE INDEX IF NOT EXISTS resource_row ON resource (r4_type, deleted, row, origin);
CREATE INDEX IF NOT EXISTS resource_updated ON resource (r4_type, deleted, updated, row, origin);
CREATE TABLE IF NOT EXISTS history (
  r4_type TEXT, id TEXT, version INTEGER, body BLOB, PRIMARY KEY (r4_type, id, version))
  WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS identifier (
  r4_type TEXT, system TEXT, value TEXT, row INTEGER, PRIMARY KEY (r4_type, value, system, row))
  WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS identifier_row ON identifier (row);
CREATE TABLE IF NOT EXISTS refers (target TEXT, row INTEGER, PRIMARY KEY (target, row))
  WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS refers_row ON refers (row);
CREATE TABLE IF NOT EXISTS burned (jti TEXT PRIMARY KEY) WITHOUT ROWID;
"""
# The value stands before the system: it is the part that tells identifiers apart, and a search
# by value alone goes by the same index. `history` holds versions that are no longer the last.


def opened(path: Path) -> sqlite3.Connection:
    """Open a store, made when it is not there; only its owner may read it.

    Raises:
        ConfigurationError: the store was made by another version of the sandbox, or is none.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    path.chmod(0o600)
    version = _version_of(db, path)
    if version != SCHEMA and db.execute("SELECT 1 FROM sqlite_schema").fetchone():
        db.close()
        raise ConfigurationError(
            "This sandbox's store was made by another version.",
            where=str(path),
            fix="Remove the file, and start the sandbox again: it makes a new, empty store.",
        )
    db.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;")
    if version != SCHEMA:
        # Only then: a store that a running sandbox is writing to can be opened to read.
        db.executescript(f"{_TABLES}{AUDIT_TABLE}PRAGMA user_version = {SCHEMA};")
    return db


def _version_of(db: sqlite3.Connection, path: Path) -> int:
    try:
        return int(db.execute("PRAGMA user_version").fetchone()[0])
    except sqlite3.DatabaseError as error:
        db.close()
        if error.sqlite_errorcode != sqlite3.SQLITE_NOTADB:
            raise
        raise ConfigurationError(
            "The sandbox's store is no database.",
            where=str(path),
            fix="Remove the file, and start the sandbox again: it makes a new, empty store.",
        ) from None


def latest_change(db: sqlite3.Connection) -> int:
    """Return the time of the last change in the store, in milliseconds; 0: it is empty."""
    found: tuple[int | None] = db.execute("SELECT max(updated) FROM resource").fetchone()
    return found[0] or 0
