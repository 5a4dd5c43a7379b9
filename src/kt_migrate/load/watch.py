"""How a load goes, for who looks on: rate, share of errors, time left, and why it waits."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from kt_migrate.kt2.pace import Pace, Reason, Waiting
from kt_migrate.load.foreign import Waited
from kt_migrate.load.run import Load

SPAN_SECONDS = 60.0
"""The rate is that of the last minute."""

ENOUGH_OUTCOMES, ENOUGH_SECONDS = 20, 5.0
"""Before so many outcomes and so many seconds nobody knows how long it will take."""

_MOST_SAMPLES = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """One look at a load.

    Attributes:
        done, total, failed: writes; `failed` are those of this start.
        rate: outcomes per second, of the last minute.
        in_flight, allowed: requests under way, and how many may be.
        error_share: failed outcomes of this start, as a share.
        seconds_left: None while it cannot be known.
        waiting: why nothing starts just now.
        others: what other suppliers have not brought, while they are waited for.
    """

    done: int
    total: int
    failed: int
    rate: float
    in_flight: int
    allowed: int
    error_share: float
    seconds_left: float | None
    waiting: Waiting
    others: Waited | None = None


@dataclass(slots=True)
class Watch:
    """Looks at a load every now and then.

    Attributes:
        load, pace: what it looks at.
        now: seconds, from any moment.
    """

    load: Load
    pace: Pace
    now: Callable[[], float]
    _samples: deque[tuple[float, int]] = field(default_factory=lambda: deque(maxlen=_MOST_SAMPLES))

    def look(self) -> Sight:
        """Return how it goes now."""
        now, load, waiting = self.now(), self.load, self.pace.waiting()
        rate = self._rate(now)
        judged = load.done - load.already
        return Sight(
            done=load.done,
            total=load.total,
            failed=load.failed,
            rate=rate,
            in_flight=self.pace.in_flight,
            allowed=self.pace.allowed,
            error_share=load.failed / judged if judged else 0.0,
            seconds_left=self._left(now, rate, waiting),
            waiting=waiting,
            others=load.waited,
        )

    def _rate(self, now: float) -> float:
        samples = self._samples
        samples.append((now, self.load.done))
        while now - samples[0][0] > SPAN_SECONDS:
            samples.popleft()
        (began, before), (_now, done) = samples[0], samples[-1]
        return (done - before) / (now - began) if now > began else 0.0

    def _left(self, now: float, rate: float, waiting: Waiting) -> float | None:
        enough = (
            self.load.done - self.load.already >= ENOUGH_OUTCOMES
            and now - self._samples[0][0] >= ENOUGH_SECONDS
        )
        if not enough or rate <= 0 or waiting.reason in (Reason.PERSON, Reason.SERVER):
            return None
        return (self.load.total - self.load.done) / rate
