"""Searching: pages, counts, and look-ups by temporary identifier. Source: server.md §1.

A server may cut a search without a word (the reference service does at 2,200 hits): what cannot
be shown to be whole is *could not look*.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import quote

from kt_migrate.errors import CouldNotLookError, ServerUnavailableError, said
from kt_migrate.kt2.answers import Refused
from kt_migrate.model import Key, Resource

PAGE_SIZE = 200
HEAD_BYTES = 7_000
"""A request head over 8 kB is refused (server.md §1); the rest is for headers of proxies."""

TOKEN_BYTES = 2_500
"""Room for the access token in that head, and for the headers beside it."""

_ESCAPE = re.compile(r"([\\$,|])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of a search.

    Attributes:
        resources: what was found, each with an id.
        next: address of the next page, on the configured base; empty: this is the last.
        total: what the server says that there are; None: it does not say.
    """

    resources: Sequence[Resource]
    next: str
    total: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One resource that a look-up by temporary identifier found."""

    id: str
    version: str
    resource: Resource


class Searcher(Protocol):
    """What searching needs of a client."""

    async def search(self, address: str) -> Page | Refused:
        """GET one page; the address is relative to the FHIR base: `Patient?…`."""
        ...


def parse_page(bundle: Resource, r4_type: str) -> Page:
    """Read a searchset Bundle.

    Args:
        bundle: as the server gave it; an OperationOutcome may stand among the hits.
        r4_type: the type in the address that was asked; empty on the base itself.
    """
    entries = bundle.get("entry")
    resources: list[Resource] = []
    for entry in entries if isinstance(entries, list) else []:
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(resource, dict) and resource.get("resourceType") != "OperationOutcome":
            resources.append(resource)
    total = bundle.get("total")
    return Page(
        resources=[r for r in resources if isinstance(r.get("id"), str)],
        next=_rebased(_next(bundle), r4_type),
        total=total if isinstance(total, int) and not isinstance(total, bool) else None,
    )


def _next(bundle: Resource) -> str:
    links = bundle.get("link")
    for link in links if isinstance(links, list) else []:
        if isinstance(link, dict) and link.get("relation") == "next":
            return str(link.get("url") or "")
    return ""


def _rebased(link: str, r4_type: str) -> str:
    """Take the query of a paging link only: servers name addresses of their own."""
    if not link:
        return ""
    address, _, query = link.partition("#")[0].partition("?")
    same = bool(r4_type) and f"/{address.rstrip('/')}".endswith(f"/{r4_type}")
    return f"{r4_type if same else ''}?{query}"


async def page_of(searcher: Searcher, address: str) -> Page:
    """GET a page that must be there.

    Raises:
        ServerUnavailableError: the server refuses the search.
    """
    page = await searcher.search(address)
    if isinstance(page, Refused):
        raise no_bundle(page.status, address)
    return page


def no_bundle(status: int, address: str) -> ServerUnavailableError:
    """Return the error for a search that gives no Bundle; never names what was looked for."""
    return ServerUnavailableError(
        said("A search gives no Bundle (HTTP {status}).", status=status),
        where=where_of(address),
        fix="Give the same command again; if it stays, ask the administrators.",
    )


def where_of(address: str) -> str:
    """Return what an error says of an address: never what was looked for."""
    return f"GET {address.partition('?')[0]}"


async def pages(searcher: Searcher, address: str) -> AsyncIterator[Page]:
    """Yield a page and those that its `next` links lead to. Does not show that they are all.

    Raises:
        CouldNotLookError: the links lead round in a circle.
        ServerUnavailableError: a page is not there.
    """
    asked: set[str] = set()
    while address:
        if address in asked:
            raise CouldNotLookError(
                "The server's paging links go round in a circle.",
                where=where_of(address),
                fix="Report this to the administrators: the server cannot be read whole.",
            )
        asked.add(address)
        page = await page_of(searcher, address)
        yield page
        address = page.next


async def count(searcher: Searcher, search: str) -> int:
    """Return how many resources the server says that a search has (right above any limit).

    Args:
        searcher: the client.
        search: `Patient?identifier=…`.

    Raises:
        CouldNotLookError: it does not say, and then nothing can be shown to be whole.
    """
    page = await searcher.search(f"{search}&_summary=count")
    if isinstance(page, Refused) or page.total is None:
        raise CouldNotLookError(
            "The server does not count, so no reading can be shown to be whole.",
            where=where_of(search),
            fix="Ask the administrators whether _summary=count is switched off.",
        )
    return page.total


async def find(
    searcher: Searcher, keys: Sequence[Key], *, room: int
) -> dict[Key, tuple[Found, ...]]:
    """Look resources up by temporary identifier, many in one GET.

    Args:
        searcher: the client.
        keys: temporary identifiers, of any type.
        room: bytes that a query may take.

    Returns:
        What was found, per key; a key without a match is not in it.

    Raises:
        CouldNotLookError: there are so many that some may be missing.
    """
    found: dict[Key, dict[str, Found]] = {}
    for r4_type, tokens in _chunks(keys, room):
        for resource in await _whole(searcher, f"{r4_type}?identifier={','.join(tokens)}"):
            for key in _keys_of(resource, r4_type):
                found.setdefault(key, {})[str(resource["id"])] = _found(resource)
    wanted = set(keys)
    return {key: tuple(items.values()) for key, items in found.items() if key in wanted}


async def _whole(searcher: Searcher, search: str) -> list[Resource]:
    """Return what a small search finds; counted as soon as it could have been cut."""
    by_id: dict[str, Resource] = {}
    number = 0
    async for page in pages(searcher, f"{search}&_count={PAGE_SIZE}"):
        number += 1
        by_id.update((str(resource["id"]), resource) for resource in page.resources)
    if (number > 1 or len(by_id) >= PAGE_SIZE) and await count(searcher, search) != len(by_id):
        raise CouldNotLookError(
            "A look-up finds more than the server shows.",
            where=where_of(search),
            fix="Find out who wrote so many resources with one temporary identifier.",
        )
    return list(by_id.values())


def token_of(key: Key) -> str:
    """Return a key as the value of an identifier search: escaped for FHIR, then for the URL."""
    return system_token(key.system) + _escaped(key.value)


def system_token(system: str) -> str:
    """Return `system|` for a search: anything with an identifier of this system."""
    return f"{_escaped(system)}%7C"


def _escaped(text: str) -> str:
    return quote(_ESCAPE.sub(r"\\\1", text), safe="")


def _chunks(keys: Sequence[Key], room: int) -> list[tuple[str, list[str]]]:
    """Group keys per type in GETs whose head stays small."""
    chunks: list[tuple[str, list[str]]] = []
    used = 0
    for key in sorted(set(keys)):
        token = token_of(key)
        new = not chunks or chunks[-1][0] != key.r4_type or used + len(token) + 1 > room
        if new or len(chunks[-1][1]) >= PAGE_SIZE:
            chunks.append((key.r4_type, []))
            used = 0
        chunks[-1][1].append(token)
        used += len(token) + 1
    return chunks


def _keys_of(resource: Resource, r4_type: str) -> list[Key]:
    identifiers = resource.get("identifier")
    keys = []
    for identifier in identifiers if isinstance(identifiers, list) else []:
        match identifier:
            case {"system": str(system), "value": str(value)}:
                keys.append(Key(r4_type=r4_type, system=system, value=value))
            case _:
                pass
    return keys


def _found(resource: Resource) -> Found:
    meta = resource.get("meta")
    version = str(meta.get("versionId") or "") if isinstance(meta, dict) else ""
    return Found(id=str(resource["id"]), version=version, resource=resource)
