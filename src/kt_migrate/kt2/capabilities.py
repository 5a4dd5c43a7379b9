"""What a server says that it can do: its CapabilityStatement."""

from __future__ import annotations

from collections.abc import Mapping
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
    offered: dict[str, bool] = {}
    rest = statement.get("rest")
    for part in rest if isinstance(rest, list) else []:
        resources = part.get("resource") if isinstance(part, dict) else None
        for entry in resources if isinstance(resources, list) else []:
            if isinstance(entry, dict):
                offered[str(entry.get("type"))] = entry.get("conditionalCreate") is True
    software: Json = statement.get("software")
    name = ""
    if isinstance(software, dict):
        name = f"{software.get('name') or ''} {software.get('version') or ''}".strip()
    return Capabilities(
        conditional_create=offered,
        fhir_version=str(statement.get("fhirVersion") or ""),
        software=name,
    )
