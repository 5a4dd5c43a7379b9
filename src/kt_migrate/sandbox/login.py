"""The token endpoint: really verifies the assertion, and burns each jti. Source: server.md §1."""

from __future__ import annotations

import base64
import json
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from kt_migrate.sandbox.settings import Client, Faults

ALGORITHMS = ["RS512", "RS384", "ES384"]
_LEEWAY_SECONDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a token stands for."""

    client_id: str
    scopes: str
    expires: float


class Tokens:
    """Gives tokens out, and knows them again. They live as long as the process."""

    def __init__(
        self,
        clients: tuple[Client, ...],
        endpoint: str,
        burn: Callable[[str], bool],
        faults: Faults,
    ) -> None:
        self._clients = {client.client_id: client for client in clients}
        self._keys = {c.client_id: KeySet.import_key_set(dict(c.jwks)) for c in clients}  # type: ignore[arg-type]  # JSON of the registration
        self._endpoint = endpoint
        self._burn = burn
        self._faults = faults
        self._grants: dict[str, Grant] = {}

    def grant(self, assertion: str) -> tuple[str, Grant] | None:
        """Return a token for an assertion, or None when anything is wrong with it."""
        client = self._verified(assertion)
        if client is None:
            return None
        token = secrets.token_urlsafe(48)
        grant = Grant(
            client_id=client.client_id,
            scopes=client.scopes,
            expires=time.time() + self._faults.token_seconds,
        )
        self._grants[token] = grant
        return token, grant

    def _verified(self, assertion: str) -> Client | None:
        claims = _unverified(assertion)
        client = self._clients.get(str(claims.get("iss")))
        jti = claims.get("jti")
        # The reference service burns the jti even when a later check fails.
        if not isinstance(jti, str) or not jti or not self._burn(jti) or client is None:
            return None
        try:
            token = jwt.decode(assertion, self._keys[client.client_id], algorithms=ALGORITHMS)
        except (JoseError, ValueError):
            return None
        return client if self._claims_hold(token.claims, client) else None

    def _claims_hold(self, claims: Mapping[str, object], client: Client) -> bool:
        expires, now = claims.get("exp"), time.time() + self._faults.clock_off
        not_before = claims.get("nbf", 0)
        return (
            claims.get("aud") == self._endpoint
            and claims.get("sub") == client.client_id
            and isinstance(expires, int)
            and expires > now - _LEEWAY_SECONDS
            and isinstance(not_before, int)
            and not_before < now + _LEEWAY_SECONDS
        )

    def known(self, token: str) -> Grant | None:
        """Return what a token stands for; None when it is unknown or has expired."""
        grant = self._grants.get(token)
        if grant is None or grant.expires < time.time():
            return None
        return grant


def _unverified(assertion: str) -> Mapping[str, object]:
    try:
        part = assertion.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (IndexError, ValueError):
        return {}
    return claims if isinstance(claims, dict) else {}
