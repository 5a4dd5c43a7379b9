"""The service that the rows are asked of; one for all of them."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from kt_migrate.kt2.keys import Key, public_jwks
from kt_migrate.sandbox.server import running
from kt_migrate.sandbox.settings import SEARCH_LIMIT, TYPES, Client, SandboxSettings
from twin.service import Caller, Service, Who, endpoint_of, logged_in, who_says

LIMIT = 45
"""Where the sandbox's searches end here: so that to reach it takes no minute."""


def clients(key: Key) -> tuple[Client, Client]:
    """Return one that may do everything, and one that sees what is its own."""
    kids = {"k1": "RS512", "k384": "RS384", "k256": "RS256"}
    jwks = {"keys": [public_jwks(key, kid, name)["keys"][0] for kid, name in kids.items()]}
    own = " ".join(f"system/{r4_type}.cruds?resource-origin=Device/own" for r4_type in TYPES)
    return Client(client_id="all", jwks=jwks), Client(client_id="own", jwks=jwks, scopes=own)


@pytest.fixture(scope="session")
def service(key: Key, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Return the service: a real one when KT2_BASE says which, else a sandbox."""
    real = os.environ.get("KT2_BASE", "").rstrip("/")
    if real:
        who, other = who_says("KT2"), who_says("KT2_OTHER")
        assert who is not None, "KT2_BASE asks for KT2_KEY and KT2_CLIENT_ID"
        yield from _served(real, who, other, real=True)
        return
    settings = SandboxSettings(
        base_path="/api/v1/TEST/fhir/r4",
        clients=clients(key),
        store=tmp_path_factory.mktemp("twin") / "store.sqlite",
        search_limit=LIMIT,
    )
    with running(settings) as served:
        yield from _served(served.base, Who("all", key, "k1"), Who("own", key, "k1"), real=False)


def _served(base: str, who: Who, other: Who | None, *, real: bool) -> Iterator[Service]:
    endpoint = endpoint_of(base)
    callers = [logged_in(base, endpoint, one) for one in (who, other) if one is not None]
    yield Service(
        base=base,
        endpoint=endpoint,
        real=real,
        caller=callers[0],
        other=callers[1] if other is not None else None,
        limit=SEARCH_LIMIT if real else LIMIT,
        many=not real or os.environ.get("KT2_MANY") == "1",
    )
    for caller in callers:
        caller.http.close()


@pytest.fixture(scope="session")
def caller(service: Service) -> Caller:
    """Return a client that may do everything."""
    return service.caller
