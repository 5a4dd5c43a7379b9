"""A service without sockets for the tests of the wire: a script, and all that was sent to it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qs

import httpx
import orjson
import pytest

from kt_migrate.kt2.client import FhirClient
from kt_migrate.kt2.login import Credentials
from kt_migrate.kt2.retry import Retry
from kt_migrate.model import Key, Resource

HOST = "https://fhir.example"
BASE = f"{HOST}/api/v1/TEST/fhir/r4"
TOKEN_ENDPOINT = f"{HOST}/auth/token"
SYSTEM = "http://koppeltaal.nl/migration/identifier/Patient"
BEGAN = 1_800_000_000.0

Script = Callable[[httpx.Request], httpx.Response]


class Clock:
    """Time that passes only when somebody sleeps, or when it is told to."""

    def __init__(self) -> None:
        self.time = BEGAN
        self.slept: list[float] = []

    def __call__(self) -> float:
        """Return the moment."""
        return self.time

    async def sleep(self, seconds: float) -> None:
        """Let that much time pass."""
        self.slept.append(seconds)
        self.time += seconds


class Wire:
    """Gives tokens `t1`, `t2`, …; answers all else by its script.

    Attributes:
        script: gives the answer to a FHIR request.
        configuration: what it says about logging in.
        tokens: what it answers to a login; after the last one it goes on with the last.
        discoveries: how often it was asked where to log in.
        logins: the forms of the logins.
        requests: FHIR requests, in the order of arrival.
        urls: of everything that was sent, whatever its host.
        connections: how many connections the client asked for.
    """

    def __init__(self, script: Script | None = None) -> None:
        self.script = script or (lambda _request: httpx.Response(404))
        self.configuration: httpx.Response | Exception | None = None
        self.tokens: list[httpx.Response | Exception] = []
        self.discoveries = 0
        self.logins: list[dict[str, str]] = []
        self.requests: list[httpx.Request] = []
        self.urls: list[httpx.URL] = []
        self.connections = 0
        self.token_seconds: object = 300

    def handle(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        self.urls.append(request.url)
        if request.url.path.endswith("/.well-known/smart-configuration"):
            assert request.method == "GET"
            self.discoveries += 1
            return _given(self.configuration or answer({"token_endpoint": TOKEN_ENDPOINT}))
        if request.url.path == "/auth/token":
            return self._login(request)
        self.requests.append(request)
        assert len(self.requests) < 1_000, "It goes on for ever."
        return self.script(request)

    def _login(self, request: httpx.Request) -> httpx.Response:
        assert request.method == "POST"
        form = parse_qs(request.content.decode(), strict_parsing=True)
        self.logins.append({name: values[0] for name, values in form.items()})
        number = len(self.logins)
        if self.tokens:
            return _given(self.tokens[min(number, len(self.tokens)) - 1])
        return answer({"access_token": f"t{number}", "expires_in": self.token_seconds})

    def transport(self, connections: int) -> httpx.MockTransport:
        """Stand in for the client's transport."""
        self.connections = connections
        return httpx.MockTransport(self.handle)

    @property
    def bearers(self) -> list[str]:
        """The token of each FHIR request."""
        return [r.headers.get("authorization", "").removeprefix("Bearer ") for r in self.requests]


def _given(response: httpx.Response | Exception) -> httpx.Response:
    if isinstance(response, Exception):
        raise response
    return httpx.Response(response.status_code, headers=response.headers, content=response.content)


def answer(body: object, status: int = 200, **headers: str) -> httpx.Response:
    """Return an answer with a JSON body."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, headers=named, content=orjson.dumps(body))


def scripted(*answers: httpx.Response | Exception) -> Script:
    """Give these answers, one after the other; after the last one, the last again."""
    left = list(answers)

    def script(_request: httpx.Request) -> httpx.Response:
        return _given(left.pop(0) if len(left) > 1 else left[0])

    return script


def patient_by(clock: Clock) -> Retry:
    """Return what asks again by a clock, with the pauses that lie in the middle."""
    return Retry(sleep=clock.sleep, uniform=lambda low, high: (low + high) / 2)


def tell(
    wire: Wire, credentials: Credentials, story: Callable[[FhirClient, Clock], Awaitable[object]]
) -> Clock:
    """Tell a story with one client whose transport is this wire; return its clock."""
    clock = Clock()

    async def work() -> None:
        async with FhirClient(
            BASE,
            credentials,
            trace_id="trace-1",
            max_in_flight=4,
            now=clock,
            retry=patient_by(clock),
        ) as client:
            await story(client, clock)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kt_migrate.kt2.client.transport", wire.transport)
        asyncio.run(work())
    return clock


def key(value: str = "https://epd.example/Patient/1", r4_type: str = "Patient") -> Key:
    """Return a temporary identifier."""
    return Key(r4_type=r4_type, system=SYSTEM, value=value)


def patient(logical: str = "p1", *values: str, version: str = "3") -> Resource:
    """Return an invented patient."""
    return {
        "resourceType": "Patient",
        "id": logical,
        "meta": {"versionId": version},
        "identifier": [{"system": SYSTEM, "value": value} for value in values],
    }


def bundle(*resources: Resource, link: str = "", total: int | None = None) -> Resource:
    """Return a searchset."""
    made: Resource = {"resourceType": "Bundle", "type": "searchset"}
    made["entry"] = [{"resource": resource} for resource in resources]
    if link:
        made["link"] = [
            {"relation": "self", "url": "x"},
            {"relation": "next", "url": link},
        ]
    if total is not None:
        made["total"] = total
    return made
