"""SMART backend services: a signed assertion for a token. Source: TOP-KT-005c, server.md §1.

The request is Authlib's: its OAuth 2 client makes it, and its `private_key_jwt` signs it, on our
connections, where no redirect is followed. What the answer means is ours: KT 2.0 refuses in plain
text, and a token is renewed by an injected clock.
"""

from __future__ import annotations

import asyncio
import ssl
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import aiohttp
import httpx
import orjson
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.client import OAuth2Client
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from joserfc.errors import JoseError

from kt_migrate.config import is_secure
from kt_migrate.errors import ConfigurationError, LoginError, ServerUnavailableError, said
from kt_migrate.kt2.keys import Key
from kt_migrate.kt2.retry import FIRST_LOGIN, RENEWAL, Again, Retry, again
from kt_migrate.kt2.tls import tls_trouble
from kt_migrate.model import Json

ASSERTION_SECONDS = 90
"""How long an assertion lives: KT 2.0 allows 300, and a shorter one can leak less."""

RENEW_AT = 0.8
"""Part of a token's life after which it is renewed."""

_FORM = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """Who logs in, with what, and where.

    Attributes:
        client_id: who.
        key: what signs the assertion.
        kid: its name in the JWKS.
        algorithm: how it signs.
        tls: how every connection is secured; None: in the standard way.
        token_host: the only host where the login may be, with a port that is not https's own;
            None: that of the FHIR base.
    """

    client_id: str
    key: Key
    kid: str
    algorithm: str
    tls: ssl.SSLContext | None = None
    token_host: str | None = None


