"""What a server looks like: what a GO was given for, and what a run looks at again. Only reads."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from http import HTTPStatus
from urllib.parse import quote

import orjson

from kt_migrate.conformance import PROFILE_PACKAGE
from kt_migrate.errors import said
from kt_migrate.kt2.answers import Refused
from kt_migrate.kt2.capabilities import capabilities_of, interactions_of
from kt_migrate.kt2.devices import CLIENT_SYSTEM, client_id_of
from kt_migrate.kt2.search import system_token
from kt_migrate.model import Resource
from kt_migrate.probing.limits import search_limit
from kt_migrate.probing.sight import LoggedIn, Sight
from kt_migrate.probing.subscriptions import Subscription, in_force

TYPES = (
    "ActivityDefinition",
    "CareTeam",
    "Endpoint",
    "Organization",
    "Patient",
    "Practitioner",
    "RelatedPerson",
    "Task",
)
"""What a migration can write."""

TOTALS = "totals"
ABSENT = "absent"
"""Of our own Device: the server says that it is not there."""

NAMES = {
    "software": said("the server's software"),
    "fhir_version": said("the FHIR version"),
    "profiles": said("the versions of the KT 2.0 profiles"),
    "conditional_create": said("conditional create"),
    "interactions": said("what may be done per type"),
    "scope": said("what the token allows"),
    "device": said("our own Device"),
    "subscriptions": said("the subscriptions in force"),
    "search_limit": said("where a search ends"),
}
"""How to call each component to a person."""

_MEASURED = "search_limit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What a server looks like; None: that could not be seen.

    Attributes:
        software: name and version, or empty.
        fhir_version: `4.0.1`, or empty.
        profiles: the versions of the KT 2.0 package that it says it runs; empty: it does not say.
        conditional_create: the types for which its statement offers If-None-Exist.
        interactions: per type of a migration what its statement allows; absent: not supported.
        scope: the entries of the token's scope, sorted.
        device: status of our own Device, or `absent`.
        subscriptions: those in force that we may see.
        search_limit: after how many hits a search ends; 0: beyond 2,400; None: not measurable.
    """

    software: str | None
    fhir_version: str | None
    profiles: tuple[str, ...] | None
    conditional_create: tuple[str, ...] | None
    interactions: tuple[tuple[str, tuple[str, ...]], ...] | None
    scope: tuple[str, ...] | None
    device: str | None
    subscriptions: tuple[Subscription, ...] | None
    search_limit: int | None

    @property
    def digest(self) -> str:
        """SHA-256 over what the server says; the search limit, which is measured, is left out."""
        content = {name: value for name, value in asdict(self).items() if name != _MEASURED}
        return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()

    def differences(self, other: Service) -> tuple[str, ...]:
        """Return in words (`NAMES`) what differs; what could be seen once only differs too.

        The search limit differs only when it was measured both times: a domain that grows begins
        to show it.
        """
        return tuple(
            NAMES[field.name]
            for field in fields(self)
            if _differ(field.name, getattr(self, field.name), getattr(other, field.name))
        )

    def as_json(self) -> dict[str, object]:
        """Return it as probe.json keeps it."""
        return asdict(self)


def _differ(name: str, one: object, other: object) -> bool:
    return one != other and not (name == _MEASURED and None in (one, other))


def service_of(content: Mapping[str, object]) -> Service:
    """Read what `Service.as_json` gave, after it went through JSON.

    Raises:
        TypeError, ValueError, KeyError: it is no such thing.
    """
    subscriptions = content["subscriptions"]
    read = {name: _frozen(value) for name, value in content.items()}
    if isinstance(subscriptions, list):
        read["subscriptions"] = tuple(Subscription(**each) for each in subscriptions)
    return Service(**read)  # type: ignore[arg-type]  # a wrong shape shows in its digest


def _frozen(value: object) -> object:
    return tuple(_frozen(each) for each in value) if isinstance(value, list) else value


async def look(client: LoggedIn, *, client_id: str) -> Service:
    """Look at a server: some twenty GETs, and a token request when there is no token yet.

    Args:
        client: the server.
        client_id: ours; also the id of our Device.

    Raises:
        LoginError: the login is refused, or 401 twice.
        ServerUnavailableError: the server does not answer.
    """
    seen = {name: value async for name, value in parts_of(client, client_id)}
    return service_seen(seen)


def service_seen(parts: Mapping[str, object]) -> Service:
    """Return a service of the parts that could be seen; the others are None."""
    every = {field.name: parts.get(field.name) for field in fields(Service)}
    return Service(**every)  # type: ignore[arg-type]  # as `parts_of` gives them


async def parts_of(client: LoggedIn, client_id: str) -> AsyncIterator[tuple[str, object]]:
    """Yield (attribute of a Service, its value) as they are seen; first what anybody may see.

    Beside them TOTALS: how many resources we may see per type; of no Service a part.
    """
    sight = Sight(client)
    statement = await sight.statement(openly=True)
    for part in _stated(statement):
        yield part
    yield "profiles", await client.profile_versions(PROFILE_PACKAGE)
    await client.login.token()
    yield "scope", tuple(sorted(client.login.scope.split())) or None
    if isinstance(statement, int):
        for part in _stated(await sight.statement(openly=False)):
            yield part
    yield "device", await _device(sight, client_id)
    subscriptions = await in_force(sight)
    yield "subscriptions", subscriptions if isinstance(subscriptions, tuple) else None
    totals = await totals_of(sight)
    yield TOTALS, totals
    yield "search_limit", await search_limit(sight, totals)


def _stated(statement: Resource | int) -> Iterator[tuple[str, object]]:
    """Yield what a CapabilityStatement says; nothing when it is none."""
    if isinstance(statement, int):
        return
    stated, allowed = capabilities_of(statement), interactions_of(statement)
    offered = {r4_type for r4_type, offers in stated.conditional_create.items() if offers}
    yield "software", stated.software
    yield "fhir_version", stated.fhir_version
    yield "conditional_create", tuple(sorted(offered & set(TYPES)))
    yield "interactions", tuple((t, tuple(sorted(allowed[t]))) for t in TYPES if t in allowed)


async def totals_of(sight: Sight) -> dict[str, int]:
    """Return how many resources we may see, per type that the server counts."""
    totals = {t: await sight.counted(f"{t}?_count=1") for t in (*TYPES, "AuditEvent")}
    return {t: total for t, total in totals.items() if isinstance(total, int)}


async def _device(sight: Sight, client_id: str) -> str | None:
    """Return the status of our Device; None: the server does not say."""
    there = await sight.read(f"Device/{quote(client_id, safe='')}")
    if not isinstance(there, int):
        return _status(there)
    if there not in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
        return None
    token = system_token(CLIENT_SYSTEM) + quote(client_id, safe="")
    page = await sight.search(f"Device?identifier={token}")
    if isinstance(page, Refused):
        return None
    # A server that does not know the parameter may show every Device: only what it says counts.
    ours = [device for device in page.resources if client_id_of(device) == client_id]
    return _status(ours[0]) if ours else ABSENT


def _status(device: Resource) -> str | None:
    status = device.get("status")
    return status if isinstance(status, str) else None
