"""What the profiles say in slices and invariants, per type. Source: kt2.md §1.0-§1.9."""

from __future__ import annotations

from collections.abc import Iterator

from kt_migrate.books import RESOURCE_ORIGIN
from kt_migrate.model import Json, Resource

Problem = tuple[str, str]

_QUALIFIER = "http://hl7.org/fhir/StructureDefinition/iso21090-EN-qualifier"
_ENDPOINT = "http://koppeltaal.nl/fhir/StructureDefinition/KT2EndpointExtension"
_INSTANTIATES = "http://vzvz.nl/fhir/StructureDefinition/instantiates"
_ROLE_CODE = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
_NULL_FLAVOR = "http://terminology.hl7.org/CodeSystem/v3-NullFlavor"
_COD472 = "urn:oid:2.16.840.1.113883.2.4.3.11.22.472"
_ROLES = "urn:oid:2.16.840.1.113883.2.4.3.11.60.40.4.23.1"
_SNOMED = "http://snomed.info/sct"
_PARTICIPATION = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"

RELATIONSHIPS: dict[str, frozenset[str]] = {
    _ROLE_CODE: frozenset(
        [
            "ADOPTF",
            "ADOPTM",
            "AUNT",
            "BRO",
            "BROINLAW",
            "COUSN",
            "DAUC",
            "DAUINLAW",
            "DOMPART",
            "FTH",
            "FTHINLAW",
            "DAUFOST",
            "FTHFOST",
            "MTHFOST",
            "SONFOST",
            "GRNDDAU",
            "GRFTH",
            "GRMTH",
            "GRNDSON",
            "GGRFTH",
            "GGRMTH",
            "HUSB",
            "MTH",
            "MTHINLAW",
            "NEPHEW",
            "NIECE",
            "SIS",
            "SISINLAW",
            "SONC",
            "SONINLAW",
            "STPFTH",
            "STPMTH",
            "UNCLE",
            "WIFE",
        ]
    ),
    _NULL_FLAVOR: frozenset({"OTH"}),
    _COD472: frozenset(
        [
            "01",
            "02",
            "03",
            "04",
            "05",
            "06",
            "07",
            "09",
            "11",
            "14",
            "15",
            "19",
            "20",
            "21",
            "23",
            "24",
        ]
    ),
    _ROLES: frozenset(["100001", "100002", "100003", "100004"]),
}
"""KT2_RelatedPerson.relationship is closed: a code outside these is refused."""

_DISPLAYS = {"23": "Contactpersoon", "24": "Wettelijke vertegenwoordiger"}

TEAM_ROLES: dict[str, frozenset[str]] = {
    _SNOMED: frozenset(
        [
            "405623001",
            "224608005",
            "768821004",
            "768832004",
            "407542009",
            "310391000146105",
            "125677006",
            "62071000",
        ]
    ),
    _PARTICIPATION: frozenset(["RESP", "REF", "PRF", "SPRF", "CON", "ATND"]),
    _NULL_FLAVOR: frozenset({"OTH"}),
}
"""Roles decide on access in applications, and the service does not check them: we do."""


def rules_for(resource: Resource, r4_type: str, *, incoming: bool) -> Iterator[Problem]:
    """Yield what breaks the rules of a type that cardinalities cannot say."""
    yield from _origin(resource, r4_type, incoming=incoming)
    if r4_type in ("Patient", "Practitioner", "RelatedPerson"):
        yield from _names(resource, r4_type)
    match r4_type:
        case "Practitioner":
            yield from _email(resource)
        case "RelatedPerson":
            yield from _relationships(resource)
        case "CareTeam":
            yield from _team(resource)
        case "ActivityDefinition":
            yield from _extension(resource, r4_type, _ENDPOINT, "Endpoint", required=True)
        case "Task":
            yield from _extension(
                resource, r4_type, _INSTANTIATES, "ActivityDefinition", required=False
            )
        case _:
            pass


def _dicts(value: Json) -> list[dict[str, Json]]:
    return [v for v in value if isinstance(v, dict)] if isinstance(value, list) else []


