"""What slows a load down, and what stops it in a state from which it goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from kt_migrate.errors import LoginError
from kt_migrate.kt2.login import Credentials
from kt_migrate.load.journal import State
from load.wire import Reply, Request, Server
from load.world import Clock, World, patients, plan_with


@asynccontextmanager
async def world(folder: Path, credentials: Credentials, count: int) -> AsyncIterator[World]:
    """Return a folder with a plan of patients, and a server."""
    with plan_with(folder, patients(*(f"p{n:03}" for n in range(count)))) as plan:
        yield World(folder, plan, Server(), credentials, Clock())


@pytest.mark.parametrize("status", [429, 503])
def test_a_server_that_asks_to_wait_is_left_alone_by_everybody(
    status: int, tmp_path: Path, credentials: Credentials
) -> None:
    """Four under way, one is throttled for 30 s: nothing starts meanwhile, then half as many."""

    async def story() -> None:
        async with world(tmp_path, credentials, 12) as there:
            server, most = there.server, [0]
            first = asyncio.Event()

            async def throttle(request: Request) -> Reply:
                posts = len(server.sent("POST"))
                if request.method != "POST":
                    return server.effect(request)
                if posts > 4:
                    if posts <= 9:  # after eight good answers the pace may grow again
                        most[0] = max(most[0], len(server.in_flight))
                    await asyncio.sleep(0.01)
                    return server.effect(request)
                if posts < 4:  # the other three are answered when the pace has been told
                    await first.wait()
                    await asyncio.sleep(0.1)
                    return server.effect(request)
                first.set()
                return Reply(status, None, {"Retry-After": "30"})

            server.script = throttle
            began = there.clock.now()
            result, _pace = await there.start(workers=4)

            starts = [r.at for r in server.sent("POST")]
            assert starts[:4] == [began] * 4
            assert min(starts[4:]) >= began + 30
            assert most[0] == 2
            assert result.states == {State.CREATED: 12}
            assert len(starts) == 13

    asyncio.run(story())


def test_a_token_that_is_refused_is_renewed_once(tmp_path: Path, credentials: Credentials) -> None:
    """401 to the first token only: a second token, and everything is written once."""

    async def story() -> None:
        async with world(tmp_path, credentials, 10) as there:

            async def expire(request: Request) -> Reply:
                old = request.method == "POST" and request.headers["authorization"] == "Bearer t1"
                return Reply(401) if old else there.server.effect(request)

            there.server.script = expire
            result, _pace = await there.start()

            assert there.server.tokens == 2
            assert result.states == {State.CREATED: 10}
            assert len(there.server.objects) == 10

    asyncio.run(story())


@pytest.mark.parametrize(("status", "requests"), [(401, 2), (403, 1)])
def test_a_server_that_refuses_access_stops_the_run(
    status: int, requests: int, tmp_path: Path, credentials: Credentials
) -> None:
    """401 also to a fresh token, 403 at once: nothing more is sent; a later start goes on."""

    async def story() -> None:
        async with world(tmp_path, credentials, 30) as there:

            async def refuse(request: Request) -> Reply:
                return Reply(status) if request.method == "POST" else there.server.effect(request)

            there.server.script = refuse
            result, _pace = await there.start(workers=1)
            assert isinstance(result.stopped_by, LoginError)
            assert len(there.server.sent("POST")) == requests
            assert result.pending == 30

            there.server.script = there.server.answer
            again, _pace = await there.start()
            assert again.states == {State.CREATED: 30}
            assert len(there.server.objects) == 30

    asyncio.run(story())


def test_one_refusal_of_access_stops_everybody(tmp_path: Path, credentials: Credentials) -> None:
    """Four under way, the first gets 403: the other three end well, and nobody starts another."""

    async def story() -> None:
        async with world(tmp_path, credentials, 30) as there:
            server, refused = there.server, asyncio.Event()

            async def refuse_one(request: Request) -> Reply:
                if request.method != "POST":
                    return server.effect(request)
                if len(server.sent("POST")) == 1:
                    await asyncio.sleep(0.1)
                    refused.set()
                    return Reply(403)
                await refused.wait()
                await asyncio.sleep(0.1)
                return server.effect(request)

            server.script = refuse_one
            result, _pace = await there.start(workers=4)

            assert isinstance(result.stopped_by, LoginError)
            assert len(server.sent("POST")) == 4
            assert result.states == {State.INTENT: 1, State.CREATED: 3}

    asyncio.run(story())


def test_too_large_a_share_of_refusals_stops_a_run_that_can_go_on(
    tmp_path: Path, credentials: Credentials
) -> None:
    """A tenth is allowed, everything is refused: stopped after twenty; then the rest is written."""

    async def story() -> None:
        async with world(tmp_path, credentials, 100) as there:

            async def refuse(request: Request) -> Reply:
                return Reply(422) if request.method == "POST" else there.server.effect(request)

            there.server.script = refuse
            result, _pace = await there.start(share=0.1)
            assert result.over_budget
            assert 20 <= len(there.server.sent("POST")) <= 24
            assert result.states == {State.REJECTED: len(there.server.sent("POST"))}

            there.server.script = there.server.answer
            again, _pace = await there.start(share=0.1)
            assert again.states == {State.CREATED: 100}
            assert len(there.server.objects) == 100

    asyncio.run(story())


def test_a_tenth_of_refusals_does_not_stop_a_run_that_allows_it(
    tmp_path: Path, credentials: Credentials
) -> None:
    """Every tenth is refused, a fifth is allowed: it comes to the end."""

    async def story() -> None:
        async with world(tmp_path, credentials, 100) as there:

            async def refuse(request: Request) -> Reply:
                tenth = request.method == "POST" and str(request.body["language"]).endswith("9")
                return Reply(422) if tenth else there.server.effect(request)

            there.server.script = refuse
            result, _pace = await there.start(share=0.2)

            assert not result.over_budget
            assert result.states == {State.CREATED: 90, State.REJECTED: 10}

    asyncio.run(story())
