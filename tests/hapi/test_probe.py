"""A stock HAPI is looked at: what it says, and what a probe makes of that."""

from __future__ import annotations

import asyncio
import json
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import httpx
import pytest
from launcher import hapi as serve_hapi
from launcher import missing

from asking import organization
from judging import skip_without
from kt_migrate.kt2.client import FhirClient
from kt_migrate.kt2.keys import Key
from kt_migrate.kt2.login import Credentials
from kt_migrate.probing.limits import NO_END
from kt_migrate.probing.observing import STANDARD_SYSTEMS, Observed, Searching, observe
from kt_migrate.probing.service import TYPES
from kt_migrate.sandbox.settings import ALL_SCOPES
from support import CLIENT, command, serving

pytestmark = [pytest.mark.hapi, pytest.mark.integration]

KIND = {"Content-Type": "application/fhir+json"}
THERE = 3
MANY = 2_500


@pytest.fixture(scope="module")
def own_hapi() -> Iterator[str]:
    """Serve a HAPI of our own, empty."""
    skip_without(missing(own=True))
    with serve_hapi(own=True) as base:
        yield base


class NoLogin:
    """A stock HAPI asks for no token: this is none."""

    scope = ALL_SCOPES
    lifetime = None

    async def token(self, refused: str = "") -> str:
        """Return something to send."""
        return f"none{refused}"


def of_hapi(base: str, key: Key) -> FhirClient:
    """Return a client of a server without a login."""
    with patch("kt_migrate.kt2.client.Login", lambda *_, **_more: NoLogin()):
        return FhirClient(
            base,
            Credentials(client_id=CLIENT, key=key, kid="k", algorithm="RS512"),
            trace_id=str(uuid.uuid4()),
            max_in_flight=1,
            now=time.time,
        )


def seen_of(base: str, key: Key) -> Observed:
    """Look at it without a sandbox before it."""

    async def work() -> Observed:
        async with of_hapi(base, key) as client:
            return await observe(client, client_id=CLIENT, systems=STANDARD_SYSTEMS, now=time.time)

    return asyncio.run(work())


def test_a_stock_hapi_is_seen_as_it_is(own_hapi: str, key: Key) -> None:
    """Its own statement, searches and clock; it runs no Device of ours."""
    for number in range(THERE):
        made = httpx.post(
            f"{own_hapi}/Organization", json=organization(f"h{number}"), headers=KIND, timeout=60
        )
        assert made.status_code == 201, made.text
    seen = seen_of(own_hapi, key)
    service = seen.service

    assert seen.stopped_by is None
    assert seen.clock is not None
    assert service.fhir_version == "4.0.1"
    assert service.conditional_create == TYPES
    allowed = dict(service.interactions or ())
    for r4_type in TYPES:
        assert {"read", "search-type", "create", "update", "delete"} <= set(allowed[r4_type])
        assert "history-instance" in allowed[r4_type]
    assert service.device == "absent"
    assert service.subscriptions == ()
    assert seen.searching == Searching(finds=True, counts=True, sorts=True, pages=True)
    assert {r4_type: n for (r4_type, _s), n in seen.there.items() if n} == {"Organization": THERE}


def test_where_a_stock_hapi_ends_a_search_is_measured(own_hapi: str, key: Key) -> None:
    """It goes on past the 2,200 hits of the reference service: that one's page size is the limit."""
    for start in range(0, MANY, 250):
        entries = [
            {
                "resource": organization(f"many{number}"),
                "request": {"method": "POST", "url": "Organization"},
            }
            for number in range(start, start + 250)
        ]
        bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
        made = httpx.post(own_hapi, json=bundle, headers=KIND, timeout=300)
        assert made.status_code == 200, made.text[:500]

    assert seen_of(own_hapi, key).service.search_limit == NO_END


def test_a_sandbox_before_a_stock_hapi_gives_what_the_plan_needs(
    own_hapi: str, workspace: Path
) -> None:
    """Searches, paging and counts are HAPI's."""
    with serving(workspace, "--upstream", own_hapi):
        command("plan", cwd=workspace)
        done = command("probe", "--env", "local", "--json", cwd=workspace, check=False)

    document = json.loads(done.stdout)
    sys.stdout.write(
        "".join(f"{p['id']}: {p['verdict']}: {p['found']}\n" for p in document["points"])
    )
    wrong = {
        p["id"]: p["found"] for p in document["points"] if p["needed"] and p["verdict"] != "met"
    }
    assert (done.returncode, wrong) == (0, {})
