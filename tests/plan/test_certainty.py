"""What 25 of 25 good proves: held against every way in which wrong dossiers can lie."""

from __future__ import annotations

from itertools import product
from math import comb, prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kt_migrate.plan.sampling.certainty import SURPRISE, fewer_than, most_wrong
from kt_migrate.plan.sampling.hypergeometric import bounds

SMALL = st.lists(
    st.integers(1, 6).flatmap(lambda of: st.tuples(st.just(of), st.integers(0, of))),
    min_size=1,
    max_size=3,
)


def missed(strata: list[tuple[int, int]], wrong: tuple[int, ...]) -> float:
    """Return how likely it is that none of the wrong ones is drawn, counted out."""
    return prod(
        comb(of - bad, drawn) / comb(of, drawn)
        for (of, drawn), bad in zip(strata, wrong, strict=True)
    )


@pytest.mark.property
@given(SMALL)
def test_no_way_to_lie_makes_one_more_believable(strata: list[tuple[int, int]]) -> None:
    """With as many wrong as the bound says some way is no surprise; with one more, none is."""
    found = most_wrong(strata)
    chances: dict[int, float] = {}
    for wrong in product(*(range(of + 1) for of, _drawn in strata)):
        chances[sum(wrong)] = max(chances.get(sum(wrong), 0.0), missed(strata, wrong))

    assert chances[found] > SURPRISE
    assert all(chance <= SURPRISE + 1e-12 for many, chance in chances.items() if many > found)


@pytest.mark.property
@given(st.integers(1, 300).flatmap(lambda of: st.tuples(st.just(of), st.integers(1, of))))
def test_of_one_stratum_it_is_the_bound_of_clopper_and_pearson(pair: tuple[int, int]) -> None:
    """On the hypergeometric distribution, as the estimate of a trial has it."""
    of, drawn = pair
    chance = most_wrong([pair], SURPRISE + 1e-12)  # of a tie the two may think otherwise

    assert chance in (bounds(0, drawn, of)[1], bounds(0, drawn, of)[1] - 1)
    assert most_wrong([pair]) <= of - drawn


@pytest.mark.parametrize(
    ("of", "drawn", "percent"),
    [(100_000, 25, 12), (1_000, 25, 12), (1_000, 59, 5), (15, 15, 1), (30, 25, 4)],
)
def test_the_sentence_of_the_draaiboek(of: int, drawn: int, percent: int) -> None:
    """25 of 25 good: fewer than 12 %. Rule of three: 59 of 59, fewer than 5 %."""
    assert fewer_than([(of, drawn)]) == percent
    assert most_wrong([(of, drawn)]) < percent * of / 100


def test_a_stratum_that_gave_little_costs_certainty() -> None:
    """What was hardly looked at may be wrong altogether."""
    alike, apart = [(900, 23), (100, 2)], [(900, 24), (100, 1)]

    assert fewer_than(alike) == 12
    assert fewer_than(apart) > fewer_than(alike)
    assert fewer_than([(50, 0), (50, 50)]) == 51
    assert fewer_than([]) == 100
