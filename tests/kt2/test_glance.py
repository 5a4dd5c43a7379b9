"""Looking without wanting: any answer is one, with a token or openly."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import TypeVar
from unittest.mock import patch

import httpx
import pytest

from kt_migrate.errors import LoginError, ServerUnavailableError
from kt_migrate.kt2.client import FhirClient
from kt_migrate.kt2.login import Credentials
from kt_migrate.kt2.retry import Retry
from kt_migrate.sandbox.settings import Faults
from support import SandboxMaker

T = TypeVar("T")


def asked(
    base: str, credentials: Credentials, ask: Callable[[FhirClient], Awaitable[T]]
) -> tuple[T, FhirClient]:
    """Ask a server something."""

    async def work() -> tuple[T, FhirClient]:
        async with FhirClient(
            base, credentials, trace_id=str(uuid.uuid4()), max_in_flight=1, now=time.time
        ) as client:
            return await ask(client), client

    return asyncio.run(work())


@pytest.mark.parametrize(
    ("address", "status"),
    [("Patient?_summary=count", 403), ("Task?_summary=count", 200), ("Task/none", 404)],
)
def test_a_refusal_is_an_answer(
    sandbox: SandboxMaker, credentials: Credentials, address: str, status: int
) -> None:
    """Also 403, which stops everything else."""
    served = sandbox(scopes="system/Task.rs")

    answer, _client = asked(served.base, credentials, lambda c: c.glance(address))

    assert answer.status_code == status


def test_what_is_asked_openly_carries_no_token(
    sandbox: SandboxMaker, credentials: Credentials
) -> None:
    """None is asked for either, and a 401 is an answer."""
    served = sandbox()

    async def both(client: FhirClient) -> list[int]:
        answers = [await client.glance(a, openly=True) for a in ("metadata", "Patient")]
        assert all("Authorization" not in a.request.headers for a in answers)
        return [answer.status_code for answer in answers]

    assert asked(served.base, credentials, both)[0] == [200, 401]
    assert served.faults.logins == 0


def test_a_lost_token_still_stops(sandbox: SandboxMaker, credentials: Credentials) -> None:
    """401 twice is no answer to go on with."""
    served = sandbox(Faults(token_seconds=-1))

    with pytest.raises(LoginError, match="401"):
        asked(served.base, credentials, lambda c: c.glance("Patient"))


def test_a_server_that_is_away_is_said(credentials: Credentials) -> None:
    """After some patience."""

    async def at_once(_seconds: float) -> None:
        """Wait for nothing."""

    with (
        patch("kt_migrate.kt2.client.Retry", lambda: Retry(sleep=at_once)),
        pytest.raises(ServerUnavailableError),
    ):
        asked("http://127.0.0.1:1/fhir", credentials, lambda c: c.glance("metadata", openly=True))


@pytest.mark.parametrize("seconds", [7, 300])
def test_how_long_a_token_lives_is_kept(
    sandbox: SandboxMaker, credentials: Credentials, seconds: int
) -> None:
    """As the login service says it."""
    served = sandbox(Faults(token_seconds=seconds))

    _answer, client = asked(served.base, credentials, lambda c: c.glance("Patient"))

    assert client.login.lifetime == seconds


def test_a_paging_link_of_the_base_is_followed_there(
    sandbox: SandboxMaker, credentials: Credentials
) -> None:
    """Some servers page on the base itself: no slash comes between."""
    served = sandbox()

    async def work(client: FhirClient) -> httpx.Response:
        return await client.glance("?_page=1")

    answer, _client = asked(served.base, credentials, work)

    assert answer.request.url.path == httpx.URL(served.base).path
