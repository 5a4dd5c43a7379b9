"""Whose `resource-origin` is it: the client behind a Device. Source: kt2.md §3.5, server.md §1.

In KT 2.0 a client's id is that of its Device. A server behind another gives Devices ids of its
own; then the Device says whose it is, in its identifier.
"""

from __future__ import annotations

from typing import Protocol
from urllib.parse import quote

import httpx

from kt_migrate.kt2.answers import parse_resource
from kt_migrate.model import Resource

CLIENT_SYSTEM = "http://vzvz.nl/fhir/NamingSystem/koppeltaal-client-id"
_DEVICE = "Device/"
_MOST_NAME = 60


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
            found = await self._read(own_id) if origin.startswith(_DEVICE) else {}
            self._known[origin] = (client_id_of(found) or own_id, _name(found))
        return self._known[origin]

    async def _read(self, logical_id: str) -> Resource:
        """Read a Device; empty: it is not shown, or what came is not it."""
        answer = await self._client.glance(_DEVICE + quote(logical_id, safe=""))
        found = parse_resource(answer.content) if answer.is_success else None
        return found if found is not None and found.get("resourceType") == "Device" else {}


def client_id_of(device: Resource) -> str:
    """Return the client id that a Device names; empty: none."""
    identifiers = device.get("identifier")
    for identifier in identifiers if isinstance(identifiers, list) else []:
        match identifier:
            case {"system": str(system), "value": str(value)} if system == CLIENT_SYSTEM:
                return value
            case _:
                pass
    return ""


def _name(device: Resource) -> str:
    """Return the name of a Device: an application's, which is nobody's; control marks left out."""
    match device.get("deviceName"):
        case [{"name": str(name)}, *_]:
            return "".join(filter(str.isprintable, name)).strip()[:_MOST_NAME]
        case _:
            return ""
