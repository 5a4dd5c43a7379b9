"""Whose a subscription is: by what the server says, and never by what it shows without being asked."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from kt_migrate.books import RESOURCE_ORIGIN
from kt_migrate.kt2.devices import CLIENT_SYSTEM
from kt_migrate.subscriptions.seen import Seen, seen_of
from subscriptions.conftest import subscription

Content = dict[str, Any]


def bundle(found: Sequence[Content]) -> Content:
    """Return a page with all of it."""
    entries = [{"resource": one} for one in found]
    return {"resourceType": "Bundle", "total": len(entries), "entry": entries}


@dataclass(slots=True)
class Login:
    """A login with a scope."""

    scope: str = "system/*.cruds"
    lifetime: int | None = 300

    async def token(self, refused: str = "") -> str:
        """Log in."""
        return refused


@dataclass(slots=True)
class Shelf:
    """A server that does not know `identifier` of a Device: a search shows them all."""

    subscriptions: Sequence[Content]
    devices: Sequence[Content]
    login: Login = field(default_factory=Login)

    async def profile_versions(self, package: str) -> tuple[str, ...]:
        """Say nothing of itself."""
        return (package,)

    async def glance(self, address: str, *, openly: bool = False) -> httpx.Response:
        """GET."""
        del openly
        path = address.partition("?")[0]
        if path in ("Device", "Subscription"):
            found = self.devices if path == "Device" else self.subscriptions
            return httpx.Response(200, content=json.dumps(bundle(found)))
        for device in self.devices:
            if path == f"Device/{device['id']}":
                return httpx.Response(200, content=json.dumps(device))
        return httpx.Response(403)


def device(logical_id: str, client: str = "", name: str = "") -> Content:
    """Return a Device that may say of which client it is."""
    known = [{"system": CLIENT_SYSTEM, "value": client}] if client else []
    called = [{"name": name}] if name else []
    return {
        "resourceType": "Device",
        "id": logical_id,
        "identifier": known,
        "deviceName": called,
    }


def made_by(origin: str, logical_id: str) -> Content:
    """Return a subscription with an origin."""
    stamp = {"url": RESOURCE_ORIGIN, "valueReference": {"reference": origin}}
    return subscription("Task", id=logical_id, extension=[stamp], meta={"versionId": "1"})


def looked(*found: Content, devices: Sequence[Content] = (), scope: str = "x") -> Seen:
    """Look as the client `ours`."""
    login = Login() if scope == "x" else Login(scope=scope)
    return asyncio.run(seen_of(Shelf(found, devices, login), "ours"))


def test_what_a_server_shows_beside_what_was_asked_is_not_ours() -> None:
    """Of all Devices only the one that names our client; else we would switch off another's."""
    devices = [device("1", "theirs", "Portaal"), device("2", "ours")]
    devices.append({**device("3", "ours"), "resourceType": "Task"})

    seen = looked(made_by("Device/1", "a"), made_by("Device/2", "b"), devices=devices)

    assert seen.every is not None
    assert {one.id: one.ours for one in seen.every} == {"a": False, "b": True}
    assert seen.own == {"Device/ours", "Device/2"}


@pytest.mark.parametrize(
    "origin", ["Device/ours", "https://kt.example/fhir/r4/Device/ours", "Device/ours/_history/3"]
)
def test_an_origin_is_ours_however_the_server_writes_it(origin: str) -> None:
    """With an address before it, or a version after it."""
    seen = looked(made_by(origin, "a"))

    assert seen.every is not None
    (only,) = seen.every
    assert (only.ours, only.owner) == (True, "Device/ours")


def test_what_has_no_origin_is_nobodys() -> None:
    """A server that does not say whose it is gives us none to switch off."""
    seen = looked(subscription("Task", id="a", meta={"versionId": "1"}))

    assert seen.every is not None
    assert [(one.ours, one.owner, one.owner_name) for one in seen.every] == [(False, "", "")]


def test_a_name_is_shown_without_marks_that_steer_a_terminal_and_not_without_end() -> None:
    """Whoever makes a Device chooses its name."""
    devices = [device("1", "theirs", "Por\x1b[2Jtaal" + "!" * 99)]

    seen = looked(made_by("Device/1", "a"), devices=devices)

    assert seen.every is not None
    (only,) = seen.every
    assert only.owner_name.startswith("Por[2Jtaal!")
    assert len(only.owner_name) == 60


def test_ours_come_first_and_then_by_owner() -> None:
    """So that a person sees at once what is ours, and calls each owner once."""
    devices = [device("1", "x", "Zorg"), device("2", "y", "Agenda")]
    found = [made_by(f"Device/{d}", f"{d}{n}") for n in "ba" for d in ("1", "2", "ours")]

    seen = looked(*found, devices=devices)

    assert seen.every is not None
    assert [one.id for one in seen.every] == ["oursa", "oursb", "2a", "2b", "1a", "1b"]


@pytest.mark.parametrize(
    ("scope", "whole", "may_change"),
    [
        ("system/Subscription.cruds", True, True),
        ("system/Subscription.rs", True, False),
        ("system/Subscription.rsu?resource-origin=Device/ours", False, True),
        ("system/Task.cruds", False, False),
        ("", False, True),
    ],
)
def test_what_a_token_shows_and_allows(scope: str, *, whole: bool, may_change: bool) -> None:
    """A login that does not say what it allows shows nothing to be whole, and forbids nothing."""
    seen = looked(scope=scope)

    assert (seen.whole, seen.may_change) == (whole, may_change)


def test_less_than_the_server_counts_is_no_list() -> None:
    """Then nothing is known of them, and none is switched off."""

    class Short(Shelf):
        async def glance(self, address: str, *, openly: bool = False) -> httpx.Response:
            if address.endswith("_summary=count"):
                return httpx.Response(200, content='{"resourceType": "Bundle", "total": 2}')
            return await super().glance(address, openly=openly)

    seen = asyncio.run(seen_of(Short([made_by("Device/ours", "a")], []), "ours"))

    assert seen.every is None
