"""Whose `resource-origin` is it: the client behind a Device. Source: kt2.md §3.5, server.md §1.

In KT 2.0 a client's id is that of its Device. A server behind another gives Devices ids of its
own; then the Device says whose it is, in its identifier.
"""

from __future__ import annotations

from typing import Protocol

import httpx

from kt_migrate.kt2.answers import parse_resource
from kt_migrate.model import Resource

CLIENT_SYSTEM = "http://vzvz.nl/fhir/NamingSystem/koppeltaal-client-id"
_DEVICE = "Device/"


class Glancing(Protocol):
    """What asking takes of a client (`FhirClient`)."""

    async def glance(self, address: str, *, openly: bool = False) -> httpx.Response:
        """GET anything below the base; a 403 is an answer."""
        ...


class Devices:
    """Remembers which client is behind each Device, and asks once for those that nobody knows."""

    def __init__(self, client: Glancing) -> None:
        self._client = client
        self._known: dict[str, tuple[str, str]] = {}

    async def client_of(self, origin: str) -> str:
        """Return the client id behind `Device/<id>`: what the Device says, else its own id."""
        return (await self._look(origin))[0]

    async def name_of(self, origin: str) -> str:
        """Return what the Device is called; empty: it says nothing, or may not be read."""
        return (await self._look(origin))[1]

    async def _look(self, origin: str) -> tuple[str, str]:
        if origin not in self._known:
            own_id = origin.removeprefix(_DEVICE)
            answer = await self._client.glance(origin) if origin.startswith(_DEVICE) else None
            found = None if answer is None or answer.is_error else parse_resource(answer.content)
            self._known[origin] = (_client_id(found or {}) or own_id, _name(found or {}))
        return self._known[origin]


def _client_id(device: Resource) -> str:
    identifiers = device.get("identifier")
    for identifier in identifiers if isinstance(identifiers, list) else []:
        match identifier:
            case {"system": str(system), "value": str(value)} if system == CLIENT_SYSTEM:
                return value
            case _:
                pass
    return ""


def _name(device: Resource) -> str:
    match device.get("deviceName"):
        case [{"name": str(name)}, *_]:
            return name.strip()
        case _:
            return ""
