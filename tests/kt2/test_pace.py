"""How hard the pace pushes: never too many, never too fast, never in a pause, and not needlessly slow."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kt_migrate.kt2.answers import Answer, NotSent, Stored, Throttled, Unknown
from kt_migrate.kt2.pace import (
    DEFAULT_PAUSE_SECONDS,
    MAX_PAUSE_SECONDS,
    START,
    Pace,
    PaceStopped,
    Reason,
    Waiting,
)

OK = Stored(created=True, id="p1", version="1", resource=None, status=201)
NEAR = 0.001


class _Hurry(selectors.SelectSelector):
    """Lets time pass at once when there is nothing else to do."""

    passed = 1000.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return what is ready; who waits for nothing that can come, has hung."""
        if timeout is None:
            raise AssertionError("Nobody will ever go on.")
        self.passed += max(timeout, 1e-7) if timeout > 0 else 0
        return super().select(0)


class HurriedLoop(asyncio.SelectorEventLoop):
    """An event loop whose hours take no time."""

    def __init__(self) -> None:
        self._hurry = _Hurry()
        super().__init__(self._hurry)

    def time(self) -> float:
        """Return the moment."""
        return self._hurry.passed


def run(story: Callable[[], Coroutine[None, None, None]]) -> None:
    """Run a story in a loop whose hours take no time."""
    with asyncio.Runner(loop_factory=HurriedLoop) as runner:
        runner.run(story())


def now() -> float:
    """Return the moment in the loop."""
    return asyncio.get_running_loop().time()


def pace_of(max_in_flight: int, per_second: float = 0, allowed: int = 0) -> Pace:
    """Return a pace on the loop's own time."""
    return Pace(max_in_flight=max_in_flight, per_second=per_second, now=now, allowed=allowed)


@dataclass
class Seen:
    """What happened: when requests began, and how many were under way at most."""

    starts: list[float] = field(default_factory=list)
    ends: list[float] = field(default_factory=list)
    under_way: int = 0
    most: int = 0


async def request(pace: Pace, seen: Seen, seconds: float = 0.0, answer: Answer | None = OK) -> None:
    """Make one request that takes a while."""
    async with pace.slot() as slot:
        seen.starts.append(now())
        seen.under_way += 1
        seen.most = max(seen.most, seen.under_way)
        try:
            await asyncio.sleep(seconds)
            if answer is not None:
                slot.answered(answer)
        finally:
            seen.under_way -= 1
            seen.ends.append(now())


async def requests(pace: Pace, number: int, seconds: float = 0.1) -> Seen:
    """Make many, all at once, that teach nothing."""
    seen = Seen()
    await asyncio.gather(*(request(pace, seen, seconds, None) for _one in range(number)))
    return seen


@pytest.mark.parametrize(
    ("max_in_flight", "allowed", "first"), [(16, 0, START), (2, 0, 2), (16, 9, 9), (4, 0, 4)]
)
def test_it_starts_low(max_in_flight: int, allowed: int, first: int) -> None:
    """With four requests under way, or with fewer when no more are allowed."""

    async def story() -> None:
        pace = pace_of(max_in_flight, allowed=allowed)
        seen = await requests(pace, 3 * first)

        assert (pace.allowed, seen.most) == (first, first)

    run(story)


def test_a_free_turn_is_taken_at_once() -> None:
    """Who waits is woken by who is ready: no turn is left empty, and nobody sleeps for it."""

    async def story() -> None:
        began = now()
        seen = await requests(pace_of(3), 9, 1.0)

        turns = [round(at - began) for at in seen.starts]
        assert turns == [0, 0, 0, 1, 1, 1, 2, 2, 2]

    run(story)


