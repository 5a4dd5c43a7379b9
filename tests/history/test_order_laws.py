"""Laws of the order of versions."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kt_migrate.history.order import Candidate, last
from kt_migrate.model import Form

pytestmark = pytest.mark.property

versions = st.one_of(
    st.none(),
    st.integers(0, 99).map(str),
    st.tuples(st.integers(0, 59), st.integers(0, 999), st.integers(0, 9999)).map(
        lambda t: f"2021-01-01T00:00:{t[0]:02}:{t[1]:03}.{t[2]}"
    ),
)
candidates = st.builds(
    Candidate,
    version=versions,
    form=st.sampled_from(Form),
    assigned=st.booleans(),
    focal_version=versions,
    focal_assigned=st.booleans(),
    iid=st.one_of(st.none(), st.integers(0, 9)),
    timestamp=st.sampled_from(["", "2021-01-01T00:00:01Z", "2021-01-01T02:00:00+01:00"]),
    content=st.text("abc", min_size=1, max_size=2),
)


@given(st.lists(candidates, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_the_last_version_does_not_depend_on_the_order_of_reading(
    found: list[Candidate], random: Random
) -> None:
    """Shuffled, the same content wins, by the same kind of key."""
    first = last(found, _length)
    shuffled = list(found)
    random.shuffle(shuffled)

    other = last(shuffled, _length)

    assert shuffled[other.index].content == found[first.index].content
    assert other.decided_by == first.decided_by
    rivals = {shuffled[place].content for place in other.same_version}
    assert rivals == {found[place].content for place in first.same_version}


@given(st.lists(candidates, min_size=1, max_size=6), st.data())
def test_a_copy_without_news_changes_no_last_state(
    found: list[Candidate], data: st.DataObject
) -> None:
    """One of the candidates comes in twice: the same content wins."""
    again = data.draw(st.sampled_from(found))

    assert _winner([*found, again]) == _winner(found)


def _winner(found: list[Candidate]) -> str:
    return found[last(found, _length).index].content


def _length(candidate: Candidate) -> int:
    return len(candidate.content)
