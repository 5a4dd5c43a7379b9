"""The search parameters that criteria may use, per type: where a resource has what they ask.

Source: FHIR R4 4.0.1, search parameter registry; KT 2.0's own ones kt2.md §2.1, §2.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """How a parameter compares."""

    CODED = "coded"
    CODE = "code"
    """A code, boolean or value without a system of its own: its system is that of the element."""
    REFERENCE = "reference"
    STRING = "string"
    URI = "uri"
    DATE = "date"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One search parameter of one type.

    Attributes:
        kind: how it compares.
        paths: where it looks: element names with dots between; `extension(url)` for the value of
            an extension.
        target: type of the only references that count; empty: all.
    """

    kind: Kind
    paths: tuple[str, ...]
    target: str = ""


def _of(kind: Kind, *paths: str, target: str = "") -> Parameter:
    return Parameter(kind, paths, target)


_EXTENSION = "extension({})"
_PUBLISHER = _EXTENSION.format("http://koppeltaal.nl/fhir/StructureDefinition/KT2PublisherId")
_INSTANTIATES = _EXTENSION.format("http://vzvz.nl/fhir/StructureDefinition/instantiates")
_ENDPOINT = _EXTENSION.format("http://koppeltaal.nl/fhir/StructureDefinition/KT2EndpointExtension")

_EVERY = {
    "_profile": _of(Kind.URI, "meta.profile"),
    "_tag": _of(Kind.CODED, "meta.tag"),
    "_security": _of(Kind.CODED, "meta.security"),
}
_NAMED = {"identifier": _of(Kind.CODED, "identifier")}
_ADDRESS = {
    f"address{ending}": _of(kind, *paths)
    for ending, kind, paths in (
        (
            "",
            Kind.STRING,
            tuple(
                f"address.{part}"
                for part in ("text", "line", "city", "district", "state", "country", "postalCode")
            ),
        ),
        ("-city", Kind.STRING, ("address.city",)),
        ("-country", Kind.STRING, ("address.country",)),
        ("-postalcode", Kind.STRING, ("address.postalCode",)),
        ("-state", Kind.STRING, ("address.state",)),
        ("-use", Kind.CODE, ("address.use",)),
    )
}
_PERSON = {
    **_NAMED,
    **_ADDRESS,
    "active": _of(Kind.CODE, "active"),
    "gender": _of(Kind.CODE, "gender"),
    "name": _of(
        Kind.STRING, "name.text", "name.family", "name.given", "name.prefix", "name.suffix"
    ),
    "telecom": _of(Kind.CODE, "telecom.value"),
    "email": _of(Kind.CODE, "telecom[email].value"),
    "phone": _of(Kind.CODE, "telecom[phone].value"),
}
_CALLED = {"family": _of(Kind.STRING, "name.family"), "given": _of(Kind.STRING, "name.given")}

SEARCHED: Mapping[str, Mapping[str, Parameter]] = {
    "ActivityDefinition": {
        **_EVERY,
        **_NAMED,
        "status": _of(Kind.CODE, "status"),
        "name": _of(Kind.STRING, "name"),
        "title": _of(Kind.STRING, "title"),
        "description": _of(Kind.STRING, "description"),
        "publisher": _of(Kind.STRING, "publisher"),
        "url": _of(Kind.URI, "url"),
        "version": _of(Kind.CODE, "version"),
        "topic": _of(Kind.CODED, "topic"),
        "jurisdiction": _of(Kind.CODED, "jurisdiction"),
        "context": _of(Kind.CODED, "useContext.valueCodeableConcept"),
        "context-type": _of(Kind.CODED, "useContext.code"),
        "date": _of(Kind.DATE, "date"),
        "effective": _of(Kind.DATE, "effectivePeriod"),
        "publisherId": _of(Kind.CODE, _PUBLISHER),
        "participant": _of(Kind.CODE, "participant.type"),
        "endpoint": _of(Kind.REFERENCE, _ENDPOINT),
    },
    "CareTeam": {
        **_EVERY,
        **_NAMED,
        "status": _of(Kind.CODE, "status"),
        "category": _of(Kind.CODED, "category"),
        "subject": _of(Kind.REFERENCE, "subject"),
        "patient": _of(Kind.REFERENCE, "subject", target="Patient"),
        "encounter": _of(Kind.REFERENCE, "encounter"),
        "participant": _of(Kind.REFERENCE, "participant.member"),
        "date": _of(Kind.DATE, "period"),
    },
    "Endpoint": {
        **_EVERY,
        **_NAMED,
        "status": _of(Kind.CODE, "status"),
        "name": _of(Kind.STRING, "name"),
        "connection-type": _of(Kind.CODED, "connectionType"),
        "payload-type": _of(Kind.CODED, "payloadType"),
        "organization": _of(Kind.REFERENCE, "managingOrganization"),
    },
    "Organization": {
        **_EVERY,
        **_NAMED,
        **_ADDRESS,
        "active": _of(Kind.CODE, "active"),
        "name": _of(Kind.STRING, "name", "alias"),
        "type": _of(Kind.CODED, "type"),
        "partof": _of(Kind.REFERENCE, "partOf"),
        "endpoint": _of(Kind.REFERENCE, "endpoint"),
    },
    "Patient": {
        **_EVERY,
        **_PERSON,
        **_CALLED,
        "birthdate": _of(Kind.DATE, "birthDate"),
        "language": _of(Kind.CODED, "communication.language"),
        "organization": _of(Kind.REFERENCE, "managingOrganization"),
        "general-practitioner": _of(Kind.REFERENCE, "generalPractitioner"),
        "link": _of(Kind.REFERENCE, "link.other"),
    },
    "Practitioner": {
        **_EVERY,
        **_PERSON,
        **_CALLED,
        "communication": _of(Kind.CODED, "communication"),
    },
    "RelatedPerson": {
        **_EVERY,
        **_PERSON,
        "birthdate": _of(Kind.DATE, "birthDate"),
        "patient": _of(Kind.REFERENCE, "patient"),
        "relationship": _of(Kind.CODED, "relationship"),
    },
    "Task": {
        **_EVERY,
        **_NAMED,
        "status": _of(Kind.CODE, "status"),
        "intent": _of(Kind.CODE, "intent"),
        "priority": _of(Kind.CODE, "priority"),
        "code": _of(Kind.CODED, "code"),
        "business-status": _of(Kind.CODED, "businessStatus"),
        "performer": _of(Kind.CODED, "performerType"),
        "group-identifier": _of(Kind.CODED, "groupIdentifier"),
        "owner": _of(Kind.REFERENCE, "owner"),
        "requester": _of(Kind.REFERENCE, "requester"),
        "subject": _of(Kind.REFERENCE, "for"),
        "patient": _of(Kind.REFERENCE, "for", target="Patient"),
        "focus": _of(Kind.REFERENCE, "focus"),
        "based-on": _of(Kind.REFERENCE, "basedOn"),
        "encounter": _of(Kind.REFERENCE, "encounter"),
        "part-of": _of(Kind.REFERENCE, "partOf"),
        "authored-on": _of(Kind.DATE, "authoredOn"),
        "modified": _of(Kind.DATE, "lastModified"),
        "period": _of(Kind.DATE, "executionPeriod"),
        "instantiates": _of(Kind.REFERENCE, _INSTANTIATES),
    },
}
"""Per type that a migration writes. What is not here cannot be evaluated, and is said to be so."""
