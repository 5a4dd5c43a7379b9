"""What a run did to the server: by its journal, and for what that leaves in doubt by looking.

Every resource that the journal ever saw created or updated counts, also when a later request for
the same object failed: what matters is what is on the server because of this run.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from kt_migrate.books import canonical, digest
from kt_migrate.kt2.client import Found
from kt_migrate.load.attempt import carries
from kt_migrate.load.decision import Earlier
from kt_migrate.load.journal import Entry, Journal, Operation, State
from kt_migrate.load.references import References
from kt_migrate.load.replay import next_in_row
from kt_migrate.load.states import WRITTEN
from kt_migrate.load.story import Step
from kt_migrate.load.writers import Writers
from kt_migrate.plan.rows import PlannedWrite
from kt_migrate.plan.store import Plan
from kt_migrate.undo.record import Deed
from kt_migrate.undo.states import Kind, UndoState

IN_DOUBT = "undo-in-doubt"
NO_OTHER = Earlier()
_NOBODY_KNOWS = (State.INTENT, State.WAITING)
"""What was not there when last looked for may have come since: a slow request, a late 503."""

_CREATES = (Operation.CREATE, Operation.CREATE_UNCONDITIONAL)
_EFFECTIVE = WRITTEN | {State.EARLIER}
"""The states that come of a write of ours; of an earlier version, when it names what is there."""

SECOND_LOOK_SECONDS = 2.0
"""A request of just before a crash may still be at work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """One resource that a write came to.

    Attributes:
        kind: whether the run made it, or changed what was there.
        server_id: its logical id.
        version: of the run's last write; empty: not known.
        before: of what was changed, the version that it had before.
        doubtful: it may be the run's, and that cannot be shown.
    """

    kind: Kind
    server_id: str
    version: str
    before: str = ""
    doubtful: bool = False


def done_by(story: Sequence[Step]) -> list[Done]:
    """Return what the story of one write came to, per resource that it wrote."""
    written = [step for step in story if step.state in _EFFECTIVE and step.server_id]
    made: list[Done] = []
    for server_id in dict.fromkeys(step.server_id for step in written):
        own = [step for step in written if step.server_id == server_id]
        kind = Kind.MADE if any(map(_makes, own)) else Kind.CHANGED
        before = "" if kind is Kind.MADE else _before(story, server_id)
        version = own[-1].version
        made.append(Done(kind=kind, server_id=server_id, version=version, before=before))
    return made


def _makes(step: Step) -> bool:
    """Whether a step made the resource: as its last state, or as its first version."""
    first = step.state is State.EARLIER and step.operation in _CREATES
    return step.state is State.CREATED or first


def _before(story: Sequence[Step], server_id: str) -> str:
    """Return the version against which the run's first effective update was sent."""
    against = ""
    for step in story:
        if step.server_id != server_id:
            continue
        if step.state is State.UPDATED:
            break
        if step.state is State.INTENT and step.operation == Operation.UPDATE:
            against = step.version
    return against


def inventory(plan: Plan, journal: Journal, doubts: Mapping[int, Step | None]) -> Iterator[Deed]:
    """Yield every deed of a run, the last of the plan first.

    Args:
        plan: the run's.
        journal: the run's.
        doubts: what became of the writes without outcome (`settle_doubts`).
    """
    number = 0
    for seq, lines in groupby(journal.story(), key=lambda step: step.seq):
        write = plan.write_at(seq)
        if write is None:
            continue
        story = list(lines)
        doubt = doubts.get(seq)
        if doubt is not None:
            story.append(doubt)
        for done in done_by(story) + _doubtful(seq, story, doubts):
            number += 1
            yield _deed(number, write, done)


def _doubtful(seq: int, story: Sequence[Step], doubts: Mapping[int, Step | None]) -> list[Done]:
    if seq not in doubts or doubts[seq] is not None:
        return []
    return [Done(kind=Kind.CHANGED, server_id=story[-1].server_id, version="", doubtful=True)]


def _deed(number: int, write: PlannedWrite, done: Done) -> Deed:
    return Deed(
        id=number,
        seq=write.seq,
        stage=write.stage,
        r4_type=write.key.r4_type,
        system=write.key.system,
        value=write.key.value,
        link=write.link,
        kind=done.kind,
        server_id=done.server_id,
        version=done.version,
        before=done.before,
        planned=write.digest,
        state=UndoState.KEPT if done.doubtful else UndoState.LISTED,
        code=IN_DOUBT if done.doubtful else "",
    )


class Doubts:
    """Looks at the server for every write of which nobody recorded the outcome; never writes."""

    def __init__(
        self,
        plan: Plan,
        journal: Journal,
        writers: Writers,
        sleep: Callable[[float], Awaitable[None]],
        earlier: Earlier = NO_OTHER,
    ) -> None:
        self._plan = plan
        self._journal = journal
        self._writers = writers
        self._sleep = sleep
        self._references = References(plan, journal)
        self._earlier = earlier

    async def settle(self) -> dict[int, Step | None]:
        """Return, per write in doubt that had an effect, what that was.

        None: something is there under its temporary identifier, and whose it is cannot be shown.
        A write that had no effect is not in the result.

        Raises:
            LoginError, ServerUnavailableError, CouldNotLookError: the server cannot be asked.
        """
        waiting = [
            (write, entry)
            for entry in self._journal.entries(*_NOBODY_KNOWS)
            if (write := self._plan.write_at(entry.seq)) is not None
        ]
        found = await self._writers.find((write.seq, write.key) for write, _entry in waiting)
        if any(write.key not in found for write, _entry in waiting):
            await self._sleep(SECOND_LOOK_SECONDS)
            found |= await self._writers.find((write.seq, write.key) for write, _entry in waiting)
        settled: dict[int, Step | None] = {}
        for write, entry in waiting:
            there = {f.id: f for f in found.get(write.key, ()) if carries(f.resource, write.key)}
            if there and not self._untouched(write, entry, list(there.values())):
                settled[write.seq] = self._ours(write, entry, list(there.values()))
        return settled

    def _untouched(self, write: PlannedWrite, entry: Entry, there: Sequence[Found]) -> bool:
        """Whether a request had no effect: what is there is as it was, or another run's."""
        as_it_was = entry.operation == Operation.UPDATE and any(
            f.id == entry.server_id and f.version == entry.version for f in there
        )
        return as_it_was or all(
            f.version and self._earlier.wrote(write.key, f.id, f.version) for f in there
        )

    def _ours(self, write: PlannedWrite, entry: Entry, there: Sequence[Found]) -> Step | None:
        if len(there) > 1:
            return None
        (one,) = there
        version, _row = next_in_row(self._plan, write, entry)
        if digest(canonical(one.resource, self._references.conditional)) != version.digest:
            return None
        creates = entry.operation in _CREATES
        if creates and one.version != "1":
            return None
        if not creates and one.id != entry.server_id:
            return None
        return Step(
            seq=write.seq,
            state=State.CREATED if creates else State.UPDATED,
            operation=entry.operation,
            server_id=one.id,
            version=one.version,
        )
