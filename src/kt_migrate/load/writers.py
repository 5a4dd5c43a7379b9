"""Which client of ours writes what: each with a login and token of its own, all with one pace.

The server is one, whoever asks: how many requests are under way, how many per second, and how
many refusals are borne, is counted for all clients together.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

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


@asynccontextmanager
async def writers_of(plan: Plan, client: Callable[[str], FhirClient]) -> AsyncIterator[Writers]:
    """Open the environment's own client, and those that a plan needs beside it.

    Args:
        plan: the run's.
        client: makes one by its name; empty: the environment's own.
    """
    async with AsyncExitStack() as stack:
        own = await stack.enter_async_context(client(""))
        others = {
            name: await stack.enter_async_context(client(name)) for name in plan.clients() if name
        }
        yield Writers(own, plan, others)
