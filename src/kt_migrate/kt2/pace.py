"""How hard to push: concurrency that adapts, a polite rate, and one shared pause."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from statistics import median

from kt_migrate.kt2.answers import Answer, Throttled

START = 4
"""Requests under way at the start; it grows while the server keeps up."""

MAX_PAUSE_SECONDS = 900.0
"""A longer Retry-After is cut to this: some servers ask for hours."""

DEFAULT_PAUSE_SECONDS = 2.0
_WINDOW = 32
_JUMP = 4.0
_SMALL_SECONDS = 0.02
_FEW = 8
"""Of so many answers the median says nothing yet."""


@dataclass(slots=True)
class Slot:
    """One request's turn; tells the pace what came of it."""

    pace: Pace
    started: float

    def answered(self, answer: Answer) -> None:
        """Let the pace learn from an answer."""
        self.pace.learn(answer, self.started)


@dataclass(slots=True)
class Pace:
    """Concurrency by additive increase and multiplicative decrease; one rate; one pause.

    Attributes:
        max_in_flight: never more requests under way than this.
        per_second: never more starts per second than this; 0: no limit.
        now, sleep: injected, so that tests never wait.
    """

    max_in_flight: int
    per_second: float
    now: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    allowed: int = 0
    _under_way: int = 0
    _next_start: float = 0.0
    _paused_until: float = 0.0
    _latencies: deque[float] = field(default_factory=lambda: deque(maxlen=_WINDOW))
    _best: float = 0.0
    _since_change: int = 0
    _free: asyncio.Condition = field(default_factory=asyncio.Condition)

    def __post_init__(self) -> None:
        self.allowed = self.allowed or min(START, self.max_in_flight)

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[Slot]:
        """Wait for a turn, and hold it."""
        async with self._free:
            while self._under_way >= self.allowed:
                await self._free.wait()
            self._under_way += 1
        try:
            await self._wait()
            yield Slot(self, self.now())
        finally:
            async with self._free:
                self._under_way -= 1
                self._free.notify(max(1, self.allowed - self._under_way))

    async def _wait(self) -> None:
        start = self._turn()
        while (left := start - self.now()) > 0:
            await self.sleep(left)
            if self._paused_until > start:  # the server asked for it meanwhile
                start = self._turn()

    def _turn(self) -> float:
        """Reserve the next moment at which a request may start."""
        start = max(self.now(), self._paused_until)
        if self.per_second:
            start = max(start, self._next_start)
            self._next_start = start + 1 / self.per_second
        return start

    def learn(self, answer: Answer, started: float) -> None:
        """Slow down on trouble, speed up while all is well."""
        if isinstance(answer, Throttled):
            asked = DEFAULT_PAUSE_SECONDS if answer.seconds is None else answer.seconds
            until = self.now() + min(asked, MAX_PAUSE_SECONDS)
            self._paused_until = max(self._paused_until, until)
            self._halve()
            return
        self._latencies.append(self.now() - started)
        self._since_change += 1
        if self._since_change < self.allowed or len(self._latencies) < _FEW:
            return
        middle = median(self._latencies)
        self._best = min(self._best or middle, middle)
        if middle > _JUMP * max(self._best, _SMALL_SECONDS):
            self._halve()
        else:
            self.allowed = min(self.max_in_flight, self.allowed + max(1, self.allowed // 4))
            self._since_change = 0

    def _halve(self) -> None:
        self.allowed = max(1, self.allowed // 2)
        self._latencies.clear()
        self._since_change = 0
