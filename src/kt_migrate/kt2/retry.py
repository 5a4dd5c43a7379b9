"""How often, and for how long, what may be repeated is asked again. The one place that says it.

What may be repeated: where to log in, a token (each time with an assertion of its own), a reading,
a look-up. A write is not among them: its procedure is `load.sender`, with the journal under it.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeVar

import httpx
from tenacity import AsyncRetrying, RetryCallState, retry_if_result

from kt_migrate.kt2.answers import retry_after
from kt_migrate.kt2.pace import MAX_PAUSE_SECONDS

T = TypeVar("T")

_BUSY = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)
_GROWTH = 3.0
_SPREAD = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How much trouble is borne before it is said.

    Attributes:
        attempts: how often something is asked, the first time included.
        first_seconds: the pause after the first trouble; each next one is three times as long.
        longest_seconds: of a pause that the server did not ask for.
        in_all_seconds: no further attempt when the pauses together would take longer than this.
    """

    attempts: int
    first_seconds: float
    longest_seconds: float
    in_all_seconds: float = 1_800.0


READING = Patience(attempts=6, first_seconds=0.1, longest_seconds=10.0)
"""A GET: about 12 seconds, or as long as the server asks."""

FIRST_LOGIN = Patience(attempts=3, first_seconds=0.2, longest_seconds=1.0, in_all_seconds=60.0)
"""Before there ever was a token: who typed a wrong address hears it within a second or two."""

RENEWAL = Patience(attempts=8, first_seconds=0.5, longest_seconds=15.0)
"""In the middle of a run: the login service may be away for a minute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """What came says nothing: ask again.

    Attributes:
        why: in a word, for who reads the error: `http-503`, `ReadTimeout`.
        asked: seconds that the server asks to wait.
        status: HTTP status; 0 when nothing came.
    """

    why: str
    asked: float = 0.0
    status: int = 0


@dataclass(frozen=True, slots=True)
class Retry:
    """Asks again, with pauses that differ from those of others who wait.

    Attributes:
        sleep: waits.
        uniform: draws between two numbers.
    """

    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    uniform: Callable[[float, float], float] = random.uniform

    async def until(self, ask: Callable[[], Awaitable[T | Again]], patience: Patience) -> T | Again:
        """Ask until something comes.

        Args:
            ask: asks once; what it raises is raised at once.
            patience: when to stop.

        Returns:
            What came; the last `Again` when nothing did.
        """

        async def once() -> T | Again:
            return await ask()

        retrying = AsyncRetrying(
            sleep=self.sleep,
            wait=lambda state: self._pause(state, patience),
            stop=lambda state: _is_enough(state, patience),
            retry=retry_if_result(lambda came: isinstance(came, Again)),
            retry_error_callback=_last,
        )
        came: T | Again = await retrying(once)
        return came

    def _pause(self, state: RetryCallState, patience: Patience) -> float:
        """Return the seconds to wait: never less than was asked, and never quite the same."""
        asked = _last(state).asked
        grown = patience.first_seconds * _GROWTH ** (state.attempt_number - 1)
        pause = min(grown, patience.longest_seconds)
        return float(asked + self.uniform((1 - _SPREAD) * pause, (1 + _SPREAD) * pause))


def _is_enough(state: RetryCallState, patience: Patience) -> bool:
    slept = state.idle_for + state.upcoming_sleep
    return state.attempt_number >= patience.attempts or slept > patience.in_all_seconds


def _last(state: RetryCallState) -> Again:
    if state.outcome is None:
        raise AssertionError(state)
    last: Again = state.outcome.result()
    return last


def again(answer: httpx.Response, now: Callable[[], float]) -> Again | None:
    """Return why an answer is to be asked for again; None: it is one.

    Args:
        answer: whatever came.
        now: seconds since 1970, for a Retry-After that is a date.
    """
    status = answer.status_code
    if not (answer.is_server_error or status in _BUSY):
        return None
    seconds = retry_after(answer.headers.get("retry-after"), now) or 0.0
    return Again(why=f"http-{status}", asked=min(seconds, MAX_PAUSE_SECONDS), status=status)
