"""The draw: laws that hold for every plan, every number and every seed."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kt_migrate.judging.drawing import Ending, Kind, Stratum, draw, shared

pytestmark = pytest.mark.property

STRATA = st.builds(Stratum, st.sampled_from(Kind), st.sampled_from(Ending))
DOSSIERS = st.dictionaries(st.text(min_size=1, max_size=6), STRATA, min_size=1, max_size=60)
SEEDS = st.text("abc0123", min_size=1, max_size=8)


@given(DOSSIERS, st.integers(1, 80), SEEDS)
def test_as_many_as_are_asked_for_and_each_once(
    dossiers: dict[str, Stratum], wanted: int, seed: str
) -> None:
    """More when there are more strata than that; fewer when there are fewer dossiers."""
    found = draw(dossiers, wanted, seed)

    assert len(set(found.keys)) == len(found.keys)
    assert set(found.keys) <= dossiers.keys()
    assert len(found.keys) == min(len(dossiers), max(wanted, len(set(dossiers.values()))))
    assert found.population == len(dossiers)


@given(DOSSIERS, st.integers(1, 80), SEEDS)
def test_every_stratum_is_in_it_and_gives_its_part(
    dossiers: dict[str, Stratum], wanted: int, seed: str
) -> None:
    """One at least; who has more dossiers gives no fewer."""
    found = draw(dossiers, wanted, seed)
    counted = Counter(dossiers[key] for key in found.keys)

    assert counted == dict(found.drawn)
    assert Counter(dossiers.values()) == dict(found.of)
    for one in found.of:
        assert 1 <= found.drawn[one] <= found.of[one]
        for other in found.of:
            if found.of[one] > found.of[other]:
                assert found.drawn[one] >= found.drawn[other]


@given(DOSSIERS, st.integers(1, 80), SEEDS)
def test_the_same_plan_and_seed_give_the_same_sample(
    dossiers: dict[str, Stratum], wanted: int, seed: str
) -> None:
    """In whatever order the dossiers come."""
    backwards = dict(reversed(dossiers.items()))

    assert draw(dossiers, wanted, seed) == draw(backwards, wanted, seed)
    assert draw(dossiers, wanted, seed).digest == draw(backwards, wanted, seed).digest


@given(st.lists(st.integers(1, 5_000), min_size=1, max_size=5), st.integers(5, 200))
def test_a_part_is_what_is_due_but_for_rounding(sizes: list[int], wanted: int) -> None:
    """Where nothing is too small to give its one, no stratum is off by a whole dossier or more."""
    every = sorted(Stratum(kind, ending) for kind in Kind for ending in Ending)
    of = dict(zip(every, sizes, strict=False))
    found = shared(of, wanted)
    total, population = sum(found.values()), sum(sizes)
    due = {one: count * total / population for one, count in of.items()}

    if min(due.values()) >= 1:
        assert all(abs(found[one] - due[one]) < len(of) for one in of)
        assert all(found[one] >= int(due[one]) - 1 for one in of)


def test_another_seed_gives_another_sample_and_every_dossier_may_be_drawn() -> None:
    """Chance, and nothing else: of a hundred seeds each dossier is in some, and out of others."""
    alike = Stratum(Kind.ACTIVITIES, Ending.MIGRATED)
    dossiers = dict.fromkeys(map(str, range(20)), alike)
    times = Counter(key for seed in range(200) for key in draw(dossiers, 5, str(seed)).keys)

    assert times.keys() == dossiers.keys()
    assert all(25 <= count <= 80 for count in times.values())


def test_the_order_in_which_they_are_shown_is_of_chance_too() -> None:
    """Who judges does not see one stratum first and another one last."""
    early, late = Stratum(Kind.ACTIVITIES, Ending.MIGRATED), Stratum(Kind.ALONE, Ending.REJECTED)
    dossiers = {f"{n:02}": early if n < 10 else late for n in range(20)}
    orders = [[dossiers[key] for key in draw(dossiers, 20, str(seed)).keys] for seed in range(20)]

    assert not any(order in (sorted(order), sorted(order, reverse=True)) for order in orders)
