"""Requests of which nobody knows what became: looked up first, stage by stage, twice."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kt_migrate.errors import LoginError
from kt_migrate.kt2.login import Credentials
from kt_migrate.kt2.pace import Pace
from kt_migrate.load import reconcile as module
from kt_migrate.load.journal import Entry, Journal, Operation, State
from kt_migrate.load.reconcile import Finder, batches, reconcile
from kt_migrate.load.references import References
from kt_migrate.load.sender import Sender
from kt_migrate.model import Resource
from kt_migrate.plan.store import Plan
from load.wire import Reply, Request, Server
from load.world import (
    TRACE,
    UPDATES,
    Clock,
    World,
    client_of,
    journal_in,
    key_of,
    patients,
    plan_with,
    planted,
    resource_of,
    tasks,
)


@dataclass
class Room:
    """What reconciliation needs, and how long it waited."""

    plan: Plan
    journal: Journal
    server: Server
    finder: Finder
    pace: Pace
    sleeps: list[float] = field(default_factory=list)

    async def reconcile(self) -> list[Entry]:
        """Do it."""
        return await reconcile(self.plan, self.journal, self.finder, self.pace)

    async def know(self, *entries: Entry) -> None:
        """Put entries on disk."""
        planted(self.journal, *entries)


def in_room(
    folder: Path,
    credentials: Credentials,
    story: Callable[[Room], Awaitable[None]],
    *stages: list[Resource],
) -> None:
    """Run a story of a plan of these stages."""

    async def whole() -> None:
        server, clock = Server(), Clock()
        with plan_with(folder, *stages) as plan, journal_in(folder, clock) as journal:
            async with client_of(World(folder, plan, server, credentials, clock), 4) as client:
                sleeps: list[float] = []

                async def sleep(seconds: float) -> None:
                    sleeps.append(seconds)
                    await asyncio.sleep(0)

                pace = Pace(max_in_flight=4, per_second=0, now=clock.now, sleep=sleep)
                references = References(plan, journal)
                sender = Sender(client, journal, references, pace, trace_id=TRACE, policy=UPDATES)
                await story(
                    Room(plan, journal, server, Finder(sender.writers, sender), pace, sleeps)
                )
                await journal.stop()

    asyncio.run(whole())


def intent(seq: int, operation: Operation = Operation.CREATE, **fields: str) -> Entry:
    """Return an intent without outcome."""
    return Entry(seq=seq, state=State.INTENT, operation=operation, attempts=seq, **fields)  # type: ignore[arg-type]  # texts


def test_nothing_in_doubt_asks_nothing(tmp_path: Path, credentials: Credentials) -> None:
    """Outcomes, also bad ones, are no intents."""

    async def story(room: Room) -> None:
        await room.know(
            Entry(seq=1, state=State.WAITING),
            Entry(seq=2, state=State.REJECTED),
            Entry(seq=3, state=State.CREATED),
        )
        assert await room.reconcile() == []
        assert room.server.requests == []
        assert room.sleeps == []

    in_room(tmp_path, credentials, story, patients(*"abc"))


def test_what_is_there_is_settled_without_waiting(tmp_path: Path, credentials: Credentials) -> None:
    """One look, no pause; its outcome is on disk when it is returned."""

    async def story(room: Room) -> None:
        there = [room.server.put(one) for one in patients(*"ab")]
        await room.know(intent(1), intent(2))
        settled = await room.reconcile()
        assert [(e.seq, e.state, e.server_id, e.attempts) for e in settled] == [
            (n, State.CREATED, one["id"], n) for n, one in enumerate(there, 1)
        ]
        assert list(room.journal.entries()) == settled
        assert len(room.server.requests) == 1
        assert room.sleeps == []

    in_room(tmp_path, credentials, story, patients(*"ab"))


def test_what_is_not_there_is_looked_for_once_more_after_a_second(
    tmp_path: Path, credentials: Credentials
) -> None:
    """Then it waits for its turn: its requests are remembered, the object of an update is not."""

    async def story(room: Room) -> None:
        room.server.put(patients("a")[0])
        gone = intent(3, Operation.UPDATE, server_id="x", version="3", request_id="r3")
        await room.know(intent(1), intent(2, request_id="r2"), gone)

        async def late(request: Request) -> Reply:
            reply = room.server.effect(request)
            if len(room.server.requests) == 1:
                room.server.put(patients("a", "b")[1])
            return reply

        room.server.script = late
        settled = await room.reconcile()

        assert sorted((e.seq, e.state) for e in settled) == [(1, State.CREATED), (2, State.CREATED)]
        assert [r.query.count("%7C") for r in room.server.requests] == [3, 2]
        assert room.sleeps == [1.0]
        assert room.journal.entry(3) == Entry(
            seq=3,
            state=State.WAITING,
            operation=Operation.UPDATE,
            version="3",
            attempts=3,
            request_id="r3",
        )

    in_room(tmp_path, credentials, story, patients(*"abc"))


def test_what_others_refer_to_is_settled_and_on_disk_first(
    tmp_path: Path, credentials: Credentials
) -> None:
    """A task can be compared only when the id of its patient is known."""

    async def story(room: Room) -> None:
        seen: list[list[str]] = []
        (person,) = [room.server.put(one) for one in patients("a")]
        room.server.put({**tasks("a")[0], "for_": {"reference": f"Patient/{person['id']}"}})

        async def watch(request: Request) -> Reply:
            seen.append([e.state for e in room.journal.entries()])
            return room.server.effect(request)

        room.server.script = watch
        await room.know(intent(2), intent(1))
        settled = await room.reconcile()
        assert [(e.seq, e.state) for e in settled] == [(1, State.CREATED), (2, State.CREATED)]
        assert seen == [[State.INTENT] * 2, [State.CREATED, State.INTENT]]

    in_room(tmp_path, credentials, story, patients("a"), tasks("a"))


def test_an_entry_that_the_plan_does_not_know_is_left_alone(
    tmp_path: Path, credentials: Credentials
) -> None:
    """The others are settled."""

    async def story(room: Room) -> None:
        room.server.put(patients("a")[0])
        await room.know(intent(1), intent(9))
        assert [e.seq for e in await room.reconcile()] == [1]
        assert room.journal.entry(9) == intent(9)

    in_room(tmp_path, credentials, story, patients("a"))


def test_a_strangers_object_settles_nothing(tmp_path: Path, credentials: Credentials) -> None:
    """A search that finds what does not carry our identifier found nothing."""

    async def story(room: Room) -> None:
        (write,) = room.plan.writes()
        stranger = room.server.put(resource_of(key_of("b")))

        async def wrong(_request: Request) -> Reply:
            both = [*patients("a")[0]["identifier"], *stranger["identifier"]]  # type: ignore[misc]  # lists
            other = {**stranger, "resourceType": "Person", "identifier": both}
            return Reply(200, {"resourceType": "Bundle", "entry": [{"resource": other}]})

        room.server.script = wrong
        assert await room.finder.settle([write]) == {}
        await room.know(intent(1))
        assert await room.reconcile() == []
        entry = room.journal.entry(1)
        assert entry is not None
        assert entry.state == State.WAITING

    in_room(tmp_path, credentials, story, patients("a"))


def test_many_are_looked_up_a_part_at_a_time(
    tmp_path: Path, credentials: Credentials, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each once; what an earlier part found is kept."""
    monkeypatch.setattr(module, "LOOK_UP", 2)

    async def story(room: Room) -> None:
        for one in patients(*"abcde"):
            room.server.put(one)
        found = await room.finder.settle(list(room.plan.writes()))
        assert sorted(found) == [1, 2, 3, 4, 5]
        assert all(entry.seq == seq for seq, entry in found.items())
        assert [r.query.count("%7C") for r in room.server.requests] == [2, 2, 1]

    in_room(tmp_path, credentials, story, patients(*"abcde"))


