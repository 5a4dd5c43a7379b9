"""How long the whole takes: as often inside as it says, and unknown where nobody knows."""

from __future__ import annotations

import random

import pytest

from kt_migrate.plan.estimate import Basis
from kt_migrate.plan.sampling.durations import Stretch, Unknown, duration_of, student


@pytest.mark.parametrize(
    ("freedom", "found"), [(4, 2.776), (9, 2.262), (19, 2.093), (60, 2.000), (10_000, 1.960)]
)
def test_students_t(freedom: int, found: float) -> None:
    """Against the table."""
    assert student(freedom) == pytest.approx(found, rel=0.004)


def _speeds(chance: random.Random, base: float, differ: float) -> float:
    return max(0.01, base * (1 + chance.gauss(0, differ)))


def _goes_on(chance: random.Random, whole: int, base: float, differ: float) -> float:
    """Return how long a whole takes whose speed differs from stretch to stretch."""
    left, time = float(whole), 0.0
    while left > 0:
        speed = _speeds(chance, base, differ)
        time += min(2.0, left / speed)
        left -= 2.0 * speed
    return time


def test_the_interval_holds_what_the_whole_takes_in_at_least_93_of_100() -> None:
    """Over speeds and how much they differ, short measurements and long, small wholes and large."""
    chance, held = random.Random(3), []  # noqa: S311 (a law: the same each time)
    for number in range(1_500):
        base, differ = chance.choice([5, 50, 300]), chance.choice([0.02, 0.1, 0.3])
        many, whole = chance.choice([6, 10, 30, 100]), int(base * 2 * chance.choice([20, 200, 800]))
        measured = [Stretch(2.0, round(2 * _speeds(chance, base, differ))) for _ in range(many)]
        found = duration_of(whole, measured, None)
        if found.low is not None and found.high is not None:
            held.append(found.low <= _goes_on(chance, whole, base, differ) <= found.high)
        assert found.low is not None or number

    assert len(held) > 1_400
    assert sum(held) / len(held) >= 0.93


def _steady(many: int, writes: int, seconds: float = 2.0) -> list[Stretch]:
    return [Stretch(seconds, writes + n % 2) for n in range(many)]


def test_what_was_measured_is_told() -> None:
    """How many writes, in how long, in how many batches, and what comes of it."""
    found = duration_of(10_000, _steady(40, 100), 500.0)

    assert (found.writes, found.seconds, found.batches) == (4_020, 80.0, 20)
    assert found.basis is Basis.MEASURED
    assert found.estimate == pytest.approx(10_000 / 50.25)
    assert found.low is not None
    assert found.high is not None
    assert found.low < 10_000 / 50.25 < found.high < 1.1 * found.low
    assert not found.bounded


def test_the_limit_decides_and_nothing_goes_faster() -> None:
    """At the limit it says so; no speed above it is counted on."""
    unsteady = [Stretch(2.0, 30 + 20 * (n % 2)) for n in range(20)]
    found = duration_of(1_000, unsteady, 20.5)

    assert found.bounded
    assert found.limit == 20.5
    assert found.low == pytest.approx(1_000 / 20.5)
    assert not duration_of(1_000, unsteady, 30.0).bounded


@pytest.mark.parametrize(
    ("measured", "basis", "unknown"),
    [
        ([], Basis.UNKNOWN, Unknown.FEW_WRITES),
        (_steady(10, 1), Basis.UNKNOWN, Unknown.FEW_WRITES),
        (_steady(4, 100), Basis.MEASURED, Unknown.SHORT),
        ([Stretch(0.0, 500)], Basis.UNKNOWN, Unknown.FEW_WRITES),
        ([Stretch(2.0, 200 if n == 3 else 0) for n in range(6)], Basis.MEASURED, Unknown.UNSTEADY),
    ],
)
def test_what_nobody_knows_is_not_invented(
    measured: list[Stretch], basis: Basis, unknown: Unknown
) -> None:
    """Too few writes, too short, too unsteady."""
    found = duration_of(1_000, measured, None)

    assert (found.basis, found.unknown) == (basis, unknown)
    assert (found.low, found.high) == (None, None)
    assert (found.estimate is None) is (basis is Basis.UNKNOWN)


def test_what_resembles_what_came_before_says_less() -> None:
    """The same speeds, in turn or one half after the other."""
    in_turn = [Stretch(2.0, 100 + 40 * (n % 2)) for n in range(20)]
    halves = [Stretch(2.0, 100 + 40 * (n > 9)) for n in range(20)]
    widths = []
    for measured in (in_turn, halves):
        found = duration_of(100_000, measured, None)
        assert found.low is not None
        assert found.high is not None
        widths.append(found.high - found.low)

    assert widths[1] > 2 * widths[0]
