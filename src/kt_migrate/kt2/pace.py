"""How hard to push: turns for as many at once as pays, a polite rate, and one shared pause.

How many at once is `kt2.knee`'s. Here everybody waits for the same four things: a turn, the rate,
the pause that a server asked for, and a person who said *pause*.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from types import TracebackType
from typing import Self

from kt_migrate.kt2.answers import Answer, NotSent, Throttled, Unknown
from kt_migrate.kt2.knee import START, Knee

__all__ = ["DEFAULT_PAUSE_SECONDS", "MAX_PAUSE_SECONDS", "START", "Pace", "PaceStopped", "Waiting"]

MAX_PAUSE_SECONDS = 900.0
"""A longer Retry-After is cut to this: some servers ask for hours."""

DEFAULT_PAUSE_SECONDS = 2.0
_BLINK = 1.0
"""A wait longer than this ends at once when a person stops, pauses or changes the rate."""


class PaceStopped(Exception):  # noqa: N818 (it is no error)
    """There are no more turns: the run ends, and what waited for one was not sent."""


class Reason(StrEnum):
    """Why nothing starts just now."""

    NONE = ""
    PERSON = "person"
    SERVER = "server"
    RATE = "rate"


@dataclass(frozen=True, slots=True)
class Waiting:
    """Why requests wait, and for how many seconds more (0: not known)."""

    reason: Reason
    seconds: float = 0.0


@dataclass(slots=True)
class Slot:
    """One request's turn, as a context; tells the pace what came of it.

    Attributes:
        started: when its turn came.
        delayed: it waited for the rate, so that the server was not the limit.
    """

    pace: Pace
    started: float = 0.0
    delayed: bool = False

    async def __aenter__(self) -> Self:
        await self.pace.enter(self)
        return self

    async def __aexit__(
        self,
        _type: type[BaseException] | None,
        _value: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.pace.leave()

    def answered(self, answer: Answer) -> None:
        """Let the pace learn from an answer."""
        self.pace.learn(answer, self.started, delayed=self.delayed)


@dataclass(slots=True)
class Pace:
    """Turns; one rate; one pause.

    Attributes:
        max_in_flight: never more requests under way than this.
        per_second: never more starts per second than this; 0: no limit.
        now, sleep: injected, so that tests never wait.
        allowed: where to start; `knee` knows how many are allowed now.
    """

    max_in_flight: int
    per_second: float
    now: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    allowed: int = 0
    knee: Knee = field(init=False)
    under_way: int = 0
    _next_start: float = 0.0
    _paused_until: float = 0.0
    _slowed: int = 0
    _held: bool = False
    _stopped: bool = False
    _orders: int = 0
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _queue: deque[asyncio.Future[None]] = field(default_factory=deque)

    def __post_init__(self) -> None:
        self.knee = Knee(self.max_in_flight, self.allowed)
        self.allowed = self.knee.allowed

    def slot(self) -> Slot:
        """Return a turn: `async with` waits for it, and holds it.

        Raises:
            PaceStopped: on entering, when the run ends before the turn came.
        """
        return Slot(self)

    async def enter(self, slot: Slot) -> None:
        """Wait until a request may start."""
        await self._turn_is_free()
        self.under_way += 1
        try:
            slot.delayed = await self._wait()
        except BaseException:
            self.leave()
            raise
        slot.started = self.now()

    def leave(self) -> None:
        """Give a turn back."""
        self.under_way -= 1
        self._wake()

    async def _turn_is_free(self) -> None:
        loop = asyncio.get_running_loop()
        while self.under_way >= self.allowed and not self._stopped:
            turn = loop.create_future()
            self._queue.append(turn)
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    self._wake()  # it had been given a turn, which is another's now
                raise
        if self._stopped:
            raise PaceStopped

    def _wake(self) -> None:
        free = len(self._queue) if self._stopped else max(0, self.allowed - self.under_way)
        while free and self._queue:
            turn = self._queue.popleft()
            if not turn.done():
                turn.set_result(None)
                free -= 1

    async def _wait(self) -> bool:
        """Wait for the rate and for pauses; return whether the rate made it wait."""
        start, orders, delayed = self._turn(), self._orders, False
        while (left := start - self.now()) > 0 or self._held or self._stopped:
            if self._stopped:
                raise PaceStopped
            rate = start > self._paused_until
            delayed = delayed or rate
            self._slowed += rate
            try:
                await self._nap(left)
            finally:
                self._slowed -= rate
            # The server asked for it meanwhile, or a person did:
            if self._paused_until > start or self._orders != orders:
                start, orders = self._turn(), self._orders
        return delayed

    async def _nap(self, seconds: float) -> None:
        if self._held:
            await self._changed.wait()
        elif seconds <= _BLINK:
            await self.sleep(seconds)
        else:
            tasks = [
                asyncio.ensure_future(self.sleep(seconds)),
                asyncio.ensure_future(self._changed.wait()),
            ]
            try:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in tasks:
                    task.cancel()

    def _turn(self) -> float:
        """Reserve the next moment at which a request may start."""
        start = max(self.now(), self._paused_until)
        if self.per_second:
            start = max(start, self._next_start)
            self._next_start = start + 1 / self.per_second
        return start

    def learn(self, answer: Answer, started: float, *, delayed: bool = False) -> None:
        """Slow down on trouble, speed up while it pays.

        Args:
            answer: what came.
            started: when the request's turn came.
            delayed: the rate was the limit, so that the answer says nothing of the window.
        """
        match answer:
            case Throttled():
                asked = DEFAULT_PAUSE_SECONDS if answer.seconds is None else answer.seconds
                until = self.now() + min(asked, MAX_PAUSE_SECONDS)
                self._paused_until = max(self._paused_until, until)
                self.knee.back_off()
            case Unknown() | NotSent():
                self.knee.failed()
            case _:
                full = not delayed and (bool(self._queue) or self.under_way >= self.allowed)
                self.knee.answered(self.now() - started, full=full)
        self.allowed = self.knee.allowed

    def hold(self) -> None:
        """Let nothing start until `release`: a person asks for it."""
        self._held = True
        self._order()

    def release(self) -> None:
        """Go on after `hold`; a pause that the server asked for stays."""
        self._held = False
        self._order()

    def set_rate(self, per_second: float) -> None:
        """Change the rate; turns that were given out are given out anew. 0: no limit."""
        self.per_second = per_second
        self._next_start = self.now()
        self._order()

    def stop(self) -> None:
        """Give no more turns: who waits for one gets `PaceStopped`."""
        self._stopped = True
        self._order()
        self._wake()

    def _order(self) -> None:
        self._orders += 1
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def waiting(self) -> Waiting:
        """Return why requests wait, now."""
        now = self.now()
        if self._held:
            return Waiting(Reason.PERSON)
        if now < self._paused_until:
            return Waiting(Reason.SERVER, self._paused_until - now)
        if self._slowed:
            return Waiting(Reason.RATE)
        return Waiting(Reason.NONE)