class Login:
    """Keeps a token fresh; any number of requests may ask for it at once."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        base: str,
        credentials: Credentials,
        *,
        now: Callable[[], float],
        retry: Retry | None = None,
    ) -> None:
        self._http = http
        self._base = base
        self._credentials = credentials
        self._now = now
        self._retry = retry or Retry()
        self._endpoint = ""
        self._token = ""
        self._renew_at = 0.0
        self._one = asyncio.Lock()
        self.scope = ""
        self.lifetime: int | None = None

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
        answer = await self._answer(endpoint, lambda: self._request(endpoint))
        content = _json(answer)
        token = content.get("access_token")
        if answer.is_error or not isinstance(token, str):
            raise LoginError(
                said("The login was refused (HTTP {status_code}).", status_code=answer.status_code),
                where=endpoint,
                fix="Check client_id, key and kid, and whether the JWKS is registered there.",
            )
        words = content.get("expires_in")
        self.lifetime = words if isinstance(words, int) and not isinstance(words, bool) else None
        seconds = 300 if self.lifetime is None else self.lifetime
        self._token, self._renew_at = token, self._now() + RENEW_AT * seconds
        self.scope = str(content.get("scope") or "")

    def _request(self, endpoint: str) -> Awaitable[httpx.Response]:
        """Ask for a token, with an assertion of its own.

        Raises:
            ConfigurationError: the key does not fit the algorithm.
        """
        mine, now = self._credentials, int(self._now())
        claims = {
            "jti": str(uuid.uuid4()),
            "iat": now,
            "nbf": now,
            "exp": now + ASSERTION_SECONDS,
        }
        # Made anew each time: Authlib keeps the jti that it finds.
        method = PrivateKeyJWT(
            endpoint, claims, {"kid": mine.kid, "typ": "JWT"}, alg=mine.algorithm
        )
        client = _OnOurConnections(
            self._http, mine.client_id, mine.key, token_endpoint_auth_method=method
        )
        asked: Awaitable[httpx.Response] = client.fetch_token(
            endpoint, grant_type="client_credentials", headers=_FORM, scope="*"
        )
        return asked

    async def _discover(self) -> str:
        """Ask the server where tokens are given; never build that address from strings."""
        url = f"{self._base}/.well-known/smart-configuration"
        answer = await self._answer(url, lambda: self._http.get(url))
        endpoint = _json(answer).get("token_endpoint")
        if not isinstance(endpoint, str):
            raise LoginError(
                "The server does not say where to log in.",
                where=url,
                fix="Check fhir_base_url in the environment's file.",
            )
        self._require_right_host(endpoint, url)
        self._endpoint = endpoint
        return endpoint

    def _require_right_host(self, endpoint: str, url: str) -> None:
        """Refuse a login at another host than that of the FHIR base, or than the one named.

        Raises:
            LoginError: nothing was sent there.
        """
        named = self._credentials.token_host
        if named is None and _place(self._base) != _place(endpoint):
            raise LoginError(
                "The server wants the login at another host; no assertion is sent there.",
                where=url,
                fix="Ask the administrators of the environment whether this is right; "
                "if it is, name the host under token_host.",
            )
        if named is not None and not is_at(endpoint, named):
            raise LoginError(
                "The server wants the login elsewhere than at token_host; nothing is sent there.",
                where=url,
                fix="Ask the administrators of the environment which host is right.",
            )

    async def _answer(
        self, url: str, request: Callable[[], Awaitable[httpx.Response]]
    ) -> httpx.Response:
        """Ask, again after trouble: for longer when a run is on its way."""
        patience = RENEWAL if self._token else FIRST_LOGIN

        async def ask() -> httpx.Response | Again:
            try:
                answer = await request()
            except (httpx.HTTPError, aiohttp.ClientError, OSError) as error:
                if (trouble := tls_trouble(error, url)) is not None:
                    raise trouble from None
                return Again(why=type(error).__name__)
            return again(answer, self._now) or answer

        answer = await self._retry.until(ask, patience)
        if isinstance(answer, Again):
            raise _unavailable(url, answer)
        return answer


_LOOK = said("Check the address and the network; then give the same command again.")
_LOOK_SECURED = said(
    "Check the address and the network, and whether it asks for a client certificate; then give "
    "the same command again."
)


def _unavailable(url: str, last: Again) -> ServerUnavailableError:
    if not last.status:
        return ServerUnavailableError(
            "The server does not answer.",
            where=url,
            fix=_LOOK_SECURED if url.startswith("https:") else _LOOK,
        )
    return ServerUnavailableError(
        said("The server fails (HTTP {status}).", status=last.status),
        where=url,
        fix="Give the same command again later.",
    )


class _OnOurConnections(OAuth2Client):  # type: ignore[misc]  # Authlib has no types
    """Authlib's OAuth 2 client, but for the last step: its request leaves by our transport."""

    session: httpx.AsyncClient

    async def _fetch_token(
        self, url: str, body: str, headers: dict[str, str], auth: ClientAuth, method: str
    ) -> httpx.Response:
        try:
            url, headers, body = auth.prepare(method, url, dict(headers), body)
        except JoseError:
            raise ConfigurationError(
                said("The private key does not fit the algorithm {alg}.", alg=auth.auth_method.alg),
                where=auth.auth_method.headers["kid"],
                fix="Correct key.algorithm in the environment's file, or make another key.",
            ) from None
        return await self.session.request(method, url, headers=headers, content=body)


def _place(address: str) -> tuple[str, str]:
    """Return scheme and host, as read by what sends the request; none when it cannot be read."""
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL:
        return ("", "")
    return (url.scheme, url.host)


def is_at(address: str, host: str) -> bool:
    """Whether an address is https at exactly this host; of this machine itself http will do.

    Args:
        address: an endpoint.
        host: `login.example`, with its port when that is not https's own.
    """
    try:
        url = httpx.URL(address)
        wanted = httpx.URL(f"{url.scheme}://{host}")
    except httpx.InvalidURL:
        return False
    if url.userinfo or not is_secure(address):
        return False
    return (url.host, url.port) == (wanted.host, wanted.port)


def _json(answer: httpx.Response) -> dict[str, Json]:
    try:
        content: Json = orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        return {}
    return content if isinstance(content, dict) else {}
