"""Who gets an assertion, what stands in it, and how long its token is used."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import httpx
import pytest
from joserfc import jwt

from kt_migrate.errors import LoginError
from kt_migrate.kt2.login import ASSERTION_SECONDS, Credentials, Login

pytestmark = pytest.mark.integration

BEGAN = 1_000_000.0


class Place(ThreadingHTTPServer):
    """Gives tokens to anybody; keeps what it was sent.

    Attributes:
        forms: what was posted, in the order of arrival.
        endpoint: what it names as the place where tokens are given.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.forms: list[dict[str, list[str]]] = []
        self.endpoint = f"http://127.0.0.1:{self.server_port}/auth/token"
        self.base = f"http://127.0.0.1:{self.server_port}/fhir"


class _Handler(BaseHTTPRequestHandler):
    server: Place

    def do_GET(self) -> None:
        self._answer({"token_endpoint": self.server.endpoint})

    def do_POST(self) -> None:
        length = int(self.headers["content-length"])
        self.server.forms.append(parse_qs(self.rfile.read(length).decode()))
        self._answer({"access_token": f"t{len(self.server.forms)}", "expires_in": 300})

    def _answer(self, content: dict[str, object]) -> None:
        body = json.dumps(content).encode()
        self.send_response(HTTPStatus.OK)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


@contextmanager
def place() -> Iterator[Place]:
    """Serve on a free port of loopback for as long as the block runs."""
    with Place() as served:
        thread = threading.Thread(target=served.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield served
        finally:
            served.shutdown()
            thread.join()


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.passed = 0.0

    def __call__(self) -> float:
        """Return the moment."""
        return BEGAN + self.passed


def log_in(
    there: Place, credentials: Credentials, story: Callable[[Login, Clock], Awaitable[None]]
) -> None:
    """Tell a story with one login."""

    async def tell() -> None:
        async with httpx.AsyncClient() as http:
            clock = Clock()
            await story(Login(http, there.base, credentials, now=clock), clock)

    asyncio.run(tell())


def claims_of(form: dict[str, list[str]], credentials: Credentials) -> dict[str, object]:
    """Return the claims of a posted assertion, its signature checked."""
    (assertion,) = form["client_assertion"]
    return jwt.decode(assertion, credentials.key, algorithms=[credentials.algorithm]).claims


@pytest.mark.parametrize("elsewhere", ["http://localhost:{}/token", "https://127.0.0.1:{}/token"])
def test_no_assertion_goes_to_another_host(elsewhere: str, credentials: Credentials) -> None:
    """Another name, or another scheme, of a place that would take it: nothing arrives there."""
    with place() as there, place() as other:
        there.endpoint = elsewhere.format(other.server_port)

        async def story(login: Login, _clock: Clock) -> None:
            with pytest.raises(LoginError, match="another host"):
                await login.token()

        log_in(there, credentials, story)

        assert there.forms == other.forms == []


def test_an_assertion_is_for_the_token_endpoint_and_short_lived(credentials: Credentials) -> None:
    """Audience, issuer, subject and the three moments; signed with the key that is registered."""
    with place() as there:

        async def story(login: Login, _clock: Clock) -> None:
            await login.token()

        log_in(there, credentials, story)
        (form,) = there.forms
        claims = claims_of(form, credentials)

        assert claims.pop("jti")
        assert claims == {
            "iss": credentials.client_id,
            "sub": credentials.client_id,
            "aud": there.endpoint,
            "iat": BEGAN,
            "nbf": BEGAN,
            "exp": BEGAN + ASSERTION_SECONDS,
        }
        assert form["grant_type"] == ["client_credentials"]


def test_no_assertion_is_used_twice(credentials: Credentials) -> None:
    """Three logins, three jti."""
    with place() as there:

        async def story(login: Login, _clock: Clock) -> None:
            token = ""
            for _turn in range(3):
                token = await login.token(refused=token)

        log_in(there, credentials, story)

        assert len({claims_of(form, credentials)["jti"] for form in there.forms}) == 3


def test_a_token_is_renewed_at_four_fifths_of_its_life(credentials: Credentials) -> None:
    """It lives 300 s: the same until 240 s, and then another one, with a life of its own."""
    with place() as there:

        async def story(login: Login, clock: Clock) -> None:
            seen = {}
            for clock.passed in (0.0, 239.9, 240.0, 479.9, 480.0):
                seen[clock.passed] = await login.token()
            assert seen == {0.0: "t1", 239.9: "t1", 240.0: "t2", 479.9: "t2", 480.0: "t3"}

        log_in(there, credentials, story)


def test_one_login_serves_everybody_who_waits_for_it(credentials: Credentials) -> None:
    """Twenty ask at once, at the start and after a 401: two tokens in all."""
    with place() as there:

        async def story(login: Login, _clock: Clock) -> None:
            first = await asyncio.gather(*(login.token() for _one in range(20)))
            second = await asyncio.gather(*(login.token(refused="t1") for _one in range(20)))
            assert (set(first), set(second)) == ({"t1"}, {"t2"})

        log_in(there, credentials, story)

        assert len(there.forms) == 2
