"""What went over the wire: requests, statuses, bytes and latencies, in bounded memory."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, Self

_SMALLEST_SECONDS = 1e-4
_STEP = math.log(1.05)
_WRITING = ("POST", "PUT")


class Answered(Protocol):
    """What is read of an answer."""

    @property
    def status_code(self) -> int:
        """Its status."""

    @property
    def content(self) -> bytes:
        """Its body."""


NO_ANSWER = "none"
"""What stands for a status when there was no answer."""


@dataclass(slots=True)
class Histogram:
    """Latencies in classes of 5 %: a percentile is at most that much too high.

    Attributes:
        count: how many.
        total: seconds that they took together.
        longest: seconds.
    """

    count: int = 0
    total: float = 0.0
    longest: float = 0.0
    _classes: Counter[int] = field(default_factory=Counter)

    def add(self, seconds: float) -> None:
        """Take one more."""
        self.count += 1
        self.total += seconds
        self.longest = max(self.longest, seconds)
        self._classes[math.ceil(math.log(max(seconds / _SMALLEST_SECONDS, 1.0)) / _STEP)] += 1

    @classmethod
    def of(cls, classes: Mapping[int, int], *, mean: float, longest: float) -> Self:
        """Return one from what `classes` gave.

        Args:
            classes: how many latencies each class has.
            mean: of all of them, in seconds.
            longest: seconds.
        """
        count = sum(classes.values())
        return cls(count=count, total=mean * count, longest=longest, _classes=Counter(classes))

    def classes(self) -> dict[int, int]:
        """Return how many latencies each class has; only `of` knows what the classes are."""
        return dict(sorted(self._classes.items()))

    def plus(self, other: Histogram) -> Histogram:
        """Return both together."""
        return Histogram(
            count=self.count + other.count,
            total=self.total + other.total,
            longest=max(self.longest, other.longest),
            _classes=self._classes + other._classes,
        )

    @property
    def mean(self) -> float:
        """Mean, in seconds; 0 when there are none."""
        return self.total / self.count if self.count else 0.0

    def percentile(self, share: float) -> float:
        """Return the seconds within which this share (0 to 1) was answered."""
        wanted, seen = share * self.count, 0
        for place in sorted(self._classes):
            seen += self._classes[place]
            if seen >= wanted:
                return min(self.longest, _SMALLEST_SECONDS * math.exp(place * _STEP))
        return self.longest


@dataclass(slots=True)
class Traffic:
    """All requests of one client to the FHIR service; those to log in are not among them.

    Attributes:
        writes: latencies of POST and PUT, answered or not.
        reads: how many other requests.
        statuses: how often each status came as the answer to a write; `none`: no answer.
        bytes_out, bytes_in: bodies, as they are before compression, of all requests.
        clock: seconds, from any moment.
    """

    clock: Callable[[], float] = time.perf_counter
    writes: Histogram = field(default_factory=Histogram)
    reads: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    bytes_out: int = 0
    bytes_in: int = 0

    def begin(self) -> float:
        """Return the moment at which a request leaves, for `end`."""
        return self.clock()

    def end(self, method: str, began: float, sent: bytes | None, answer: Answered | None) -> None:
        """Note a request that ended; `answer` None: nothing came back."""
        self.bytes_out += len(sent or b"")
        self.bytes_in += len(answer.content) if answer is not None else 0
        if method in _WRITING:
            self.writes.add(self.clock() - began)
            self.statuses[str(answer.status_code) if answer is not None else NO_ANSWER] += 1
        else:
            self.reads += 1
