"""How many failures a run bears: by share and in a row, and what counts as one."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kt_migrate.kt2.login import Credentials
from kt_migrate.load.budget import ENOUGH_TO_JUDGE, Budget
from kt_migrate.load.journal import State
from load.wire import CUT, Reply, Request, Server
from load.world import Clock, World, key_of, patients, plan_with, resource_of

WELL, FAILED, HELD = (False, False), (True, False), (True, True)
OUTCOMES = st.lists(st.sampled_from([WELL, WELL, FAILED, HELD]), max_size=80)


def spent_at(outcomes: list[tuple[bool, bool]], share: float, in_a_row: int) -> int | None:
    """Return after how many outcomes a run stops; None: never."""
    budget = Budget(share=share, in_a_row=in_a_row)
    for number, (failed, held_back) in enumerate(outcomes, 1):
        budget.count(failed=failed, held_back=held_back)
        if budget.spent:
            return number
    return None


@given(OUTCOMES, st.floats(0, 1))
def test_the_share_stops_at_the_first_moment_that_more_than_it_failed(
    outcomes: list[tuple[bool, bool]], share: float
) -> None:
    """Counted by hand over every beginning of the run, from twenty outcomes on."""
    over = (
        n
        for n in range(ENOUGH_TO_JUDGE, len(outcomes) + 1)
        if sum(failed for failed, _held in outcomes[:n]) > share * n
    )

    assert spent_at(outcomes, share, 0) == next(over, None)


@given(OUTCOMES, st.integers(1, 30))
def test_failures_in_a_row_stop_whatever_the_share(
    outcomes: list[tuple[bool, bool]], in_a_row: int
) -> None:
    """Held back or not: what was not sent neither adds to the row nor ends it."""
    letters = "".join("." if not failed else "h" if held else "f" for failed, held in outcomes)
    reached = (
        n
        for n in range(1, len(letters) + 1)
        if len(letters[:n].replace("h", "").rpartition(".")[2]) >= in_a_row
    )

    assert spent_at(outcomes, 1.0, in_a_row) == next(reached, None)


@given(OUTCOMES)
def test_without_a_limit_nothing_stops(outcomes: list[tuple[bool, bool]]) -> None:
    """A share of one, and no limit in a row."""
    assert spent_at(outcomes, 1.0, 0) is None


async def start(world: World, in_a_row: int) -> tuple[bool, dict[State, int], int]:
    """Start a load; return whether it stopped by its budget, where writes stand, how many left."""
    before = len(world.server.sent("POST"))
    result, _pace = await world.start(workers=1, share=1.0, in_a_row=in_a_row)
    return result.over_budget, result.states, len(world.server.sent("POST")) - before


def test_five_refusals_in_a_row_stop_a_run_that_can_go_on(
    tmp_path: Path, credentials: Credentials
) -> None:
    """Whatever the share; the next start writes all."""

    async def story() -> None:
        with plan_with(tmp_path, patients(*(f"p{n:02}" for n in range(30)))) as plan:
            world = World(tmp_path, plan, Server(), credentials, Clock())

            async def refuse(request: Request) -> Reply:
                late = request.method == "POST" and len(world.server.sent("POST")) > 10
                return Reply(415) if late else world.server.effect(request)

            world.server.script = refuse
            assert await start(world, 5) == (True, {State.CREATED: 10, State.REJECTED: 5}, 15)
            world.server.script = world.server.answer
            assert await start(world, 5) == (False, {State.CREATED: 30}, 20)

    asyncio.run(story())


@pytest.mark.parametrize("trouble", [Reply(429), Reply(503), Reply(500), Reply(408), CUT])
def test_trouble_that_ends_well_is_no_failure(
    trouble: Reply, tmp_path: Path, credentials: Credentials
) -> None:
    """Each object is throttled, or lost and found or sent again: one in a row would be too many."""

    async def story() -> None:
        with plan_with(tmp_path, patients("a", "b", "c")) as plan:
            world = World(tmp_path, plan, Server(guards=True), credentials, Clock())
            seen: set[str] = set()

            async def first_not(request: Request) -> Reply:
                name = str(request.body.get("language"))
                if request.method != "POST" or name in seen:
                    return world.server.effect(request)
                seen.add(name)
                if trouble == CUT:
                    world.server.effect(request)
                return trouble

            world.server.script = first_not
            over, states, _sent = await start(world, 1)
            assert (over, states) == (False, {State.CREATED: 3})

    asyncio.run(story())


def test_what_a_refusal_holds_back_is_no_failure_in_a_row(
    tmp_path: Path, credentials: Credentials
) -> None:
    """One patient is refused, eight tasks refer to it: two in a row are not reached."""

    async def story() -> None:
        tasks = [
            resource_of(key_of(f"t{n}", "Task"), for_=key_of("bad").reference) for n in range(8)
        ]
        with plan_with(tmp_path, patients("bad", "good"), tasks) as plan:
            world = World(tmp_path, plan, Server(), credentials, Clock())

            async def refuse(request: Request) -> Reply:
                bad = request.method == "POST" and "bad" in str(request.body["identifier"])
                return Reply(422) if bad else world.server.effect(request)

            world.server.script = refuse
            over, states, _sent = await start(world, 2)
            assert (over, states) == (
                False,
                {State.CREATED: 1, State.REJECTED: 1, State.BLOCKED: 8},
            )

    asyncio.run(story())
