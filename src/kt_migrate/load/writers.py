"""Which client of ours writes what: each with a login and token of its own, all with one pace.

The server is one, whoever asks: how many requests are under way, how many per second, and how
many refusals are borne, is counted for all clients together.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from kt_migrate.kt2.client import FhirClient, Found
from kt_migrate.model import Key
from kt_migrate.plan.store import Plan


class Writers:
    """Chooses the client of a write, also to look at what became of it.

    A client always sees what it wrote itself; the scope of another may hide that, and what is
    hidden looks as if it were not there: it would be written twice, or taken for undone.
    """

    def __init__(
        self, own: FhirClient, plan: Plan, others: Mapping[str, FhirClient] | None = None
    ) -> None:
        self.own = own
        self._plan = plan
        self._others = dict(others or {})

    def of(self, seq: int) -> FhirClient:
        """Return the client that writes one write of the plan."""
        return self.named(self.name(seq))

    def name(self, seq: int) -> str:
        """Return the name of the client that writes one write; empty: the environment's own."""
        return self._plan.client(seq) if self._others else ""

    def named(self, name: str) -> FhirClient:
        """Return a client by its name, as `name` gives it."""
        return self._others[name] if name else self.own

    async def find(self, wanted: Iterable[tuple[int, Key]]) -> dict[Key, tuple[Found, ...]]:
        """Look writes up by temporary identifier, each as the client that writes it.

        Args:
            wanted: number and temporary identifier of each.

        Raises:
            CouldNotLookError, LoginError, ServerUnavailableError: nobody knows what is there.
        """
        per_client: dict[str, tuple[FhirClient, list[Key]]] = {}
        for seq, key in wanted:
            per_client.setdefault(self.name(seq), (self.of(seq), []))[1].append(key)
        found: dict[Key, tuple[Found, ...]] = {}
        for part in await asyncio.gather(*(one.find(keys) for one, keys in per_client.values())):
            found |= part
        return found


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
