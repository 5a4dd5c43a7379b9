"""What is seen of a real sandbox, over real sockets: all of it, and nothing made up."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from unittest.mock import patch

import httpx
import pytest

from asking import Caller, caller_of, organization
from kt_migrate.conformance import newest_version
from kt_migrate.errors import LoginError, ServerUnavailableError
from kt_migrate.kt2.client import FhirClient
from kt_migrate.kt2.keys import Key
from kt_migrate.kt2.login import Credentials
from kt_migrate.model import MIGRATION_SYSTEM
from kt_migrate.probing.observing import STANDARD_SYSTEMS, Observed, Searching, observe
from kt_migrate.probing.service import NAMES, TYPES, Service, look
from kt_migrate.sandbox.settings import ALL_SCOPES, Faults
from support import CLIENT, SandboxMaker

pytestmark = pytest.mark.integration


def seen_of(base: str, credentials: Credentials, now: Callable[[], float] = time.time) -> Observed:
    """Look at a server."""

    async def work() -> Observed:
        async with FhirClient(
            base, credentials, trace_id=str(uuid.uuid4()), max_in_flight=1, now=time.time
        ) as client:
            return await observe(client, client_id=CLIENT, systems=STANDARD_SYSTEMS, now=now)

    return asyncio.run(work())


def looked_at(base: str, credentials: Credentials) -> Service:
    """Look at a server as `run` does."""

    async def work() -> Service:
        async with FhirClient(
            base, credentials, trace_id=str(uuid.uuid4()), max_in_flight=1, now=time.time
        ) as client:
            return await look(client, client_id=CLIENT)

    return asyncio.run(work())


def wrote(caller: Caller, number: int) -> None:
    """Write organisations, and a subscription."""
    for each in range(number):
        assert caller.post(organization(f"o{each},|$")).status_code == 201
    subscription = {
        "resourceType": "Subscription",
        "meta": {"profile": ["http://koppeltaal.nl/fhir/StructureDefinition/KT2Subscription"]},
        "status": "active",
        "reason": "x",
        "criteria": "Task?status=ready",
        "channel": {"type": "rest-hook", "endpoint": "https://app.example/hooks"},
    }
    assert caller.post(subscription).status_code == 201
    caller.http.close()


def test_everything_is_seen(sandbox: SandboxMaker, key: Key, credentials: Credentials) -> None:
    """And looking a second time, as a run does, sees the same."""
    served = sandbox()
    wrote(caller_of(key, served), 3)
    seen = seen_of(served.base, credentials)
    service = seen.service

    assert seen.stopped_by is None
    assert (seen.logged_in, seen.lifetime) == (True, 300)
    assert seen.clock is not None
    assert seen.clock.least < seen.clock.most
    assert seen.searching == Searching(finds=True, counts=True, sorts=True, pages=True)
    assert {kind: n for kind, n in seen.there.items() if n} == {
        ("Organization", MIGRATION_SYSTEM + "Organization"): 3
    }
    assert set(seen.there) == set(STANDARD_SYSTEMS)
    assert service.software is not None
    assert service.software.startswith("kt-migrate sandbox")
    assert (service.fhir_version, service.profiles) == ("4.0.1", (newest_version(),))
    assert service.conditional_create == TYPES
    assert service.interactions is not None
    assert [r4_type for r4_type, _codes in service.interactions] == list(TYPES)
    assert service.scope == tuple(sorted(ALL_SCOPES.split()))
    assert (service.device, service.search_limit) == ("active", None)
    assert service.subscriptions is not None
    assert [s.criteria for s in service.subscriptions] == ["Task?status=ready"]
    again = looked_at(served.base, credentials)
    assert again.differences(service) == ()
    assert again.digest == service.digest


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"profile_version": "9.9.9"}, "profiles"),
        ({"conditional_create": False}, "conditional_create"),
        ({"deletes": False}, "interactions"),
    ],
)
def test_a_server_that_changed_is_noticed(
    sandbox: SandboxMaker, credentials: Credentials, changed: dict[str, object], named: str
) -> None:
    """By the name of what changed."""
    served = sandbox()
    before = looked_at(served.base, credentials)
    settings = replace(served.sandbox.settings, **changed)  # type: ignore[arg-type]  # as named
    served.sandbox.settings = settings
    after = looked_at(served.base, credentials)

    assert after.differences(before) == (NAMES[named],)
    assert after.digest != before.digest


def test_a_role_that_lost_something_is_noticed(
    sandbox: SandboxMaker, key: Key, credentials: Credentials
) -> None:
    """So is a subscription that came since."""
    served = sandbox()
    before = looked_at(served.base, credentials)
    wrote(caller_of(key, served), 0)
    clients = served.sandbox.tokens._clients
    clients[CLIENT] = replace(clients[CLIENT], scopes=ALL_SCOPES.replace("Task.cruds", "Task.rs"))
    after = looked_at(served.base, credentials)

    assert after.differences(before) == (NAMES["scope"], NAMES["subscriptions"])


def test_a_statement_that_wants_a_token_is_asked_with_one(
    sandbox: SandboxMaker, credentials: Credentials
) -> None:
    """Some servers tell strangers nothing."""
    served = sandbox()
    whole = looked_at(served.base, credentials)
    glance = FhirClient.glance

    async def to_strangers(
        client: FhirClient, address: str, *, openly: bool = False
    ) -> httpx.Response:
        return httpx.Response(401) if openly else await glance(client, address)

    with patch.object(FhirClient, "glance", to_strangers):
        assert looked_at(served.base, credentials) == whole


def test_a_client_without_a_device_is_seen(sandbox: SandboxMaker, credentials: Credentials) -> None:
    """The domain administration never made it."""
    assert looked_at(sandbox(makes_devices=False).base, credentials).device == "absent"


@pytest.mark.parametrize(
    ("scopes", "unseen"),
    [
        ("system/Task.rs", {"device", "subscriptions"}),
        (ALL_SCOPES.replace("Subscription.cruds", "Subscription.c"), {"subscriptions"}),
        (ALL_SCOPES.replace("Device.cruds", "Device.c"), {"device"}),
    ],
)
def test_what_may_not_be_read_is_not_seen(
    sandbox: SandboxMaker, credentials: Credentials, scopes: str, unseen: set[str]
) -> None:
    """A 403 stops nothing: all else is seen."""
    seen = seen_of(sandbox(scopes=scopes).base, credentials)

    assert seen.stopped_by is None
    none = {name for name in NAMES if getattr(seen.service, name) is None}
    assert none - {"search_limit"} == unseen


@pytest.mark.parametrize(
    ("limit", "there", "found"), [(2_200, 2_201, 2_200), (0, 2_450, 0), (2_200, 30, None)]
)
def test_where_a_search_ends_shows_when_there_is_more(
    sandbox: SandboxMaker, credentials: Credentials, limit: int, there: int, found: int | None
) -> None:
    """Elsewhere it is not known."""
    served = sandbox(search_limit=limit)
    store = served.sandbox.store

    async def fill() -> None:
        for number in range(there):
            await store.create(organization(str(number)), None)

    asyncio.run(fill())

    assert looked_at(served.base, credentials).search_limit == found


def test_small_pages_lead_to_the_limit_too(sandbox: SandboxMaker, credentials: Credentials) -> None:
    """A stock HAPI gives fifty at most, whatever is asked."""
    served = sandbox(search_limit=0)
    store = served.sandbox.store

    async def fill() -> None:
        for number in range(2_450):
            await store.create(organization(str(number)), None)

    asyncio.run(fill())
    with patch("kt_migrate.sandbox.search_terms.MAX_PAGE", 50):
        seen = seen_of(served.base, credentials)

    assert (seen.service.search_limit, seen.largest) == (0, 2_450)


def test_a_clock_is_measured_by_the_servers(
    sandbox: SandboxMaker, credentials: Credentials
) -> None:
    """How far it is ahead lies between the two that are told."""
    seen = seen_of(sandbox(Faults(clock_off=80)).base, credentials)

    assert seen.clock is not None
    assert seen.clock.least <= 80 <= seen.clock.most
    assert seen.logged_in


def test_a_login_that_is_refused_leaves_what_anybody_may_see(
    sandbox: SandboxMaker, credentials: Credentials
) -> None:
    """The clock that explains it, say."""
    seen = seen_of(sandbox(Faults(clock_off=3_600)).base, credentials)

    assert seen.logged_in is False
    assert isinstance(seen.stopped_by, LoginError)
    assert seen.clock is not None
    assert seen.clock.least > 60
    assert seen.service.fhir_version == "4.0.1"
    assert seen.service.profiles
    assert seen.service.scope is None
    assert seen.searching == Searching()


def test_a_server_that_is_away_is_not_seen(sandbox: SandboxMaker, credentials: Credentials) -> None:
    """And nobody said that the login is wrong."""
    faults = Faults(login_error_every=1)
    seen = seen_of(sandbox(faults).base, credentials)

    assert seen.logged_in is None
    assert isinstance(seen.stopped_by, ServerUnavailableError)


def test_a_count_that_lies_hides_subscriptions(
    sandbox: SandboxMaker, credentials: Credentials
) -> None:
    """What cannot be shown to be all of them was not seen."""
    seen = seen_of(sandbox(Faults(count_off=1)).base, credentials)

    assert seen.service.subscriptions is None
