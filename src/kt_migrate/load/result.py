"""What came of one start of a load."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from kt_migrate.errors import KtMigrateError
from kt_migrate.kt2.traffic import Traffic
from kt_migrate.load.duplicates import Scan
from kt_migrate.load.repair import Item
from kt_migrate.load.states import FAILED, ON_SERVER, State


@dataclass(slots=True)
class LoadResult:
    """What came of one start of a load.

    Attributes:
        total: writes in the plan.
        already: how many were on the server by the journal before it started.
        sent: writing requests that left, this time.
        states: how many writes stand in each state now.
        interrupted: a person stopped it; what was under way is recorded.
        over_budget: it stopped because too many were refused, by share or in a row.
        stopped_by: what stopped it, when that was not a person.
        outcomes: how many writes got an outcome, this time; `refused` of them will not come.
        seconds: how long it took; 0: not measured.
        traffic: what went over the wire, this time.
        existing: what was chosen for what was there before this plan, and before that.
        repaired: what became of each finding of the last verification.
        scanned: the look for double ones afterwards; None: nothing was sent, or it stopped.
        waiting: writes that were not sent, since they need what other suppliers bring.
        missing: per other supplier, how much of what we need it has not brought.
        twice: how much of that is there more than once.
        brought: per `Device/<id>` of another, how much of ours it brought.
    """

    total: int
    already: int
    sent: int = 0
    states: dict[State, int] = field(default_factory=dict)
    interrupted: bool = False
    over_budget: bool = False
    stopped_by: KtMigrateError | None = None
    outcomes: int = 0
    refused: int = 0
    seconds: float = 0.0
    traffic: Traffic = field(default_factory=Traffic)
    existing: tuple[str, str] = ("", "")
    repaired: Sequence[Item] = ()
    scanned: Scan | None = None
    waiting: int = 0
    missing: Mapping[str, int] = field(default_factory=dict)
    twice: int = 0
    brought: Mapping[str, int] = field(default_factory=dict)

    @property
    def on_server(self) -> int:
        """How many planned resources are on the server, as far as the journal knows."""
        return sum(self.states.get(state, 0) for state in ON_SERVER)

    @property
    def failed(self) -> int:
        """How many are known not to come by themselves; what waits for others is none of them."""
        return sum(self.states.get(state, 0) for state in FAILED) - self.waiting

    @property
    def pending(self) -> int:
        """How many still have to be sent."""
        return self.total - self.on_server - self.failed
