"""Finds out what became of requests whose answer was never recorded: in bulk, before all else."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby, islice
from typing import TypeVar

from kt_migrate.kt2.pace import Pace
from kt_migrate.load.attempt import retry_seconds
from kt_migrate.load.journal import Entry, Journal, State
from kt_migrate.load.sender import Sender
from kt_migrate.load.writers import Writers
from kt_migrate.plan.rows import PlannedWrite
from kt_migrate.plan.store import Plan

LOOK_UP = 200
"""How many keys go into one round of looking up; the client cuts it to what one GET can hold."""

T = TypeVar("T")


class Finder:
    """Looks writes up by temporary identifier, and settles what is there."""

    def __init__(self, writers: Writers, sender: Sender) -> None:
        self._writers = writers
        self._sender = sender

    async def settle(self, writes: Sequence[PlannedWrite]) -> dict[int, Entry]:
        """Return the outcome per seq of those that are on the server; the others are not in it.

        Raises:
            KtMigrateError: what stops the run; whatever was under way has ended by then.
        """
        settled: dict[int, Entry] = {}
        for chunk in batches(writes, LOOK_UP):
            found = await self._writers.find((write.seq, write.key) for write in chunk)
            there = [write for write in chunk if write.key in found]
            outcomes = await asyncio.gather(
                *(self._sender.settle_known(write, found[write.key]) for write in there),
                return_exceptions=True,
            )
            for outcome in outcomes:
                if isinstance(outcome, BaseException):
                    raise outcome
                if outcome is not None:
                    settled[outcome.seq] = outcome
        return settled


async def reconcile(plan: Plan, journal: Journal, finder: Finder, pace: Pace) -> list[Entry]:
    """Settle every intent without outcome; what is not on the server waits for its turn.

    References point to lower stages, whose outcomes must be known by then: stage by stage.

    Returns:
        The outcomes of what is on the server in its last state.
    """
    intents = {entry.seq: entry for entry in journal.entries(State.INTENT)}
    settled: list[Entry] = []
    for _stage, group in groupby(_writes(plan, intents), key=lambda write: write.stage):
        writes = list(group)
        found = await finder.settle(writes)
        missing = [write for write in writes if write.seq not in found]
        if missing:  # a request of just before the crash may still be at work
            await pace.sleep(retry_seconds(2))
            found |= await finder.settle(missing)
        for write in missing:
            if write.seq not in found:
                journal.settle(replace(intents[write.seq], state=State.WAITING, server_id=""))
        settled.extend(entry for entry in found.values() if entry.state is not State.EARLIER)
        await journal.flush()
    return settled


def _writes(plan: Plan, seqs: Iterable[int]) -> Iterator[PlannedWrite]:
    for seq in seqs:
        key = plan.key(seq)
        write = None if key is None else plan.write(key)
        if write is not None:
            yield write


def batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Cut a stream in lists of at most `size`."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
