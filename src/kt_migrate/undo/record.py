"""undo.sqlite: what a run did, listed before anything is undone; what came of undoing each.

The same promise as the journal's (`load.journal`): an intent is on disk before its request leaves,
and an intent without outcome is looked up on the server before anything is sent again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, fields
from operator import attrgetter
from pathlib import Path
from typing import Self

from kt_migrate.errors import JournalError, said
from kt_migrate.load.group_commit import GroupCommit
from kt_migrate.plan.runs import UNDO_FILE, is_undone
from kt_migrate.undo.states import UNDONE, Kind, UndoState, UndoStepError, require_step

SCHEMA = "kt-migrate-undo/1"
LISTED = "listed"
"""`meta`: the inventory is whole; until then it is made anew."""

_META = (
    "CREATE TABLE IF NOT EXISTS meta"
    " (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID"
)
_TABLES = (
    _META,
    f"""CREATE TABLE IF NOT EXISTS deed (
  id INTEGER PRIMARY KEY, seq INTEGER NOT NULL, stage INTEGER NOT NULL,
  r4_type TEXT NOT NULL, system TEXT NOT NULL, value TEXT NOT NULL, link TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ({", ".join(f"'{kind}'" for kind in Kind)})),
  server_id TEXT NOT NULL, version TEXT NOT NULL, before TEXT NOT NULL, planned TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ({", ".join(f"'{state}'" for state in UndoState)})),
  operation TEXT NOT NULL, sent TEXT NOT NULL, after TEXT NOT NULL, code TEXT NOT NULL,
  status INTEGER NOT NULL, said TEXT NOT NULL, attempts INTEGER NOT NULL,
  request_id TEXT NOT NULL) STRICT""",
    "CREATE INDEX IF NOT EXISTS deed_order ON deed (stage DESC, id)",
    "CREATE INDEX IF NOT EXISTS deed_state ON deed (state)",
    "CREATE INDEX IF NOT EXISTS deed_server_id ON deed (server_id)",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """One row: a resource that the run made or changed, and where undoing it stands.

    Attributes:
        id: row number, in the order of undoing within a stage.
        seq, stage, r4_type, system, value, link: of the write in the plan.
        kind: whether the run made it, or changed what was there.
        server_id: its logical id.
        version: what the run's last write gave it; empty: not known.
        before: of what was changed, the version that it had before.
        planned: SHA-256 of the planned content.
        state: where undoing it stands.
        operation: `delete` or `update`; empty: nothing was sent.
        sent: SHA-256 of the content that was sent.
        after: the version that undoing gave it; of what was deleted the one that the deletion
            came to, when nobody was faster.
        code: catalogue code of why it was kept.
        status, said: of the server's last answer.
        attempts: how many requests left for it.
        request_id: `X-Request-Id` of the last one.
    """

    id: int
    seq: int
    stage: int
    r4_type: str
    system: str
    value: str
    link: str
    kind: Kind
    server_id: str
    version: str
    before: str
    planned: str
    state: UndoState = UndoState.LISTED
    operation: str = ""
    sent: str = ""
    after: str = ""
    code: str = ""
    status: int = 0
    said: str = ""
    attempts: int = 0
    request_id: str = ""


_COLUMNS = tuple(field.name for field in fields(Deed))
_ROW = attrgetter(*_COLUMNS)
_SELECT = f"SELECT {', '.join(_COLUMNS)} FROM deed"
_INSERT = f"INSERT INTO deed ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"
_CHANGES = ("state", "operation", "sent", "after", "code", "status", "said", "attempts")
_CHANGED = attrgetter(*_CHANGES, "request_id", "id")
_UPDATE = f"UPDATE deed SET {', '.join(f'{c} = ?' for c in _CHANGES)}, request_id = ? WHERE id = ?"


class Record:
    """The durable record of undoing one run. One process writes it at a time (`load.lock`)."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / UNDO_FILE
        self._db = _open(self.path)
        self._read = _open(self.path)
        self._commits: GroupCommit[Deed] = GroupCommit(self._commit, self._problem)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._commits.close()
        self._read.close()
        self._db.close()

    def meta(self, name: str) -> str:
        """Return one value of `meta`, or empty."""
        row = self._read.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return "" if row is None else str(row[0])

    def note(self, name: str, value: str) -> None:
        """Write one value of `meta`, durable when this returns."""
        try:
            self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))
        except sqlite3.Error as error:
            raise self._problem(error) from None

    def bind(self, name: str, value: str) -> None:
        """Bind the record to its run.

        Raises:
            JournalError: it is bound to another one.
        """
        known = self.meta(name)
        if known and known != value:
            raise JournalError(
                said("The record of undoing belongs to another {name}.", name=name),
                where=str(self.path),
                fix="Undo a run in its own folder, with its own environment.",
            )
        self.note(name, value)

    def list_all(self, deeds: Iterable[Deed]) -> None:
        """Write the whole inventory, in one transaction: all of it, or none.

        Raises:
            JournalError: the disk does not take it.
        """
        try:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute("DELETE FROM deed")
            self._db.executemany(_INSERT, map(_ROW, deeds))
            self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, 'yes')", (LISTED,))
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            raise self._problem(error) from None

    @property
    def listed(self) -> bool:
        """Whether the inventory is whole."""
        return self.meta(LISTED) == "yes"

    async def intend(self, deed: Deed) -> None:
        """Put an intent on disk; returns when it is safe to send.

        Raises:
            JournalError: the disk does not take it.
        """
        await self._commits.durable(deed)

    def settle(self, deed: Deed) -> None:
        """Record an outcome; durable at the next commit."""
        self._commits.soon(deed)

    async def flush(self) -> None:
        """Wait until everything recorded so far is on disk."""
        await self._commits.flush()

    async def stop(self) -> None:
        """Wait for what is being recorded, and end the writer."""
        await self._commits.stop()

    def stages(self) -> list[int]:
        """Return the stages in which there is something, the last first."""
        rows = self._read.execute("SELECT DISTINCT stage FROM deed ORDER BY stage DESC")
        return [int(stage) for (stage,) in rows]

    def of_stage(self, stage: int, *states: UndoState) -> Generator[Deed]:
        """Yield the deeds of one stage that are in one of these states."""
        marks = ", ".join("?" * len(states))
        query = f"{_SELECT} WHERE stage = ? AND state IN ({marks}) ORDER BY id"
        yield from map(_deed, self._read.execute(query, (stage, *states)))

    def deeds(self, *states: UndoState) -> Iterator[Deed]:
        """Yield the deeds in these states (none given: all), in the order of undoing."""
        wanted = states or tuple(UndoState)
        marks = ", ".join("?" * len(wanted))
        query = f"{_SELECT} WHERE state IN ({marks}) ORDER BY stage DESC, id"
        yield from map(_deed, self._read.execute(query, wanted))

    def counts(self) -> dict[tuple[str, UndoState], int]:
        """Return how many deeds per R4 type stand in each state."""
        rows = self._read.execute(
            "SELECT r4_type, state, count(*) FROM deed GROUP BY 1, 2 ORDER BY 1, 2"
        )
        return {(str(r4), UndoState(state)): int(count) for r4, state, count in rows}

    def _commit(self, deeds: list[Deed]) -> None:
        stands: dict[int, UndoState] = {}
        for deed in deeds:
            if deed.id not in stands:
                row = self._db.execute("SELECT state FROM deed WHERE id = ?", (deed.id,)).fetchone()
                stands[deed.id] = UndoState(row[0])
            require_step(stands[deed.id], deed.state)
            stands[deed.id] = deed.state
        self._db.execute("BEGIN IMMEDIATE")
        self._db.executemany(_UPDATE, map(_CHANGED, deeds))
        self._db.execute("COMMIT")

    def _problem(self, error: Exception) -> JournalError:
        if isinstance(error, UndoStepError):
            return JournalError(
                said("Undoing would take a step that it cannot take ({error}).", error=error),
                where=str(self.path),
                fix="Report this: it is a defect. Nothing more was sent.",
            )
        return JournalError(
            "The record of undoing cannot be written, so nothing more is sent.",
            where=str(self.path),
            fix=said(
                "Make room on the disk or correct its rights ({name}).", name=type(error).__name__
            ),
        )


