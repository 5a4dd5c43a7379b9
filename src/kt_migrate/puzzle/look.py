"""Looks at a domain for several suppliers together: reads, and never writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol

from kt_migrate.kt2.complete import Finder
from kt_migrate.kt2.devices import Devices, Glancing
from kt_migrate.kt2.scopes import origins
from kt_migrate.model import MIGRATION_SYSTEM
from kt_migrate.plan.announced import Announced
from kt_migrate.plan.store import Plan
from kt_migrate.puzzle.seen import Seen
from kt_migrate.puzzle.standing import Standing, standing_of
from kt_migrate.scratch import room_on

SYSTEMS = (
    ("Organization", "Organization"),
    ("Patient", "Patient"),
    ("Practitioner", "Practitioner"),
    ("RelatedPerson", "RelatedPerson"),
    ("CareTeam", "CareTeam"),
    ("Endpoint", "Endpoint"),
    ("ActivityDefinition", "ActivityDefinition"),
    ("Task", "CarePlanActivity"),
)
"""(Type, name of its temporary identifiers) of the shipped algorithm; a plan may have others."""


class Looker(Finder, Glancing, Protocol):
    """What looking takes of a client (`FhirClient`)."""


async def look(
    client: Looker,
    folder: Path,
    ours: Mapping[str, str],
    plan: Plan | None,
    announced: Announced,
) -> Standing:
    """Look once.

    Args:
        client: reads as the environment's own client; what its scope hides is not seen.
        folder: for a temporary file.
        ours: our name per client id of ours.
        plan: ours, when there is one.
        announced: the lists of the others, and the domain that digests are of.

    Raises:
        CouldNotLookError: what is there cannot be shown to be all.
        LoginError, ServerUnavailableError: the server could not be asked.
    """
    with room_on(folder):
        seen = Seen(folder, announced.domain)
        try:
            for r4_type, system in _systems(plan):
                await seen.read(client, r4_type, system)
            known = {**announced.suppliers, **ours}
            there = {origin for origin, _r4_type, _count in seen.counts()}
            names = await _names(client, there, known)
            return standing_of(seen, names, next(iter(ours.values()), ""), plan, announced)
        finally:
            seen.close()


def _systems(plan: Plan | None) -> Iterable[tuple[str, str]]:
    """Return every (type, system) to read, each once."""
    own = [(r4_type, MIGRATION_SYSTEM + name) for r4_type, name in SYSTEMS]
    planned = () if plan is None else plan.systems()
    expected = () if plan is None else ((e.key.r4_type, e.key.system) for e in plan.expected())
    return dict.fromkeys((*own, *planned, *expected))


def limited(scope: str) -> tuple[str, ...]:
    """Return the types of which a token shows some Devices' only; others' may be there, hidden.

    Args:
        scope: as the login service gave it; empty: it does not say.
    """
    shown = ((r4_type, origins(scope, r4_type, "r")) for r4_type, _system in SYSTEMS if scope)
    return tuple(r4_type for r4_type, limit in shown if limit is not None)


async def _names(client: Looker, there: Iterable[str], known: Mapping[str, str]) -> dict[str, str]:
    """Return who is behind each origin: a supplier that said so, else the Device's name, or its id.

    Args:
        client: reads Devices, as far as it may.
        there: `Device/<id>` of who brought something, or empty where a server does not say.
        known: supplier per client id.
    """
    devices, names = Devices(client), {}
    for origin in sorted(filter(None, there)):
        supplier = known.get(await devices.client_of(origin))
        names[origin] = supplier or await devices.name_of(origin) or origin
    return names
