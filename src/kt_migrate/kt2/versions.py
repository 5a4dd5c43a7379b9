"""Reading what a resource went through: its `_history`, or its versions one by one.

KT 2.0's service keeps every version and gives each by its number (kt2.md §1.9); whether it gives
them all in one Bundle was never measured, so a server that does not is asked by number.
"""

from __future__ import annotations

from typing import Protocol

from kt_migrate.errors import CouldNotLookError
from kt_migrate.kt2.answers import Refused
from kt_migrate.kt2.search import PAGE_SIZE, Page, Searcher, pages
from kt_migrate.model import Resource

MOST_VERSIONS = 10_000
"""No object of an archive has more: a server that says so is not asked for each of them."""


class Historian(Searcher, Protocol):
    """What reading a history needs of a client (`FhirClient`)."""

    async def read(self, r4_type: str, logical_id: str) -> Resource | None:
        """GET one resource, or one version (`<id>/_history/<version>`); None: not there."""
        ...


async def read_versions(
    client: Historian, r4_type: str, logical_id: str, version: str
) -> list[Resource]:
    """Return every version of a resource that the server has, the oldest first.

    Args:
        client: the server.
        r4_type: of the resource.
        logical_id: its id.
        version: its present one.

    Raises:
        CouldNotLookError: the server gives its versions neither together nor by number.
        ServerUnavailableError: no answer.
    """
    address = f"{r4_type}/{logical_id}/_history?_count={PAGE_SIZE}"
    first = await client.search(address)
    if isinstance(first, Refused):
        return await _by_number(client, r4_type, logical_id, version)
    found = list(first.resources)
    if first.next:
        found = [r async for page in pages(client, address) for r in _resources(page)]
    by_number = {version_number(resource): resource for resource in found}
    if None in by_number or len(by_number) != len(found):
        return found[::-1]  # a history has the newest first
    return [by_number[number] for number in sorted(by_number, key=lambda n: n or 0)]


def _resources(page: Page) -> list[Resource]:
    return list(page.resources)


async def _by_number(
    client: Historian, r4_type: str, logical_id: str, version: str
) -> list[Resource]:
    if not version.isdecimal() or int(version) > MOST_VERSIONS:
        raise _could_not_look(r4_type)
    numbers = range(1, int(version) + 1)
    found = [await client.read(r4_type, f"{logical_id}/_history/{n}") for n in numbers]
    if found[-1:] == [None]:
        raise _could_not_look(r4_type)
    return [resource for resource in found if resource is not None]


def _could_not_look(r4_type: str) -> CouldNotLookError:
    return CouldNotLookError(
        "The server does not give the versions of a resource.",
        where=f"GET {r4_type}/…/_history",
        fix="Ask the administrators whether history is switched off.",
    )


def version_number(resource: Resource) -> int | None:
    """Return a resource's version as a number; None: it is none."""
    meta = resource.get("meta")
    version = str(meta.get("versionId") or "") if isinstance(meta, dict) else ""
    return int(version) if version.isdecimal() else None