def _open(path: Path) -> sqlite3.Connection:
    try:
        path.touch()
        path.chmod(0o600)
        db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        for statement in _TABLES:
            db.execute(statement)
        db.execute("INSERT OR IGNORE INTO meta VALUES ('schema', ?)", (SCHEMA,))
        (schema,) = db.execute("SELECT value FROM meta WHERE name = 'schema'").fetchone()
    except (OSError, sqlite3.Error):
        raise _damaged(path) from None
    if schema != SCHEMA:
        db.close()
        raise _damaged(path)
    return db


def _damaged(path: Path) -> JournalError:
    return JournalError(
        "The record of undoing cannot be opened.",
        where=str(path),
        fix="Check the disk; a damaged record must not be used: keep it and ask for help.",
    )


def _deed(row: tuple[object, ...]) -> Deed:
    values = dict(zip(_COLUMNS, row, strict=True))
    kind, state = Kind(str(values.pop("kind"))), UndoState(str(values.pop("state")))
    return Deed(kind=kind, state=state, **values)  # type: ignore[arg-type]  # STRICT columns


def wholly_undone(folder: Path) -> bool:
    """Whether everything that a run did is undone."""
    if not is_undone(folder):
        return False
    with Record(folder) as record:
        return record.listed and all(state in UNDONE for _type, state in record.counts())
