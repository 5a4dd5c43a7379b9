"""What our writes need of other suppliers: looked for, waited for, else it holds them back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from kt_migrate.load.foreign import BROUGHT_BY_OTHER, Foreign, Waited
from kt_migrate.load.journal import Journal
from kt_migrate.load.schedule import Schedule
from kt_migrate.plan.store import Plan


@dataclass(slots=True)
class Others:
    """One start's waiting for others.

    Attributes:
        plan: the run's.
        foreign: looks for what is needed; None: nothing is.
        seconds: how long may be waited for it; 0: it is there now, or it holds back.
        schedule: is told what is there, and what will not come.
    """

    plan: Plan
    foreign: Foreign | None
    seconds: float
    schedule: Schedule = field(default_factory=lambda: Schedule(()))
    _held_back: set[int] = field(default_factory=set)
    _first: int = field(init=False)

    def __post_init__(self) -> None:
        self._first = self.plan.last() + 1

    @property
    def waited(self) -> Waited | None:
        """How the waiting stands; None: nothing is waited for."""
        return None if self.foreign is None else self.foreign.waited

    @property
    def looked(self) -> bool:
        """Whether it is known what is there."""
        return self.foreign is not None and self.foreign.looked

    def number(self, expected: int) -> int:
        """Return the number in the schedule of what another supplier brings."""
        return self._first + expected

    async def look(self) -> bool:
        """Look once for what others bring; what is not there is waited for, or holds back.

        Returns:
            Whether there is something to wait for.

        Raises:
            CouldNotLookError, LoginError, ServerUnavailableError: nobody knows what is there.
        """
        if self.foreign is None:
            return False
        self._came(await self.foreign.look())
        if not self.seconds:
            self.give_up()
        return bool(self.seconds and self.foreign.missing)

    async def wait(self, news: Callable[[], None]) -> None:
        """Wait for what is missing, until it is there or the time is over.

        Args:
            news: is called when some of it came.

        Raises:
            CouldNotLookError, LoginError, ServerUnavailableError: nobody knows what is there.
        """

        def came(numbers: Iterable[int]) -> None:
            self._came(numbers)
            news()

        if self.foreign is not None:
            await self.foreign.wait(self.seconds, came)

    def _came(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            self.schedule.settled(self.number(number))

    def give_up(self) -> None:
        """Hold back what needs something that no other supplier brought."""
        for number in () if self.foreign is None else self.foreign.missing:
            self.schedule.failed(self.number(number))

    def holds_back(self, seq: int) -> bool:
        """Whether a write is held back by others alone, and not by a failure of ours.

        What refers to it is held back by them as well.
        """
        if self.foreign is None:
            return False
        failed = [t for t in self.plan.targets(seq) if self.schedule.has_failed(t)]
        alone = all(target in self._held_back for target in failed)
        if alone:
            self._held_back.add(seq)
        return alone


def brought_by_others(journal: Journal) -> dict[str, int]:
    """Return how much of ours others brought, per `Device/<id>`."""
    brought: dict[str, int] = {}
    for entry in journal.noticed():
        if entry.notice == BROUGHT_BY_OTHER:
            brought[entry.said] = brought.get(entry.said, 0) + 1
    return dict(sorted(brought.items()))
