"""A resource against its profile, and against what the service asks beyond it."""

from __future__ import annotations

from kt_migrate.conformance.building import root_of
from kt_migrate.conformance.packages import newest_version, package
from kt_migrate.conformance.service import service_rules
from kt_migrate.conformance.walking import Problem, walk
from kt_migrate.model import PROFILE_BASE, Issue, Resource


def known_types(version: str = "") -> frozenset[str]:
    """Return the R4 types that have a profile; without a version of the newest."""
    return frozenset(package(version or newest_version()).types)


def check(resource: Resource, *, incoming: bool = True, version: str = "") -> tuple[Issue, ...]:
    """Check one resource against KT 2.0's profiles.

    Args:
        resource: FHIR JSON. References may be literal (`Patient/1`) or conditional.
        incoming: whether it is on its way to the server: then it may hold no id and no
            resource-origin, which the server gives.
        version: of the package; a known one; without it the newest.

    Returns:
        What is wrong: code `profile-violation`, the FHIR path, and the rule in `detail`. Empty
        is good.
    """
    version = version or newest_version()
    r4_type = resource.get("resourceType")
    if not isinstance(r4_type, str) or r4_type not in package(version).types:
        return (Issue(code="profile-violation", detail="unknown-type"),)
    found: list[Problem] = []
    _profile(found, resource, r4_type)
    node = root_of(version, r4_type)
    walk(found, resource, node)
    for key, holds in node.rules:
        if not holds(resource):
            found.append((r4_type, key))
    service_rules(found, resource, r4_type, version, incoming=incoming)
    if not found:
        return ()
    unique = dict.fromkeys(found)
    return tuple(Issue(code="profile-violation", path=p, detail=d) for p, d in unique)


def _profile(found: list[Problem], resource: Resource, r4_type: str) -> None:
    meta = resource.get("meta")
    profiles = meta.get("profile") if isinstance(meta, dict) else None
    if not isinstance(profiles, list) or PROFILE_BASE + r4_type not in profiles:
        found.append((f"{r4_type}.meta.profile", "kt2-profile"))
