"""What a server says that it can do: its CapabilityStatement."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kt_migrate.model import Json, Resource


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What the server says that it can do (its CapabilityStatement).

    Attributes:
        conditional_create: per R4 type.
        fhir_version: `4.0.1`, or empty.
        software: name and version, or empty.
    """

    conditional_create: Mapping[str, bool]
    fhir_version: str
    software: str


def capabilities_of(statement: Resource) -> Capabilities:
    """Read what a CapabilityStatement offers; what it lacks is not offered."""
    offered = {t: e.get("conditionalCreate") is True for t, e in _entries(statement)}
    software: Json = statement.get("software")
    name = ""
    if isinstance(software, dict):
        name = f"{software.get('name') or ''} {software.get('version') or ''}".strip()
    return Capabilities(
        conditional_create=offered,
        fhir_version=str(statement.get("fhirVersion") or ""),
        software=name,
    )


def interactions_of(statement: Resource) -> dict[str, frozenset[str]]:
    """Return per R4 type what may be done with it: `read`, `search-type`, …; none: it says none."""
    found: dict[str, frozenset[str]] = {}
    for r4_type, entry in _entries(statement):
        listed = entry.get("interaction")
        said = listed if isinstance(listed, list) else []
        codes = [each.get("code") for each in said if isinstance(each, dict)]
        found[r4_type] = frozenset(code for code in codes if isinstance(code, str))
    return found


def _entries(statement: Resource) -> Iterator[tuple[str, dict[str, Json]]]:
    """Yield (R4 type, what is said of it)."""
    rest = statement.get("rest")
    for part in rest if isinstance(rest, list) else []:
        resources = part.get("resource") if isinstance(part, dict) else None
        for entry in resources if isinstance(resources, list) else []:
            if isinstance(entry, dict):
                yield str(entry.get("type")), entry
