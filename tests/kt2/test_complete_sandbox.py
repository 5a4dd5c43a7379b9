"""The sandbox, which ends every search at 2,200 hits, is read whole."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from asking import SYSTEM, organization
from kt_migrate.errors import CouldNotLookError
from kt_migrate.kt2.client import FhirClient
from kt_migrate.kt2.complete import read_complete
from kt_migrate.kt2.login import Credentials
from kt_migrate.model import Resource
from kt_migrate.sandbox.settings import Faults
from kt_migrate.sandbox.sqlite_store import SqliteStore
from support import SandboxMaker

COUNT, TOGETHER = 2_400, 500


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store of 2,400 organisations, 500 of which share one instant."""
    path = tmp_path_factory.mktemp("store") / "store.sqlite"
    moment = [1_800_000_000.0]
    store = SqliteStore(path, clock=lambda: moment[0])

    async def work() -> None:
        for number in range(COUNT):
            if not COUNT // 2 < number < COUNT // 2 + TOGETHER:
                moment[0] += 0.001
            await store.create(organization(f"https://epd.example/{number}"), None)
        await store.stop()

    asyncio.run(work())
    return path


@pytest.mark.parametrize("off", [0, 1])
def test_more_than_a_search_shows_is_read_whole_and_a_lying_count_is_seen(
    tmp_path: Path, filled: Path, sandbox: SandboxMaker, credentials: Credentials, off: int
) -> None:
    """By keyset, and the 500 by a window; the count is the judge."""
    shutil.copy(filled, tmp_path / "store.sqlite")
    served = sandbox(Faults(count_off=off))
    seen: set[str] = set()

    def keep(resources: Sequence[Resource]) -> int:
        before = len(seen)
        seen.update(str(resource["id"]) for resource in resources)
        return len(seen) - before

    async def work() -> int:
        async with FhirClient(
            served.base, credentials, trace_id="t", max_in_flight=2, now=time.time
        ) as client:
            return await read_complete(client, "Organization", SYSTEM, keep)

    if off:
        with pytest.raises(CouldNotLookError, match="2401 resources, and 2400 could be read"):
            asyncio.run(work())
    else:
        assert asyncio.run(work()) == len(seen) == COUNT
