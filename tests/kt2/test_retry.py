"""How often and how long something is asked again: bounded, spread, and no less than was asked."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kt2.wire import BEGAN
from kt_migrate.errors import LoginError
from kt_migrate.kt2.pace import MAX_PAUSE_SECONDS
from kt_migrate.kt2.retry import FIRST_LOGIN, READING, RENEWAL, Again, Patience, Retry, again

PATIENCES = {"reading": READING, "first login": FIRST_LOGIN, "renewal": RENEWAL}


@dataclass
class Asked:
    """What is asked again, by somebody who never waits.

    Attributes:
        comes: what comes; after the last one, the last again.
        draw: where in its span each pause lies.
    """

    comes: list[object]
    draw: float = 0.5
    times: int = 0
    slept: list[float] = field(default_factory=list)

    def until(self, patience: Patience) -> object:
        """Ask until something comes."""

        async def sleep(seconds: float) -> None:
            self.slept.append(seconds)

        async def ask() -> object:
            self.times += 1
            came = self.comes[min(self.times, len(self.comes)) - 1]
            if isinstance(came, Exception):
                raise came
            return came

        def uniform(low: float, high: float) -> float:
            return low + (high - low) * self.draw

        return asyncio.run(Retry(sleep=sleep, uniform=uniform).until(ask, patience))


@pytest.mark.parametrize("patience", PATIENCES.values(), ids=PATIENCES)
def test_it_ends(patience: Patience) -> None:
    """After so many times, with the last that was said; not one pause more."""
    asked = Asked([Again(why="first"), Again(why="later")])

    assert asked.until(patience) == Again(why="later")
    assert asked.times == patience.attempts
    assert len(asked.slept) == patience.attempts - 1


def test_how_long_that_takes() -> None:
    """A second for who typed a wrong address, 12 for a reading, a minute in the middle of a run."""
    took = {}
    for name, patience in PATIENCES.items():
        asked = Asked([Again(why="x")])
        asked.until(patience)
        took[name] = round(sum(asked.slept), 3)

    assert took == {"reading": 12.1, "first login": 0.8, "renewal": 65.0}


def test_who_has_no_token_yet_does_not_wait_for_a_quarter_of_an_hour() -> None:
    """A server that asks for more than a minute is believed: it is said at once."""
    asked = Asked([Again(why="x", asked=900.0)])
    asked.until(FIRST_LOGIN)
    later = Asked([Again(why="x", asked=900.0)])
    later.until(RENEWAL)

    assert (asked.times, asked.slept) == (1, [])
    assert (later.times, len(later.slept)) == (2, 1)


@pytest.mark.parametrize("comes", [None, "text", 0, False])
def test_what_comes_is_given_as_soon_as_it_comes(comes: object) -> None:
    """Also when it is nothing much: only `Again` asks again."""
    asked = Asked([Again(why="x"), comes])

    assert asked.until(READING) == comes
    assert asked.times == 2


def test_what_is_raised_stops_at_once() -> None:
    """A refusal of access is no trouble that passes."""
    asked = Asked([Again(why="x"), LoginError("no", where="here", fix="ask")])

    with pytest.raises(LoginError):
        asked.until(RENEWAL)
    assert asked.times == 2


@given(
    st.lists(st.floats(0, 900), min_size=1, max_size=9),
    st.floats(0, 1),
    st.sampled_from(list(PATIENCES.values())),
)
def test_no_pause_is_shorter_than_was_asked_and_all_have_a_bound(
    waits: list[float], draw: float, patience: Patience
) -> None:
    """Whatever the server asks, and wherever the draw falls."""
    asked = Asked([Again(why="x", asked=seconds) for seconds in waits], draw)
    asked.until(patience)

    assert asked.times <= patience.attempts
    assert sum(asked.slept) <= patience.in_all_seconds
    for number, pause in enumerate(asked.slept):
        own = pause - waits[min(number, len(waits) - 1)]
        assert -1e-9 <= own <= 1.5 * patience.longest_seconds + 1e-9


def test_two_who_wait_do_not_come_back_together() -> None:
    """The pauses are drawn: half less to half more."""
    early, late = Asked([Again(why="x")], 0.0), Asked([Again(why="x")], 1.0)
    early.until(READING)
    late.until(READING)

    assert late.slept == pytest.approx([3 * pause for pause in early.slept])


def test_the_draw_is_by_chance_when_nobody_says_otherwise() -> None:
    """Not one pause for all of the world's clients."""
    retry = Retry()

    assert len({retry.uniform(0.0, 1.0) for _each in range(20)}) > 1


@pytest.mark.parametrize("status", [500, 501, 502, 503, 504, 599, 408, 429])
def test_a_busy_server_is_asked_again(status: int) -> None:
    """By range; as long as it asks, never for hours."""
    plain = httpx.Response(status)
    slow = httpx.Response(status, headers={"retry-after": "7200"})

    assert again(plain, lambda: BEGAN) == Again(why=f"http-{status}", status=status)
    waits = Again(why=f"http-{status}", asked=MAX_PAUSE_SECONDS, status=status)
    assert again(slow, lambda: BEGAN) == waits


@pytest.mark.parametrize("status", [200, 204, 301, 400, 401, 403, 404, 409, 410, 412, 422, 499])
def test_an_answer_is_an_answer(status: int) -> None:
    """A refusal is not asked again, and a redirect leads nowhere."""
    assert again(httpx.Response(status, headers={"retry-after": "1"}), lambda: BEGAN) is None
