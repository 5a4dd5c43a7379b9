"""What a server gives by the number of requests under way, and which number is enough."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Iterator, Sequence

from bare import Bare, Body

GOOD = 0.95
ASKED_IN_FLIGHT = 2


def swept(
    bare: Bare, bodies: Sequence[Body], numbers: Sequence[int], seconds: float
) -> dict[int, float]:
    """Return the throughput of each number of connections.

    Up and down again, so that a server that slows down does not favour the first.
    """
    rates: dict[int, list[float]] = {}
    fresh = _more(bodies)
    for number in (*numbers, *reversed(numbers)):
        rates.setdefault(number, []).append(asyncio.run(bare.during(fresh, number, seconds)))
    return {number: sum(found) / len(found) for number, found in rates.items()}


def _more(bodies: Sequence[Body]) -> Iterator[Body]:
    """Yield the bodies of a plan again and again, mixed, under other temporary identifiers."""
    mixed = list(bodies)
    random.Random(1).shuffle(mixed)
    for number in itertools.count(1):
        for body in mixed:
            yield body.again(f"again{number}")


def smallest_good(rates: dict[int, float]) -> int:
    """Return the smallest number under way that reaches 95 % of the best throughput."""
    best = max(rates.values())
    return min(number for number, rate in rates.items() if rate >= GOOD * best)


def sweep_line(name: str, rates: dict[int, float]) -> str:
    """Return the throughput per number under way."""
    parts = ", ".join(f"{number}: {rate:.0f}" for number, rate in rates.items())
    return f"  bare, {name}, creates/s by number under way: {parts}"


def in_flight_line(name: str, settled: float, rates: dict[int, float]) -> str:
    """Return where the pace settles, beside the smallest number that is as good."""
    needed = smallest_good(rates)
    return (
        f"in flight on {name}: settles at {settled:.0f}, the smallest of {tuple(rates)} that "
        f"reaches {GOOD:.0%} of the best is {needed}: ratio {settled / needed:.2f} "
        f"(asked <= {ASKED_IN_FLIGHT})"
    )
