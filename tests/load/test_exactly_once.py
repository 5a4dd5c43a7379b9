"""Each promise of exactly-once, against a server that hides no fault (see load/wire.py)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path

import pytest

from kt_migrate.kt2.login import Credentials
from kt_migrate.load.journal import Entry, Journal, Operation, State
from kt_migrate.model import Resource
from load.wire import CUT, Reply, Request, Server, listening
from load.world import Clock, World, journal_in, key_of, patients, plan_with, resource_of, tasks


@asynccontextmanager
async def world(
    folder: Path, credentials: Credentials, *stages: list[Resource], on_a_socket: bool = False
) -> AsyncIterator[World]:
    """Return a folder with a plan, and a server."""
    server = Server()
    with plan_with(folder, *stages) as plan:
        async with listening(server) if on_a_socket else nullcontext():
            yield World(folder, plan, server, credentials, Clock(), on_a_socket)


async def record(journal: Journal, *entries: Entry) -> None:
    """Put entries on disk, as a run before a crash did."""
    await asyncio.gather(*(journal.intend(entry) for entry in entries))
    await journal.stop()


@pytest.mark.parametrize("trouble", [CUT, Reply(500)], ids=["cut", "500"])
def test_an_unknown_answer_is_looked_up_and_not_sent_again(
    trouble: Reply, tmp_path: Path, credentials: Credentials
) -> None:
    """The effect is there, the answer is not: one POST, one object, ours."""

    async def story() -> None:
        async with world(tmp_path, credentials, patients("a", "b", "c")) as there:

            async def lose(request: Request) -> Reply:
                reply = there.server.effect(request)
                return trouble if request.method == "POST" else reply

            there.server.script = lose
            result, _pace = await there.start()

            assert len(there.server.sent("POST")) == 3
            assert len(there.server.objects) == 3
            assert result.states == {State.CREATED: 3}

    asyncio.run(story())


def test_an_unknown_answer_without_effect_is_sent_again(
    tmp_path: Path, credentials: Credentials
) -> None:
    """Looked for, not there: sent once more, under another request id."""

    async def story() -> None:
        async with world(tmp_path, credentials, patients("a")) as there:

            async def fail_once(request: Request) -> Reply:
                first = request.method == "POST" and len(there.server.sent("POST")) == 1
                return Reply(500) if first else there.server.effect(request)

            there.server.script = fail_once
            result, _pace = await there.start()

            ids = [r.headers["x-request-id"] for r in there.server.sent("POST")]
            assert len(set(ids)) == 2
            assert len(there.server.sent("GET", "Patient")) == 2
            assert result.states == {State.CREATED: 1}

    asyncio.run(story())


def test_intents_without_outcome_are_looked_up_at_the_start(
    tmp_path: Path, credentials: Credentials
) -> None:
    """There: adopted. Not there: sent. There twice: an alarm. There but other: updated."""

    async def story() -> None:
        planned = patients("there", "absent", "twice", "other")
        async with world(tmp_path, credentials, planned) as there:
            for resource in (planned[0], planned[2], planned[2]):
                there.server.put(resource)
            there.server.put(resource_of(key_of("other"), language="x-old"), version="3")
            with journal_in(tmp_path) as journal:
                intents = [
                    Entry(seq=n, state=State.INTENT, operation=Operation.CREATE, attempts=1)
                    for n in (1, 2, 3, 4)
                ]
                await record(journal, *intents)
            result, _pace = await there.start()
            with journal_in(tmp_path) as journal:
                states = {entry.seq: entry.state for entry in journal.entries()}

            assert states == {
                1: State.CREATED,
                2: State.CREATED,
                3: State.DUPLICATE,
                4: State.UPDATED,
            }
            posts = there.server.sent("POST")
            assert [r.body["identifier"] for r in posts] == [planned[1]["identifier"]]
            assert there.server.requests[1].method == "GET"
            assert len(there.server.objects) == 5
            assert result.stopped_by is None

    asyncio.run(story())


def test_a_request_from_before_the_crash_may_still_be_at_work(
    tmp_path: Path, credentials: Credentials
) -> None:
    """Its object appears after the first look: the second finds it, and nothing is sent."""

    async def story() -> None:
        planned = patients("slow")
        async with world(tmp_path, credentials, planned) as there:

            async def late(request: Request) -> Reply:
                reply = there.server.effect(request)
                if len(there.server.sent("GET", "Patient")) == 1 and not there.server.objects:
                    there.server.put(planned[0])
                return reply

            there.server.script = late
            with journal_in(tmp_path) as journal:
                await record(
                    journal,
                    Entry(seq=1, state=State.INTENT, operation=Operation.CREATE, attempts=1),
                )
            result, _pace = await there.start()

            assert there.server.sent("POST") == []
            assert result.states == {State.CREATED: 1}

    asyncio.run(story())


def test_three_hundred_intents_take_a_handful_of_gets(
    tmp_path: Path, credentials: Credentials
) -> None:
    """Patients and the tasks that refer to them, stage by stage; nothing is sent."""

    async def story() -> None:
        names = [f"p{n:03}" for n in range(150)]
        async with world(tmp_path, credentials, patients(*names), tasks(*names)) as there:
            ids = [there.server.put(one)["id"] for one in patients(*names)]
            for task, logical_id in zip(tasks(*names), ids, strict=True):
                there.server.put({**task, "for_": {"reference": f"Patient/{logical_id}"}})
            with journal_in(tmp_path) as journal:
                intents = [
                    Entry(seq=n, state=State.INTENT, operation=Operation.CREATE, attempts=1)
                    for n in range(1, 301)
                ]
                await record(journal, *intents)
            result, _pace = await there.start()

            assert result.states == {State.CREATED: 300}
            assert there.server.sent("POST") == there.server.sent("PUT") == []
            assert len(there.server.sent("GET")) <= 10

    asyncio.run(story())


def test_an_update_names_exactly_the_version_that_was_seen(
    tmp_path: Path, credentials: Credentials
) -> None:
    """The server would take any If-Match; it gets the one of the object that was compared."""

    async def story() -> None:
        async with world(tmp_path, credentials, patients("a")) as there:
            there.server.guards = True
            old = there.server.put(resource_of(key_of("a"), language="x-old"), version="7")
            result, _pace = await there.start()

            (put,) = there.server.sent("PUT")
            assert put.headers["if-match"] == 'W/"7"'
            assert put.path == f"/Patient/{old['id']}"
            assert result.states == {State.UPDATED: 1}

    asyncio.run(story())


def test_a_lost_answer_to_an_update_is_read_back(tmp_path: Path, credentials: Credentials) -> None:
    """One PUT; the journal has the version that the update made."""

    async def story() -> None:
        async with world(tmp_path, credentials, patients("a")) as there:
            there.server.guards = True
            there.server.put(resource_of(key_of("a"), language="x-old"), version="7")

            async def lose(request: Request) -> Reply:
                reply = there.server.effect(request)
                return CUT if request.method == "PUT" else reply

            there.server.script = lose
            await there.start()
            with journal_in(tmp_path) as journal:
                (entry,) = journal.entries()

            assert len(there.server.sent("PUT")) == 1
            assert (entry.state, entry.version) == (State.UPDATED, "8")

    asyncio.run(story())


def test_a_reference_is_sent_with_the_id_that_the_server_gave_and_counted_without(
    tmp_path: Path, credentials: Credentials
) -> None:
    """The digest in the journal is the plan's, whatever ids the server gives."""

    async def story() -> None:
        async with world(tmp_path, credentials, patients("a", "b"), tasks("a", "b")) as there:
            await there.start()
            with journal_in(tmp_path) as journal:
                digests = [entry.digest for entry in journal.entries()]

            assert digests == [write.digest for write in there.plan.writes()]
            ids = {o["identifier"][0]["value"]: o["id"] for o in there.server.objects.values()}  # type: ignore[index,call-overload]  # as planned
            sent = {
                r.body["identifier"][0]["value"]: r.body["for_"]["reference"]  # type: ignore[index,call-overload]  # as planned
                for r in there.server.sent("POST", "Task")
            }
            assert sent == {f"task-{name}": f"Patient/{ids[name]}" for name in "ab"}

    asyncio.run(story())


def test_what_refers_to_something_that_failed_is_not_sent_but_listed(
    tmp_path: Path, credentials: Credentials
) -> None:
    """One patient of two is refused: its task is blocked, the other's is sent."""

    async def story() -> None:
        stages = patients("good", "bad"), tasks("good", "bad")
        async with world(tmp_path, credentials, *stages) as there:

            async def refuse(request: Request) -> Reply:
                bad = (
                    request.method == "POST"
                    and request.body["identifier"] == (stages[0][1]["identifier"])
                )
                return Reply(422) if bad else there.server.effect(request)

            there.server.script = refuse
            result, _pace = await there.start()
            with journal_in(tmp_path) as journal:
                entries = {e.seq: (e.state, e.code) for e in journal.entries()}

            assert len(there.server.sent("POST", "Task")) == 1
            assert entries[2] == (State.REJECTED, "server-rejected")
            assert entries[4] == (State.BLOCKED, "reference-not-written")
            assert (result.on_server, result.failed, result.pending) == (2, 2, 0)

            there.server.script = there.server.answer
            again, _pace = await there.start()
            assert again.states == {State.CREATED: 4}

    asyncio.run(story())
