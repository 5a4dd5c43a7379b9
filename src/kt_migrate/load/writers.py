"""Which client of ours writes what: each with a login and token of its own, all with one pace.

The server is one, whoever asks: how many requests are under way, how many per second, and how
many refusals are borne, is counted for all clients together.
"""

from __future__ import annotations

from collections.abc import Mapping

from kt_migrate.kt2.client import FhirClient
from kt_migrate.plan.store import Plan


class Writers:
    """Chooses the client of a write."""

    def __init__(
        self, own: FhirClient, plan: Plan, others: Mapping[str, FhirClient] | None = None
    ) -> None:
        self.own = own
        self._plan = plan
        self._others = dict(others or {})

    def of(self, seq: int) -> FhirClient:
        """Return the client that writes one write of the plan."""
        return self._others.get(self._plan.client(seq), self.own) if self._others else self.own
