"""A domain that no single search can hold is verified whole."""

from __future__ import annotations

import asyncio
from pathlib import Path

import orjson
import pytest

from kt_migrate.books import canonical, digest, hash_totals
from kt_migrate.errors import CouldNotLookError
from kt_migrate.kt2.login import Credentials
from kt_migrate.model import MIGRATION_SYSTEM, PROFILE_BASE, Resource
from kt_migrate.plan.store import Plan
from kt_migrate.plan.writing import PlanContent, write_plan
from kt_migrate.sandbox.settings import Faults
from kt_migrate.sandbox.sqlite_store import SqliteStore
from support import SandboxMaker, verify_all

pytestmark = pytest.mark.integration
COUNT, LIMIT, SYSTEM = 600, 220, MIGRATION_SYSTEM + "Organization"


def organization(number: int) -> Resource:
    """Return a planned organisation."""
    return {
        "resourceType": "Organization",
        "meta": {"profile": [PROFILE_BASE + "Organization"]},
        "identifier": [{"use": "temp", "system": SYSTEM, "value": f"https://epd.example/{number}"}],
        "active": True,
        "name": f"Instelling {number}",
    }


def planned(path: Path) -> Plan:
    """Return a plan of 600 organisations."""
    bodies = [organization(number) for number in range(1, COUNT + 1)]
    digests = [digest(canonical(body)) for body in bodies]
    (total,) = hash_totals(("Organization", d) for d in digests).values()
    rows = [
        (n, "Organization", SYSTEM, link, 0, "Organization", link, d, orjson.dumps(body))
        for n, (d, body) in enumerate(zip(digests, bodies, strict=True), start=1)
        for link in [f"https://epd.example/{n}"]
    ]
    totals = [("Organization", total.count, total.hex)]
    write_plan(path, PlanContent(meta=[], writes=rows, references=[], hash_totals=totals))
    return Plan(path)


def fill(path: Path) -> None:
    """Store them as a server has them."""
    store = SqliteStore(path)

    async def work() -> None:
        for number in range(1, COUNT + 1):
            await store.create(organization(number), None)
        await store.stop()

    asyncio.run(work())


def test_more_resources_than_two_searches_hold_are_equal_and_a_lying_count_is_no_difference(
    tmp_path: Path, sandbox: SandboxMaker, credentials: Credentials
) -> None:
    """More than twice what a search gives; with one more in the count nothing is compared."""
    fill(tmp_path / "store.sqlite")
    served = sandbox(Faults(), search_limit=LIMIT)
    with planned(tmp_path / "plan.sqlite") as plan:
        result = verify_all(plan, tmp_path, served.base, credentials)
        served.faults.count_off = 1
        with pytest.raises(CouldNotLookError):
            verify_all(plan, tmp_path, served.base, credentials)

    assert result.passed
    assert [(t.planned.count, t.found.count, t.equal) for t in result.types] == [
        (COUNT, COUNT, True)
    ]
