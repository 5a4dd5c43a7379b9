"""Brings back what a verification found gone or other: only what is ours, each listed first.

The server is asked again, for the verification may be of yesterday. What goes is put in the
journal as `repair`, with the id and version that it had; from there it takes the same road as
every other write, so a crash in the middle of a repair is one like any other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from kt_migrate.books import canonical, digest
from kt_migrate.kt2.client import Found
from kt_migrate.load.attempt import carries
from kt_migrate.load.decision import Choice, Policy
from kt_migrate.load.journal import ON_SERVER, Entry, Journal
from kt_migrate.load.references import References
from kt_migrate.load.states import WRITTEN, State
from kt_migrate.load.writers import Writers
from kt_migrate.plan.findings import Findings
from kt_migrate.plan.rows import PlannedWrite
from kt_migrate.plan.store import Plan

AT_ONCE = 200


class Action(StrEnum):
    """What becomes of one finding."""

    REWRITE = "rewrite"
    """It is gone, and was ours: written again, under another id."""
    BRING_BACK = "bring-back"
    """It is another than planned, and nobody else changed it: written over."""
    AGAIN = "again"
    """It was double and is not any more, or it has another id by now: looked at anew."""
    RIGHT = "right"
    """It is as planned by now."""
    LEFT_CHANGED = "left-changed"
    """Somebody else changed it since: left as it is."""
    LEFT_NOT_OURS = "left-not-ours"
    """This working folder never wrote it: left as it is."""
    LEFT_ADOPTED = "left-adopted"
    """It was left as it was by choice, and still is."""
    LEFT_DOUBLE = "left-double"
    """Its temporary identifier is there more than once: a person must look."""


GOES = frozenset({Action.REWRITE, Action.BRING_BACK, Action.AGAIN})
"""What is sent."""

SETTLED = GOES | {Action.RIGHT}
"""What needs no look any more."""


@dataclass(frozen=True, slots=True)
class Item:
    """One finding, and what becomes of it."""

    seq: int
    action: Action


class Repair:
    """Draws up the list, and puts what goes in the journal."""

    def __init__(self, plan: Plan, journal: Journal, writers: Writers, policy: Policy) -> None:
        self._plan = plan
        self._journal = journal
        self._writers = writers
        self._policy = policy
        self._references = References(plan, journal)
        self._gone: set[str] = set()

    async def draw_up(self, findings: Findings) -> list[Item]:
        """Say what becomes of each finding that the journal says is done; writes nothing.

        Raises:
            LoginError, ServerUnavailableError, CouldNotLookError: the server cannot be asked.
        """
        items: list[Item] = []
        done = self._done(findings)
        while batch := list(islice(done, AT_ONCE)):
            found = await self._writers.find((write.seq, write.key) for write, _entry in batch)
            for write, entry in batch:
                there = {
                    f.id: f for f in found.get(write.key, ()) if carries(f.resource, write.key)
                }
                action = await self._action(write, entry, list(there.values()))
                if action is Action.REWRITE:
                    self._gone.add(entry.server_id)
                items.append(Item(write.seq, action))
        return items

    async def mark(self, items: Sequence[Item]) -> None:
        """Put what goes in the journal; on disk when this returns.

        Raises:
            JournalError: the disk does not take it.
        """
        for item in items:
            entry = self._journal.entry(item.seq)
            if entry is None or item.action not in GOES:
                continue
            kept = self._written(item.seq, entry) and item.action is not Action.AGAIN
            self._journal.settle(
                Entry(
                    seq=item.seq,
                    state=State.REPAIR,
                    server_id=entry.server_id if kept else "",
                    version=entry.version if kept else "",
                    attempts=entry.attempts,
                    # What is gone is written again from its first version on.
                    passed=0 if item.action is Action.REWRITE else entry.passed,
                )
            )
        await self._journal.flush()

    def _done(self, findings: Findings) -> Iterator[tuple[PlannedWrite, Entry]]:
        for seq in findings.all:
            entry, key = self._journal.entry(seq), self._plan.key(seq)
            write = None if key is None else self._plan.write(key)
            if write and entry and entry.state in ON_SERVER | {State.DUPLICATE}:
                yield write, entry

    async def _action(self, write: PlannedWrite, entry: Entry, there: list[Found]) -> Action:
        if len(there) > 1:
            return Action.LEFT_DOUBLE
        if entry.state is State.DUPLICATE:
            return Action.AGAIN
        if there:
            return self._of_one(write, entry, there[0])
        client = self._writers.of(write.seq)
        if not await client.is_gone(write.key.r4_type, entry.server_id):
            return Action.LEFT_CHANGED  # somebody took our identifier off it
        return Action.REWRITE if self._written(write.seq, entry) else Action.LEFT_NOT_OURS

    def _of_one(self, write: PlannedWrite, entry: Entry, there: Found) -> Action:
        same = there.id == entry.server_id
        if digest(canonical(there.resource, self._conditional)) == write.digest:
            return Action.RIGHT if same else Action.AGAIN
        if not same or not there.version or there.version != entry.version:
            return Action.LEFT_CHANGED
        if self._written(write.seq, entry) or self._policy.choice is Choice.UPDATE:
            return Action.BRING_BACK
        return Action.LEFT_ADOPTED if entry.state is State.ADOPTED else Action.LEFT_NOT_OURS

    def _conditional(self, reference: str) -> str:
        """Leave a reference to what is gone as it is: it must become one to its successor."""
        gone = reference.rpartition("/")[2] in self._gone
        return reference if gone else self._references.conditional(reference)

    def _written(self, seq: int, entry: Entry) -> bool:
        """Whether a run of this working folder wrote it: this one, or another."""
        if entry.state in WRITTEN:
            return True
        key = self._plan.key(seq)
        return key is not None and self._policy.earlier.wrote(key, entry.server_id)


def left_of(findings: Findings, items: Sequence[Item]) -> Findings:
    """Return the findings that a repair leaves."""
    settled = {item.seq for item in items if item.action in SETTLED}
    return findings.only(lambda seq: seq not in settled)


def standing(findings: Findings, journal: Journal) -> Findings:
    """Return the findings about what the journal says is done: those that a repair is about."""

    def done(seq: int) -> bool:
        entry = journal.entry(seq)
        return entry is not None and entry.state in ON_SERVER | {State.DUPLICATE}

    return findings.only(done)
