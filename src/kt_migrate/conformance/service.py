"""What is asked beyond the profiles: by the service itself, and of what it does not look at.

The codes and the types come from the profiles' data; only that they are asked is written here.
"""

from __future__ import annotations

from functools import lru_cache

from kt_migrate.books import RESOURCE_ORIGIN
from kt_migrate.conformance.invariants import dicts
from kt_migrate.conformance.packages import Codes, package
from kt_migrate.conformance.slices import among, codings_of
from kt_migrate.conformance.walking import Problem
from kt_migrate.model import Resource


def service_rules(
    found: list[Problem], resource: Resource, r4_type: str, version: str, *, incoming: bool
) -> None:
    """Add what breaks these rules.

    Args:
        found: what is wrong is added here.
        resource: FHIR JSON.
        r4_type: its type.
        version: of the package.
        incoming: whether it is on its way to the server.
    """
    if incoming:
        if "id" in resource:
            found.append((f"{r4_type}.id", "server-owned"))
        if any(e.get("url") == RESOURCE_ORIGIN for e in dicts(resource.get("extension"))):
            found.append((f"{r4_type}.extension", "resource-origin"))
    if r4_type == "CareTeam":
        _team(found, resource, version)


@lru_cache(maxsize=2)
def team_roles(version: str) -> tuple[frozenset[str], Codes]:
    """Return who may be in a team, and in which roles: of the slices that are allowed.

    Roles decide on access in applications, and the service does not check them (it cannot see
    behind a reference which slice a member is of): we do.
    """
    known = package(version)
    team = known.profiles[known.types["CareTeam"]]
    kinds: set[str] = set()
    roles: dict[str, frozenset[str] | None] = {}
    for _name, path in team.slices.get("participant", []):
        if team.elements[path].get("max") == 0:
            continue
        kinds.update(team.elements[f"{path}.member"]["types"][0]["targets"])
        codes = known.value_sets.get(team.elements[f"{path}.role"].get("set", "")) or {}
        for system, some in codes.items():
            roles[system] = None if some is None else some | (roles.get(system) or frozenset())
    return frozenset(kinds), roles


def _team(found: list[Problem], resource: Resource, version: str) -> None:
    kinds, roles = team_roles(version)
    for participant in dicts(resource.get("participant")):
        member = participant.get("member")
        reference = member.get("reference") if isinstance(member, dict) else None
        kind = str(reference).partition("?")[0].partition("/")[0]
        if reference is not None and kind not in kinds:
            found.append(("CareTeam.participant.member", "target"))
        codings = (c for role in dicts(participant.get("role")) for c in codings_of(role))
        if not all(among(roles, coding) for coding in codings):
            found.append(("CareTeam.participant.role", "role-code"))
