"""The states that an object went through: their end is what `order.last` says, their order stands."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_order_laws import candidates, versions

from kt_migrate.history.order import Candidate, last
from kt_migrate.history.succession import in_order, states
from kt_migrate.model import Form

V1, V2, V3 = (f"2021-01-01T00:00:0{n}:000.0" for n in (1, 2, 3))


def seen(version: str | None, content: str, **more: object) -> Candidate:
    """Return what a queue copy carries, unless told otherwise."""
    fields: dict[str, object] = {
        "form": Form.QUEUE,
        "assigned": True,
        "iid": None,
        "timestamp": "",
        **more,
    }
    return Candidate(version=version, content=content, **fields)  # type: ignore[arg-type]  # fields


def based_on(version: str, content: str, timestamp: str = "") -> Candidate:
    """Return what a sender copy carries."""
    return seen(version, content, form=Form.SENDER, assigned=False, timestamp=timestamp)


def story(*found: Candidate) -> str:
    """Return the contents of the states, the oldest first."""
    return "".join(found[place].content for place in states(found, lambda c: len(c.content)))


@pytest.mark.parametrize(
    ("found", "told"),
    [
        ((seen(V2, "b"), seen(V1, "a"), seen(V3, "c")), "abc"),
        ((seen(V1, "a"), seen(V1, "a"), seen(V2, "b")), "ab"),
        # One version is one state, of which the best copy is taken.
        ((seen(V1, "a"), seen(V1, "x", form=Form.SEARCH), seen(V2, "b")), "ab"),
        # Two updates of one base are two states, in the order of their time.
        (
            (
                seen(V1, "a"),
                based_on(V1, "c", "2021-01-01T00:00:09Z"),
                based_on(V1, "b", "2021-01-01T00:00:08Z"),
                seen(V2, "d"),
            ),
            "abcd",
        ),
        # Without any version the server's counter decides, or the sender's time.
        ((seen(None, "b", iid=2), seen(None, "a", iid=1)), "ab"),
        ((seen(None, "b", timestamp="2021-01-02T00:00:00Z"),), "b"),
        # What nothing puts in an order is one state: nobody knows what came first.
        ((seen(None, "a"), seen(None, "b")), "b"),
    ],
)
def test_the_states_come_in_the_order_of_their_versions(
    found: tuple[Candidate, ...], told: str
) -> None:
    """In whatever order they are given."""
    assert story(*found) == told
    assert story(*found[::-1]) == told


@given(st.lists(candidates, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_the_end_is_the_last_state_and_the_order_of_reading_counts_for_nothing(
    found: list[Candidate], random: Random
) -> None:
    """Both of the states, and of all candidates in a row."""
    end = found[last(found, _length).index].content
    shuffled = list(found)
    random.shuffle(shuffled)

    for order in (states, in_order):
        contents = [found[place].content for place in order(found, _length)]
        assert contents[-1] == end
        assert contents == [shuffled[place].content for place in order(shuffled, _length)]
    assert sorted(in_order(found, _length)) == list(range(len(found)))


@given(st.lists(st.tuples(versions, st.text("ab", min_size=1, max_size=1)), min_size=1, max_size=6))
def test_a_version_that_the_server_gave_is_one_state(found: list[tuple[str | None, str]]) -> None:
    """However many contents it has; and no state is there twice."""
    made = [seen(version, content) for version, content in found]

    places = states(made, _length)

    given_versions = [made[place].version for place in places]
    assert len(set(places)) == len(places)
    assert len(set(given_versions)) == len(given_versions)


def _length(candidate: Candidate) -> int:
    return len(candidate.content)
