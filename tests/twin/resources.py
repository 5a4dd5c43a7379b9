"""A small good resource of each type that a migration writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kt_migrate.model import MIGRATION_SYSTEM, PROFILE_BASE

TYPES = (
    "Organization",
    "Patient",
    "Practitioner",
    "RelatedPerson",
    "CareTeam",
    "Endpoint",
    "ActivityDefinition",
    "Task",
)
_QUALIFIER = "http://hl7.org/fhir/StructureDefinition/iso21090-EN-qualifier"
_COD472 = "urn:oid:2.16.840.1.113883.2.4.3.11.22.472"
_CONNECTION = "http://vzvz.nl/fhir/CodeSystem/koppeltaal-endpoint-connection-type"
_PAYLOAD = "http://terminology.hl7.org/CodeSystem/endpoint-payload-type"

Reference = Callable[[str], dict[str, str]]


def name(family: str) -> list[dict[str, Any]]:
    """Return an official name."""
    given = [{"extension": [{"url": _QUALIFIER, "valueCode": "BR"}]}]
    return [{"use": "official", "family": family, "given": ["Test"], "_given": given}]


def relationship(system: str, code: str, display: str = "") -> list[dict[str, Any]]:
    """Return a relationship."""
    coding = {"system": system, "code": code} | ({"display": display} if display else {})
    return [{"coding": [coding]}]


def minimal(r4_type: str, value: str, reference: Reference) -> dict[str, Any]:
    """Return a good resource.

    Args:
        r4_type: one of TYPES.
        value: of its temporary identifier.
        reference: gives a reference to a resource that is there.
    """
    temporary = {"use": "temp", "system": MIGRATION_SYSTEM + r4_type, "value": value}
    common = {
        "resourceType": r4_type,
        "meta": {"profile": [PROFILE_BASE + r4_type]},
        "identifier": [temporary],
    }
    return {**common, **_ELEMENTS[r4_type](reference)}


def _person(family: str) -> dict[str, Any]:
    return {"active": True, "name": name(family), "gender": "unknown", "birthDate": "1951-02-11"}


_ELEMENTS: dict[str, Callable[[Reference], dict[str, Any]]] = {
    "Organization": lambda _to: {"active": True, "name": "Voorbeeldzorg"},
    "Patient": lambda _to: _person("Verzonnen"),
    "Practitioner": lambda _to: {
        "active": True,
        "name": name("Bedacht"),
        "telecom": [{"system": "email", "use": "work", "value": "h@zorg.example"}],
    },
    "RelatedPerson": lambda to: {
        **_person("Naaste"),
        "patient": to("Patient"),
        "relationship": relationship(_COD472, "19", "Buur"),
    },
    "CareTeam": lambda to: {"status": "active", "subject": to("Patient")},
    "Endpoint": lambda _to: {
        "status": "active",
        "connectionType": {"system": _CONNECTION, "code": "hti-smart-on-fhir"},
        "payloadType": [{"coding": [{"system": _PAYLOAD, "code": "any"}]}],
        "address": "https://module.example/launch",
    },
    "ActivityDefinition": lambda to: {
        "extension": [
            {
                "url": "http://koppeltaal.nl/fhir/StructureDefinition/KT2EndpointExtension",
                "valueReference": to("Endpoint"),
            }
        ],
        "url": "https://module.example/catalogue/1",
        "title": "Voorbeeld",
        "status": "active",
    },
    "Task": lambda to: {
        "status": "ready",
        "intent": "order",
        "for": to("Patient"),
        "owner": to("Patient"),
    },
}
