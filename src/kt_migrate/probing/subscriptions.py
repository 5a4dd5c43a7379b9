"""Subscriptions in force: what fires when a plan is written. Source: TOP-KT-006, kt2.md §6.

Nothing suppresses a notification, so whoever has a subscription is to be told. Kept of one: its
type, the names of its parameters, the host of its endpoint. A criterion can hold somebody's
number, an endpoint's path and header a secret: those are told apart by a digest only.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

import orjson

from kt_migrate.kt2.answers import Refused
from kt_migrate.kt2.search import PAGE_SIZE
from kt_migrate.model import Json, Resource
from kt_migrate.probing.sight import Sight

IN_FORCE = ("active", "requested")
"""The stati in which one notifies: `requested` is active as soon as the server says so."""

_SHOWN = {"status", "intent"}
"""Parameters whose values are words of a code list, and nobody's."""
_WORD = re.compile(r"[a-z]+(?:-[a-z]+)*(?:,[a-z]+(?:-[a-z]+)*)*")
_TYPE = re.compile(r"[A-Z][A-Za-z]{0,63}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,99}")
_MOST_PAGES = 50


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Subscription:
    """One subscription in force.

    Attributes:
        r4_type: what it is about; empty: its criteria cannot be read.
        criteria: as shown: type, names of parameters, and values only of a status.
        host: of its endpoint; empty: none, or none that can be read.
        statuses: the stati that it asks for, comma between; empty: it does not ask for one.
        only_status: whether status is all that it asks for.
        digest: SHA-256 over all of it, its header and payload left out.
    """

    r4_type: str
    criteria: str
    host: str
    statuses: str
    only_status: bool
    digest: str

    def fires(self, writes: Mapping[tuple[str, str], int]) -> int:
        """Return how many writes it matches; at most so many when it asks for more than a status.

        Args:
            writes: how many there are per (R4 type, status).
        """
        asked = set(filter(None, self.statuses.split(",")))
        return sum(
            number
            for (r4_type, status), number in writes.items()
            if r4_type == self.r4_type and (not asked or status in asked)
        )


def subscription_of(resource: Resource) -> Subscription | None:
    """Read a Subscription; None when it is not in force."""
    if resource.get("status") not in IN_FORCE:
        return None
    criteria, r4_type, asked = _criteria(resource)
    stati = [value for name, value in asked if name == "status"]
    words = len(stati) == 1 and _WORD.fullmatch(stati[0]) is not None
    endpoint = _endpoint(resource)
    content = orjson.dumps([criteria, endpoint, resource.get("end")])
    return Subscription(
        r4_type=r4_type,
        criteria=shown_criteria(resource),
        host=_host(endpoint),
        statuses=stati[0] if words else "",
        only_status=bool(r4_type) and (not asked or (words and len(asked) == 1)),
        digest=hashlib.sha256(content).hexdigest(),
    )


def shown_criteria(resource: Resource) -> str:
    """Return criteria as they may be shown: type, names of parameters, values only of a status."""
    _criteria_text, r4_type, asked = _criteria(resource)
    return "?".join(filter(None, (r4_type or "…", "&".join(map(_shown, asked)))))


def host_of(resource: Resource) -> str:
    """Return the host of a Subscription's endpoint; empty: none, or none that can be read."""
    return _host(_endpoint(resource))


def _criteria(resource: Resource) -> tuple[str, str, list[tuple[str, str]]]:
    """Return criteria: as they are, their type, their parameters."""
    raw = resource.get("criteria")
    criteria = raw if isinstance(raw, str) else ""
    r4_type, _, query = criteria.partition("?")
    r4_type = r4_type if _TYPE.fullmatch(r4_type) else ""
    return criteria, r4_type, parse_qsl(query, keep_blank_values=True)


def _shown(parameter: tuple[str, str]) -> str:
    name, value = parameter
    name = name if _NAME.fullmatch(name) else "…"
    return f"{name}={value}" if name in _SHOWN and _WORD.fullmatch(value) else f"{name}=…"


def _endpoint(resource: Resource) -> str:
    channel = resource.get("channel")
    found: Json = channel.get("endpoint") if isinstance(channel, dict) else None
    return found if isinstance(found, str) else ""


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


async def in_force(sight: Sight) -> tuple[Subscription, ...] | Refused | None:
    """Read all Subscriptions that we may see, and return those in force, sorted.

    Returns:
        The refusal when they may not be read; None when they cannot be shown to be all.

    Raises:
        LoginError, ServerUnavailableError: the server could not be asked.
    """
    found = await every_one(sight)
    if not isinstance(found, tuple):
        return found
    return tuple(sorted(filter(None, map(subscription_of, found))))


async def every_one(sight: Sight) -> tuple[Resource, ...] | Refused | None:
    """Read all Subscriptions that we may see, in force or not.

    Returns:
        The refusal when they may not be read; None when they cannot be shown to be all.

    Raises:
        LoginError, ServerUnavailableError: the server could not be asked.
    """
    before = await sight.counted("Subscription?_count=1")
    if isinstance(before, Refused):
        return before
    found: dict[str, Resource] = {}
    address = f"Subscription?_count={PAGE_SIZE}"
    for _page in range(_MOST_PAGES):
        page = await sight.search(address)
        if isinstance(page, Refused):
            return page
        found.update((str(resource["id"]), resource) for resource in page.resources)
        if not page.next:
            break
        address = page.next
    if len(found) != before:
        return None
    return tuple(found.values())
