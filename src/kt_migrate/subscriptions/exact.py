"""When a Subscription is as it was, to the letter; what differs is named, never shown. Pure.

Other than `books.canonical` this leaves nothing out but what a server writes anew at each change:
a header may hold a secret, the origin says whose it is, and both must come back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import orjson

from kt_migrate.model import Json, Resource

OFF = "off"
_OF_EACH_VERSION = ("versionId", "lastUpdated")
_MOST_FIELDS = 20


def lasting(resource: Resource) -> Resource:
    """Return a resource without what a server writes anew at each change.

    That is `meta.versionId`, `meta.lastUpdated`, and a `meta.source` of the server's own
    (`#<request id>`; kt2.md §1.0), which cannot be sent back.
    """
    meta = resource.get("meta")
    if not isinstance(meta, dict):
        return dict(resource)
    kept = {name: value for name, value in meta.items() if name not in _OF_EACH_VERSION}
    if str(kept.get("source") or "").startswith("#"):
        del kept["source"]
    rest = {name: value for name, value in resource.items() if name != "meta"}
    return {**rest, "meta": kept} if kept else rest


def exact(resource: Resource) -> bytes:
    """Return a resource in the one form in which it is compared: the same bytes, the same thing."""
    return orjson.dumps(lasting(resource), option=orjson.OPT_SORT_KEYS)


def digest(resource: Resource) -> str:
    """Return the SHA-256 of the exact form."""
    return hashlib.sha256(exact(resource)).hexdigest()


def with_status(resource: Resource, status: str) -> Resource:
    """Return what lasts of a Subscription, with another status."""
    return {**lasting(resource), "status": status}


def fields_of(one: Resource, other: Resource) -> tuple[str, ...]:
    """Name the fields in which two resources differ: `channel.header`; never what is in them."""
    found = sorted(set(_differing(lasting(one), lasting(other), "")))
    return tuple(found[:_MOST_FIELDS])


def _differing(one: Json, other: Json, place: str) -> Iterator[str]:
    if one == other:
        return
    if isinstance(one, dict) and isinstance(other, dict):
        for name in one.keys() | other.keys():
            yield from _differing(
                one.get(name), other.get(name), f"{place}.{name}".removeprefix(".")
            )
    else:
        yield place


def version_of(resource: Resource) -> str:
    """Return the server's version of a resource, or empty."""
    meta = resource.get("meta")
    return str(meta.get("versionId") or "") if isinstance(meta, dict) else ""
