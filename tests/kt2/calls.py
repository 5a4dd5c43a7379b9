"""Calls of one client on a wire, and what tests of it share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import aiohttp
import httpx
from aiohttp.client_reqrep import ConnectionKey
from joserfc.jwk import ECKey

from kt2.wire import Clock, Wire, answer, key, patient, tell
from kt_migrate.kt2.answers import Answer, Refused
from kt_migrate.kt2.client import FhirClient
from kt_migrate.kt2.login import Credentials
from kt_migrate.kt2.search import Page
from kt_migrate.model import Resource

WHO = Credentials(client_id="client-1", key=ECKey.generate_key("P-384"), kid="k", algorithm="ES384")
PATH = "/api/v1/TEST/fhir/r4"
PATIENT = patient("p1", "https://epd.example/Patient/1")
UNAUTHORIZED = httpx.Response(401, content=b"Unauthorized")
MADE = answer(PATIENT, 201, etag='W/"3"')
READING = {"Accept": "application/fhir+json", "X-Trace-Id": "trace-1"}
"""Headers of every request."""


def refused_connection() -> aiohttp.ClientConnectorError:
    """Return what aiohttp raises when nobody listens."""
    place = ConnectionKey(
        "fhir.example",
        443,
        is_ssl=True,
        ssl=True,
        proxy=None,
        proxy_auth=None,
        proxy_headers_hash=None,
    )
    return aiohttp.ClientConnectorError(place, OSError(111, "refused"))


def call(wire: Wire, act: Callable[[FhirClient], Awaitable[object]]) -> Clock:
    """Do one thing with a client."""

    async def story(client: FhirClient, _clock: Clock) -> None:
        await act(client)

    return tell(wire, WHO, story)


def create(wire: Wire, *, conditional: bool = True) -> Answer:
    """POST a patient; return what the client says of it."""
    answers: list[Answer] = []

    async def act(client: FhirClient) -> None:
        condition = key() if conditional else None
        answers.append(await client.create(PATIENT, condition, request_id="request-1"))

    call(wire, act)
    return answers[0]


def update(wire: Wire) -> Answer:
    """PUT a patient; return what the client says of it."""
    answers: list[Answer] = []

    async def act(client: FhirClient) -> None:
        answers.append(await client.update(PATIENT, "p7", "3", request_id="request-1"))

    call(wire, act)
    return answers[0]


def read(wire: Wire) -> tuple[Resource | None, Clock]:
    """GET a patient; return it, and the clock."""
    found: list[Resource | None] = []

    async def act(client: FhirClient) -> None:
        found.append(await client.read("Patient", "p1"))

    clock = call(wire, act)
    return found[0], clock


def search(wire: Wire, address: str) -> Page | Refused:
    """GET one page."""
    found: list[Page | Refused] = []

    async def act(client: FhirClient) -> None:
        found.append(await client.search(address))

    call(wire, act)
    return found[0]


def named(request: httpx.Request, *names: str) -> dict[str, str | None]:
    """Return some headers of a request, by their names as they were sent."""
    sent = {name.decode(): value.decode() for name, value in request.headers.raw}
    return {name: sent.get(name) for name in names}
