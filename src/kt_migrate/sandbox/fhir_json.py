"""Looks into FHIR JSON for the sandbox's store: identifiers, references, origins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

from kt_migrate.books import RESOURCE_ORIGIN
from kt_migrate.model import PROFILE_BASE, Json, Resource

CLIENT_SYSTEM = "http://vzvz.nl/fhir/NamingSystem/koppeltaal-client-id"


def client_device(client_id: str) -> Resource:
    """Return the Device of a client, as the domain administration registers it."""
    return {
        "resourceType": "Device",
        "meta": {"profile": [f"{PROFILE_BASE}Device"]},
        "identifier": [{"system": CLIENT_SYSTEM, "value": client_id}],
        "status": "active",
        "deviceName": [{"name": client_id, "type": "user-friendly-name"}],
    }


def stamped(resource: Resource, logical_id: str, version: int, changed: str) -> Resource:
    """Return a resource with its id, version and instant of change."""
    meta = resource.get("meta")
    own = dict(meta) if isinstance(meta, dict) else {}
    meta_now: Json = {**own, "versionId": str(version), "lastUpdated": changed}
    return {**resource, "id": logical_id, "meta": meta_now}


def origin_of(resource: Resource) -> str:
    """Return the Device that a resource comes from, or empty."""
    extensions = resource.get("extension")
    for extension in extensions if isinstance(extensions, list) else []:
        if isinstance(extension, dict) and extension.get("url") == RESOURCE_ORIGIN:
            value = extension.get("valueReference")
            if isinstance(value, dict):
                return str(value.get("reference"))
    return ""


def identifiers(resource: Resource) -> Iterator[tuple[str, str]]:
    """Yield (system, value) of a resource's identifiers."""
    identifiers = resource.get("identifier")
    for identifier in identifiers if isinstance(identifiers, list) else []:
        if isinstance(identifier, dict):
            yield str(identifier.get("system") or ""), str(identifier.get("value") or "")


def references(value: Json) -> Iterator[str]:
    """Yield the local references in a resource: `Type/id`."""
    if isinstance(value, list):
        for item in value:
            yield from references(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            if name == "reference" and isinstance(item, str):
                if "://" not in item and not item.startswith("#"):
                    yield "/".join(item.split("/")[:2])
            else:
                yield from references(item)


def place_of(value: Json, target: str, place: str) -> str:
    """Return the FHIR path of the first reference to a target below a place; empty: none."""
    if isinstance(value, list):
        return next(filter(None, (place_of(item, target, place) for item in value)), "")
    if not isinstance(value, dict):
        return ""
    if target in references({"reference": value.get("reference")}):
        return place
    below = (place_of(item, target, f"{place}.{name}") for name, item in value.items())
    return next(filter(None, below), "")


def query_text(parameters: Mapping[str, Sequence[str]]) -> str:
    """Return parameters as the query of a URL."""
    pairs = [(name, value) for name, values in parameters.items() for value in values]
    return "&".join(f"{name}={quote(value, safe='')}" for name, value in pairs)
