"""journal.sqlite: what was sent, durable before it leaves; what came of it.

Effect and record cannot share a transaction, so the intent comes first: `intent` is on disk
(WAL, `synchronous=FULL`) before the request leaves. A crash between the two leaves an intent
without outcome, which the next start finds and looks up on the server.

Commits are grouped: everything that waits while the disk is busy goes into the next commit.
The tables are described in docs/design.md, step 7.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from kt_migrate.errors import JournalError

SCHEMA = "kt-migrate-journal/1"

_TABLES = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS entry (
  seq INTEGER PRIMARY KEY,
  state TEXT NOT NULL CHECK (state IN ('intent', 'created', 'updated', 'unchanged', 'rejected',
    'blocked', 'duplicate', 'waiting')),
  operation TEXT NOT NULL, server_id TEXT NOT NULL, version TEXT NOT NULL, digest TEXT NOT NULL,
  code TEXT NOT NULL, path TEXT NOT NULL, status INTEGER NOT NULL, attempts INTEGER NOT NULL,
  request_id TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS event (
  id INTEGER PRIMARY KEY, seq INTEGER NOT NULL, at REAL NOT NULL, state TEXT NOT NULL,
  operation TEXT NOT NULL, status INTEGER NOT NULL, request_id TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS entry_state ON entry (state);
CREATE INDEX IF NOT EXISTS entry_server_id ON entry (server_id);
"""


class State(StrEnum):
    """Where one write stands."""

    INTENT = "intent"
    """On disk; the request may or may not have reached the server."""
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    """It was there already, with the same content."""
    REJECTED = "rejected"
    BLOCKED = "blocked"
    """Not sent, since something that it refers to could not be written."""
    DUPLICATE = "duplicate"
    """The temporary identifier is there more than once: a person must look."""
    WAITING = "waiting"
    """Known not to be there; goes again."""


ON_SERVER = frozenset({State.CREATED, State.UPDATED, State.UNCHANGED})
"""The states in which the resource is on the server as planned."""

FAILED = frozenset({State.REJECTED, State.BLOCKED, State.DUPLICATE})
"""The states in which it is known that it will not come without a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One row of the journal: the present state of one write.

    Attributes:
        seq: the write in the plan.
        state: where it stands.
        operation: `create` or `update`; empty when nothing was sent.
        server_id: logical id, when known.
        version: the version that the server gave, when known.
        digest: SHA-256 of the canonical form of what was sent, with the references turned back
            into conditional ones: the journal's side of the hash totals.
        code: catalogue code when it failed.
        path: FHIR path that the server named.
        status: HTTP status of the last answer; 0 when there was none.
        attempts: how many requests left for it.
        request_id: `X-Request-Id` of the last one.
    """

    seq: int
    state: State
    operation: str = ""
    server_id: str = ""
    version: str = ""
    digest: str = ""
    code: str = ""
    path: str = ""
    status: int = 0
    attempts: int = 0
    request_id: str = ""


