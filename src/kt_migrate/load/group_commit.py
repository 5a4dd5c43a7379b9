"""Group commit: whatever waits while the disk is busy goes into the next commit, together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

from kt_migrate.errors import KtMigrateError

T = TypeVar("T")


def _nobody(_items: object) -> None:
    """Be the listener that does nothing."""


class GroupCommit(Generic[T]):
    """Commits items in the order in which they came, in a thread of its own.

    After a commit that failed nothing is accepted any more: what the caller would do next
    leans on what is not on disk.
    """

    def __init__(
        self,
        commit: Callable[[list[T]], None],
        problem: Callable[[Exception], KtMigrateError],
    ) -> None:
        self._commit = commit
        self._problem = problem
        self.listener: Callable[[list[T]], None] = _nobody
        """Is told, in the loop's thread, what is on disk now, before anybody goes on; nothing, when
        a commit failed: see `require`."""
        self._failed: KtMigrateError | None = None
        self._waiting: list[tuple[T, asyncio.Future[None] | None]] = []
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._writer: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="journal")

    async def durable(self, item: T) -> None:
        """Commit an item; returns when it is on disk.

        Raises:
            KtMigrateError: the disk does not take it.
        """
        done = asyncio.get_running_loop().create_future()
        self._enqueue(item, done)
        await done

    def soon(self, item: T) -> None:
        """Commit an item with the next commit; does not wait.

        Raises:
            KtMigrateError: an earlier commit failed.
        """
        self._enqueue(item, None)

    def _enqueue(self, item: T, done: asyncio.Future[None] | None) -> None:
        self.require()
        if self._writer is None:
            self._writer = asyncio.create_task(self._write())
        self._waiting.append((item, done))
        self._idle.clear()
        self._wake.set()

    async def _write(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._wake.wait()
            await asyncio.sleep(0)  # whoever is ready now comes along: fewer, larger commits
            self._wake.clear()
            batch, self._waiting = self._waiting, []
            try:
                items = [item for item, _done in batch]
                await loop.run_in_executor(self._thread, self._commit, items)
            except Exception as error:  # noqa: BLE001 (whatever it is: nobody may wait for ever)
                self._fail(batch, self._problem(error))
                return
            self.listener(items)
            for _item, done in batch:
                if done is not None and not done.done():
                    done.set_result(None)
            if not self._waiting:
                self._idle.set()

    def _fail(
        self, batch: list[tuple[T, asyncio.Future[None] | None]], problem: KtMigrateError
    ) -> None:
        self._failed = problem
        for _item, done in [*batch, *self._waiting]:
            if done is not None and not done.done():
                done.set_exception(problem)
        self._waiting = []
        self._idle.set()
        self.listener([])  # who waits for what will never be on disk must not wait for ever

    def require(self) -> None:
        """Go on only while everything can be recorded.

        Raises:
            KtMigrateError: an earlier commit failed.
        """
        if self._failed is not None:
            raise self._failed

    async def flush(self) -> None:
        """Wait until everything so far is on disk.

        Raises:
            KtMigrateError: the disk did not take it.
        """
        await self._idle.wait()
        self.require()

    async def stop(self) -> None:
        """Wait for what is under way, and end the writer; never raises."""
        await self._idle.wait()
        if self._writer is not None:
            self._writer.cancel()
            await asyncio.gather(self._writer, return_exceptions=True)
            self._writer = None

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown()
