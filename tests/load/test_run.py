"""The loop: what is sent, what is not, what is counted, and when it stops."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kt_migrate.errors import LoginError, ServerUnavailableError
from kt_migrate.kt2.login import Credentials
from kt_migrate.kt2.retry import READING
from kt_migrate.load.journal import FAILED, ON_SERVER, Entry, Operation, State
from kt_migrate.load.run import LoadResult
from kt_migrate.model import Resource
from load.wire import CLOSED, CUT, Reply, Request, Server
from load.world import (
    Clock,
    World,
    journal_in,
    key_of,
    patients,
    plan_with,
    planted,
    resource_of,
    tasks,
)

Told = list[tuple[int, int]]


@asynccontextmanager
async def world(
    folder: Path, credentials: Credentials, *stages: list[Resource]
) -> AsyncIterator[World]:
    """Return a folder with a plan, and a server."""
    with plan_with(folder, *stages) as plan:
        yield World(folder, plan, Server(), credentials, Clock())


async def known(folder: Path, *entries: Entry) -> None:
    """Put entries in the journal, as an earlier start did."""
    with journal_in(folder) as journal:
        planted(journal, *entries)


def entries_in(folder: Path) -> dict[int, Entry]:
    """Return what the journal says."""
    with journal_in(folder) as journal:
        return {entry.seq: entry for entry in journal.entries()}


@pytest.mark.parametrize("state", State)
def test_each_state_counts_as_there_as_failed_or_as_still_to_do(state: State) -> None:
    """In exactly one of the three."""
    result = LoadResult(total=10, already=0, states={state: 3})
    there, failed = 3 * (state in ON_SERVER), 3 * (state in FAILED)
    assert (result.on_server, result.failed, result.pending) == (there, failed, 10 - there - failed)


def test_everybody_is_told_how_far_it_is_once_per_write(
    tmp_path: Path, credentials: Credentials
) -> None:
    """Written, refused, blocked, looked up: each is one more; what was there before counts."""

    async def story() -> None:
        people = patients("there", "good", "bad", "intended")
        told: Told = []
        async with world(tmp_path, credentials, people, tasks("good", "bad")) as there:
            await known(
                tmp_path,
                Entry(seq=1, state=State.CREATED, server_id="x"),
                Entry(seq=4, state=State.INTENT, operation=Operation.CREATE, attempts=1),
            )
            there.server.put(people[3])

            async def refuse(request: Request) -> Reply:
                bad = request.body.get("identifier") == people[2]["identifier"]
                return Reply(422) if bad else there.server.effect(request)

            there.server.script = refuse
            result, _pace = await there.start(workers=1, listener=lambda *now: told.append(now))

            assert told == [(n, 6) for n in range(2, 7)]
            assert (result.total, result.already, result.sent) == (6, 1, 3)
            assert result.states == {State.CREATED: 4, State.REJECTED: 1, State.BLOCKED: 1}
            assert (result.interrupted, result.over_budget, result.stopped_by) == (
                False,
                False,
                None,
            )

    asyncio.run(story())


def test_a_plan_that_is_there_asks_the_server_nothing(
    tmp_path: Path, credentials: Credentials
) -> None:
    """Not even what it can do; and nobody is told of anything."""

    async def story() -> None:
        told: Told = []
        async with world(tmp_path, credentials, patients("a", "b")) as there:
            await known(
                tmp_path,
                Entry(seq=1, state=State.CREATED, server_id="x"),
                Entry(seq=2, state=State.UNCHANGED, server_id="y"),
            )
            result, _pace = await there.start(listener=lambda *now: told.append(now))

            assert there.server.requests == []
            assert told == []
            assert (result.already, result.sent, result.pending) == (2, 0, 0)

    asyncio.run(story())


SENT_AGAIN = {
    State.CREATED: False,
    State.UPDATED: False,
    State.UNCHANGED: False,
    State.DUPLICATE: False,
    State.REJECTED: True,
    State.BLOCKED: True,
    State.WAITING: True,
}


@pytest.mark.parametrize(("state", "again"), SENT_AGAIN.items())
def test_what_is_sent_again_by_a_later_start(
    state: State,
    again: bool,  # noqa: FBT001 (a case)
    tmp_path: Path,
    credentials: Credentials,
) -> None:
    """What is there is not, nor what is there twice; a person may have repaired the others."""

    async def story() -> None:
        async with world(tmp_path, credentials, patients("a", "b")) as there:
            await known(tmp_path, Entry(seq=1, state=state, server_id="x", attempts=1))
            await there.start()
            sent = [r.body["language"] for r in there.server.sent("POST")]
            assert sorted(sent) == (["x-0", "x-1"] if again else ["x-1"])  # type: ignore[type-var]  # texts

    asyncio.run(story())


@pytest.mark.parametrize("fate", sorted({*State} - ON_SERVER))
@pytest.mark.parametrize("before", [None, State.REJECTED])
def test_what_refers_to_something_that_is_not_there_is_never_sent(
    fate: State, before: State | None, tmp_path: Path, credentials: Credentials
) -> None:
    """One of its two targets is there, the other is not: blocked, with what was known of it kept."""

    async def story() -> None:
        (task,) = tasks("a")
        both: Resource = {**task, "for_": [{"reference": key_of(n).reference} for n in "ab"]}
        async with world(tmp_path, credentials, patients("a", "b"), [both]) as there:
            last = Entry(seq=3, state=before or State.BLOCKED, attempts=2 if before else 0)
            last = replace(last, request_id="r2" if before else "")
            await known(tmp_path, *([last] if before else []))

            async def answer(request: Request) -> Reply:
                if request.method != "POST" or request.body["language"] == "x-0":
                    return there.server.effect(request)
                return Reply(422)

            there.server.script = answer
            await known(tmp_path, Entry(seq=2, state=fate, operation="create", attempts=1))
            if fate == State.INTENT:
                for _ in range(2):
                    there.server.put(resource_of(key_of("b")))
            await there.start()

            assert there.server.sent("POST", "Task") == []
            assert entries_in(tmp_path)[1].state == State.CREATED
            assert entries_in(tmp_path)[3] == replace(
                last, state=State.BLOCKED, code="reference-not-written"
            )

    asyncio.run(story())


def test_what_was_blocked_goes_when_its_target_has_come(
    tmp_path: Path, credentials: Credentials
) -> None:
    """A later start sends both, the task after its patient."""

    async def story() -> None:
        async with world(tmp_path, credentials, patients("a"), tasks("a")) as there:

            async def refuse(request: Request) -> Reply:
                return Reply(422) if request.method == "POST" else there.server.effect(request)

            there.server.script = refuse
            await there.start()
            assert entries_in(tmp_path)[2].state == State.BLOCKED
            there.server.script = there.server.answer
            result, _pace = await there.start()
            assert [r.path for r in there.server.sent("POST")] == ["/Patient", "/Patient", "/Task"]
            assert result.states == {State.CREATED: 2}

    asyncio.run(story())


@pytest.mark.parametrize(
    "case",  # how many were there, how many writes, how many of them refused, the share, after how many it stops
    [
        (0, 19, 19, 0.0, None),
        (0, 20, 20, 0.0, 20),
        (0, 21, 21, 0.99, 20),
        (0, 24, 10, 0.5, None),
        (0, 24, 11, 0.5, 20),
        (30, 19, 19, 0.0, None),
        (30, 22, 1, 0.05, None),
        (30, 22, 2, 0.05, 20),
        (0, 22, 0, 0.0, None),
        (0, 22, 22, 1.0, None),
    ],
)
def test_a_run_stops_when_more_than_its_share_is_refused(
    case: tuple[int, int, int, float, int | None],
    tmp_path: Path,
    credentials: Credentials,
) -> None:
    """From twenty outcomes on, of this start only; exactly the share is still allowed."""
    already, count, refused, share, stops_after = case

    async def story() -> None:
        names = [f"{n:02}" for n in range(already + count)]
        async with world(tmp_path, credentials, patients(*names)) as there:
            done = [Entry(seq=n, state=State.CREATED) for n in range(1, already + 1)]
            await known(tmp_path, *done)

            async def refuse(request: Request) -> Reply:
                first = request.method == "POST" and len(there.server.sent("POST")) <= refused
                return Reply(422) if first else there.server.effect(request)

            there.server.script = refuse
            result, _pace = await there.start(workers=1, share=share)

            assert result.over_budget is (stops_after is not None)
            assert len(there.server.sent("POST")) == (stops_after or count)
            assert result.stopped_by is None

    asyncio.run(story())


@pytest.mark.parametrize("bad", [False, True])
@pytest.mark.parametrize("found", ["as an intent", "in bulk"])
def test_what_is_only_found_counts_for_the_share_as_well(
    found: str,
    bad: bool,  # noqa: FBT001 (a case)
    tmp_path: Path,
    credentials: Credentials,
) -> None:
    """Twenty that are there twice stop the run before anything is sent; twenty good ones do not."""

    async def story() -> None:
        people = patients(*(f"{n:02}" for n in range(21)))
        async with world(tmp_path, credentials, people[:20], people[20:]) as there:
            if found == "in bulk":
                there.server.offers = ()
            else:
                await known(
                    tmp_path,
                    *(Entry(seq=n, state=State.INTENT, operation="create") for n in range(1, 21)),
                )
            for one in people[:20] * (1 + bad):
                there.server.put(one)
            result, _pace = await there.start(share=0.0)
            assert result.over_budget is bad
            assert len(there.server.sent("POST")) == (0 if bad else 1)

    asyncio.run(story())


def test_what_is_blocked_counts_for_the_share_as_well(
    tmp_path: Path, credentials: Credentials
) -> None:
    """One patient is refused, and forty tasks refer to it: the run stops halfway through them."""

    async def story() -> None:
        blocked = [
            resource_of(key_of(f"t{n}", "Task"), for_=key_of("bad").reference) for n in range(40)
        ]
        people = patients("bad", "good")
        async with world(tmp_path, credentials, people, blocked) as there:

            async def refuse(request: Request) -> Reply:
                bad = request.body.get("identifier") == people[0]["identifier"]
                return Reply(422) if bad else there.server.effect(request)

            there.server.script = refuse
            result, _pace = await there.start(share=0.5)
            assert result.over_budget
            assert (result.states[State.CREATED], result.states[State.REJECTED]) == (1, 1)
            assert result.states[State.BLOCKED] in (18, 19)
            assert len(there.server.sent("POST")) == 2

    asyncio.run(story())


def test_the_requests_of_earlier_starts_are_counted_on(
    tmp_path: Path, credentials: Credentials
) -> None:
    """Each request has an id of its own, over all the starts."""

    async def story() -> None:
        async with world(tmp_path, credentials, patients("a")) as there:

            async def refuse(request: Request) -> Reply:
                return Reply(422) if request.method == "POST" else there.server.effect(request)

            there.server.script = refuse
            for start in range(1, 4):
                await there.start()
                assert entries_in(tmp_path)[1].attempts == start
            posts = [r.headers["x-request-id"] for r in there.server.sent("POST")]
            assert len(set(posts)) == 3

    asyncio.run(story())


@pytest.mark.parametrize("status", [None, 404])
def test_a_server_that_does_not_say_what_it_can_is_sent_nothing(
    status: int | None, tmp_path: Path, credentials: Credentials, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run ends with that as its reason; the journal is as it was, and no writer runs on."""
    impatient = replace(READING, attempts=2, first_seconds=0.0)
    monkeypatch.setattr("kt_migrate.kt2.client.READING", impatient)

    async def story() -> None:
        async with world(tmp_path, credentials, patients("a")) as there:

            async def silent(_request: Request) -> Reply:
                return CUT if status is None else Reply(status)

            there.server.script = silent
            with journal_in(tmp_path) as journal:
                planted(journal, Entry(seq=1, state=State.WAITING))
                result, _pace = await there.start_with(journal)
                assert journal._commits._writer is None
            assert isinstance(result.stopped_by, ServerUnavailableError)
            assert (result.sent, result.states) == (0, {State.WAITING: 1})
            assert {r.path for r in there.server.requests} == {"/metadata"}

    asyncio.run(story())


