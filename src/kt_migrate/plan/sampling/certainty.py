"""What it proves when every dossier of a sample was judged good. Pure.

The interval of Clopper and Pearson on its one side, exactly, on the hypergeometric distribution:
how many of so many dossiers may be wrong while a sample without a wrong one is no surprise
(happens in more than 5 % of all draws). The sample is drawn in strata; where the wrong ones lie
is not known, so they are taken to lie where a draw misses them most easily. One wrong dossier
more in a stratum makes it less likely to be missed by a factor that falls with each, so the worst
place for the next is that of the largest factor: the bound holds for every way in which they lie.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heapify, heapreplace
from math import floor

SURPRISE = 0.05
"""A draw less likely than this is a surprise: 95 % certainty, on one side."""

_PERCENT = 100


def most_wrong(strata: Sequence[tuple[int, int]], surprise: float = SURPRISE) -> int:
    """Return how many dossiers may be wrong at most, when none of those drawn is.

    Args:
        strata: (how many there are, how many were drawn) of each.
        surprise: what is less likely, or as likely, is not believed.

    >>> most_wrong([(1_000_000, 25)]) / 1_000_000 < 0.12
    True
    >>> most_wrong([(25, 25)])
    0
    """
    wrong = [0] * len(strata)
    worst = [(-_missing(of, drawn, 0), place) for place, (of, drawn) in enumerate(strata)]
    heapify(worst)
    missed = 1.0
    for count in range(sum(of - drawn for of, drawn in strata)):
        factor, place = worst[0]
        missed *= -factor
        if missed <= surprise:
            return count
        wrong[place] += 1
        heapreplace(worst, (-_missing(*strata[place], wrong[place]), place))
    return sum(of - drawn for of, drawn in strata)


def _missing(of: int, drawn: int, wrong: int) -> float:
    """Return how likely a draw that missed so many wrong ones of a stratum misses one more."""
    return max(0, of - drawn - wrong) / (of - wrong) if of > wrong else 0.0


def fewer_than(strata: Sequence[tuple[int, int]]) -> int:
    """Return the whole percentage of which is certain that fewer dossiers are wrong.

    >>> fewer_than([(10_000, 25)])
    12
    """
    population = sum(of for of, _drawn in strata)
    if not population:
        return _PERCENT
    return floor(_PERCENT * most_wrong(strata) / population) + 1
