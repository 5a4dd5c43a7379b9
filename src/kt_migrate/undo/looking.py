"""What a record of undoing says, for who only looks: `status`, `trace`, `verify`, the report.

It is read and never written, also while somebody undoes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kt_migrate.errors import JournalError
from kt_migrate.plan.runs import UNDO_FILE, is_undone
from kt_migrate.read_only import open_read_only
from kt_migrate.undo.record import LISTED
from kt_migrate.undo.states import UNDONE, UndoState


@dataclass(frozen=True, slots=True, kw_only=True)
class Undoing:
    """How far undoing a run is.

    Attributes:
        undone: of so many resources nothing of the run counts any more.
        left: so many were left as they are, each with its reason.
        pending: so many were not looked at yet, or are under way.
    """

    undone: int = 0
    left: int = 0
    pending: int = 0

    def as_json(self) -> dict[str, int]:
        """Return the counts."""
        return {"undone": self.undone, "left": self.left, "pending": self.pending}


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoneWrite:
    """What became of one resource that a write of the run had come to.

    Attributes:
        server_id: its logical id.
        state, code: where it stands, and why it was left.
        operation, status, request_id, version: the last request that undid it, its answer, and
            the version that it came to; empty: nothing was sent.
    """

    server_id: str
    state: str
    code: str
    operation: str
    status: int
    request_id: str
    version: str


def undoing_of(folder: Path) -> Undoing | None:
    """Return how far undoing a run is; None: it was never begun.

    Raises:
        JournalError: the record is damaged.
    """
    if not is_undone(folder):
        return None
    with _reading(folder) as db:
        counts = dict(db.execute("SELECT state, count(*) FROM deed GROUP BY 1").fetchall())
    undone = sum(counts.get(state.value, 0) for state in UNDONE)
    left = counts.get(UndoState.KEPT.value, 0)
    return Undoing(undone=undone, left=left, pending=sum(counts.values()) - undone - left)


def undone_writes(folder: Path, seq: int) -> tuple[UndoneWrite, ...]:
    """Return what became of what one write had come to; empty: nothing, or it was not undone.

    Raises:
        JournalError: the record is damaged.
    """
    if not is_undone(folder):
        return ()
    names = ("server_id", "state", "code", "operation", "status", "request_id", "after")
    query = f"SELECT {', '.join(names)} FROM deed WHERE seq = ? ORDER BY id"
    with _reading(folder) as db:
        rows = db.execute(query, (seq,)).fetchall()
    fields = (*names[:-1], "version")
    return tuple(UndoneWrite(**dict(zip(fields, row, strict=True))) for row in rows)


def is_listed(folder: Path) -> bool:
    """Whether a record has everything that the run did: until then nothing was undone.

    Raises:
        JournalError: the record is damaged.
    """
    if not is_undone(folder):
        return False
    with _reading(folder) as db:
        return db.execute("SELECT 1 FROM meta WHERE name = ?", (LISTED,)).fetchone() is not None


@contextmanager
def _reading(folder: Path) -> Iterator[sqlite3.Connection]:
    try:
        db = open_read_only(folder / UNDO_FILE)
        try:
            # A file that a crash left before its tables were made has none of them.
            if not db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'deed'").fetchone():
                db.close()
                db = sqlite3.connect(":memory:")
                db.execute("CREATE TABLE meta (name, value)")
                db.execute(
                    "CREATE TABLE deed (id, seq, server_id, state, code, operation, status,"
                    " request_id, after)"
                )
            yield db
        finally:
            db.close()
    except sqlite3.Error:
        raise JournalError(
            "The record of undoing cannot be opened.",
            where=str(folder / UNDO_FILE),
            fix="Check the disk; a damaged record must not be used: keep it and ask for help.",
        ) from None
