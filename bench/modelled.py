"""Servers that are modelled: capacity, work and way, in time that does not pass.

What the pace is tried against, by the tests and by the bench.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from random import Random

from kt_migrate.kt2.knee import Knee


@dataclass
class Modelled:
    """A server that works on `capacity` requests at once, and queues the rest, first come first.

    Attributes:
        capacity: how many at once.
        service: seconds of work per request.
        network: seconds there and back.
        spread: draws each duration from a distribution with this seed; None: always the same.
    """

    capacity: int
    service: float
    network: float
    spread: int | None = None
    _free: list[float] = field(default_factory=list)
    _random: Random = field(init=False)

    def __post_init__(self) -> None:
        self._random = Random(self.spread or 0)

    def answers_at(self, now: float) -> float:
        """Return when a request that leaves now is answered."""
        while len(self._free) < self.capacity:
            heapq.heappush(self._free, now)
        while len(self._free) > self.capacity:
            heapq.heappop(self._free)
        there = now + self._draw(self.network) / 2
        done = max(there, heapq.heappop(self._free)) + self._draw(self.service)
        heapq.heappush(self._free, done)
        return done + self.network / 2

    def _draw(self, mean: float) -> float:
        if self.spread is None or not mean:
            return mean
        return self._random.gammavariate(4, mean / 4)


Event = Callable[[int], None]


def drive(
    server: Modelled, window: Knee | int, answers: int, event: Event = lambda _n: None
) -> tuple[float, list[int]]:
    """Keep the window full; return the throughput over it all, and the window after each answer."""
    now, under_way, seen = 0.0, list[tuple[float, int, float]](), list[int]()
    for number in range(answers):
        event(number)
        while len(under_way) < (window if isinstance(window, int) else window.allowed):
            heapq.heappush(under_way, (server.answers_at(now), len(seen) + len(under_way), now))
        now, _place, began = heapq.heappop(under_way)
        if isinstance(window, Knee):
            window.answered(now - began, full=len(under_way) + 1 >= window.allowed)
            seen.append(window.allowed)
        else:
            seen.append(window)
    return answers / now, seen


@cache
def smallest_good(capacity: int, service: float, network: float, spread: int | None) -> int:
    """Return the smallest fixed number under way that reaches 95 % of the best throughput."""
    flows = {
        n: drive(Modelled(capacity, service, network, spread), n, 600)[0] for n in range(1, 65)
    }
    best = max(flows.values())
    return min(n for n, flow in flows.items() if flow >= 0.95 * best)


SERVERS = [
    (1, 0.05, 0.0),
    (1, 0.02, 0.02),
    (2, 0.05, 0.01),
    (4, 0.04, 0.0),
    (4, 0.04, 0.02),
    (8, 0.05, 0.02),
    (8, 0.08, 0.1),
    (16, 0.12, 0.02),
    (16, 0.02, 0.02),
]
"""(capacity, seconds of work, seconds there and back)."""