class Journal:
    """The durable record of one run. One process writes it at a time (see `load.lock`)."""

    def __init__(self, path: Path, *, clock: Callable[[], float]) -> None:
        self.path = path
        self._clock = clock
        self._db = _open(path)
        self._read = _open(path)
        self._waiting: list[tuple[Entry, asyncio.Future[None] | None]] = []
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._writer: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="journal")

    def bind(self, meta: dict[str, str]) -> None:
        """Bind the journal to its plan and environment.

        Raises:
            JournalError: it is bound to something else. Environments never mix.
        """
        for name, value in {"schema": SCHEMA, **meta}.items():
            known = self.meta(name)
            if not known:
                self._db.execute("INSERT INTO meta VALUES (?, ?)", (name, value))
                self._db.commit()
            elif known != value:
                raise JournalError(
                    f"The journal belongs to another {name}.",
                    where=str(self.path),
                    fix="Make a new plan; it gets a run folder of its own.",
                )

    def meta(self, name: str) -> str:
        """Return one value of `meta`, or empty."""
        row = self._read.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return "" if row is None else str(row[0])

    async def intend(self, entry: Entry) -> None:
        """Put an intent on disk; returns when it is safe to send."""
        done = asyncio.get_running_loop().create_future()
        self._enqueue(entry, done)
        await done

    def settle(self, entry: Entry) -> None:
        """Record an outcome; durable at the next commit.

        A crash before that leaves the intent, and the outcome is found again on the server.
        """
        self._enqueue(entry, None)

    def _enqueue(self, entry: Entry, done: asyncio.Future[None] | None) -> None:
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())
        self._waiting.append((entry, done))
        self._idle.clear()
        self._wake.set()

    async def _write(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._wake.wait()
            self._wake.clear()
            batch, self._waiting = self._waiting, []
            entries = [entry for entry, _done in batch]
            try:
                await loop.run_in_executor(self._thread, self._commit, entries)
            except sqlite3.Error as error:
                self._fail(batch, error)
                return
            for _entry, done in batch:
                if done is not None and not done.done():
                    done.set_result(None)
            if not self._waiting:
                self._idle.set()

    def _fail(
        self, batch: list[tuple[Entry, asyncio.Future[None] | None]], error: sqlite3.Error
    ) -> None:
        problem = JournalError(
            "The journal cannot be written, so nothing more is sent.",
            where=str(self.path),
            fix=f"Make room on the disk or correct its rights ({type(error).__name__}).",
        )
        for _entry, done in [*batch, *self._waiting]:
            if done is not None and not done.done():
                done.set_exception(problem)
        self._idle.set()

    def _commit(self, entries: list[Entry]) -> None:
        at = self._clock()
        self._db.execute("BEGIN IMMEDIATE")
        self._db.executemany(
            "INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    e.seq,
                    e.state.value,
                    e.operation,
                    e.server_id,
                    e.version,
                    e.digest,
                    e.code,
                    e.path,
                    e.status,
                    e.attempts,
                    e.request_id,
                )
                for e in entries
            ],
        )
        self._db.executemany(
            "INSERT INTO event (seq, at, state, operation, status, request_id)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            [(e.seq, at, e.state.value, e.operation, e.status, e.request_id) for e in entries],
        )
        self._db.execute("COMMIT")

    async def flush(self) -> None:
        """Wait until everything recorded so far is on disk."""
        await self._idle.wait()

    async def stop(self) -> None:
        """Flush, and end the writer."""
        await self.flush()
        if self._writer is not None:
            self._writer.cancel()
            await asyncio.gather(self._writer, return_exceptions=True)
            self._writer = None

    def close(self) -> None:
        """Let go of the file."""
        self._thread.shutdown()
        self._read.close()
        self._db.close()

    def entry(self, seq: int) -> Entry | None:
        """Return where one write stands (as of the last commit), or None."""
        row = self._read.execute("SELECT * FROM entry WHERE seq = ?", (seq,)).fetchone()
        return None if row is None else _entry(row)

    def entries(self, *states: State) -> Iterator[Entry]:
        """Yield the entries in these states (none given: all), in the order of the plan."""
        wanted = [state.value for state in (states or tuple(State))]
        marks = ", ".join("?" * len(wanted))
        for row in self._read.execute(
            f"SELECT * FROM entry WHERE state IN ({marks}) ORDER BY seq",
            wanted,
        ):
            yield _entry(row)

    def counts(self) -> dict[State, int]:
        """Return how many writes stand in each state; states without any are left out."""
        rows = self._read.execute("SELECT state, count(*) FROM entry GROUP BY 1 ORDER BY 1")
        return {State(state): int(count) for state, count in rows}

    def requests(self) -> int:
        """Return how many intents were ever recorded: the number of writing requests."""
        row = self._read.execute("SELECT count(*) FROM event WHERE state = 'intent'").fetchone()
        return int(row[0])

    def seq_of_id(self, server_id: str) -> int | None:
        """Return the write that became a logical id, or None."""
        row = self._read.execute(
            "SELECT seq FROM entry WHERE server_id = ? LIMIT 1", (server_id,)
        ).fetchone()
        return None if row is None else int(row[0])


def _open(path: Path) -> sqlite3.Connection:
    try:
        db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)
        db.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;" + _TABLES)
    except sqlite3.Error:
        raise JournalError(
            "The journal cannot be opened.",
            where=str(path),
            fix="Check the disk; a damaged journal must not be used: keep it and ask for help.",
        ) from None
    path.chmod(0o600)
    return db


def _entry(row: tuple[int, str, str, str, str, str, str, str, int, int, str]) -> Entry:
    seq, state, operation, server_id, version, digest, code, path, status, attempts, request = row
    return Entry(
        seq=seq,
        state=State(state),
        operation=operation,
        server_id=server_id,
        version=version,
        digest=digest,
        code=code,
        path=path,
        status=status,
        attempts=attempts,
        request_id=request,
    )
