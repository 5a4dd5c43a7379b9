"""A server that loses a backslash in If-None-Exist takes another object for ours."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from kt_migrate.kt2.client import Found
from kt_migrate.kt2.login import Credentials
from kt_migrate.kt2.pace import Pace
from kt_migrate.load.journal import Operation, State
from kt_migrate.load.references import References
from kt_migrate.load.run import LoadResult
from kt_migrate.load.sender import Sender
from kt_migrate.reports.result import run_result
from load.wire import CUT, Reply, Request, Server
from load.world import (
    TRACE,
    Clock,
    World,
    client_of,
    journal_in,
    key_of,
    patients,
    plan_with,
    resource_of,
)

OURS, STRANGER = key_of(r"aa\$99"), key_of("aa$99")
NOTICE = "conditional-create-collision"


def run(folder: Path, server: Server, credentials: Credentials, *values: str) -> LoadResult:
    """Load patients with these identifiers."""
    folder.mkdir(exist_ok=True)

    async def story() -> LoadResult:
        with plan_with(folder, patients(*values)) as plan:
            result, _pace = await World(folder, plan, server, credentials, Clock()).start()
            return result

    return asyncio.run(story())


def hapi() -> Server:
    """Return a server that keeps its promise of conditional create in HAPI's way."""
    return Server(guards=True, loses_backslashes=True)


def notices(folder: Path) -> list[tuple[str, str]]:
    """Return (code, link) of the error list."""
    return [(issue.code, issue.link) for issue in run_result(folder).issues]


@pytest.mark.parametrize("with_body", [True, False])
def test_a_strangers_object_is_neither_adopted_nor_touched(
    with_body: bool,  # noqa: FBT001 (a case)
    tmp_path: Path,
    credentials: Credentials,
) -> None:
    r"""`aa\$99` beside another supplier's `aa$99`: both once, each its own content, reported."""
    server = hapi()
    stranger = server.put(resource_of(STRANGER, language="x-theirs"))

    async def minimal(request: Request) -> Reply:
        reply = server.effect(request)
        location = f"{server.base}/Patient/{(reply.body or {}).get('id')}/_history/1"
        return Reply(reply.status, None, {"Location": location})

    if not with_body:
        server.script = lambda r: minimal(r) if r.method == "POST" else server.answer(r)

    result = run(tmp_path, server, credentials, OURS.value)

    assert server.with_key(STRANGER) == [stranger]
    assert [o["language"] for o in server.with_key(OURS)] == ["x-0"]
    assert result.states == {State.CREATED: 1}
    assert server.sent("PUT") == []
    assert notices(tmp_path) == [(NOTICE, OURS.value)]
    with journal_in(tmp_path) as journal:
        (entry,) = journal.entries()
    assert (entry.operation, entry.notice) == (Operation.CREATE_UNCONDITIONAL, NOTICE)


def test_a_refused_condition_is_left_out(tmp_path: Path, credentials: Credentials) -> None:
    r"""Nothing there: 400 HAPI-0929 for `aa\$99`, which is then created beside our `aa$99`."""
    server = hapi()

    result = run(tmp_path, server, credentials, OURS.value, STRANGER.value, "a,b", "c|d")

    assert result.states == {State.CREATED: 4}
    assert [len(server.with_key(key)) for key in (OURS, STRANGER)] == [1, 1]
    assert notices(tmp_path) == [(NOTICE, OURS.value)]


def test_what_is_there_already_is_found_by_search(tmp_path: Path, credentials: Credentials) -> None:
    """A second journal creates nothing, and says why it had to look."""
    server = hapi()
    server.put(resource_of(STRANGER))
    run(tmp_path / "1", server, credentials, OURS.value)

    result = run(tmp_path / "2", server, credentials, OURS.value)

    assert len(server.with_key(OURS)) == 1
    assert result.states == {State.UNCHANGED: 1}
    assert notices(tmp_path / "2") == [(NOTICE, OURS.value)]


def test_two_strangers_are_not_our_duplicate(tmp_path: Path, credentials: Credentials) -> None:
    r"""412 for `aa\$99` because of two `aa$99`: ours is created, once."""
    server = hapi()
    strangers = [server.put(resource_of(STRANGER)) for _ in range(2)]

    result = run(tmp_path, server, credentials, OURS.value)

    assert result.states == {State.CREATED: 1}
    assert server.with_key(STRANGER) == strangers


def test_an_unknown_answer_to_the_unconditional_create_is_looked_up(
    tmp_path: Path, credentials: Credentials
) -> None:
    """The connection is cut after the effect; no second object, and still reported."""
    server = hapi()
    server.put(resource_of(STRANGER))

    async def cut(request: Request) -> Reply:
        reply = server.effect(request)
        return CUT if reply.status == 201 else reply

    server.script = cut
    result = run(tmp_path, server, credentials, OURS.value)

    assert len(server.with_key(OURS)) == 1
    assert result.states == {State.CREATED: 1}
    assert notices(tmp_path) == [(NOTICE, OURS.value)]


def test_the_unconditional_create_leaves_after_its_intent_and_survives_a_crash(
    tmp_path: Path, credentials: Credentials
) -> None:
    """What stands in the journal as it arrives; a start with only that finds the object."""
    server = hapi()
    server.put(resource_of(STRANGER))
    seen: list[tuple[str, str]] = []

    async def stop(request: Request) -> Reply:
        reply = server.effect(request)
        if request.method == "POST" and "if-none-exist" not in request.headers:
            with journal_in(tmp_path) as journal:
                seen.extend((e.state, e.operation) for e in journal.entries())
            return Reply(403)
        return reply

    server.script = stop
    run(tmp_path, server, credentials, OURS.value)
    server.script = server.answer
    (tmp_path / "plan.sqlite").unlink()
    result = run(tmp_path, server, credentials, OURS.value)

    assert seen == [(State.INTENT, Operation.CREATE_UNCONDITIONAL)]
    assert len(server.with_key(OURS)) == 1
    assert result.states == {State.CREATED: 1}
    assert notices(tmp_path) == [(NOTICE, OURS.value)]


@pytest.mark.parametrize(("value", "posts"), [(OURS.value, 2), ("plain", 1)])
def test_a_bad_resource_is_only_refused(
    value: str, posts: int, tmp_path: Path, credentials: Credentials
) -> None:
    """A 400 without the condition too was not of the condition; a plain one is sent once."""
    server = hapi()

    async def refuse(request: Request) -> Reply:
        return Reply(400) if request.method == "POST" else server.effect(request)

    server.script = refuse
    result = run(tmp_path, server, credentials, value)

    assert result.states == {State.REJECTED: 1}
    assert len(server.sent("POST")) == posts
    assert notices(tmp_path) == [("server-rejected", value)]


def test_a_look_up_that_finds_a_stranger_adopts_nothing(
    tmp_path: Path, credentials: Credentials
) -> None:
    """Whatever a search answers: what does not carry our identifier is not there."""

    async def story() -> tuple[object, object]:
        with plan_with(tmp_path, patients(OURS.value)) as plan, journal_in(tmp_path) as journal:
            there = World(tmp_path, plan, hapi(), credentials, Clock())
            async with client_of(there, 1) as client:
                pace = Pace(max_in_flight=1, per_second=0, now=Clock().now)
                references = References(plan, journal)
                sender = Sender(client, journal, references, pace, trace_id=TRACE)
                (write,) = plan.writes()
                stranger = Found(id="x", version="1", resource=resource_of(STRANGER))
                outcome = await sender.settle_known(write, (stranger,))
                await journal.stop()
                return outcome, there.server.requests

    assert asyncio.run(story()) == (None, [])