def _origin(resource: Resource, r4_type: str, *, incoming: bool) -> Iterator[Problem]:
    origins = [e for e in _dicts(resource.get("extension")) if e.get("url") == RESOURCE_ORIGIN]
    if incoming and "id" in resource:
        yield f"{r4_type}.id", "server-owned"
    if (incoming and origins) or len(origins) > 1:
        yield f"{r4_type}.extension", "resource-origin"


def _names(resource: Resource, r4_type: str) -> Iterator[Problem]:
    path = f"{r4_type}.name"
    names = _dicts(resource.get("name"))
    for name in names:
        use = name.get("use")
        if use is None and r4_type != "RelatedPerson":
            yield f"{path}.use", "kt2pnu"
        if use == "official":
            yield from _official(name, path)
        if use == "usual":
            yield from _usual(name, path)
    if sum(name.get("use") == "official" for name in names) > 2:  # noqa: PLR2004 (0..2)
        yield path, "nameInformation-max"


def _official(name: dict[str, Json], path: str) -> Iterator[Problem]:
    if "family" not in name and "_family" not in name:
        yield f"{path}.family", "min"
    givens = name.get("given")
    besides = _dicts(name.get("_given"))
    if not isinstance(givens, list) or not givens:
        yield f"{path}.given", "min"
    elif len(besides) != len(givens) or not all(_qualified(beside) for beside in besides):
        yield f"{path}.given.extension", "qualifier"


def _qualified(beside: dict[str, Json]) -> bool:
    found = [e for e in _dicts(beside.get("extension")) if e.get("url") == _QUALIFIER]
    return len(found) == 1 and found[0].get("valueCode") in ("BR", "IN", "CL")


def _usual(name: dict[str, Json], path: str) -> Iterator[Problem]:
    if not name.get("given"):
        yield f"{path}.given", "min"
    for element in ("family", "prefix", "suffix"):
        if element in name:
            yield f"{path}.{element}", "max"


def _email(resource: Resource) -> Iterator[Problem]:
    telecoms = _dicts(resource.get("telecom"))
    if not any(
        t.get("system") == "email" and t.get("use") in (None, "home", "work") for t in telecoms
    ):
        yield "Practitioner.telecom", "emailAddresses-min"


def _relationships(resource: Resource) -> Iterator[Problem]:
    path = "RelatedPerson.relationship"
    for concept in _dicts(resource.get("relationship")):
        codings = _dicts(concept.get("coding"))
        if not codings or not all(_known(c, RELATIONSHIPS) for c in codings):
            yield path, "closed-slicing"
        for coding in codings:
            wanted = _DISPLAYS.get(str(coding.get("code")))
            if coding.get("system") == _COD472 and wanted not in (None, coding.get("display")):
                yield path, "kt2-role-display-validation"


def _known(coding: dict[str, Json], table: dict[str, frozenset[str]]) -> bool:
    return str(coding.get("code")) in table.get(str(coding.get("system")), frozenset())


def _team(resource: Resource) -> Iterator[Problem]:
    for participant in _dicts(resource.get("participant")):
        member = participant.get("member")
        reference = member.get("reference") if isinstance(member, dict) else None
        kind = str(reference).partition("?")[0].partition("/")[0]
        if reference is not None and kind not in ("Practitioner", "RelatedPerson"):
            yield "CareTeam.participant.member", "target"
        for role in _dicts(participant.get("role")):
            if not all(_known(c, TEAM_ROLES) for c in _dicts(role.get("coding"))):
                yield "CareTeam.participant.role", "role-code"


def _extension(
    resource: Resource, r4_type: str, url: str, target: str, *, required: bool
) -> Iterator[Problem]:
    path = f"{r4_type}.extension"
    found = [e for e in _dicts(resource.get("extension")) if e.get("url") == url]
    if required and not found:
        yield path, "min"
    for extension in found:
        value = extension.get("valueReference")
        reference = value.get("reference") if isinstance(value, dict) else None
        if not isinstance(reference, str) or not reference.startswith((f"{target}?", f"{target}/")):
            yield path, "target"