def test_a_request_that_fails_or_is_cancelled_gives_its_turn_back() -> None:
    """Also in a pause, and while it waits for its turn."""

    async def story() -> None:
        pace = pace_of(1)
        with pytest.raises(ZeroDivisionError):
            async with pace.slot():
                raise ZeroDivisionError
        holder = asyncio.create_task(request(pace, Seen(), 5.0, None))
        waiting = asyncio.create_task(request(pace, Seen(), 5.0, None))
        await asyncio.sleep(1)
        waiting.cancel()
        holder.cancel()
        await asyncio.gather(holder, waiting, return_exceptions=True)
        pace.learn(Throttled(seconds=100), now())
        paused = asyncio.create_task(request(pace, Seen(), 5.0, None))
        await asyncio.sleep(1)
        paused.cancel()
        await asyncio.gather(paused, return_exceptions=True)

        assert (await requests(pace, 2)).most == 1

    run(story)


@pytest.mark.parametrize(
    ("asked", "pause"),
    [
        (None, DEFAULT_PAUSE_SECONDS),
        (0.0, 0.0),
        (7.0, 7.0),
        (900.0, 900.0),
        (901.0, MAX_PAUSE_SECONDS),
        (6 * 3600.0, MAX_PAUSE_SECONDS),
        (float("inf"), MAX_PAUSE_SECONDS),
    ],
)
def test_a_throttled_answer_pauses_everybody_and_halves(asked: float | None, pause: float) -> None:
    """One answer holds all that have not started; a pause of hours is cut to a quarter of one."""

    async def story() -> None:
        pace, seen = pace_of(8, allowed=8), Seen()
        began = now()
        await request(pace, seen, 0.5, Throttled(seconds=asked))
        assert pace.allowed == 4

        later = await requests(pace, 9, 0.0)

        assert min(later.starts) == pytest.approx(began + 0.5 + pause, abs=NEAR)
        assert max(later.starts) == pytest.approx(began + 0.5 + pause, abs=NEAR)
        assert later.most <= 4

    run(story)


@pytest.mark.parametrize(("first", "second"), [(30.0, 5.0), (5.0, 30.0), (30.0, 0.0)])
def test_the_longest_pause_that_was_asked_holds(first: float, second: float) -> None:
    """A later, shorter one does not shorten it; a longer one that comes in the pause adds to it."""

    async def story() -> None:
        pace = pace_of(4)
        began = now()
        pace.learn(Throttled(seconds=first), now())
        waiting = asyncio.create_task(requests(pace, 1))
        await asyncio.sleep(1)
        pace.learn(Throttled(seconds=second), now())

        (start,) = (await waiting).starts

        assert start - began == pytest.approx(max(first, 1 + second), abs=NEAR)

    run(story)


def test_a_sleep_that_ends_too_early_is_slept_on() -> None:
    """No request leaves in the pause because a timer was not exact."""

    async def half(seconds: float) -> None:
        await asyncio.sleep(seconds / 2 if seconds > NEAR else seconds)

    async def story() -> None:
        pace = Pace(max_in_flight=4, per_second=2, now=now, sleep=half)
        pace.learn(Throttled(seconds=20), now())
        until = now() + 20

        starts = (await requests(pace, 3)).starts

        assert starts == pytest.approx([until, until + 0.5, until + 1], abs=NEAR)
        assert all(
            a >= b - 1e-6 for a, b in zip(starts, [until, until + 0.5, until + 1], strict=True)
        )

    run(story)


def test_each_throttled_answer_halves_down_to_one() -> None:
    """Never to none: the run goes on."""

    async def story() -> None:
        pace = pace_of(16, allowed=16)
        seen = []
        for _one in range(6):
            pace.learn(Throttled(seconds=0), now())
            seen.append(pace.allowed)

        assert seen == [8, 4, 2, 1, 1, 1]
        assert (await requests(pace, 3)).most == 1

    run(story)


def test_starts_are_spread_by_the_rate() -> None:
    """Ten per second: the first at once, each other a tenth of a second after the one before."""

    async def story() -> None:
        pace, began = pace_of(16, 10, allowed=16), now()

        starts = (await requests(pace, 12, 0.0)).starts

        assert [s - began for s in starts] == pytest.approx([n / 10 for n in range(12)], abs=NEAR)
        await asyncio.sleep(5)
        quiet = now()
        assert (await requests(pace, 2, 0.0)).starts == pytest.approx(
            [quiet, quiet + 0.1], abs=NEAR
        )

    run(story)


