"""Each write has its client, also to look at what became of it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from unittest.mock import patch

from kt_migrate.kt2.client import FhirClient, Found
from kt_migrate.kt2.login import Credentials
from kt_migrate.load.writers import Writers
from kt_migrate.model import Key
from kt_migrate.plan.store import Plan
from load.wire import Server
from load.world import TRACE, key_of, patients, plan_with

MINE = {1: "", 2: "portal", 3: "portal"}


class Narrow(FhirClient):
    """Sees what it wrote itself, and nothing else."""

    def __init__(self, credentials: Credentials, own: Sequence[str]) -> None:
        super().__init__(
            Server().base, credentials, trace_id=TRACE, max_in_flight=1, now=lambda: 0.0
        )
        self.own = {key_of(name) for name in own}
        self.asked: list[Key] = []

    async def find(self, keys: Sequence[Key]) -> dict[Key, tuple[Found, ...]]:
        """Find what is its own."""
        self.asked += keys
        return {
            key: (Found(id=key.value, version="1", resource={}),) for key in keys if key in self.own
        }


def test_each_write_is_looked_up_as_the_client_that_writes_it(
    tmp_path: Path, credentials: Credentials
) -> None:
    """What one client cannot see another may have written: it is asked."""
    own, portal = Narrow(credentials, "a"), Narrow(credentials, "bc")
    wanted = [(1, key_of("a")), (2, key_of("b")), (3, key_of("c"))]
    with (
        plan_with(tmp_path, patients("a", "b", "c")) as plan,
        patch.object(Plan, "client", lambda _self, seq: MINE[seq]),
    ):
        found = asyncio.run(Writers(own, plan, {"portal": portal}).find(wanted))
        alone = asyncio.run(Writers(portal, plan).find(wanted))

    assert set(found) == {key for _seq, key in wanted}
    assert (own.asked, portal.asked[:2]) == ([key_of("a")], [key_of("b"), key_of("c")])
    assert set(alone) == portal.own
    assert asyncio.run(Writers(own, plan).find([])) == {}
