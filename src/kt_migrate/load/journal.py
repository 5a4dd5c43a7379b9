"""journal.sqlite: what was sent, durable before it leaves; what came of it.

Effect and record cannot share a transaction, so the intent comes first: `intent` is on disk
(WAL, `synchronous=FULL`) before the request leaves. A crash between the two leaves an intent
without outcome, which the next start finds and looks up on the server.

The tables are described in docs/design.md, step 7.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from operator import attrgetter
from pathlib import Path

from kt_migrate.errors import JournalError, said
from kt_migrate.load.group_commit import GroupCommit
from kt_migrate.load.journal_file import REQUESTS, durability, open_file
from kt_migrate.load.states import FAILED, ON_SERVER, State, StepError, require_step
from kt_migrate.load.story import Effect, Step, effects, story

__all__ = ["FAILED", "ON_SERVER", "Entry", "Journal", "NotTaken", "Operation", "State"]


class Operation(StrEnum):
    """What a request was."""

    CREATE = "create"
    CREATE_UNCONDITIONAL = "create-unconditional"
    """Without the condition that the server offers, since it misreads it for this identifier."""
    UPDATE = "update"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One row of the journal: the present state of one write. The fields are the columns.

    Attributes:
        seq: the write in the plan.
        state: where it stands.
        operation: the last `Operation` that was sent; empty when nothing was.
        server_id: logical id, when known.
        version: the version that the server gave, when known.
        digest: SHA-256 of the canonical form of what was sent, with the references turned back
            into conditional ones: the journal's side of the hash totals.
        code: catalogue code when it failed.
        path: FHIR path that the server named.
        status: HTTP status of the last answer; 0 when there was none.
        attempts: how many requests left for it.
        request_id: `X-Request-Id` of the last one.
        notice: catalogue code of what a person must know though it did not fail; or empty.
        said: what the server said of a refusal, as far as it may be repeated (`kt2.outcome`).
        passed: how many of its earlier versions had their turn (mode `every-version`); else 0.
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
    notice: str = ""
    said: str = ""
    passed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NotTaken:
    """An earlier version that the server did not take; the versions after it went on.

    Attributes:
        seq: the write in the plan.
        ordinal: which of its earlier versions, from 1.
        code, path, status, said: as of an entry that failed.
    """

    seq: int
    ordinal: int
    code: str
    path: str
    status: int
    said: str


_COLUMNS = tuple(Entry.__dataclass_fields__)
_ROW = attrgetter(*_COLUMNS)
_RECORD = (
    f"INSERT INTO entry ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"
    f" ON CONFLICT (seq) DO UPDATE SET {', '.join(f'{c} = excluded.{c}' for c in _COLUMNS[1:])}"
)
_SELECT = f"SELECT {', '.join(_COLUMNS)} FROM entry"
_STATE = "SELECT state FROM entry WHERE seq = ?"
_STORY = (
    *("seq", "state", "operation", "server_id", "version", "status", "request_id"),
    *("passed", "code"),
)
_STEP = attrgetter(*_STORY)
_HAPPENED = (
    f"INSERT INTO event (at, {', '.join(_STORY)}) VALUES (?, {', '.join('?' * len(_STORY))})"
)
_NOT_TAKEN = "INSERT OR REPLACE INTO not_taken VALUES (?, ?, ?, ?, ?, ?)"
_LEFT_OUT = attrgetter("seq", "passed", "code", "path", "status", "said")
_TAKEN = "DELETE FROM not_taken WHERE seq = ? AND ordinal = ?"


class Journal:
    """The durable record of one run. One process writes it at a time (see `load.lock`)."""

    def __init__(self, path: Path, *, clock: Callable[[], float]) -> None:
        self.path = path
        self._clock = clock
        self._db = open_file(path)
        self._read = open_file(path)
        self._commits = GroupCommit(self._commit, self._problem)

    @property
    def durability(self) -> tuple[str, str]:
        """How commits are kept: (journal mode, synchronous), of the connection that writes."""
        return durability(self._db)

    def bind(self, meta: dict[str, str]) -> None:
        """Bind the journal to its plan and environment.

        Raises:
            JournalError: it is bound to something else. Environments never mix.
        """
        for name, value in meta.items():
            known = self.meta(name)
            if not known:
                self._db.execute("INSERT INTO meta VALUES (?, ?)", (name, value))
            elif known != value:
                raise JournalError(
                    said("The journal belongs to another {name}.", name=name),
                    where=str(self.path),
                    fix="Make a new plan; it gets a run folder of its own.",
                )

    def meta(self, name: str) -> str:
        """Return one value of `meta`, or empty."""
        row = self._read.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return "" if row is None else str(row[0])

    def note(self, name: str, value: str) -> None:
        """Write one value of `meta` that may change, durable when this returns.

        Raises:
            JournalError: the disk does not take it.
        """
        try:
            self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))
        except sqlite3.Error as error:
            raise self._problem(error) from None

    async def intend(self, entry: Entry) -> None:
        """Put an intent on disk; returns when it is safe to send.

        Raises:
            JournalError: the disk does not take it, so nothing may be sent.
        """
        await self._commits.durable(entry)

    def settle(self, entry: Entry) -> None:
        """Record an outcome; durable at the next commit.

        A crash before that leaves the intent, and the outcome is found again on the server.

        Raises:
            JournalError: the disk took no earlier one.
        """
        self._commits.soon(entry)

    def tell(self, listener: Callable[[list[Entry]], None]) -> None:
        """Let somebody know, in the loop's thread, of everything that comes on disk from now on.

        It is told of nothing when the disk did not take something: then `require` says so.
        """
        self._commits.listener = listener

    def require(self) -> None:
        """Go on only while everything can be recorded.

        Raises:
            JournalError: the disk did not take something.
        """
        self._commits.require()

    async def flush(self) -> None:
        """Wait until everything recorded so far is on disk.

        Raises:
            JournalError: the disk did not take it.
        """
        await self._commits.flush()

    async def stop(self) -> None:
        """Wait for what is being recorded, and end the writer."""
        await self._commits.stop()

    def close(self) -> None:
        """Let go of the file."""
        self._commits.close()
        self._read.close()
        self._db.close()

    def _commit(self, entries: list[Entry]) -> None:
        self._check(entries)
        at = self._clock()
        self._db.execute("BEGIN IMMEDIATE")
        self._db.executemany(_RECORD, map(_ROW, entries))
        self._db.executemany(_HAPPENED, [(at, *_STEP(entry)) for entry in entries])
        for entry in entries:
            if entry.state is State.EARLIER:
                if entry.code:
                    self._db.execute(_NOT_TAKEN, _LEFT_OUT(entry))
                else:
                    self._db.execute(_TAKEN, (entry.seq, entry.passed))
        self._db.execute("COMMIT")

    def _check(self, entries: list[Entry]) -> None:
        """Refuse a step that docs/state-machine.md does not have; one process writes at a time."""
        stands: dict[int, State | None] = {}
        for entry in entries:
            if entry.seq not in stands:
                row = self._db.execute(_STATE, (entry.seq,)).fetchone()
                stands[entry.seq] = None if row is None else State(row[0])
            require_step(stands[entry.seq], entry.state)
            stands[entry.seq] = entry.state

    def _problem(self, error: Exception) -> JournalError:
        if isinstance(error, StepError):
            return JournalError(
                said("A write would take a step that it cannot take ({error}).", error=error),
                where=str(self.path),
                fix="Report this: it is a defect. Nothing more was sent.",
            )
        return JournalError(
            "The journal cannot be written, so nothing more is sent.",
            where=str(self.path),
            fix=said(
                "Make room on the disk or correct its rights ({name}).", name=type(error).__name__
            ),
        )

    def entry(self, seq: int) -> Entry | None:
        """Return where one write stands (as of the last commit), or None."""
        row = self._read.execute(f"{_SELECT} WHERE seq = ?", (seq,)).fetchone()
        return None if row is None else _entry(row)

    def entries(self, *states: State) -> Iterator[Entry]:
        """Yield the entries in these states (none given: all), in the order of the plan."""
        wanted = states or tuple(State)
        marks = ", ".join("?" * len(wanted))
        yield from map(
            _entry,
            self._read.execute(f"{_SELECT} WHERE state IN ({marks}) ORDER BY seq", wanted),
        )

    def seqs(self, *states: State) -> Iterator[int]:
        """Yield which writes stand in these states, in the order of the plan."""
        marks = ", ".join("?" * len(states))
        query = f"SELECT seq FROM entry WHERE state IN ({marks}) ORDER BY seq"
        return (int(seq) for (seq,) in self._read.execute(query, states))

    def effects(self) -> Iterator[Effect]:
        """Yield every effect on the server, in the order of the plan."""
        return effects(self._read)

    def ids(self) -> Iterator[str]:
        """Yield every logical id that an event or a state has."""
        rows = self._read.execute(
            "SELECT server_id FROM event WHERE server_id <> '' UNION"
            " SELECT server_id FROM entry WHERE server_id <> ''"
        )
        return (str(server_id) for (server_id,) in rows)

    def digests(self) -> Iterator[tuple[int, str]]:
        """Yield (seq, digest) of what is on the server, in the order of the plan."""
        marks = ", ".join("?" * len(ON_SERVER))
        # By row: most of a journal is there, and the index of states would have to be sorted.
        query = f"SELECT seq, digest FROM entry NOT INDEXED WHERE state IN ({marks}) ORDER BY seq"
        yield from self._read.execute(query, tuple(ON_SERVER))

    def noticed(self) -> Iterator[Entry]:
        """Yield the entries that have a notice, in the order of the plan."""
        rows = self._read.execute(f"{_SELECT} WHERE notice <> '' ORDER BY seq")
        yield from map(_entry, rows)

    def not_taken(self, seq: int | None = None) -> Iterator[NotTaken]:
        """Yield the earlier versions that the server did not take, in order; of one, or all."""
        names = ", ".join(NotTaken.__dataclass_fields__)
        where, values = ("", ()) if seq is None else (" WHERE seq = ?", (seq,))
        rows = self._read.execute(
            f"SELECT {names} FROM not_taken{where} ORDER BY seq, ordinal", values
        )
        for number, ordinal, code, path, status, words in rows:
            yield NotTaken(
                seq=number, ordinal=ordinal, code=code, path=path, status=status, said=words
            )

    def found_of_others(self, rows: Sequence[tuple[int, str, str]]) -> None:
        """Record what other suppliers brought, durable when this returns.

        Args:
            rows: (number in the plan's `expected`, logical id, `Device/<id>` of who brought it).

        Raises:
            JournalError: the disk does not take it.
        """
        if not rows:
            return
        try:
            # On a connection of its own: the one that writes may be in a transaction just now.
            with closing(open_file(self.path)) as db:
                db.execute("BEGIN IMMEDIATE")
                db.executemany("INSERT OR REPLACE INTO of_other VALUES (?, ?, ?)", rows)
                db.execute("COMMIT")
        except sqlite3.Error as error:
            raise self._problem(error) from None

    def of_other(self, expected: int) -> str | None:
        """Return the logical id of what another brought, by its number; None: not seen."""
        row = self._read.execute(
            "SELECT server_id FROM of_other WHERE expected = ?", (expected,)
        ).fetchone()
        return None if row is None else str(row[0])

    def other_of_id(self, server_id: str) -> int | None:
        """Return the number of what another brought, by its logical id; None: it is none."""
        row = self._read.execute(
            "SELECT expected FROM of_other WHERE server_id = ? LIMIT 1", (server_id,)
        ).fetchone()
        return None if row is None else int(row[0])

    def of_others(self) -> Iterator[tuple[int, str, str]]:
        """Yield (number, logical id, origin) of all that was seen of others, in order."""
        yield from self._read.execute(
            "SELECT expected, server_id, origin FROM of_other ORDER BY expected"
        )

    def noted(self, *codes: str) -> int:
        """Return how many entries have one of these codes as their code or notice."""
        marks = ", ".join("?" * len(codes))
        query = f"SELECT count(*) FROM entry WHERE code IN ({marks}) OR notice IN ({marks})"
        return int(self._read.execute(query, (*codes, *codes)).fetchone()[0])

    def counts(self) -> dict[State, int]:
        """Return how many writes stand in each state; states without any are left out."""
        rows = self._read.execute(
            "SELECT name, count FROM tally WHERE count > 0 AND name <> ? ORDER BY name", (REQUESTS,)
        )
        return {State(state): int(count) for state, count in rows}

    def requests(self) -> int:
        """Return how many intents were ever recorded: the number of writing requests."""
        row = self._read.execute("SELECT count FROM tally WHERE name = ?", (REQUESTS,)).fetchone()
        return int(row[0])

    def last_at(self) -> float | None:
        """Return when the last step was recorded, in seconds since 1970; None: there is none."""
        row = self._read.execute("SELECT at FROM event ORDER BY id DESC LIMIT 1").fetchone()
        return None if row is None else float(row[0])

    def story(self) -> Iterator[Step]:
        """Yield every step of every write: the last of the plan first, each as it happened."""
        return story(self._read)

    def seq_of_id(self, server_id: str) -> int | None:
        """Return the write that became a logical id, or None."""
        row = self._read.execute(
            "SELECT seq FROM entry WHERE server_id = ? LIMIT 1", (server_id,)
        ).fetchone()
        return None if row is None else int(row[0])


def _entry(row: tuple[object, ...]) -> Entry:
    values = dict(zip(_COLUMNS, row, strict=True))
    state = State(str(values.pop("state")))
    return Entry(state=state, **values)  # type: ignore[arg-type]  # STRICT columns of these types
