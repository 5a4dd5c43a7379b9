"""Which version of the profiles a service says that it runs."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from kt_migrate.errors import ServerUnavailableError
from kt_migrate.kt2.guide import guide_versions
from kt_migrate.kt2.retry import READING, Retry

BASE = "http://127.0.0.1/fhir/r4"
MINE: dict[str, Any] = {"packageId": "koppeltaalv2.00", "version": "0.16.3"}


def asked(*answers: httpx.Response | Exception) -> tuple[tuple[str, ...], list[httpx.Request]]:
    """Ask a service that answers so, the last again and again; and what it was asked."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        now = answers[min(len(seen), len(answers)) - 1]
        if isinstance(now, Exception):
            raise now
        return now

    async def nowait(_seconds: float) -> None:
        pass

    async def ask() -> tuple[str, ...]:
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
            retry = Retry(sleep=nowait)
            return await guide_versions(http, BASE, "koppeltaalv2.00", retry, lambda: 0.0)

    return asyncio.run(ask()), seen


def bundle(*guides: object) -> httpx.Response:
    """Return a search's answer."""
    entries = [{"resource": guide} for guide in guides]
    return httpx.Response(200, json={"resourceType": "Bundle", "entry": entries})


def test_the_guide_of_the_package_counts_and_no_token_is_sent() -> None:
    """Others are of other packages; one that says no version says nothing."""
    other = {"packageId": "nictiz.fhir.nl.r4.nl-core", "version": "9"}

    found, seen = asked(bundle(other, MINE, {"packageId": "koppeltaalv2.00"}, "x", None))

    assert found == ("0.16.3",)
    assert [str(request.url) for request in seen] == [f"{BASE}/ImplementationGuide"]
    assert "authorization" not in seen[0].headers


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(404),
        httpx.Response(401, text="Unauthorized"),
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json={"resourceType": "Bundle"}),
        httpx.Response(200, json={"resourceType": "Bundle", "entry": [None, {"resource": []}]}),
    ],
)
def test_a_service_that_does_not_say_is_no_trouble(answer: httpx.Response) -> None:
    """The plan then goes by what it was made for."""
    assert asked(answer)[0] == ()


@pytest.mark.parametrize("trouble", [httpx.Response(503), httpx.ConnectError("x")])
def test_trouble_is_asked_again(trouble: httpx.Response | Exception) -> None:
    """And said when it stays."""
    found, seen = asked(trouble, bundle(MINE))

    assert (found, len(seen)) == (("0.16.3",), 2)
    with pytest.raises(ServerUnavailableError, match="does not answer"):
        asked(trouble)
    assert READING.attempts > 1
