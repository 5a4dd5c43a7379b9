"""KT 2.0's rules: what a stock FHIR server does not do. Source: server.md §1."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus

from kt_migrate.books import RESOURCE_ORIGIN
from kt_migrate.conformance import check, known_types, known_versions
from kt_migrate.model import PROFILE_BASE, Json, Resource
from kt_migrate.sandbox.store import Trouble
from kt_migrate.sandbox.subscribing import subscription_problems

_VIEW_SYSTEM = "http://vzvz.nl/fhir/CodeSystem/koppeltaal-task-code"


def may(scopes: str, r4_type: str, letter: str, origin: str | None = None) -> bool:
    """Say whether a scope allows one operation.

    Args:
        scopes: as in the token: `system/Patient.cruds?resource-origin=Device/1,Device/2 …`.
        r4_type: the type.
        letter: c, r, u, d or s.
        origin: the stored resource's origin; None: any line of the type will do.
    """
    for letters, origins in _lines(scopes, r4_type):
        if letter in letters and (origin is None or not origins or origin in origins):
            return True
    return False


def narrowed(scopes: str, r4_type: str) -> frozenset[str] | None:
    """Return the origins that a search is narrowed to; None: all."""
    allowed: set[str] = set()
    for letters, origins in _lines(scopes, r4_type):
        if "r" in letters:
            if not origins:
                return None
            allowed |= origins
    return frozenset(allowed)


def _lines(scopes: str, r4_type: str) -> Iterator[tuple[str, frozenset[str]]]:
    for line in scopes.split():
        name, _, condition = line.partition("?")
        kind, _, letters = name.removeprefix("system/").partition(".")
        if kind in (r4_type, "*"):
            origins = condition.removeprefix("resource-origin=")
            yield letters, frozenset(filter(None, origins.split(",")))


def origins(resource: Resource) -> list[str]:
    """Return the Devices that a resource says it comes from."""
    extensions = resource.get("extension")
    found = []
    for extension in extensions if isinstance(extensions, list) else []:
        if isinstance(extension, dict) and extension.get("url") == RESOURCE_ORIGIN:
            value = extension.get("valueReference")
            found.append(str(value.get("reference")) if isinstance(value, dict) else "")
    return found


def stamped(resource: Resource, device: str) -> Resource:
    """Return the resource with its origin: whoever posts it, for ever."""
    extensions = resource.get("extension")
    origin: Json = {
        "url": RESOURCE_ORIGIN,
        "valueReference": {"reference": device, "type": "Device"},
    }
    own = extensions if isinstance(extensions, list) else []
    return {**resource, "extension": [origin, *own]}


def refuses_create(
    resource: Resource, *, validates: bool, version: str = ""
) -> Trouble | list[tuple[str, str]]:
    """Say what is wrong with a resource that is posted; an empty list is good.

    Args:
        resource: as it was posted, its id already left out.
        validates: the store checks profiles itself.
        version: of the profiles; empty, or unknown: the newest.
    """
    if origins(resource):
        return Trouble(
            status=HTTPStatus.BAD_REQUEST, why="Not allowed to set extension resource-origin"
        )
    return problems(resource, incoming=True, validates=validates, version=version)


def problems(
    resource: Resource, *, incoming: bool, validates: bool, version: str = ""
) -> list[tuple[str, str]]:
    """Return (path, rule) of everything that makes the service answer 422."""
    r4_type = str(resource.get("resourceType"))
    found = [*_view_task(resource), *subscription_problems(resource)]
    if not validates and r4_type in known_types():
        known = version if version in known_versions() else ""
        issues = check(resource, incoming=incoming, version=known)
        found += [(i.path, i.detail) for i in issues]
    elif PROFILE_BASE + r4_type not in _profiles(resource):
        found.append((f"{r4_type}.meta.profile", "kt2-profile"))
    return found


def _profiles(resource: Resource) -> list[Json]:
    meta = resource.get("meta")
    profiles = meta.get("profile") if isinstance(meta, dict) else None
    return profiles if isinstance(profiles, list) else []


def _view_task(resource: Resource) -> Iterator[tuple[str, str]]:
    code = resource.get("code")
    codings = code.get("coding") if isinstance(code, dict) else None
    for coding in codings if isinstance(codings, list) else []:
        if (
            resource.get("resourceType") == "Task"
            and isinstance(coding, dict)
            and coding.get("system") == _VIEW_SYSTEM
            and coding.get("code") == "view"
            and "partOf" not in resource
        ):
            yield "Task.partOf", "view-task"