def test_who_waits_for_the_rate_does_not_start_in_a_pause() -> None:
    """Turns that were given out before the pause are given out anew, still a tenth apart."""

    async def story() -> None:
        pace, began = pace_of(8, 10, allowed=8), now()
        waiting = asyncio.create_task(requests(pace, 8, 0.0))
        await asyncio.sleep(0.25)
        pace.learn(Throttled(seconds=60), now())

        starts = [start - began for start in (await waiting).starts]

        assert starts[:3] == pytest.approx([0, 0.1, 0.2], abs=NEAR)
        assert starts[3] >= 60.25
        assert starts[-1] <= 60.25 + 1.5
        assert all(b - a >= 0.1 - NEAR for a, b in pairwise(starts[3:]))

    run(story)


def test_growth_is_used() -> None:
    """As soon as more are allowed, more are under way: whoever is ready wakes more than one."""

    async def story() -> None:
        pace, seen = pace_of(12), Seen()
        await asyncio.gather(*(request(pace, seen, 0.1) for _one in range(300)))

        assert (pace.allowed, seen.most) == (12, 12)
        assert now() - seen.starts[0] < 300 * 0.1 / 8

    run(story)


def test_a_window_that_is_not_full_does_not_grow() -> None:
    """Two at a time, where four are allowed: that the server keeps up says nothing of five."""

    async def story() -> None:
        pace, seen = pace_of(16), Seen()
        for _turn in range(200):
            await asyncio.gather(*(request(pace, seen, 0.1) for _one in range(2)))

        assert (pace.allowed, seen.most) == (START, 2)

    run(story)


def test_a_wait_for_the_rate_is_not_the_servers_slowness() -> None:
    """One a second, answered at once, many waiting: the window stays what it is."""

    async def story() -> None:
        pace, seen = pace_of(16, 1), Seen()
        await asyncio.gather(*(request(pace, seen, 0.01) for _one in range(200)))

        assert pace.allowed == START

    run(story)


@pytest.mark.parametrize("trouble", [Unknown(why="http-500"), NotSent(why="connection-refused")])
def test_answers_that_say_nothing_halve_when_they_are_many(trouble: Answer) -> None:
    """One among many does not; a quarter of the window does."""

    async def story() -> None:
        pace, seen = pace_of(8, allowed=8), Seen()
        await request(pace, seen, 0.1, trouble)
        assert pace.allowed == 8
        await request(pace, seen, 0.1, trouble)
        assert pace.allowed == 4

    run(story)


def test_a_person_holds_everybody_until_released() -> None:
    """Also who had a turn already; and says why nothing starts."""

    async def story() -> None:
        pace = pace_of(4)
        began = now()
        pace.hold()
        waiting = asyncio.create_task(requests(pace, 6, 0.0))
        await asyncio.sleep(100)
        assert pace.waiting() == Waiting(Reason.PERSON)
        pace.release()

        starts = (await waiting).starts

        assert min(starts) == pytest.approx(began + 100, abs=NEAR)
        assert pace.waiting() == Waiting(Reason.NONE)

    run(story)


def test_a_person_can_pause_within_a_pause_of_the_server() -> None:
    """Both must be over; a release does not shorten what the server asked for."""

    async def story() -> None:
        pace, began = pace_of(4), now()
        pace.learn(Throttled(seconds=50), now())
        waiting = asyncio.create_task(requests(pace, 2, 0.0))
        await asyncio.sleep(10)
        waits = pace.waiting()
        assert (waits.reason, round(waits.seconds)) == (Reason.SERVER, 40)
        pace.hold()
        await asyncio.sleep(10)
        pace.release()

        assert min((await waiting).starts) == pytest.approx(began + 50, abs=NEAR)

    run(story)


