"""What the sandbox's tests share: an organisation, a client that is logged in."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from typing import Any

import httpx
from joserfc import jwt

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
    """Return a token request; a claim that is None is left out."""
    now = int(time.time())
    own: dict[str, object] = {
        "iss": CLIENT,
        "sub": CLIENT,
        "aud": served.sandbox.token_endpoint,
        "jti": str(uuid.uuid4()),
        "exp": now + 60,
    }
    kept = {name: value for name, value in (own | claims).items() if value is not None}
    signed = jwt.encode({"alg": "RS512", "kid": "k1"}, kept, key, algorithms=["RS512"])
    return {"grant_type": "client_credentials", "client_assertion": signed}


def caller_of(key: Key, served: Running) -> Caller:
    """Log in."""
    endpoint = served.sandbox.token_endpoint
    token = httpx.post(endpoint, data=assertion(key, served)).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    return Caller(httpx.Client(base_url=served.base, headers=headers, timeout=10), served)
