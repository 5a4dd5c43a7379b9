"""How long the whole will take, by how fast a sample went. Pure.

The procedure, obeyed below by number:

1. What was measured is cut into batches of about the same time, one after the other. The speed of
   each is one observation: within a batch the ups and downs of single requests even out.
2. The interval is one for what is still to come, not for the mean: the whole takes as long as so
   many batches, which differ as those that were measured did (Student's t, 95 %).
3. When a batch tells something of the next one, there are fewer observations than batches: the
   interval is widened by what the correlation of neighbours says.
4. Nothing goes faster than the rate limit.

The first minutes of a start are slower than the rest: how many requests go at once starts low
(docs/design.md, step 7). They are in the measurement, and in the whole they weigh less.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from math import sqrt
from statistics import NormalDist, fmean, variance

from kt_migrate.plan.estimate import ENOUGH_WRITES, Basis

LEAST_BATCHES, MOST_BATCHES = 5, 20
"""With fewer it is not known how much speed varies; with more they are not independent."""

NEAR_LIMIT = 0.95
"""From this share of the rate limit on, the limit is what decides."""

_MOST_ALIKE = 0.85
_Z = NormalDist().inv_cdf(0.975)


class Unknown(StrEnum):
    """Why there is no interval."""

    FEW_WRITES = "few-writes"
    SHORT = "short"
    UNSTEADY = "unsteady"


@dataclass(frozen=True, slots=True)
class Stretch:
    """So many writes got an outcome in so many seconds."""

    seconds: float
    writes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Duration:
    """How long the whole takes.

    Attributes:
        whole: writes of the whole plan.
        writes, seconds: what was measured.
        batches: in how many.
        basis: measured, or unknown.
        estimate: seconds for the whole; None: unknown.
        low, high: at least and at most, with 95 % certainty; None: unknown, `unknown` says why.
        limit: the rate limit that was in force, writes per second; None: there was none.
        bounded: whether that limit is what decides.
    """

    whole: int
    writes: int
    seconds: float
    batches: int
    basis: Basis
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    unknown: Unknown | None = None
    limit: float | None = None
    bounded: bool = False


def duration_of(whole: int, measured: Iterable[Stretch], limit: float | None) -> Duration:
    """Estimate how long the whole takes.

    Args:
        whole: how many writes it has.
        measured: what was seen, in order; stretches in which a person held it are left out.
        limit: writes per second at most; None: no limit.
    """
    stretches = [one for one in measured if one.seconds > 0]
    seconds = sum(one.seconds for one in stretches)
    writes = sum(one.writes for one in stretches)
    speeds = [one.writes / one.seconds for one in _batches(stretches, seconds)]
    found = Duration(
        whole=whole,
        writes=writes,
        seconds=round(seconds, 3),
        batches=len(speeds),
        basis=Basis.UNKNOWN,
        unknown=Unknown.FEW_WRITES,
        limit=limit,
    )
    if writes < ENOUGH_WRITES:
        return found
    speed = min(writes / seconds, limit or writes / seconds)
    slow, fast = _speeds(speeds, speed, whole, seconds) if len(speeds) >= LEAST_BATCHES else (0, 0)
    unknown = Unknown.SHORT if not fast else Unknown.UNSTEADY if slow <= 0 else None
    return Duration(
        whole=whole,
        writes=writes,
        seconds=round(seconds, 3),
        batches=len(speeds),
        basis=Basis.MEASURED,
        estimate=whole / speed,
        low=None if unknown else whole / min(fast, limit or fast),  # (4)
        high=None if unknown else whole / min(slow, limit or slow),
        unknown=unknown,
        limit=limit,
        bounded=limit is not None and writes / seconds >= NEAR_LIMIT * limit,
    )


def _batches(stretches: Sequence[Stretch], seconds: float) -> list[Stretch]:
    """(1): put stretches together, until each batch has its part of the time."""
    many = min(MOST_BATCHES, len(stretches))
    found: list[Stretch] = []
    passed, time, writes = 0.0, 0.0, 0
    for one in stretches:
        passed, time, writes = passed + one.seconds, time + one.seconds, writes + one.writes
        if passed >= seconds * (len(found) + 1) / many - 1e-9:
            found.append(Stretch(time, writes))
            time, writes = 0.0, 0
    return found


def _speeds(
    speeds: Sequence[float], speed: float, whole: int, seconds: float
) -> tuple[float, float]:
    """(2): return between which speeds the whole will go."""
    to_come = max(1.0, whole / speed / (seconds / len(speeds)))
    one_write = (len(speeds) / seconds) ** 2 / 6  # counts are whole: speeds differ by that much
    differ = max(variance(speeds), one_write)
    spread = sqrt(differ * (1 / len(speeds) + 1 / to_come))
    half = student(len(speeds) - 1) * spread * _widened(speeds)
    return speed - half, speed + half


def _widened(speeds: Sequence[float]) -> float:
    """(3): how much wider, because a batch is like the one before it."""
    mean = fmean(speeds)
    total = sum((speed - mean) ** 2 for speed in speeds)
    if not total:
        return 1.0
    pairs = pairwise(speeds)
    seen = sum((one - mean) * (after - mean) for one, after in pairs) / total
    # Of few batches what is seen is less than what there is (Marriott and Pope).
    alike = min(_MOST_ALIKE, seen + (1 + 4 * max(0.0, seen)) / len(speeds))
    return 1.0 if alike <= 0 else sqrt((1 + alike) / (1 - alike))


def student(freedom: int) -> float:
    """Return how many spreads wide 95 % is, to each side, with so many degrees of freedom.

    By the expansion of Cornish and Fisher; 0.3 % off at four degrees, less beyond.

    >>> round(student(10), 2), round(student(1_000_000), 2)
    (2.23, 1.96)
    """
    z = _Z
    return (
        z
        + (z**3 + z) / (4 * freedom)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * freedom**3)
    )
