"""Which client is behind a Device: asked once, and never more than it may read."""

from __future__ import annotations

import asyncio
import json

import httpx
import pytest

from kt_migrate.kt2.devices import CLIENT_SYSTEM, Devices


class Shelf:
    """A server with some Devices; the others it forbids."""

    def __init__(self, devices: dict[str, object]) -> None:
        self.devices = devices
        self.asked: list[str] = []

    async def glance(self, address: str, *, openly: bool = False) -> httpx.Response:
        """GET."""
        del openly
        self.asked.append(address)
        if address not in self.devices:
            return httpx.Response(403)
        return httpx.Response(200, content=json.dumps(self.devices[address]))


def device(*identifiers: object, name: object = None) -> dict[str, object]:
    """Return a Device."""
    return {
        "resourceType": "Device",
        "identifier": list(identifiers),
        **({} if name is None else {"deviceName": [{"name": name}]}),
    }


OURS = {"system": CLIENT_SYSTEM, "value": "epd"}


@pytest.mark.parametrize(
    ("there", "client", "name"),
    [
        (device({"system": CLIENT_SYSTEM, "value": "epd"}, name=" EPD "), "epd", "EPD"),
        (device({"system": "x", "value": "no"}, {"system": CLIENT_SYSTEM, "value": "b"}), "b", ""),
        (device({"system": "x", "value": "no"}, name=7), "1", ""),
        (device(name="E\x1b[2JPD" + "!" * 99), "1", "E[2JPD" + "!" * 54),
        ({"resourceType": "Task", "identifier": [OURS], "deviceName": [{"name": "x"}]}, "1", ""),
        ({"resourceType": "Device", "identifier": "no"}, "1", ""),
        (None, "1", ""),
    ],
)
def test_the_client_is_what_the_device_says_else_its_own_id(
    there: object, client: str, name: str
) -> None:
    """In KT 2.0 the two are one; a server behind another gives Devices ids of its own."""
    shelf = Shelf({} if there is None else {"Device/1": there})
    devices = Devices(shelf)

    async def work() -> tuple[str, str, str]:
        return (
            await devices.client_of("Device/1"),
            await devices.name_of("Device/1"),
            await devices.client_of("Device/1"),
        )

    assert asyncio.run(work()) == (client, name, client)
    assert shelf.asked == ["Device/1"]


def test_what_is_no_device_is_not_asked_for() -> None:
    """A reference to anything else, or to nothing, is its own name."""
    shelf = Shelf({})

    assert asyncio.run(Devices(shelf).client_of("Patient/1")) == "Patient/1"
    assert shelf.asked == []


def test_an_id_leads_to_no_other_address() -> None:
    """Whatever stands in an origin: it is an id, and no path."""
    shelf = Shelf({})

    asyncio.run(Devices(shelf).client_of("Device/../Patient?name=x"))

    assert shelf.asked == ["Device/..%2FPatient%3Fname%3Dx"]
