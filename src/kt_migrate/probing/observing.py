"""Looks at all that a probe says something of. Only reads; what was not seen stays None."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from itertools import pairwise

from kt_migrate.errors import LoginError, ServerUnavailableError
from kt_migrate.kt2.answers import Refused
from kt_migrate.kt2.instant import last_updated
from kt_migrate.kt2.search import Page, system_token, token_of
from kt_migrate.model import MIGRATION_SYSTEM, Key, Resource
from kt_migrate.probing.service import TOTALS, TYPES, Service, parts_of, service_seen
from kt_migrate.probing.sight import Glancer, LoggedIn, Sight

NOBODY = "kt-migrate-probe-nobody"
"""Value of a temporary identifier that no object has."""

STANDARD_SYSTEMS = tuple((r4_type, MIGRATION_SYSTEM + r4_type) for r4_type in TYPES)
"""Looked for when there is no plan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Searching:
    """What was seen of searching; None: that could not be seen.

    Attributes:
        finds: a search by temporary identifier finds what has it, and nothing else.
        counts: `_summary=count` says how many there are.
        sorts: `_sort=_lastUpdated` gives an order.
        pages: the `next` link leads to other resources.
    """

    finds: bool | None = None
    counts: bool | None = None
    sorts: bool | None = None
    pages: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """How far the server's clock is from ours: between these seconds; positive: it is ahead."""

    least: float
    most: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What a probe saw.

    Attributes:
        service: what the server looks like.
        logged_in: a token was given; False: it was refused; None: nothing was said.
        lifetime: seconds that a token lives, when the login service says so.
        clock: None when it could not be read.
        searching: what was seen of it.
        largest: how many there are of the type that has most, as far as we may count.
        there: per (R4 type, system) how many resources have such a temporary identifier.
        certificate: until when it is valid; None: not seen.
        stopped_by: what ended the looking before it was done.
    """

    service: Service
    logged_in: bool | None = None
    lifetime: int | None = None
    clock: Clock | None = None
    searching: Searching = Searching()
    largest: int = 0
    there: Mapping[tuple[str, str], int]
    certificate: datetime | None = None
    stopped_by: LoginError | ServerUnavailableError | None = None


async def observe(
    client: LoggedIn,
    *,
    client_id: str,
    systems: Sequence[tuple[str, str]],
    now: Callable[[], float],
    certificate: datetime | None = None,
) -> Observed:
    """Look at everything, until the server gives no further answer.

    Args:
        client: the server.
        client_id: ours.
        systems: the (R4 type, system) pairs to look for.
        now: seconds since 1970, by our clock.
        certificate: until when the server's is valid.

    Raises:
        ConfigurationError: the key does not fit the algorithm.
    """
    clock: Clock | None = None
    searching = Searching()
    parts: dict[str, object] = {}
    there: dict[tuple[str, str], int] = {}
    stopped_by: LoginError | ServerUnavailableError | None = None
    try:
        clock = await _clock(client, now)
        async for name, value in parts_of(client, client_id):
            parts[name] = value  # noqa: PERF403 (what was seen before an error counts)
        sight = Sight(client)
        for r4_type, system in systems:
            found = await sight.counted(f"{r4_type}?identifier={system_token(system)}")
            if isinstance(found, int):
                there[r4_type, system] = found
        searching = await _searching(sight, systems, _totals(parts))
    except (LoginError, ServerUnavailableError) as error:
        stopped_by = error
    refused = False if isinstance(stopped_by, LoginError) else None
    return Observed(
        service=service_seen(parts),
        logged_in=True if "scope" in parts else refused,
        lifetime=client.login.lifetime,
        clock=clock,
        searching=searching,
        largest=max(_totals(parts).values(), default=0),
        there=there,
        certificate=certificate,
        stopped_by=stopped_by,
    )


def _totals(parts: Mapping[str, object]) -> Mapping[str, int]:
    found = parts.get(TOTALS)
    return found if isinstance(found, dict) else {}


async def _clock(client: Glancer, now: Callable[[], float]) -> Clock | None:
    """Hold a Date header, which says whole seconds, against our clock before and after."""
    before = now()
    answer = await client.glance("metadata", openly=True)
    after = now()
    with suppress(ValueError, TypeError):
        said = parsedate_to_datetime(answer.headers.get("date", "")).timestamp()
        age = float(answer.headers.get("age", 0))  # an answer that a proxy had kept
        return Clock(least=said + age - after, most=said + age + 1 - before)
    return None


async def _searching(sight: Sight, systems: Sequence[tuple[str, str]], totals: object) -> Searching:
    counted = totals if isinstance(totals, dict) else {}
    several = sorted((number, r4_type) for r4_type, number in counted.items() if number > 1)
    sorts, pages = await _paging(sight, several[0][1]) if several else (None, None)
    return Searching(
        finds=await _finds(sight, systems), counts=bool(totals), sorts=sorts, pages=pages
    )


async def _finds(sight: Sight, systems: Sequence[tuple[str, str]]) -> bool | None:
    """Look for what nobody has, and for something that is there; None: it is not allowed."""
    verdict: bool | None = None
    for r4_type, system in systems:
        nobody = await _by(sight, Key(r4_type=r4_type, system=system, value=NOBODY))
        some = await sight.search(f"{r4_type}?identifier={system_token(system)}&_count=1")
        if isinstance(nobody, Refused) or isinstance(some, Refused):
            if isinstance(nobody, Refused) and nobody.status != HTTPStatus.FORBIDDEN:
                return False
            continue
        if nobody or not all([await _found(sight, r, system) for r in some.resources[:1]]):
            return False
        verdict = True
    return verdict


async def _found(sight: Sight, resource: Resource, system: str) -> bool:
    """Whether a resource is found by its own temporary identifier."""
    r4_type, value = str(resource["resourceType"]), _value(resource, system)
    found = await _by(sight, Key(r4_type=r4_type, system=system, value=value)) if value else []
    return not isinstance(found, Refused) and str(resource["id"]) in found


async def _by(sight: Sight, key: Key) -> list[str] | Refused:
    """Return the ids of what has a temporary identifier."""
    page = await sight.search(f"{key.r4_type}?identifier={token_of(key)}&_count=20")
    return page if isinstance(page, Refused) else [str(r["id"]) for r in page.resources]


def _value(resource: Resource, system: str) -> str:
    identifiers = resource.get("identifier")
    for each in identifiers if isinstance(identifiers, list) else []:
        if isinstance(each, dict) and each.get("system") == system:
            return str(each.get("value") or "")
    return ""


async def _paging(sight: Sight, r4_type: str) -> tuple[bool | None, bool | None]:
    """Return whether a type's resources come in order of change, and go on at a page's end."""
    address = f"{r4_type}?_sort=_lastUpdated&_count=1"
    first = await sight.search(address)
    if isinstance(first, Refused):
        return False, None
    second = await sight.search(first.next) if first.next else None
    if not isinstance(second, Page):
        return None, False
    both = [*first.resources, *second.resources]
    moments = [moment for moment in map(last_updated, both) if moment is not None]
    whole = len(moments) == len(both) > 1
    ordered = all(a <= b for a, b in pairwise(moments))
    return (ordered if whole else None), len({str(r["id"]) for r in both}) > 1
