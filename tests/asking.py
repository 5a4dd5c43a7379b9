"""What the sandbox's tests share: an organisation, a client that is logged in."""

from __future__ import annotations

import asyncio
import time
import uuid
from dataclasses import dataclass
from typing import Any

import httpx
from joserfc import jwt
from starlette.types import ASGIApp

from kt_migrate.kt2.keys import Key
from kt_migrate.model import MIGRATION_SYSTEM, PROFILE_BASE
from kt_migrate.sandbox.server import Running
from support import CLIENT

KIND = {"Content-Type": "application/fhir+json"}
SYSTEM = MIGRATION_SYSTEM + "Organization"


def organization(value: str, **more: object) -> dict[str, Any]:
    """Return an organisation with a temporary identifier."""
    return {
        "resourceType": "Organization",
        "meta": {"profile": [PROFILE_BASE + "Organization"]},
        "identifier": [{"use": "temp", "system": SYSTEM, "value": value}],
        "active": True,
        **more,
    }


def condition(value: str) -> dict[str, str]:
    """Return the header of a conditional create."""
    return {"If-None-Exist": f"identifier={SYSTEM}|{value}"}


class Straight(httpx.BaseTransport):
    """Asks an application straight away, and waits for its answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = httpx.ASGITransport(app)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Ask."""

        async def ask() -> httpx.Response:
            answer = await self._app.handle_async_request(request)
            content = await answer.aread()
            return httpx.Response(answer.status_code, headers=answer.headers, content=content)

        return asyncio.run(ask())


@dataclass(frozen=True, slots=True)
class Inside(Running):
    """A sandbox in this process, without a socket."""

    app: ASGIApp


def transport_of(served: Running) -> httpx.BaseTransport | None:
    """Return how requests come to a sandbox; None: as httpx does it."""
    return Straight(served.app) if isinstance(served, Inside) else None


def ask(served: Running, method: str, url: str, **form: str) -> httpx.Response:
    """Ask a sandbox without a token."""
    with httpx.Client(transport=transport_of(served)) as http:
        return http.request(method, url, data=form or None)


@dataclass
class Caller:
    """A client with a token."""

    http: httpx.Client
    running: Running

    def post(self, resource: dict[str, Any], **headers: str) -> httpx.Response:
        """POST a resource to its type."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.post(f"/{resource['resourceType']}", json=resource, headers=KIND | named)

    def put(self, resource: dict[str, Any], **headers: str) -> httpx.Response:
        """PUT a resource to its id."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        path = f"/{resource['resourceType']}/{resource['id']}"
        return self.http.put(path, json=resource, headers=KIND | named)


def assertion(key: Key, served: Running, **claims: object) -> dict[str, str]:
    """Return a token request of the tests' client; a claim that is None is left out."""
    return signed(key, "k1", CLIENT, served.sandbox.token_endpoint, "RS512", **claims)


def signed(
    key: Key, kid: str, client: str, endpoint: str, alg: str = "RS512", **claims: object
) -> dict[str, str]:
    """Return a token request."""
    own: dict[str, object] = {
        "iss": client,
        "sub": client,
        "aud": endpoint,
        "jti": str(uuid.uuid4()),
        "exp": int(time.time()) + 60,
    }
    kept = {name: value for name, value in (own | claims).items() if value is not None}
    made = jwt.encode({"alg": alg, "kid": kid}, kept, key, algorithms=[alg])
    return {"grant_type": "client_credentials", "client_assertion": made}


def caller_of(key: Key, served: Running) -> Caller:
    """Log in."""
    form = assertion(key, served)
    endpoint = served.sandbox.token_endpoint
    return Caller(logged_in(served.base, endpoint, form, transport_of(served)), served)


def logged_in(
    base: str, endpoint: str, form: dict[str, str], transport: httpx.BaseTransport | None = None
) -> httpx.Client:
    """Return a client with the token that a token request gives."""
    with httpx.Client(transport=transport) as http:
        token = http.post(endpoint, data=form).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.Client(base_url=base, headers=headers, timeout=10, transport=transport)