def test_what_stopped_the_run_first_is_what_is_said(
    tmp_path: Path, credentials: Credentials
) -> None:
    """Two under way fail one after the other; what ended well in between is recorded."""

    async def story() -> None:
        async with world(tmp_path, credentials, patients(*"abcdef"), tasks("a")) as there:
            server, refused = there.server, asyncio.Event()

            async def fail(request: Request) -> Reply:
                if request.method != "POST":
                    return server.effect(request)
                number = len(server.sent("POST"))
                if number == 1:
                    await asyncio.sleep(0.02)
                    refused.set()
                    return Reply(403)
                await refused.wait()
                await asyncio.sleep(0.01 * number)
                return server.effect(request) if number == 2 else Reply(401)

            server.script = fail
            result, _pace = await there.start(workers=3)

            assert isinstance(result.stopped_by, LoginError)
            assert "403" in result.stopped_by.what
            assert result.states == {State.INTENT: 2, State.CREATED: 1}
            assert server.sent("POST", "Task") == []

    asyncio.run(story())


def test_a_server_without_conditional_create_is_asked_in_bulk_first(
    tmp_path: Path, credentials: Credentials
) -> None:
    """What is there is adopted unsent, per type; the others are created without a condition."""

    async def story() -> None:
        people = patients("there", "new", "other", "twice")
        async with world(tmp_path, credentials, people, tasks("there", "new")) as there:
            server = there.server
            server.offers = ("Task",)
            for one in (people[0], people[3], people[3]):
                server.put(one)
            server.put(resource_of(key_of("other"), language="x-old"))
            told: Told = []
            result, _pace = await there.start(listener=lambda *now: told.append(now))

            states = {seq: entry.state for seq, entry in entries_in(tmp_path).items()}
            assert states == {
                1: State.UNCHANGED,
                2: State.CREATED,
                3: State.UPDATED,
                4: State.DUPLICATE,
                5: State.CREATED,
                6: State.CREATED,
            }
            assert [(r.path, "if-none-exist" in r.headers) for r in server.sent("POST")] == [
                ("/Patient", False),
                ("/Task", True),
                ("/Task", True),
            ]
            assert [r.path for r in server.requests][:2] == ["/metadata", "/Patient"]
            assert len(server.sent("GET", "Patient")) == 1
            assert server.sent("GET", "Task") == []
            assert told == [(n, 6) for n in range(1, 7)]
            assert result.failed == 1

    asyncio.run(story())


