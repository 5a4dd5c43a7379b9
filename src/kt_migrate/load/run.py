"""The loop of a load: reconcile, then whatever may go, as many at once as the server likes.

Async, but single-minded: one feeder that asks the schedule what may go, a few workers that send
it, one journal that says what is on disk. A write counts as there, for what waits for it, when its
outcome is on disk (`Journal.tell`): nothing leaves that leans on what a crash could take back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from kt_migrate.errors import KtMigrateError
from kt_migrate.kt2.client import FhirClient
from kt_migrate.kt2.pace import Pace, PaceStopped
from kt_migrate.kt2.traffic import Traffic
from kt_migrate.load.budget import Budget
from kt_migrate.load.decision import Policy
from kt_migrate.load.foreign import WAITING_FOR_OTHER, Foreign, Waited
from kt_migrate.load.journal import FAILED, ON_SERVER, Entry, Journal, State
from kt_migrate.load.order import ring_error, schedule_of
from kt_migrate.load.others import Others, brought_by_others
from kt_migrate.load.reconcile import LOOK_UP, Finder, reconcile
from kt_migrate.load.references import References
from kt_migrate.load.replay import goes_on
from kt_migrate.load.result import LoadResult
from kt_migrate.load.schedule import Schedule
from kt_migrate.load.sender import STRICT, Sender
from kt_migrate.load.writers import Writers
from kt_migrate.plan.rows import PlannedWrite
from kt_migrate.plan.store import Plan

__all__ = ["Listener", "Load", "LoadResult", "nobody"]

_DEFER_AT_ONCE = 500
"""So many deferrals go to disk before more are taken: memory does not grow with the plan."""


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
        policy: Policy = STRICT,
        writers: Writers | None = None,
        foreign: Foreign | None = None,
        wait: float = 0.0,
    ) -> None:
        self._plan = plan
        self._others = Others(plan, foreign, wait)
        self._asks_who = bool(policy.clients)
        self._journal = journal
        self._client = client
        self._pace = pace
        self._budget = Budget(share=error_share, in_a_row=errors_in_a_row)
        self._listener = listener
        references = References(plan, journal)
        self._sender = Sender(
            client, journal, references, pace, trace_id=trace_id, policy=policy, writers=writers
        )
        self._finder = Finder(self._sender.writers, self._sender)
        self._stopped = False
        self._news = asyncio.Event()
        states = journal.counts()
        done = sum(states.get(state, 0) for state in ON_SERVER)
        self._result = LoadResult(total=plan.count(), already=done, traffic=client.traffic)
        self.done, self.failed = done, 0
        self._conditional: frozenset[str] = frozenset()
        self._schedule = Schedule(())
        self._queue: asyncio.Queue[PlannedWrite | None] = asyncio.Queue()
        self._touched: frozenset[int] = frozenset()
        self._few = 0

    @property
    def total(self) -> int:
        """How many writes the plan has."""
        return self._result.total

    @property
    def waited(self) -> Waited | None:
        """How the waiting for other suppliers stands; None: nothing is waited for."""
        return self._others.waited

    @property
    def already(self) -> int:
        """How many were on the server before this start."""
        return self._result.already

    @property
    def traffic(self) -> Traffic:
        """What went over the wire in this start."""
        return self._result.traffic

    def interrupt(self) -> None:
        """Stop after what is under way."""
        self._result.interrupted = True
        self._stop()

    def _stop(self) -> None:
        self._stopped = True
        self._pace.stop()
        self._news.set()

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
        except PaceStopped:
            pass
        finally:
            await self._journal.stop()
        self._result.states = self._journal.counts()
        self._result.brought = brought_by_others(self._journal) if self._asks_who else {}
        if (waited := self._others.waited) is not None and self._others.looked:
            self._result.waiting = self._journal.noted(WAITING_FOR_OTHER)
            self._result.missing, self._result.twice = waited.missing, waited.twice
        self._result.sent = self._journal.requests() - before
        self._result.outcomes = self.done - self._result.already
        self._result.refused = self.failed
        return self._result

    async def _bring(self, workers: int) -> None:
        schedule = schedule_of(self._plan, self._journal, self._others.number)
        capabilities = await self._client.metadata()
        offered = capabilities.conditional_create.items()
        self._conditional = frozenset(r4_type for r4_type, offers in offered if offers)
        for entry in await reconcile(self._plan, self._journal, self._finder, self._pace):
            self._count(failed=entry.state in FAILED)
            _note(schedule, entry)
        self._schedule = self._others.schedule = schedule
        wait = await self._others.look()
        self._touched = frozenset(self._journal.seqs(*(set(State) - ON_SERVER)))
        self._journal.tell(self._on_disk)
        async with asyncio.TaskGroup() as group:
            feeding = group.create_task(self._feed(workers))
            if wait:
                waiting = group.create_task(self._wait_for_others())
                feeding.add_done_callback(lambda _done: waiting.cancel())
            for _worker in range(workers):
                group.create_task(self._work())
        await self._journal.flush()
        if self._result.stopped_by is not None:
            raise self._result.stopped_by

    async def _wait_for_others(self) -> None:
        try:
            await self._others.wait(self._news.set)
        except KtMigrateError as error:
            self._end(error)
        self._others.give_up()
        self._news.set()

    def _on_disk(self, entries: list[Entry]) -> None:
        for entry in entries:
            _note(self._schedule, entry)
            if entry.state is State.EARLIER and entry.code:
                self._judge(failed=True)
        self._news.set()

    async def _feed(self, workers: int) -> None:
        """Give the workers what may go, until everything has an outcome or somebody stops."""
        self._few = workers
        try:
            while not self._stopped and await self._feed_more():
                pass
        except KtMigrateError as error:
            self._end(error)
        except PaceStopped:
            pass
        finally:
            for _worker in range(workers):
                self._queue.put_nowait(None)

    async def _feed_more(self) -> bool:
        """Do what can be done now, and wait for news; False: everything has an outcome."""
        self._news.clear()
        self._journal.require()
        await self._defer()
        writes = [] if self._queue.qsize() > self._few else self._take(LOOK_UP)
        for write in await self._without_known(writes):
            self._queue.put_nowait(write)
        if self._schedule.stuck:
            raise ring_error("plan.sqlite")
        if self._schedule.open and not writes:
            await self._news.wait()
        return self._schedule.open > 0

    def _take(self, most: int) -> list[PlannedWrite]:
        writes: list[PlannedWrite] = []
        while len(writes) < most and (seq := self._schedule.take()) is not None:
            write = self._plan.write_at(seq)
            if write is not None:
                writes.append(write)
        return writes

    async def _defer(self) -> None:
        """Record what a failure holds back."""
        count = 0
        while not self._stopped and (seq := self._schedule.deferred()) is not None:
            known = self._journal.entry(seq) or Entry(seq=seq, state=State.BLOCKED)
            waits = self._others.holds_back(seq)
            code = WAITING_FOR_OTHER if waits else "reference-not-written"
            self._journal.settle(replace(known, state=State.BLOCKED, code=code))
            if waits:
                self._tell()
            else:
                self._count(failed=True, held_back=True)
            count += 1
            if count % _DEFER_AT_ONCE == 0:
                await self._journal.flush()

    async def _without_known(self, writes: list[PlannedWrite]) -> list[PlannedWrite]:
        """Look up in bulk what a server without conditional create may already have."""
        plain = [w for w in writes if w.key.r4_type not in self._conditional]
        known = await self._finder.settle([w for w in plain if not self._goes_on(w.seq)])
        ended = {seq for seq, entry in known.items() if entry.state is not State.EARLIER}
        for seq in ended:
            self._count(failed=known[seq].state in FAILED)
        if len(ended) < len(known):
            await self._journal.flush()  # what goes on reads where it stands
        return [write for write in writes if write.seq not in ended]

    def _goes_on(self, seq: int) -> bool:
        """Whether an earlier version of it is on the server, by the journal."""
        known = self._journal.entry(seq) if seq in self._touched else None
        return known is not None and goes_on(known)

    async def _work(self) -> None:
        while (write := await self._queue.get()) is not None and not self._stopped:
            if self._queue.qsize() <= self._few:
                self._news.set()
            try:
                entry = await self._sender.send(
                    write,
                    self._journal.entry(write.seq) if write.seq in self._touched else None,
                    conditional=write.key.r4_type in self._conditional,
                )
            except KtMigrateError as error:
                self._end(error)
                return
            except PaceStopped:
                return
            self._count(failed=entry.state in FAILED)

    def _end(self, error: KtMigrateError) -> None:
        self._result.stopped_by = self._result.stopped_by or error
        self._stop()

    def _count(self, *, failed: bool, held_back: bool = False) -> None:
        self.failed += failed
        self._tell()
        self._judge(failed=failed, held_back=held_back)

    def _tell(self) -> None:
        self.done += 1
        self._listener(self.done, self._result.total)

    def _judge(self, *, failed: bool, held_back: bool = False) -> None:
        self._budget.count(failed=failed, held_back=held_back)
        if self._budget.spent:
            self._result.over_budget = True
            self._stop()


def _note(schedule: Schedule, entry: Entry) -> None:
    if entry.state in ON_SERVER:
        schedule.settled(entry.seq)
    elif entry.state in FAILED:
        schedule.failed(entry.seq)
