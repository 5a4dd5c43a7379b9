"""SMART backend services: a signed assertion for a token. Source: TOP-KT-005c, server.md §1."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus

import aiohttp
import httpx
import orjson
from joserfc import jwt
from joserfc.errors import JoseError

from kt_migrate.errors import ConfigurationError, LoginError, ServerUnavailableError
from kt_migrate.kt2.keys import Key
from kt_migrate.model import Json

ASSERTION_SECONDS = 90
"""How long an assertion lives: KT 2.0 allows 300, and a shorter one can leak less."""

RENEW_AT = 0.8
"""Part of a token's life after which it is renewed."""

_BUSY = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)
_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """Who logs in, and with what."""

    client_id: str
    key: Key
    kid: str
    algorithm: str


class Login:
    """Keeps a token fresh; any number of requests may ask for it at once."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        base: str,
        credentials: Credentials,
        *,
        now: Callable[[], float],
    ) -> None:
        self._http = http
        self._base = base
        self._credentials = credentials
        self._now = now
        self._endpoint = ""
        self._token = ""
        self._renew_at = 0.0
        self._one = asyncio.Lock()
        self.scope = ""

    async def token(self, refused: str = "") -> str:
        """Return a token that is good for a while.

        Args:
            refused: a token that the server just answered 401 to: it is not given again.

        Raises:
            ConfigurationError: the key does not fit the algorithm.
            LoginError: the server does not want us. Trying again cannot help.
            ServerUnavailableError: no answer.
        """
        if self._token and self._token != refused and self._now() < self._renew_at:
            return self._token
        async with self._one:
            if not self._token or self._token == refused or self._now() >= self._renew_at:
                await self._renew()
        return self._token

    async def _renew(self) -> None:
        endpoint = self._endpoint or await self._discover()
        assertion = self._assertion(endpoint)
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": _ASSERTION_TYPE,
            "client_assertion": assertion,
            "scope": "*",
        }
        answer = await _answer(endpoint, self._http.post(endpoint, data=form))
        content = _json(answer)
        token = content.get("access_token")
        if answer.is_error or not isinstance(token, str):
            raise LoginError(
                f"The login was refused (HTTP {answer.status_code}).",
                where=endpoint,
                fix="Check client_id, key and kid, and whether the JWKS is registered there.",
            )
        lifetime = content.get("expires_in")
        seconds = lifetime if isinstance(lifetime, int) and not isinstance(lifetime, bool) else 300
        self._token, self._renew_at = token, self._now() + RENEW_AT * seconds
        self.scope = str(content.get("scope") or "")

    def _assertion(self, endpoint: str) -> str:
        mine, now = self._credentials, int(self._now())
        header = {"alg": mine.algorithm, "kid": mine.kid, "typ": "JWT"}
        claims = {
            "iss": mine.client_id,
            "sub": mine.client_id,
            "aud": endpoint,
            "jti": str(uuid.uuid4()),
            "iat": now,
            "nbf": now,
            "exp": now + ASSERTION_SECONDS,
        }
        try:
            return jwt.encode(header, claims, mine.key, algorithms=[mine.algorithm])
        except JoseError:
            raise ConfigurationError(
                f"The private key does not fit the algorithm {mine.algorithm}.",
                where=mine.kid,
                fix="Correct key.algorithm in the environment's file, or make another key.",
            ) from None

    async def _discover(self) -> str:
        """Ask the server where tokens are given; never build that address from strings."""
        url = f"{self._base}/.well-known/smart-configuration"
        answer = await _answer(url, self._http.get(url))
        endpoint = _json(answer).get("token_endpoint")
        if not isinstance(endpoint, str):
            raise LoginError(
                "The server does not say where to log in.",
                where=url,
                fix="Check fhir_base_url in the environment's file.",
            )
        if _place(self._base) != _place(endpoint):
            raise LoginError(
                "The server wants the login at another host; no assertion is sent there.",
                where=url,
                fix="Ask the administrators of the environment whether this is right.",
            )
        self._endpoint = endpoint
        return endpoint


async def _answer(url: str, request: Awaitable[httpx.Response]) -> httpx.Response:
    try:
        answer = await request
    except (httpx.HTTPError, aiohttp.ClientError, OSError):
        raise ServerUnavailableError(
            "The server does not answer.",
            where=url,
            fix="Check the address and the network; then give the same command again.",
        ) from None
    if answer.is_server_error or answer.status_code in _BUSY:
        raise ServerUnavailableError(
            f"The server fails (HTTP {answer.status_code}).",
            where=url,
            fix="Give the same command again later.",
        )
    return answer


def _place(address: str) -> tuple[str, str]:
    """Return scheme and host, as read by what sends the request; none when it cannot be read."""
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL:
        return ("", "")
    return (url.scheme, url.host)


def _json(answer: httpx.Response) -> dict[str, Json]:
    try:
        content: Json = orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        return {}
    return content if isinstance(content, dict) else {}
