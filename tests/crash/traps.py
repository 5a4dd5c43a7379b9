"""Where a process dies, and what befalls it: put in place inside it, before the command begins.

The command itself is not changed: its journal's commit and its wire are wrapped, and count. What
was reached is written down (`reached`, a line each) before the process kills itself.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import resource
import signal
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import orjson

from kt_migrate.kt2 import retry
from kt_migrate.kt2.transport import Wire
from kt_migrate.load.journal import Entry, Journal
from kt_migrate.load.states import Phase
from kt_migrate.subscriptions.journal import SwitchJournal

_READING = frozenset({"GET"})
_UNDER_WAY_SECONDS = 0.003
"""So long a request is under way before its sender dies: it may have arrived, or not."""

_LATE_SECONDS = 0.2
"""So long a careless writer's request has to arrive, before its process dies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trap:
    """What befalls one start.

    Attributes:
        kind: `step` (a commit that records it), `line` (of the subscriptions' journal), `request`,
            `disk`, `clock`, `moment` (from outside), `careless`: a broken writer, that does not wait for its intents to be on disk.
        step: for `step`: `intent→created`; empty: any.
        when: for `step` and `line`: `before`, `during` or `after` it; for `request`: `before` it
            leaves, `sent`, or `answered`.
        method: for `request`: `write` or `read`.
        nth: at which of them.
        how: `kill`, or `stop`: stands still until somebody says otherwise.
        amount: for `disk`: bytes that a file may still grow; for `clock`: seconds that it jumps;
            for `moment`: seconds after which it is killed.
    """

    kind: str
    step: str = ""
    when: str = ""
    method: str = ""
    nth: int = 1
    how: str = "kill"
    amount: float = 0

    @property
    def name(self) -> str:
        """What it is, without how far: what is counted."""
        match self.kind:
            case "step":
                return f"{self.when} the commit of {self.step or 'any step'}"
            case "request":
                return f"{self.when}: a {self.method}"
            case "clock":
                return f"clock {'forward' if self.amount > 0 else 'back'}"
            case other:
                return other


def install(order: Mapping[str, Any]) -> None:
    """Put a trap in place.

    Args:
        order: `trap` (fields of `Trap`, or None), `reached` (the file for what was reached),
            `folder` (the run folder), `haste` (pauses of what is asked again are so much shorter).
    """
    _hurry(float(order["haste"]))
    if order["trap"] is None:
        return
    trap = Trap(**order["trap"])

    def end() -> None:
        _say(Path(order["reached"]), trap)
        os.kill(os.getpid(), signal.SIGSTOP if trap.how == "stop" else signal.SIGKILL)

    _befall(trap, end, order)


def _befall(trap: Trap, end: Callable[[], None], order: Mapping[str, Any]) -> None:
    ends = {
        "step": _at_step,
        "request": _at_request,
        "line": _at_line,
        "careless": _wait_for_no_intent,
    }
    if trap.kind in ends:
        ends[trap.kind](trap, end)
    elif trap.kind == "disk":
        _fill_disk(trap, Path(order["folder"]))
    elif trap.kind == "clock":
        _jump(trap, Path(order["reached"]))
    # `moment`: somebody else kills it


def _hurry(haste: float) -> None:
    for patience in (retry.READING, retry.FIRST_LOGIN, retry.RENEWAL):
        for name in ("first_seconds", "longest_seconds"):
            object.__setattr__(patience, name, getattr(patience, name) / haste)


def _say(file: Path, trap: Trap) -> None:
    with file.open("a", encoding="utf-8") as reached:
        reached.write(f"{trap.name}\n")


def steps_of(db: sqlite3.Connection, entries: Sequence[Entry]) -> list[str]:
    """Return the steps that a commit would record, as docs/state-machine.md writes them."""
    stands: dict[int, str] = {}
    steps = []
    for entry in entries:
        if entry.seq not in stands:
            row = db.execute("SELECT state FROM entry WHERE seq = ?", (entry.seq,)).fetchone()
            stands[entry.seq] = str(row[0]) if row else str(Phase.PLANNED)
        steps.append(f"{stands[entry.seq]}→{entry.state}")
        stands[entry.seq] = str(entry.state)
    return steps


def _at_step(trap: Trap, end: Callable[[], None]) -> None:
    commit = Journal._commit
    seen = 0

    def watched(journal: Journal, entries: list[Entry]) -> None:
        nonlocal seen
        steps = steps_of(journal._db, entries)
        count = steps.count(trap.step) if trap.step else len(steps)
        here = seen < trap.nth <= seen + count
        seen += count
        if here and trap.when == "before":
            end()
        if here and trap.when == "during":
            journal._db.set_trace_callback(lambda sql: end() if sql == "COMMIT" else None)
        commit(journal, entries)
        journal._db.set_trace_callback(None)
        if here and trap.when == "after":
            end()

    Journal._commit = watched  # type: ignore[method-assign, assignment]  # the trap


def _at_request(trap: Trap, end: Callable[[], None]) -> None:
    request = Wire.request
    seen = 0

    async def watched(
        wire: Wire, method: str, url: str, headers: dict[str, str], content: bytes | None
    ) -> httpx.Response:
        nonlocal seen
        seen += (method in _READING) == (trap.method == "read")
        if seen != trap.nth:
            return await request(wire, method, url, headers, content)
        seen += 1  # once
        if trap.when == "before":
            end()
        under_way = asyncio.ensure_future(request(wire, method, url, headers, content))
        if trap.when == "sent":
            await asyncio.sleep(_UNDER_WAY_SECONDS)
            end()
        answer = await under_way
        if trap.when == "answered":
            end()
        return answer

    Wire.request = watched  # type: ignore[method-assign, assignment]  # the trap


def _at_line(trap: Trap, end: Callable[[], None]) -> None:
    write = SwitchJournal._write
    seen = 0

    def watched(journal: SwitchJournal, content: dict[str, object]) -> None:
        nonlocal seen
        seen += 1
        if seen == trap.nth and trap.when == "before":
            end()
        if seen == trap.nth and trap.when == "during":
            text = orjson.dumps(content)
            journal._file.write(text[: len(text) // 2])
            journal._file.flush()
            end()
        write(journal, content)
        if seen == trap.nth and trap.when == "after":
            end()

    SwitchJournal._write = watched  # type: ignore[method-assign, assignment]  # the trap


def _wait_for_no_intent(trap: Trap, end: Callable[[], None]) -> None:
    async def intend(journal: Journal, entry: Entry) -> None:
        journal.settle(entry)

    def late() -> None:
        time.sleep(_LATE_SECONDS)
        end()

    Journal.intend = intend  # type: ignore[method-assign, assignment]  # the matrix must notice
    _at_step(replace(trap, step="planned→intent", when="before"), late)


def _fill_disk(trap: Trap, folder: Path) -> None:
    """Let no file of the process grow further than so many bytes beyond the run's largest."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    written = [p for p in folder.iterdir() if p.name.startswith(("journal", "events"))]
    most = max((p.stat().st_size for p in written), default=0) + int(trap.amount)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    # What measures coverage writes files of its own at the end, and would complain for itself.
    atexit.register(resource.setrlimit, resource.RLIMIT_FSIZE, (hard, hard))


def _jump(trap: Trap, reached: Path) -> None:
    real, calls = time.time, 0

    def told() -> float:
        nonlocal calls
        calls += 1
        if calls == trap.nth:
            _say(reached, trap)
        return real() + (trap.amount if calls >= trap.nth else 0)

    time.time = told
