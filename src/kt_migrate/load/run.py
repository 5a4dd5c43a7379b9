"""The loop of a load: reconcile, then stage by stage, as many at once as the server likes.

Async, but single-minded: one producer, a few workers, one journal.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from itertools import groupby

from kt_migrate.errors import KtMigrateError
from kt_migrate.kt2.client import FhirClient
from kt_migrate.kt2.pace import Pace
from kt_migrate.load.budget import Budget
from kt_migrate.load.journal import FAILED, ON_SERVER, Entry, Journal, State
from kt_migrate.load.reconcile import LOOK_UP, Finder, batches, reconcile
from kt_migrate.load.references import References
from kt_migrate.load.sender import Sender
from kt_migrate.plan.rows import PlannedWrite
from kt_migrate.plan.store import Plan


@dataclass(slots=True)
class LoadResult:
    """What came of one start of a load.

    Attributes:
        total: writes in the plan.
        already: how many were on the server by the journal before it started.
        sent: writing requests that left, this time.
        states: how many writes stand in each state now.
        interrupted: a person stopped it; what was under way is recorded.
        over_budget: it stopped because too many were refused, by share or in a row.
        stopped_by: what stopped it, when that was not a person.
    """

    total: int
    already: int
    sent: int = 0
    states: dict[State, int] = field(default_factory=dict)
    interrupted: bool = False
    over_budget: bool = False
    stopped_by: KtMigrateError | None = None

    @property
    def on_server(self) -> int:
        """How many planned resources are on the server, as far as the journal knows."""
        return sum(self.states.get(state, 0) for state in ON_SERVER)

    @property
    def failed(self) -> int:
        """How many are known not to come."""
        return sum(self.states.get(state, 0) for state in FAILED)

    @property
    def pending(self) -> int:
        """How many still have to be sent."""
        return self.total - self.on_server - self.failed


Listener = Callable[[int, int], None]
"""Is told (done, total) after each write."""


def nobody(_done: int, _total: int) -> None:
    """Be the listener that does nothing."""


class Load:
    """One start of a load of one plan."""

    def __init__(  # noqa: PLR0913 (one start has these parts)
        self,
        plan: Plan,
        journal: Journal,
        client: FhirClient,
        pace: Pace,
        *,
        trace_id: str,
        error_share: float,
        errors_in_a_row: int = 0,
        listener: Listener = nobody,
    ) -> None:
        self._plan = plan
        self._journal = journal
        self._client = client
        self._pace = pace
        self._budget = Budget(share=error_share, in_a_row=errors_in_a_row)
        self._listener = listener
        references = References(plan, journal)
        self._sender = Sender(client, journal, references, pace, trace_id=trace_id)
        self._finder = Finder(client, self._sender)
        self._stop = asyncio.Event()
        states = journal.counts()
        done = sum(states.get(state, 0) for state in ON_SERVER)
        self._result = LoadResult(total=plan.count(), already=done)
        self._done, self._failed = done, 0
        self._conditional: frozenset[str] = frozenset()

    def interrupt(self) -> None:
        """Stop after what is under way."""
        self._result.interrupted = True
        self._stop.set()

    async def run(self, workers: int) -> LoadResult:
        """Bring everything of the plan to the server that is not there.

        Args:
            workers: how many resources may be under way at once.

        Returns:
            What came of it; also when it was interrupted, or when login or server failed: then
            `stopped_by` says so, and everything that happened is in the journal.
        """
        before = self._journal.requests()
        try:
            if self._result.already < self._result.total:
                await self._bring(workers)
        except KtMigrateError as error:
            self._result.stopped_by = error
        finally:
            await self._journal.stop()
        self._result.states = self._journal.counts()
        self._result.sent = self._journal.requests() - before
        return self._result

    async def _bring(self, workers: int) -> None:
        capabilities = await self._client.metadata()
        offered = capabilities.conditional_create.items()
        self._conditional = frozenset(r4_type for r4_type, offers in offered if offers)
        for entry in await reconcile(self._plan, self._journal, self._finder, self._pace):
            self._count(failed=entry.state in FAILED)
        # A target has a lower stage and a lower number (docs/design.md, step 6): one pass will do.
        for _stage, writes in groupby(self._plan.writes(), key=lambda write: write.stage):
            await self._stage(writes, workers)

    async def _stage(self, writes: Iterable[PlannedWrite], workers: int) -> None:
        """Send one stage; the next starts when its outcomes are on disk."""
        for batch in batches(writes, LOOK_UP * workers):
            if self._stop.is_set():
                return
            todo = await self._without_known([write for write in batch if self._to_do(write)])
            queue: asyncio.Queue[PlannedWrite] = asyncio.Queue()
            for write in todo:
                queue.put_nowait(write)
            async with asyncio.TaskGroup() as group:
                for _worker in range(min(workers, len(todo))):
                    group.create_task(self._work(queue))
            await self._journal.flush()
            if self._result.stopped_by is not None:
                raise self._result.stopped_by

    def _to_do(self, write: PlannedWrite) -> bool:
        entry = self._journal.entry(write.seq)
        if entry is not None and entry.state in ON_SERVER | {State.DUPLICATE}:
            return False
        if all(self._is_there(target) for target in self._plan.targets(write.seq)):
            return True
        known = entry or Entry(seq=write.seq, state=State.BLOCKED)
        self._journal.settle(replace(known, state=State.BLOCKED, code="reference-not-written"))
        self._count(failed=True, held_back=True)
        return False

    def _is_there(self, seq: int) -> bool:
        entry = self._journal.entry(seq)
        return entry is not None and entry.state in ON_SERVER

    async def _without_known(self, writes: list[PlannedWrite]) -> list[PlannedWrite]:
        """Look up in bulk what a server without conditional create may already have."""
        plain = [w for w in writes if w.key.r4_type not in self._conditional]
        known = await self._finder.settle(plain)
        for entry in known.values():
            self._count(failed=entry.state in FAILED)
        return [write for write in writes if write.seq not in known]

    async def _work(self, queue: asyncio.Queue[PlannedWrite]) -> None:
        while not self._stop.is_set():
            try:
                write = queue.get_nowait()
            except asyncio.QueueEmpty:
                return
            try:
                entry = await self._sender.send(
                    write,
                    self._journal.entry(write.seq),
                    conditional=write.key.r4_type in self._conditional,
                )
            except KtMigrateError as error:
                self._result.stopped_by = self._result.stopped_by or error
                self._stop.set()
                return
            self._count(failed=entry.state in FAILED)

    def _count(self, *, failed: bool, held_back: bool = False) -> None:
        self._done += 1
        self._listener(self._done, self._result.total)
        self._budget.count(failed=failed, held_back=held_back)
        if self._budget.spent:
            self._result.over_budget = True
            self._stop.set()
