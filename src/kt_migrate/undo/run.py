"""The loop of undoing: the last stage first, so that nothing goes before what refers to it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace

from kt_migrate.errors import BooksError, KtMigrateError
from kt_migrate.kt2.pace import Pace, PaceStopped
from kt_migrate.plan.store import Plan
from kt_migrate.undo.actor import Actor
from kt_migrate.undo.inventory import IN_DOUBT
from kt_migrate.undo.proof import Proof
from kt_migrate.undo.record import Deed, Record
from kt_migrate.undo.states import UNDONE, Kind, UndoState

HELD = "undo-held"
"""Something that refers to it was kept."""

_OPEN = (UndoState.LISTED, UndoState.INTENT, UndoState.KEPT)

Listener = Callable[[int, int], None]
"""Is told (ended, all) after each deed."""


def nobody(_done: int, _total: int) -> None:
    """Be the listener that does nothing."""


@dataclass(slots=True)
class UndoResult:
    """What came of one start of undoing a run.

    Attributes:
        counts: how many deeds per R4 type stand in each state.
        kept: how many were kept, per catalogue code.
        interrupted: a person stopped it; what was under way is recorded.
        stopped_by: what stopped it, when that was not a person.
        proof: what the server says afterwards; None: it did not come to that.
    """

    counts: dict[tuple[str, UndoState], int] = field(default_factory=dict)
    kept: Counter[str] = field(default_factory=Counter)
    interrupted: bool = False
    stopped_by: KtMigrateError | None = None
    proof: Proof | None = None

    def of(self, *states: UndoState) -> int:
        """Return how many deeds stand in these states."""
        return sum(count for (_type, state), count in self.counts.items() if state in states)

    @property
    def total(self) -> int:
        """How many deeds the run had."""
        return sum(self.counts.values())

    @property
    def pending(self) -> int:
        """How many still have to be undone."""
        return self.of(UndoState.LISTED, UndoState.INTENT)

    @property
    def undone(self) -> int:
        """Of how many nothing of ours counts on the server any more."""
        return self.of(*UNDONE)


class Undo:
    """One start of undoing one run."""

    def __init__(
        self, plan: Plan, record: Record, actor: Actor, pace: Pace, listener: Listener = nobody
    ) -> None:
        self._plan = plan
        self._record = record
        self._actor = actor
        self._pace = pace
        self._listener = listener
        self._held: set[int] = set()
        self._result = UndoResult()
        self._stopped = False
        self._total = sum(record.counts().values())
        self._ended = 0

    def interrupt(self) -> None:
        """Stop after what is under way."""
        self._result.interrupted = True
        self._stop()

    def _stop(self) -> None:
        self._stopped = True
        self._pace.stop()

    async def run(self, workers: int) -> UndoResult:
        """Undo what is not undone yet.

        Args:
            workers: how many resources may be under way at once.

        Raises:
            BooksError: a deed went missing: a defect of ours.
        """
        try:
            for stage in self._record.stages():
                if not self._stopped:
                    await self._undo_stage(stage, workers)
        except KtMigrateError as error:
            self._result.stopped_by = error
        except PaceStopped:
            pass
        finally:
            await self._record.stop()
        return self._balanced()

    async def _undo_stage(self, stage: int, workers: int) -> None:
        self._ended += sum(1 for _ in self._record.of_stage(stage, *UNDONE))
        # A reading that is left half way would show the rest of this start the past.
        with closing(self._record.of_stage(stage, *_OPEN)) as deeds:
            async with asyncio.TaskGroup() as group:
                for _worker in range(workers):
                    group.create_task(self._work(deeds))
        if self._result.stopped_by is not None:
            raise self._result.stopped_by
        await self._record.flush()
        for deed in self._record.of_stage(stage, UndoState.KEPT):
            self._held.update(self._plan.targets(deed.seq))

    async def _work(self, deeds: Iterator[Deed]) -> None:
        while not self._stopped and (deed := next(deeds, None)) is not None:
            try:
                await self._undo(deed)
            except KtMigrateError as error:
                self._result.stopped_by = self._result.stopped_by or error
                self._stop()
            except PaceStopped:
                return

    async def _undo(self, deed: Deed) -> None:
        # What was changed stays there whatever refers to it: its content comes back.
        held = deed.kind is Kind.MADE and deed.seq in self._held
        if held and deed.state is not UndoState.INTENT:
            self._record.settle(replace(deed, state=UndoState.KEPT, code=HELD))
        elif deed.code != IN_DOUBT:
            await self._actor.undo(deed)
        self._ended += 1
        self._listener(self._ended, self._total)

    def _balanced(self) -> UndoResult:
        """Give every deed its one end, or fail."""
        self._result.counts = self._record.counts()
        self._result.kept = Counter(deed.code for deed in self._record.deeds(UndoState.KEPT))
        if self._result.total != self._total:
            raise BooksError(
                "What the run did and what became of it are not equal.",
                where=str(self._record.path),
                fix="Report this: it is a defect.",
            )
        return self._result