def test_an_error_is_raised_when_everything_under_way_has_ended(
    tmp_path: Path, credentials: Credentials
) -> None:
    """403 to the first update; the second one's outcome is recorded all the same."""

    async def story(room: Room) -> None:
        for name in "ab":
            room.server.put(resource_of(key_of(name), language="x-old"))

        async def refuse(request: Request) -> Reply:
            if request.method == "PUT":
                if request.body["language"] == "x-0":
                    return Reply(403)
                await asyncio.sleep(0.01)
            return room.server.effect(request)

        room.server.script = refuse
        with pytest.raises(LoginError):
            await room.finder.settle(list(room.plan.writes()))
        await room.journal.flush()
        states = {entry.seq: entry.state for entry in room.journal.entries()}
        assert states == {1: State.INTENT, 2: State.UPDATED}

    in_room(tmp_path, credentials, story, patients(*"ab"))


@pytest.mark.property
@given(st.lists(st.integers(), max_size=20), st.integers(1, 7))
def test_batches_are_the_stream_cut_in_pieces(items: list[int], size: int) -> None:
    """In order, nothing lost, each full but the last; none is empty."""
    cut = list(batches(iter(items), size))
    assert [item for batch in cut for item in batch] == items
    assert all(len(batch) == size for batch in cut[:-1])
    assert all(0 < len(batch) <= size for batch in cut)