def test_a_rate_can_be_changed_while_everybody_waits() -> None:
    """From one in ten seconds to ten in one: nobody sits out the old turn; 0 is no limit."""

    async def story() -> None:
        pace, began = pace_of(8, 0.1, allowed=8), now()
        waiting = asyncio.create_task(requests(pace, 6, 0.0))
        await asyncio.sleep(12)
        assert pace.waiting() == Waiting(Reason.RATE)
        pace.set_rate(10)

        starts = [start - began for start in (await waiting).starts]

        assert starts == pytest.approx([0, 10, 12, 12.1, 12.2, 12.3], abs=NEAR)
        pace.set_rate(0)
        quiet = now()
        assert (await requests(pace, 5, 0.0)).starts == pytest.approx([quiet] * 5, abs=NEAR)

    run(story)


@pytest.mark.parametrize("what", ["turn", "rate", "server", "person"])
def test_who_waits_when_it_stops_gets_no_turn(what: str) -> None:
    """Whatever is waited for, at once; what is under way ends in its own time."""

    async def story() -> None:
        pace = pace_of(1 if what == "turn" else 2, 0.001 if what == "rate" else 0)
        seen = Seen()
        first = asyncio.create_task(request(pace, seen, 20.0))
        await asyncio.sleep(1)
        if what == "server":
            pace.learn(Throttled(seconds=600), now())
        if what == "person":
            pace.hold()
        pace.allowed = pace.max_in_flight
        second = asyncio.create_task(request(pace, seen))
        await asyncio.sleep(1)
        stopped = now()
        pace.stop()
        with pytest.raises(PaceStopped):
            await second
        assert now() - stopped < NEAR
        await first
        with pytest.raises(PaceStopped):
            await request(pace, seen)
        assert len(seen.ends) == 1
        assert pace.under_way == 0

    run(story)


ANSWERS = st.one_of(
    st.just(OK),
    st.just(Unknown(why="http-500")),
    st.builds(Throttled, seconds=st.none() | st.integers(0, 2000).map(float)),
)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 20),
    st.sampled_from([0.0, 0.5, 8.0, 60.0]),
    st.lists(st.tuples(st.integers(0, 40), ANSWERS), max_size=60),
)
def test_whatever_the_server_answers_the_limits_hold(
    max_in_flight: int, per_second: float, work: list[tuple[int, Answer]]
) -> None:
    """Never more under way than allowed, never in a pause, never faster than the rate; all get a turn."""
    pauses: list[tuple[float, float]] = []

    async def one(pace: Pace, seen: Seen, tenths: int, answer: Answer) -> None:
        await request(pace, seen, tenths / 10, answer)
        if isinstance(answer, Throttled):
            asked = 2.0 if answer.seconds is None else answer.seconds
            pauses.append((now(), now() + min(asked, 900.0)))

    async def story() -> None:
        pace, seen = pace_of(max_in_flight, per_second), Seen()
        await asyncio.gather(*(one(pace, seen, tenths, answer) for tenths, answer in work))

        assert len(seen.starts) == len(work)
        assert seen.most <= max_in_flight
        assert 1 <= pace.allowed <= max_in_flight
        for begin, until in pauses:
            assert not any(begin + NEAR < start < until - NEAR for start in seen.starts)
        if per_second:
            steps = [b - a for a, b in pairwise(seen.starts)]
            assert all(step >= 1 / per_second - NEAR for step in steps)

    run(story)


def test_the_pause_is_on_the_paces_own_clock() -> None:
    """It sleeps by default as asyncio does, and reads no other clock than the one it was given."""
    slept: list[float] = []
    moments = iter([10.0, 10.0, 10.0, 15.0, 15.0, 15.0])

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        await asyncio.sleep(0)

    async def story() -> None:
        pace = Pace(max_in_flight=1, per_second=0, now=lambda: next(moments), sleep=sleep)
        pace.learn(Throttled(seconds=5), 0.0)
        async with pace.slot() as slot:
            assert slot.started == 15.0

    run(story)
    assert slept == [5.0]
