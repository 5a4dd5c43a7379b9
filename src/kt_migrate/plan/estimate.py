"""How long the writes of a plan will take, and how that is known. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

ENOUGH_WRITES = 20
"""A trial that sent fewer says nothing about how long another will take."""


class Basis(StrEnum):
    """What an estimate of time is computed from."""

    MEASURED = "measured"
    """An earlier run of this working folder sent so many writes in so many seconds."""
    CONFIGURED = "configured"
    """Only the rate limit is known: it takes this long at least."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What an earlier run took.

    Attributes:
        env, run: which one.
        writes: how many writing requests it sent, in one start.
        seconds: in how long; more than 0.
    """

    env: str
    run: str
    writes: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """How many writes go in a second, and how that is known.

    Attributes:
        basis: what it is computed from.
        per_second: writes per second; None: unknown.
        measured: the earlier run; None when the basis is another.
        limit: the configured rate limit, writes per second; None: there is none.
        max_in_flight: the configured number of requests at once.
    """

    basis: Basis
    per_second: float | None
    measured: Measured | None
    limit: float | None
    max_in_flight: int

    def seconds(self, writes: int) -> float | None:
        """Return how long so many writes take; None: nobody knows."""
        return None if self.per_second is None else round(writes / self.per_second, 1)

    def as_json(self, writes: int) -> dict[str, object]:
        """Return it as `--json` prints it, for the whole of a plan."""
        earlier = self.measured
        return {
            "basis": self.basis.value,
            "per_second": None if self.per_second is None else round(self.per_second, 2),
            "seconds": self.seconds(writes),
            "limit": self.limit,
            "max_in_flight": self.max_in_flight,
            "measured": None
            if earlier is None
            else {
                "env": earlier.env,
                "run": earlier.run,
                "writes": earlier.writes,
                "seconds": earlier.seconds,
            },
        }


def estimate_of(limit: float, max_in_flight: int, measured: Iterable[Measured] = ()) -> Estimate:
    """Decide how fast the writes will go.

    Args:
        limit: writes per second of the environment's `limits`; 0: no limit.
        max_in_flight: requests at once, of the same.
        measured: earlier runs, the one that says most first; too small ones are passed over.

    Returns:
        What the first earlier run that counts did, but never faster than the limit; without one,
        the limit itself; without either, unknown: no speed is invented.
    """
    known = next((m for m in measured if m.writes >= ENOUGH_WRITES and m.seconds > 0), None)
    allowed = limit or None
    per_second, basis = allowed, Basis.UNKNOWN if allowed is None else Basis.CONFIGURED
    if known is not None:
        speed = known.writes / known.seconds
        per_second, basis = min(speed, allowed or speed), Basis.MEASURED
    return Estimate(
        basis=basis,
        per_second=per_second,
        measured=known,
        limit=allowed,
        max_in_flight=max_in_flight,
    )
