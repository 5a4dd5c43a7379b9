"""What a journal says of one write: where it stands, and every step on the way. Only reads."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kt_migrate.errors import JournalError
from kt_migrate.read_only import open_read_only


@dataclass(frozen=True, slots=True)
class Step:
    """One event of the journal.

    Attributes:
        at: seconds since 1970.
        state, operation: what it became, and by which request.
        status: HTTP status of the answer; 0 when there was none.
        request_id: `X-Request-Id`.
        server_id, version: what the server gave it, when known.
    """

    at: float
    state: str
    operation: str
    status: int
    request_id: str
    server_id: str
    version: str


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a write stands; see `load.journal.Entry`."""

    state: str
    operation: str
    server_id: str
    version: str
    code: str
    path: str
    status: int
    attempts: int
    notice: str
    said: str


class Steps:
    """Looks at a journal.sqlite, also while another process writes it."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def stand(self, seq: int) -> Stand | None:
        """Return where a write stands; None: the journal knows nothing of it."""
        row = self._db.execute(
            "SELECT state, operation, server_id, version, code, path, status, attempts, notice,"
            " said FROM entry WHERE seq = ?",
            (seq,),
        ).fetchone()
        return None if row is None else Stand(*row)

    def of(self, seq: int) -> list[Step]:
        """Return every step of a write, in order."""
        rows = self._db.execute(
            "SELECT at, state, operation, status, request_id, server_id, version FROM event"
            " WHERE seq = ? ORDER BY id",
            (seq,),
        )
        return [Step(*row) for row in rows]


@contextmanager
def steps_of(folder: Path) -> Iterator[Steps | None]:
    """Open the journal of a run folder to read, for as long as the block runs; None: there is none.

    Raises:
        JournalError: it cannot be read.
    """
    path = folder / "journal.sqlite"
    if not path.is_file():
        yield None
        return
    db = open_read_only(path)
    try:
        yield Steps(db)
    except sqlite3.DatabaseError:
        raise JournalError(
            "The journal cannot be read.",
            where=str(path),
            fix="Give the command that writes again: it brings an older journal up to date.",
        ) from None
    finally:
        db.close()
