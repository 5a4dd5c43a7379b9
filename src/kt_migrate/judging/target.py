"""What KT 2.0 has: the drawn objects as the server gives them, by GETs alone."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from kt_migrate.kt2.client import FhirClient
from kt_migrate.kt2.login import Credentials
from kt_migrate.kt2.search import Found
from kt_migrate.model import Key, Resource


@dataclass(frozen=True, slots=True)
class Target:
    """What was read.

    Attributes:
        found: per key what the server has; a key without anything is not in it.
    """

    found: dict[Key, tuple[Found, ...]]

    def of(self, key: Key) -> tuple[Found, ...]:
        """Return what the server has under a key: one is right, none or more is not."""
        return self.found.get(key, ())

    def named(self) -> dict[str, Resource]:
        """Return what was read, by `Type/id`."""
        return {
            f"{key.r4_type}/{one.id}": one.resource
            for key, many in self.found.items()
            for one in many
        }


async def read_target(
    base: str,
    credentials: Credentials,
    keys: Collection[Key],
    now: Callable[[], float],
    others: Sequence[Credentials] = (),
) -> Target:
    """Read resources by their temporary identifiers. Only GETs leave.

    Args:
        base: the environment's FHIR base.
        credentials: who logs in.
        keys: temporary identifiers.
        now: seconds since 1970.
        others: our other clients: the role of each may hide what another wrote, so that what one
            does not see is asked for as the next.

    Raises:
        CouldNotLookError, LoginError, ServerUnavailableError: it could not be read.
    """
    trace_id = str(uuid.uuid4())
    found: dict[Key, tuple[Found, ...]] = {}
    for who in (credentials, *others):
        unseen = sorted(key for key in keys if not found.get(key))
        if unseen or who is credentials:
            async with FhirClient(base, who, trace_id=trace_id, max_in_flight=4, now=now) as client:
                found |= await client.find(unseen)
    return Target(found)
