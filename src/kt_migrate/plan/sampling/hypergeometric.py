"""How many of a finite population have a mark, when so many of those drawn have it. Pure.

The interval of Clopper and Pearson, on the hypergeometric distribution instead of the binomial:
the population is finite, and what was drawn of it is known. A bound is the last number of marked
ones in the population with which the draw is no surprise.
"""

from __future__ import annotations

from collections.abc import Callable
from math import exp, lgamma

TAIL = 0.025
"""On each side of a 95 % interval."""

ALL_OF_IT = 0.05
"""On the only side that there is when none, or all, of those drawn have it: the rule of three."""

_NOTHING = 1e-12
"""A term of a tail that adds no more than this, relatively, ends it."""


def _log_choose(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)


def at_most(found: int, drawn: int, marked: int, population: int) -> float:
    """Return how likely it is to find so many marked ones, or fewer.

    Args:
        found: marked ones among those drawn.
        drawn: how many are drawn.
        marked: how many of the population are.
        population: how many there are.

    >>> round(at_most(0, 10, 1, 20), 3)
    0.5
    """
    if found >= min(drawn, marked):
        return 1.0
    if found * population < drawn * marked:  # below the mean: the terms get smaller downwards
        return _tail(found, drawn, marked, population)
    unmarked = population - marked
    return 1.0 - _tail(drawn - found - 1, drawn, unmarked, population)


def _tail(found: int, drawn: int, marked: int, population: int) -> float:
    """Add up how likely so many marked ones are, or fewer, from the largest term on."""
    least = max(0, drawn + marked - population)
    if not least <= found <= min(drawn, marked):
        return 0.0
    log = _log_choose(marked, found) + _log_choose(population - marked, drawn - found)
    term = total = exp(log - _log_choose(population, drawn))
    for k in range(found, least, -1):
        others = population - marked - drawn + k
        term *= k * others / ((marked - k + 1) * (drawn - k + 1))
        total += term
        if term <= _NOTHING * total:
            break
    return total


def bounds(found: int, drawn: int, population: int) -> tuple[int, int]:
    """Return the least and the most of the population that may have the mark, with 95 % certainty.

    When none of those drawn have it, all of the 5 % is on the upper side: three divided by the
    number drawn, about. When all have it, on the lower.

    >>> bounds(0, 300, 10_000_000)[1] / 10_000_000 < 0.01
    True
    """
    if not drawn:
        return 0, population
    upper = TAIL if found else ALL_OF_IT
    lower = TAIL if found < drawn else ALL_OF_IT
    missed = drawn - found
    most = _last(lambda m: at_most(found, drawn, m, population) > upper, found, population - missed)
    others = _last(
        lambda m: at_most(missed, drawn, m, population) > lower, missed, population - found
    )
    return population - others, most


def _last(holds: Callable[[int], bool], low: int, high: int) -> int:
    """Return the last number for which something holds that holds up to some number."""
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if holds(middle) else (low, middle - 1)
    return low
