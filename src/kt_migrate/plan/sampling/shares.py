"""Which share of the objects of a type fails, by what failed of a sample. Pure.

The procedure, obeyed below by number:

1. What was drawn for certain (all of a stratum) is no sample: what failed of it is a fact.
2. In the other strata a drawn dossier stands for as many as were not drawn: its weight. The share
   is the weighted failures divided by the weighted objects.
3. Objects of one dossier share their fate: when a patient is refused, so is all that refers to it.
   So n objects say less than n. The effective number is that of dossiers that share one fate
   (Kish), until enough dossiers had a failure to measure how much they do: then it is what the
   variance between dossiers within strata says, between that and the number of objects.
4. The interval is that of Clopper and Pearson with the effective number (Korn and Graubard), for
   a finite population: hypergeometric (`hypergeometric.bounds`).
5. What failed in the sample is among all that fails, and so is what came: no bound says less.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, floor

from kt_migrate.plan.sampling.durations import student
from kt_migrate.plan.sampling.hypergeometric import bounds

ENOUGH_DOSSIERS = 30
"""So many dossiers must have a failure before it is measured how much they share one fate.

Counted as equal ones (`_kish`): a few large dossiers that failed whole say little of the rest.
"""

_MANY = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """What was drawn together: a dossier, or an object that belongs to none.

    Attributes:
        stratum: out of which.
        weight: how many of its stratum it stands for; 1: all of the stratum were drawn.
        size: objects of the type in it; more than 0.
        failed: how many of those are not on the server, and will not come.
    """

    stratum: int
    weight: float
    size: int
    failed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Refusals of one type: in the sample, and in all of the plan with 95 % certainty.

    Attributes:
        population: planned objects.
        drawn, failed: of the sample.
        clusters: in how many dossiers, or objects without one, those that were drawn lie.
        effective: how many objects that do not share their fate say as much; None: all were drawn.
        estimate: failures in the whole population; None: nothing of the type was drawn.
        low, high: at least and at most, with 95 % certainty.
    """

    population: int
    drawn: int
    failed: int
    clusters: int
    effective: float | None
    estimate: float | None
    low: int
    high: int


def share_of(population: int, clusters: Iterable[Cluster]) -> Share:
    """Estimate how many objects of a type fail.

    Args:
        population: how many are planned.
        clusters: everything of the type that was drawn.
    """
    every = list(clusters)
    certain, sampled = (  # (1)
        [one for one in every if (one.weight > 1) is risky] for risky in (False, True)
    )
    drawn, failed = sum(one.size for one in every), sum(one.failed for one in every)
    known = sum(one.failed for one in certain)
    at_risk = population - sum(one.size for one in certain)
    if not sampled:
        nothing = at_risk > 0
        return Share(
            population=population,
            drawn=drawn,
            failed=failed,
            clusters=len(every),
            effective=0.0 if nothing else None,
            estimate=None if nothing else float(known),
            low=known,
            high=known + at_risk,
        )
    share, effective = _share(sampled), _effective(sampled)
    low, high = _interval(share, effective, sampled, at_risk)
    return Share(
        population=population,
        drawn=drawn,
        failed=failed,
        clusters=len(every),
        effective=effective,
        estimate=known + share * at_risk,
        low=max(failed, known + low),  # (5)
        high=min(population - drawn + failed, known + high),
    )


def _share(sampled: Sequence[Cluster]) -> float:
    """(2): the weighted share."""
    total = sum(one.weight * one.size for one in sampled)
    return sum(one.weight * one.failed for one in sampled) / total


def _effective(sampled: Sequence[Cluster]) -> float:
    """(3): how many independent objects say as much."""
    least = _kish([one.weight * one.size for one in sampled])
    failures = _kish([one.weight * one.failed for one in sampled])
    successes = _kish([one.weight * (one.size - one.failed) for one in sampled])
    enough = min(failures, successes)
    if enough < ENOUGH_DOSSIERS:
        return least
    share, variance = _share(sampled), _variance(sampled)
    most = float(sum(one.size for one in sampled))
    measured = share * (1 - share) / variance if variance > 0 else most
    doubt = (student(int(enough) - 1) / student(_MANY)) ** 2  # the variance is measured too
    return min(most, max(least, measured / doubt))


def _kish(weights: Sequence[float]) -> float:
    """Return how many equal ones say as much as some that are not equal."""
    squares = sum(weight**2 for weight in weights)
    return sum(weights) ** 2 / squares if squares else 0.0


def _variance(sampled: Sequence[Cluster]) -> float:
    """Return the variance of the share, by what differs between dossiers of one stratum.

    Without the correction for a finite population, which (4) makes.
    """
    total, share = sum(one.weight * one.size for one in sampled), _share(sampled)
    strata: dict[int, list[float]] = {}
    for one in sampled:
        strata.setdefault(one.stratum, []).append(one.weight * (one.failed - share * one.size))
    variance = 0.0
    for found in strata.values():
        mean, n = sum(found) / len(found), len(found)
        spread = sum((value - mean) ** 2 for value in found)
        variance += spread * n / (n - 1) if n > 1 else found[0] ** 2
    return variance / total**2


def _interval(
    share: float, effective: float, sampled: Sequence[Cluster], at_risk: int
) -> tuple[int, int]:
    """(4): the least and the most that may fail of those at risk."""
    objects = sum(one.size for one in sampled)
    n = max(1, floor(effective))
    population = max(n, round(at_risk * n / objects))
    least, _ = bounds(min(n, floor(share * n + 1e-9)), n, population)
    _, most = bounds(min(n, ceil(share * n - 1e-9)), n, population)
    return floor(least * at_risk / population), ceil(most * at_risk / population)
