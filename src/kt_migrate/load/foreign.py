"""What other suppliers bring: looked up by temporary identifier, waited for, never created.

In bulk and politely: many in one GET, a few at once, and between two rounds a pause that grows.
`Retry-After` is heeded by the client, as with every reading. What is found is put in the journal,
for what refers to it is written with the id that it has there; each start looks again, since its
supplier may have begun anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from kt_migrate.books import origin_of
from kt_migrate.kt2.search import Found
from kt_migrate.load.journal import Journal
from kt_migrate.model import Key
from kt_migrate.plan.rows import Expected
from kt_migrate.plan.store import Plan

LOOK_UP = 400
"""So many temporary identifiers go into one round of look-ups; the client cuts it into GETs."""

FIRST_PAUSE, LONGEST_PAUSE = 2.0, 30.0
"""Seconds between two looks at what is not there yet: it doubles while nothing comes."""

WAITING_FOR_OTHER = "waiting-for-other"
"""Catalogue code of a write that was not sent: it needs what another supplier brings."""

BROUGHT_BY_OTHER = "brought-by-other"
"""Catalogue code: another supplier's client brought what is ours to bring."""


class Finder(Protocol):
    """What looking takes of a client."""

    async def find(self, keys: Sequence[Key]) -> dict[Key, tuple[Found, ...]]:
        """Look resources up by temporary identifier."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Waited:
    """How the waiting stands: for who looks on.

    Attributes:
        missing: per supplier, how much that we need is not there.
        twice: how much of that is there more than once, so that nobody knows which one is meant.
        seconds_left: until the limit; 0: it is over, or nothing is waited for.
    """

    missing: dict[str, int]
    twice: int
    seconds_left: float


class Foreign:
    """What one plan needs of others, and what of it is there."""

    def __init__(
        self,
        plan: Plan,
        journal: Journal,
        finder: Finder,
        *,
        now: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._journal = journal
        self._finder = finder
        self._now = now
        self._sleep = sleep
        self.missing: dict[int, Expected] = {one.id: one for one in plan.expected()}
        self._twice: set[int] = set()
        self._until = 0.0
        self.looked = False

    @property
    def waited(self) -> Waited:
        """How it stands now."""
        missing: dict[str, int] = {}
        for one in self.missing.values():
            missing[one.supplier] = missing.get(one.supplier, 0) + 1
        left = max(self._until - self._now(), 0.0) if self.missing else 0.0
        return Waited(
            missing=dict(sorted(missing.items())), twice=len(self._twice), seconds_left=left
        )

    async def look(self) -> list[int]:
        """Look for everything that is missing, once; return the numbers of what is there now.

        Raises:
            CouldNotLookError, LoginError, ServerUnavailableError: nobody knows what is there.
        """
        there: list[int] = []
        for chunk in _chunks(list(self.missing.values())):
            found = await self._finder.find([one.key for one in chunk])
            rows = []
            for one in chunk:
                match found.get(one.key, ()):
                    case ():
                        self._twice.discard(one.id)
                    case (only,):
                        rows.append((one.id, only.id, origin_of(only.resource)))
                    case _:
                        self._twice.add(one.id)
            self._journal.found_of_others(rows)
            there += [number for number, _id, _origin in rows]
        self.looked = True
        for number in there:
            self.missing.pop(number, None)
            self._twice.discard(number)
        return there

    async def wait(self, seconds: float, came: Callable[[Iterable[int]], None]) -> None:
        """Look again and again, until nothing is missing or the time is over.

        Args:
            seconds: how long, at most.
            came: is told the numbers of what came.

        Raises:
            CouldNotLookError, LoginError, ServerUnavailableError: nobody knows what is there.
        """
        self._until, pause = self._now() + seconds, FIRST_PAUSE
        while self.missing and (left := self._until - self._now()) > 0:
            await self._sleep(min(pause, left))
            there = await self.look()
            pause = FIRST_PAUSE if there else min(2 * pause, LONGEST_PAUSE)
            if there:
                came(there)


def _chunks(items: Sequence[Expected]) -> Iterable[Sequence[Expected]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, LOOK_UP)):
        yield chunk
