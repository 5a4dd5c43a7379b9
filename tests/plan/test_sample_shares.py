"""The interval of an estimate holds the truth as often as it says, and is no wider than it must."""

from __future__ import annotations

import random
from itertools import product
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kt_migrate.plan.sampling.hypergeometric import at_most, bounds
from kt_migrate.plan.sampling.shares import Cluster, Share, share_of


@given(st.data())
def test_a_probability_is_what_counting_gives(data: st.DataObject) -> None:
    """Against all draws, counted."""
    population = data.draw(st.integers(1, 60))
    drawn = data.draw(st.integers(0, population))
    marked = data.draw(st.integers(0, population))
    found = data.draw(st.integers(0, drawn))
    unmarked = population - marked
    ways = sum(
        comb(marked, k) * comb(unmarked, drawn - k)
        for k in range(min(found, marked) + 1)
        if drawn - k <= unmarked
    )

    assert at_most(found, drawn, marked, population) == pytest.approx(
        ways / comb(population, drawn), abs=1e-9
    )


@pytest.mark.parametrize(
    ("found", "drawn", "marked", "population", "likely"),
    [(100, 200_000, 0, 1_000_000, 1.0), (0, 200_000, 500_000, 1_000_000, 0.0)],
)
def test_a_probability_of_many_is_no_overflow(
    found: int, drawn: int, marked: int, population: int, likely: float
) -> None:
    """Far out in a tail it is nothing, or all."""
    assert at_most(found, drawn, marked, population) == pytest.approx(likely)


def test_of_none_the_rule_of_three_shows() -> None:
    """None of n: at most three divided by n, about; of a small population less."""
    for drawn in (100, 300, 1_000):
        low, high = bounds(0, drawn, 10_000_000)
        assert low == 0
        assert high / 10_000_000 == pytest.approx(3 / drawn, rel=0.03)
    assert bounds(0, 50, 100) == (0, 4)
    assert bounds(50, 50, 100) == (96, 100)


@given(st.integers(1, 400), st.data())
def test_bounds_hold_what_was_found_and_all_of_it_is_certain(
    population: int, data: st.DataObject
) -> None:
    """Nothing drawn: nothing known; all drawn: all known."""
    drawn = data.draw(st.integers(0, population))
    found = data.draw(st.integers(0, drawn))
    low, high = bounds(found, drawn, population)

    assert found <= low <= high <= population - (drawn - found)
    assert low <= found * population / max(drawn, 1) <= high or not drawn
    assert bounds(found, population, population) == (found, found)
    assert bounds(0, 0, population) == (0, population)


def _population(
    chance: random.Random, many: int, size: int, share: float, alike: float
) -> list[tuple[int, int]]:
    """Return (objects, failures) per dossier; `alike`: how many dossiers fail whole or not."""
    made = []
    for _ in range(many):
        objects = 1 if size == 1 else int(chance.expovariate(1 / size))
        if chance.random() < alike:
            failed = objects if chance.random() < share else 0
        else:
            failed = sum(chance.random() < share for _ in range(objects))
        made.append((objects, failed))
    return made


def _estimated(
    chance: random.Random, strata: list[list[tuple[int, int]]], part: float
) -> tuple[Share, int]:
    """Draw of each stratum, and estimate; return that, and the truth."""
    clusters = []
    for place, dossiers in enumerate(strata):
        many = min(len(dossiers), max(2, round(part * len(dossiers))))
        clusters += [
            Cluster(stratum=place, weight=len(dossiers) / many, size=size, failed=failed)
            for size, failed in chance.sample(dossiers, many)
            if size
        ]
    every = [one for dossiers in strata for one in dossiers]
    return share_of(sum(s for s, _ in every), clusters), sum(f for _, f in every)


SETTINGS = list(
    product([20, 60, 200, 600], [0.05, 0.2, 0.5], [1, 3, 10], [0.0, 0.02, 0.1, 0.3], [0, 0.5, 1])
)


def test_the_interval_holds_the_truth_in_at_least_93_of_100() -> None:
    """Over many populations: one or two strata, few errors or many, one by one or whole dossiers."""
    chance, held, tight = random.Random(20_240_101), [], []  # noqa: S311 (a law: the same each time)
    for many, part, size, share, alike in SETTINGS * 3:
        strata = [_population(chance, many, size, share, alike)]
        if chance.random() < 0.5:
            strata.append(_population(chance, many // 2, size, share / 4, alike))
        found, truth = _estimated(chance, strata, part)
        if found.population:
            held.append(found.low <= truth <= found.high)
            tight += [held[-1]] if many == 600 and share >= 0.02 else []

    assert len(held) > 1_200
    assert sum(held) / len(held) >= 0.97
    assert sum(tight) / len(tight) >= 0.93


def test_the_interval_says_something() -> None:
    """It is narrow when much was drawn, and narrower the more; what is alike counts once."""
    chance = random.Random(7)  # noqa: S311 (a law: the same each time)
    width = {}
    for many, alike in product([400, 4_000], [0, 1]):
        found, _truth = _estimated(chance, [_population(chance, many, 5, 0.1, alike)], 0.2)
        width[many, alike] = (found.high - found.low) / found.population

    assert width[4_000, 0] < width[400, 0]
    assert width[4_000, 1] < width[400, 1]
    assert width[4_000, 0] < 0.025 < width[4_000, 1] < 0.08


def _one(weight: float, size: int, failed: int, stratum: int = 1) -> Cluster:
    return Cluster(stratum=stratum, weight=weight, size=size, failed=failed)


def test_what_was_drawn_for_certain_is_a_fact() -> None:
    """All of it: no interval. Some of it: it is counted, and stands for nobody else."""
    every = share_of(7, [_one(1.0, 4, 1), _one(1.0, 3, 0)])
    some = share_of(1_007, [_one(1.0, 7, 7), *[_one(10.0, 10, 0, 2)] * 10])

    assert (every.low, every.high, every.estimate, every.effective) == (1, 1, 1.0, None)
    assert (some.low, some.estimate) == (7, 7.0)
    assert some.failed == 7
    assert 7 < some.high < 7 + 1_000 * 0.3


def test_of_nothing_nothing_is_known() -> None:
    """A type of which none was drawn may fail whole, or not at all."""
    found = share_of(10, [])

    assert (found.low, found.high, found.estimate, found.effective) == (0, 10, None, 0.0)


def test_a_weight_counts() -> None:
    """A dossier of a stratum of which few were drawn stands for more."""
    found = share_of(110, [*[_one(10.0, 1, 1)] * 10, *[_one(2.0, 1, 0, 2)] * 5])

    assert found.estimate == pytest.approx(100.0)


def test_ten_of_one_dossier_say_less_than_ten_of_ten() -> None:
    """Ten dossiers of ten objects that all came: as ten objects, not as a hundred."""
    together = share_of(10_000, [_one(100.0, 10, 0)] * 10)
    apart = share_of(10_000, [_one(100.0, 1, 0)] * 100)

    assert together.effective == pytest.approx(10)
    assert apart.effective == pytest.approx(100)
    assert together.high > 5 * apart.high


def test_no_bound_says_less_than_what_was_seen() -> None:
    """What failed fails, what came came."""
    found = share_of(4, [_one(1.5, 1, 1), _one(1.5, 1, 0)])

    assert (found.low, found.high) == (1, 3)