@pytest.mark.parametrize("workers", [1, 2])
def test_what_may_go_is_looked_up_a_few_at_a_time(
    workers: int, tmp_path: Path, credentials: Credentials, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So many keys at once, and no more wait than that and one per worker; each is asked once."""
    monkeypatch.setattr("kt_migrate.load.run.LOOK_UP", 2)

    async def story() -> None:
        async with world(tmp_path, credentials, patients(*"abcdefgh"), tasks("a")) as there:
            there.server.offers = ()
            looked: list[int] = []
            ahead: list[int] = []

            async def watch(request: Request) -> Reply:
                if request.method == "GET" and request.query:
                    looked.append(request.query.count("%7C"))
                if request.method == "POST":
                    ahead.append(sum(looked) - len(there.server.sent("POST")))
                return there.server.effect(request)

            there.server.script = watch
            result, _pace = await there.start(workers=workers)
            assert result.on_server == 9
            assert (sum(looked), max(looked)) == (9, 2)
            assert max(ahead) <= 2 + 2 * workers

    asyncio.run(story())


FAULTS = st.sampled_from(
    ["", "cut before", "cut after", "500 after", "closed", "429", "403", "422"]
)


@pytest.mark.property
@settings(max_examples=10, deadline=None)
@given(
    faults=st.lists(FAULTS, min_size=6, max_size=24),
    workers=st.integers(1, 4),
    offers=st.booleans(),
)
def test_whatever_goes_wrong_everything_comes_to_be_once(
    faults: list[str],
    workers: int,
    offers: bool,  # noqa: FBT001 (a case)
    credentials: Credentials,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """A server that keeps no second one out, as many starts as it takes: one object per write."""
    folder, left = tmp_path_factory.mktemp("law"), list(faults)

    async def story() -> None:
        async with world(folder, credentials, patients(*"abc"), tasks(*"abc")) as there:
            there.server.offers = there.server.offers if offers else ()

            async def trouble(request: Request) -> Reply:
                fault = left.pop(0) if left and request.method == "POST" else ""
                if fault.endswith("after"):
                    there.server.effect(request)
                if fault in ("", "cut before", "cut after", "500 after"):
                    answers = {"": None, "500 after": Reply(500)}
                    return answers.get(fault, CUT) or there.server.effect(request)
                return CLOSED if fault == "closed" else Reply(int(fault))

            there.server.script = trouble
            result, _pace = await there.start(workers=workers, share=1.0)
            for _start in faults:
                if result.on_server < result.total:
                    result, _pace = await there.start(workers=workers, share=1.0)
            assert result.on_server == 6
            there_now = sorted(str(o["identifier"]) for o in there.server.objects.values())
            planned = sorted(str(write.resource["identifier"]) for write in there.plan.writes())
            assert there_now == planned
            digests = [entry.digest for entry in entries_in(folder).values()]
            assert digests == [write.digest for write in there.plan.writes()]

    asyncio.run(story())
