"""Which Subscriptions there are, and whose. Only reads. Source: TOP-KT-006, kt2.md §6.

What a client's token does not show is not there for it: then this list is said to be a part.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from kt_migrate.books import origin_of
from kt_migrate.kt2.answers import Refused
from kt_migrate.kt2.devices import CLIENT_SYSTEM, Devices, client_id_of
from kt_migrate.kt2.scopes import letters, origins
from kt_migrate.kt2.search import system_token
from kt_migrate.model import Resource
from kt_migrate.probing.sight import LoggedIn, Sight
from kt_migrate.probing.subscriptions import (
    IN_FORCE,
    every_one,
    host_of,
    shown_criteria,
    subscription_of,
)
from kt_migrate.subscriptions.exact import version_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Owned:
    """One Subscription, and whose it is.

    Attributes:
        id: its logical id.
        version: the server's version of it.
        status: `active`, `requested`, `off`, `error`.
        criteria: as shown: type, names of parameters, values only of a status.
        asked: the criteria as they are: may hold somebody's number, and is never shown.
        host: of its endpoint; the path, and the header, may hold a secret.
        ours: whether it comes from our own application.
        owner: `Device/<id>` that it comes from; empty: the server does not say.
        owner_name: what that Device is called; empty: it cannot be read.
        digest: by which a probe knows it; empty: it is not in force.
    """

    id: str
    version: str
    status: str
    criteria: str
    asked: str = field(repr=False)
    host: str
    ours: bool
    owner: str
    owner_name: str
    digest: str = ""

    @property
    def in_force(self) -> bool:
        """Whether it notifies, or will as soon as the server has seen it."""
        return self.status in IN_FORCE

    def as_json(self) -> dict[str, object]:
        """Return it as `--json` prints it: nothing that may be a secret or somebody's number."""
        return {
            "id": self.id,
            "version": self.version,
            "status": self.status,
            "criteria": self.criteria,
            "host": self.host,
            "ours": self.ours,
            "owner": self.owner,
            "owner_name": self.owner_name,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was seen of an environment's Subscriptions.

    Attributes:
        every: ours first, then by owner; None: they could not be read.
        whole: whether the token shows everybody's; else only some of them.
        may_change: whether the token may change one of ours.
        own: the references by which our own Device is known.
    """

    every: tuple[Owned, ...] | None
    whole: bool
    may_change: bool
    own: frozenset[str]


async def seen_of(client: LoggedIn, client_id: str) -> Seen:
    """Read all Subscriptions that we may see, and the Devices that they come from.

    Args:
        client: only reads.
        client_id: ours; also the id of our Device (TOP-KT-005c).

    Raises:
        LoginError, ServerUnavailableError: the server could not be asked.
    """
    sight = Sight(client)
    await client.login.token()
    scope = client.login.scope
    own = await _own_devices(sight, client_id)
    found = await every_one(sight)
    granted = letters(scope, "Subscription")
    whole = bool(scope) and "r" in granted and origins(scope, "Subscription", "r") is None
    owners = {origin_of(r) for r in found} - {""} if isinstance(found, tuple) else set()
    devices = Devices(client)
    names = {owner: await devices.name_of(owner) for owner in sorted(owners)}
    return Seen(
        every=_owned(found, own, names) if isinstance(found, tuple) else None,
        whole=whole,
        may_change=not scope or "u" in granted,
        own=own,
    )


async def _own_devices(sight: Sight, client_id: str) -> frozenset[str]:
    """Return by what our own Device is known: its id is the client's, or it names the client.

    A server that does not know the parameter may show every Device: only what it says counts.
    """
    token = system_token(CLIENT_SYSTEM) + quote(client_id, safe="")
    page = await sight.search(f"Device?identifier={token}")
    found = () if isinstance(page, Refused) else page.resources
    ours = [r for r in found if r.get("resourceType") == "Device" and client_id_of(r) == client_id]
    return frozenset({f"Device/{client_id}", *(f"Device/{r['id']}" for r in ours)})


def _owned(
    found: Iterable[Resource], own: frozenset[str], names: Mapping[str, str]
) -> tuple[Owned, ...]:
    every = [_one(resource, own, names) for resource in found]
    return tuple(sorted(every, key=lambda s: (not s.ours, s.owner_name, s.owner, s.criteria, s.id)))


def _one(resource: Resource, own: frozenset[str], names: Mapping[str, str]) -> Owned:
    criteria = resource.get("criteria")
    owner, probed = origin_of(resource), subscription_of(resource)
    status = resource.get("status")
    return Owned(
        id=str(resource["id"]),
        version=version_of(resource),
        status=status if isinstance(status, str) else "",
        criteria=shown_criteria(resource),
        asked=criteria if isinstance(criteria, str) else "",
        host=host_of(resource),
        ours=owner in own,
        owner=owner,
        owner_name=names.get(owner, ""),
        digest="" if probed is None else probed.digest,
    )
