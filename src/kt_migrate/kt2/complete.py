"""Reads all resources with an identifier of one system, and knows when that is all of them.

Source: server.md §1.

The reference service cuts every search at 2,200 hits without a word, so `next` links do not
lead through a domain. Keyset paging does: sorted by `_lastUpdated`, each request asks from the
instant of the last one read. A whole page of one instant is read as a window of its own. A
server that does not sort is read by `next`. Whichever road: the server's own count, before and
after, is the judge.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import islice, pairwise
from typing import Protocol
from urllib.parse import quote

from kt_migrate.errors import CouldNotLookError, said
from kt_migrate.kt2.answers import Refused
from kt_migrate.kt2.instant import Instant, last_updated
from kt_migrate.kt2.search import (
    PAGE_SIZE,
    Found,
    Page,
    Searcher,
    count,
    pages,
    system_token,
    where_of,
)
from kt_migrate.model import Key, Resource

SPARE_REQUESTS = 100
"""Every request of a reading brings something new, but for some: more than this never ends."""

ASK_AT_ONCE = 1_000

Keep = Callable[[Sequence[Resource]], int]
"""Takes the resources of a page, and returns how many of them this reading had not kept yet."""


class Finder(Searcher, Protocol):
    """A searcher that can look up by temporary identifier as well (`FhirClient`)."""

    async def find(self, keys: Sequence[Key]) -> dict[Key, tuple[Found, ...]]:
        """Look resources up by temporary identifier."""
        ...


async def read_complete(
    client: Finder,
    r4_type: str,
    system: str,
    keep: Keep,
    known: Callable[[], Iterable[Key]] = tuple,
) -> int:
    """Read all of one type and system.

    Args:
        client: only searches.
        r4_type: `Patient`, `Task`, …
        system: the temporary identifiers' system.
        keep: is given page after page; a resource may come more than once, a newer version last.
        known: gives keys to ask for by name, for the case that more resources share one instant
            than the server shows in a search.

    Returns:
        How many there are: as many as the server counts, before and after.

    Raises:
        CouldNotLookError: they cannot be shown to be all, or their number changed meanwhile.
        LoginError, ServerUnavailableError: the server could not be asked.
    """
    return await read_search(client, f"{r4_type}?identifier={system_token(system)}", keep, known)


async def read_search(
    client: Finder, search: str, keep: Keep, known: Callable[[], Iterable[Key]] = tuple
) -> int:
    """Read all that a search finds; as `read_complete`, which says the rest.

    Args:
        client: only searches.
        search: type and query, without paging: `AuditEvent?traceId=…`.
        keep: is given page after page.
        known: gives keys to ask for by name.
    """
    r4_type = search.partition("?")[0]
    before = await count(client, search)
    reading = _Reading(client, search, keep, known)
    if not await reading.by_instant(before):
        await reading.by_next()
    after = await count(client, search)
    if before != after:
        raise CouldNotLookError(
            said(
                "The server was changed while it was read: it had {before} resources, then "
                "{after}.",
                before=before,
                after=after,
            ),
            where=r4_type,
            fix="Give the same command again when nobody writes to the domain.",
        )
    if reading.read != after:
        raise CouldNotLookError(
            said(
                "The server says that it has {after} resources, and {read} could be read.",
                after=after,
                read=reading.read,
            ),
            where=r4_type,
            fix="Ask the administrators what limits a search; nothing was compared.",
        )
    return reading.read


async def read_moving(client: Finder, search: str, keep: Keep) -> int:
    """Read all that a search had when the reading began, though others write meanwhile.

    What is new or changed comes later in the order of reading, so that nothing of before is
    passed over; what came meanwhile may be in it.

    Args:
        client: only searches.
        search: type and query, without paging.
        keep: is given page after page.

    Returns:
        How many were read.

    Raises:
        CouldNotLookError: less was read than there was.
        LoginError, ServerUnavailableError: the server could not be asked.
    """
    before = await count(client, search)
    reading = _Reading(client, search, keep, tuple)
    if not await reading.by_instant(before):
        await reading.by_next()
    if reading.read < before:
        raise CouldNotLookError(
            said(
                "The server says that it has {there} resources, and {read} could be read.",
                there=before,
                read=reading.read,
            ),
            where=search.partition("?")[0],
            fix="Give the same command again; if it stays, ask what limits a search.",
        )
    return reading.read


class _Reading:
    """One reading: what it asks, and how many resources it has seen."""

    def __init__(
        self, client: Finder, search: str, keep: Keep, known: Callable[[], Iterable[Key]]
    ) -> None:
        self._client = client
        self._search = search
        self._sorted = f"{search}&_sort=_lastUpdated&_count={PAGE_SIZE}"
        self._keep = keep
        self._known = known
        self.read = 0

    async def by_instant(self, there: int) -> bool:
        """Read by keyset; False: the server does not sort by `_lastUpdated`.

        Args:
            there: how many the server says that there are.
        """
        since: Instant | None = None
        for _request in range(there + SPARE_REQUESTS):
            page = await self._client.search(self._sorted + _from(since))
            instants = None if isinstance(page, Refused) else _ascending(page, since)
            if isinstance(page, Refused) or instants is None:
                return False
            new = self._keep(page.resources)
            self.read += new
            # A page without `next` may be one that a limit cut.
            if not page.next and (self.read >= there or not new):
                return True
            since = instants[-1]
            if instants[0] == since:  # the keyset cannot move on: there may be more of this instant
                await self._window(since)
                since = Instant.parse(since.following())
        raise CouldNotLookError(
            "The reading does not end: the server changes faster than it can be read.",
            where=where_of(self._search),
            fix="Give the same command again when nobody writes to the domain.",
        )

    async def _window(self, instant: Instant) -> None:
        """Read all of one instant."""
        search = f"{self._search}{_from(instant)}&_lastUpdated=lt{_quoted(instant.following())}"
        there = await count(self._client, search)
        seen: set[str] = set()
        async for page in pages(self._client, f"{search}&_sort=_lastUpdated&_count={PAGE_SIZE}"):
            seen.update(str(resource["id"]) for resource in page.resources)
            self.read += self._keep(page.resources)
        if len(seen) < there:
            await self._by_name()

    async def _by_name(self) -> None:
        """Ask for what is known by name; the count says afterwards whether that was all."""
        keys = iter(self._known())
        self._known = tuple
        while chunk := list(islice(keys, ASK_AT_ONCE)):
            for found in (await self._client.find(chunk)).values():
                self.read += self._keep([one.resource for one in found])

    async def by_next(self) -> None:
        """Read by `next` links."""
        address = f"{self._search}&_sort=_id&_count={PAGE_SIZE}"
        if isinstance(await self._client.search(address), Refused):
            address = f"{self._search}&_count={PAGE_SIZE}"
        async for page in pages(self._client, address):
            self.read += self._keep(page.resources)


def _from(instant: Instant | None) -> str:
    return "" if instant is None else f"&_lastUpdated=ge{_quoted(instant.text)}"


def _quoted(text: str) -> str:
    return quote(text)


def _ascending(page: Page, since: Instant | None) -> list[Instant] | None:
    """Return the instants of a page; None when they are not there, or not in order.

    A page without resources but with a `next` link has no instant to go on from either.
    """
    instants = [last_updated(resource) for resource in page.resources]
    whole = [instant for instant in instants if instant is not None]
    if len(whole) < len(instants) or (page.next and not whole):
        return None
    ordered = whole if since is None else [since, *whole]
    return whole if all(a <= b for a, b in pairwise(ordered)) else None
