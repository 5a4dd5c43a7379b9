"""Servers that search wrongly, page in a circle, or have no clock: a scripted one says what."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from kt_migrate.model import MIGRATION_SYSTEM
from kt_migrate.probing.observing import NOBODY, Observed, observe

SYSTEM = MIGRATION_SYSTEM + "Task"
Answer = Callable[[str], Any]


def task(number: int, value: str = "") -> dict[str, Any]:
    """Return a task with a temporary identifier, of a moment of its own."""
    return {
        "resourceType": "Task",
        "id": f"t{number}",
        "meta": {"lastUpdated": f"2026-11-26T08:00:0{number}Z"},
        "identifier": [{"system": SYSTEM, "value": value or f"v{number}"}],
    }


def page(*resources: dict[str, Any], more: str = "", total: int | None = None) -> dict[str, Any]:
    """Return a searchset."""
    found: dict[str, Any] = {
        "resourceType": "Bundle",
        "entry": [{"resource": r} for r in resources],
    }
    if more:
        found["link"] = [{"relation": "next", "url": f"Task?{more}"}]
    return found if total is None else {**found, "total": total}


def good(address: str) -> Any:  # noqa: ANN401 (a body, or a status)
    """Answer as a server with two tasks does."""
    if "_summary=count" in address:
        return page(total=2 if address.startswith("Task") else 0)
    if NOBODY in address:
        return page()
    if "_sort=_lastUpdated" in address:
        return page(task(1), more="second")
    if "second" in address:
        return page(task(2))
    return page(task(1)) if "v1" in address or "_count=1" in address else page()


class Everything:
    """A login that allows everything."""

    scope = "system/*.cruds"
    lifetime: int | None = None

    async def token(self, refused: str = "") -> str:
        """Return a token."""
        return f"t{refused}"


class Scripted:
    """A client whose server answers by a script; what it does not say is as `good` says."""

    def __init__(self, script: Answer, headers: dict[str, str]) -> None:
        self._script = script
        self._headers = headers
        self.login = Everything()

    async def profile_versions(self, package: str) -> tuple[str, ...]:
        """Say nothing."""
        assert package
        return ()

    async def glance(self, address: str, *, openly: bool = False) -> httpx.Response:
        """Answer."""
        if address == "metadata" and openly:
            return httpx.Response(404, headers=self._headers)
        said = self._script(address)
        said = good(address) if said is None else said
        return httpx.Response(said) if isinstance(said, int) else httpx.Response(200, json=said)


def seen_of(
    script: Answer = lambda _address: None, headers: dict[str, str] | None = None
) -> Observed:
    """Look at a scripted server."""
    client = Scripted(script, headers or {})
    work = observe(client, client_id="c", systems=[("Task", SYSTEM)], now=lambda: 1_000.0)
    return asyncio.run(work)


def test_the_script_itself_searches_well() -> None:
    """So that what is other below is what the case says."""
    found = seen_of().searching

    assert (found.finds, found.counts, found.sorts, found.pages) == (True, True, True, True)


@pytest.mark.parametrize(
    ("script", "finds"),
    [
        (lambda a: page(task(1)) if NOBODY in a else None, False),
        (lambda a: page() if "v1" in a else None, False),
        (lambda a: page(task(2)) if "v1" in a else None, False),
        (lambda a: 400 if NOBODY in a else None, False),
        (lambda a: 403 if "identifier" in a else None, None),
        (lambda a: page(task(1, " ")) if a.endswith("&_count=1") else None, False),
        (lambda a: page({**task(1), "identifier": []}) if a.endswith("&_count=1") else None, False),
    ],
)
def test_a_search_that_finds_wrongly_is_seen(script: Answer, *, finds: bool | None) -> None:
    """It finds for nobody, not what is there, or is refused; where it may not be asked is open."""
    assert seen_of(script).searching.finds is finds


@pytest.mark.parametrize(
    ("script", "sorts", "pages"),
    [
        (lambda a: 400 if "_sort" in a else None, False, None),
        (lambda a: page(task(1)) if "_sort" in a else None, None, False),
        (lambda a: 404 if "second" in a else None, None, False),
        (lambda a: page(task(1)) if "second" in a else None, True, False),
        (lambda a: page(task(3), more="second") if "_sort" in a else None, False, True),
        (lambda a: page() if "second" in a else None, None, False),
        (lambda a: page({**task(2), "meta": {}}) if "second" in a else None, None, True),
        (lambda a: page(total=1) if "_summary" in a else None, None, None),
    ],
)
def test_a_server_that_pages_wrongly_is_seen(
    script: Answer, *, sorts: bool | None, pages: bool | None
) -> None:
    """No order, no next, a circle, or too little to say it."""
    found = seen_of(script).searching

    assert (found.sorts, found.pages) == (sorts, pages)


@pytest.mark.parametrize("headers", [{}, {"date": "soon"}, {"date": "", "age": "1"}])
def test_a_clock_that_cannot_be_read_is_open(headers: dict[str, str]) -> None:
    """No header, or words."""
    assert seen_of(headers=headers).clock is None


def test_a_clock_is_as_exact_as_its_second() -> None:
    """And what a proxy kept has grown older since."""
    date = {"date": "Thu, 01 Jan 1970 00:16:50 GMT"}
    fresh, kept = seen_of(headers=date).clock, seen_of(headers={**date, "age": "7"}).clock

    assert fresh is not None
    assert kept is not None
    assert (fresh.least, fresh.most, kept.least, kept.most) == (10.0, 11.0, 17.0, 18.0)
