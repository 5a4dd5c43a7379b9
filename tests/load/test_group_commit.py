"""What waits while the disk is busy goes together, in order; after a failure nothing is taken."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kt_migrate.errors import JournalError
from kt_migrate.load.group_commit import GroupCommit


class Disk:
    """Takes commits; is slow while `go` is not set, and fails from commit `full_at` on."""

    def __init__(
        self, *, full_at: int = 0, trouble: type[Exception] = sqlite3.OperationalError
    ) -> None:
        self.commits: list[list[int]] = []
        self.threads: list[str] = []
        self.go = threading.Event()
        self.go.set()
        self.began = threading.Event()
        self.full_at = full_at
        self.trouble = trouble

    def commit(self, items: list[int]) -> None:
        """Take a commit."""
        self.began.set()
        self.threads.append(threading.current_thread().name)
        assert self.go.wait(10)
        if self.full_at and len(self.commits) + 1 >= self.full_at:
            raise self.trouble("full")
        self.commits.append(items)


def problem(error: Exception) -> JournalError:
    """Say what the disk says."""
    return JournalError(str(error), where="here", fix="room")


def run(disk: Disk, story: Callable[[GroupCommit[int]], Awaitable[None]]) -> None:
    """Run a story of at most two seconds, and end the thread."""
    commits = GroupCommit(disk.commit, problem)

    async def whole() -> None:
        await asyncio.wait_for(story(commits), 2)
        await asyncio.wait_for(commits.stop(), 2)

    try:
        asyncio.run(whole())
    finally:
        disk.go.set()
        commits.close()


async def begun(disk: Disk) -> None:
    """Wait until a commit is under way."""
    assert await asyncio.to_thread(disk.began.wait, 2)
    disk.began.clear()


async def ticks() -> None:
    """Let everybody have turns."""
    for _ in range(20):
        await asyncio.sleep(0)


def test_what_waits_while_the_disk_is_busy_goes_in_one_commit_in_order() -> None:
    """One item is under way; nine come meanwhile: two commits, and nobody is told too early."""
    disk = Disk()
    disk.go.clear()

    async def story(commits: GroupCommit[int]) -> None:
        first = asyncio.create_task(commits.durable(1))
        await begun(disk)
        others = [asyncio.create_task(commits.durable(n)) for n in range(2, 9)]
        await ticks()
        commits.soon(9)
        commits.soon(10)
        assert not any(task.done() for task in (first, *others))
        disk.go.set()
        await asyncio.gather(first, *others)
        assert disk.commits == [[1], [2, 3, 4, 5, 6, 7, 8, 9, 10]]

    run(disk, story)
    assert {name.rpartition("_")[0] for name in disk.threads} == {"journal"}


def test_flush_and_stop_wait_for_everything_so_far() -> None:
    """Also for what came while the disk was busy; `soon` itself waits for nothing."""
    disk = Disk()
    disk.go.clear()

    async def story(commits: GroupCommit[int]) -> None:
        await commits.flush()
        commits.soon(1)
        await begun(disk)
        commits.soon(2)
        for wait in (commits.flush, commits.stop):
            waiting = asyncio.create_task(wait())
            await ticks()
            assert not waiting.done()
            disk.go.set()
            await waiting
            assert sum(map(len, disk.commits)) == disk.commits[-1][-1]
            disk.go.clear()
            disk.began.clear()
            commits.soon(3)
            await begun(disk)
        disk.go.set()
        await commits.flush()
        assert disk.commits == [[1], [2], [3], [3]]

    run(disk, story)


def test_after_a_stop_it_can_go_on() -> None:
    """The writer ends, and a new one begins; stopping twice does no harm."""
    disk = Disk()

    async def story(commits: GroupCommit[int]) -> None:
        await commits.stop()
        await commits.durable(1)
        writer = commits._writer
        await commits.stop()
        assert writer is not None
        assert writer.done()
        assert commits._writer is None
        await commits.durable(2)
        assert disk.commits == [[1], [2]]

    run(disk, story)


@pytest.mark.parametrize("trouble", [sqlite3.OperationalError, OSError, RuntimeError])
def test_after_a_commit_that_failed_nothing_is_accepted(trouble: type[Exception]) -> None:
    """Everybody who waits is told the same, whatever it was; later items never reach the disk."""
    disk = Disk(full_at=2, trouble=trouble)

    async def story(commits: GroupCommit[int]) -> None:
        await commits.durable(1)
        disk.go.clear()
        disk.began.clear()
        lost = [asyncio.create_task(commits.durable(2))]
        await begun(disk)
        lost.append(asyncio.create_task(commits.durable(3)))
        await ticks()
        commits.soon(4)
        flushing = asyncio.create_task(commits.flush())
        await ticks()
        disk.go.set()
        told = await asyncio.gather(*lost, flushing, return_exceptions=True)
        assert [str(error) for error in told] == ["full"] * 3
        assert told[0] is told[1] is told[2]
        disk.full_at = 0
        with pytest.raises(JournalError, match="full"):
            await commits.durable(5)
        with pytest.raises(JournalError, match="full"):
            commits.soon(6)
        with pytest.raises(JournalError, match="full"):
            await commits.flush()
        await commits.stop()
        assert disk.commits == [[1]]

    run(disk, story)


@pytest.mark.parametrize("full_at", [0, 1])
def test_who_gave_up_waiting_keeps_nobody_else_from_being_told(full_at: int) -> None:
    """A waiter is cancelled in the midst of the commit; the others get their answer."""
    disk = Disk(full_at=full_at)
    disk.go.clear()

    async def story(commits: GroupCommit[int]) -> None:
        tasks = [asyncio.create_task(commits.durable(n)) for n in (1, 2)]
        await begun(disk)
        tasks[0].cancel()
        await ticks()
        disk.go.set()
        told = await asyncio.gather(*tasks, return_exceptions=True)
        assert isinstance(told[0], asyncio.CancelledError)
        assert isinstance(told[1], JournalError) if full_at else told[1] is None
        if not full_at:
            await commits.durable(3)
            assert disk.commits == [[1, 2], [3]]

    run(disk, story)


def test_closing_ends_the_thread() -> None:
    """Nothing is left running."""
    disk = Disk()

    async def story(commits: GroupCommit[int]) -> None:
        await commits.durable(1)

    run(disk, story)
    assert not [t for t in threading.enumerate() if t.name in disk.threads]


@pytest.mark.property
@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(), st.booleans(), st.booleans()), max_size=12))
def test_every_item_is_committed_once_in_the_order_in_which_it_came(
    items: list[tuple[int, bool, bool]],
) -> None:
    """Whoever waits, and wherever the disk has time in between."""
    disk = Disk()

    async def story(commits: GroupCommit[int]) -> None:
        waiting = []
        for item, waits, pause in items:
            if waits:
                waiting.append(asyncio.ensure_future(commits.durable(item)))
                await asyncio.sleep(0)
            else:
                commits.soon(item)
            if pause:
                await commits.flush()
        await asyncio.gather(*waiting)
        await commits.flush()
        assert [item for commit in disk.commits for item in commit] == [i for i, _, _ in items]
        assert all(disk.commits)

    run(disk, story)


def test_who_waits_for_the_disk_is_told_when_a_commit_failed() -> None:
    """Of nothing; and `require` raises from then on, not before."""
    told: list[list[int]] = []

    async def story(commits: GroupCommit[int]) -> None:
        news = asyncio.Event()

        def listener(items: list[int]) -> None:
            told.append(items)
            news.set()

        commits.listener = listener
        commits.soon(1)
        await news.wait()
        commits.require()
        news.clear()
        commits.soon(2)
        await news.wait()
        with pytest.raises(JournalError):
            commits.require()

    run(Disk(full_at=2), story)
    assert told == [[1], []]
