"""What KT 1.3 messages are made of, as templates in both serialisations.

Each piece is built once, as the structure that `examples/dstu1.py` writes, with marks in it:
`%(name)s` stands for a value, `@name` for elements that other pieces make, `@+name` for the same
behind fixed ones. Filling a template is what a message costs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import beside  # noqa: F401 (makes dstu1 importable)
from dstu1 import NS, coding, extension, reference, to_json, to_xml

from kt_migrate.kt13.envelope import Bundle, Entry
from kt_migrate.model import Body, Node

XML, JSON = 0, 1
"""Places in `Piece.forms`."""

_NUMBER = "700000001"
"""Stands for `%(number)s` where JSON wants a number."""
_NAMES = {"waarde": "value", "verzoek": "identifier"}
"""Elements that dstu1 writes otherwise than here: `value` it writes in an identifier and a telecom
only, and `identifier` as a list."""
_OPEN = '<content type="text/xml">\n'
_XML_SLOT = re.compile(r'<\w+ value="@\+?(\w+)"/>')
_JSON_SLOT = re.compile(r'(?:"@|,\s*"@\+)(\w+)"')


@dataclass(frozen=True, slots=True)
class Piece:
    """One template per serialisation.

    Attributes:
        forms: the XML and the JSON template.
    """

    forms: tuple[str, str]

    def write(self, style: int, values: Mapping[str, str]) -> str:
        """Fill the template of one serialisation."""
        return self.forms[style] % values


def row(style: int, items: Sequence[str], *, behind: bool = False) -> str:
    """Join elements for a slot; `behind` for a slot `@+name`."""
    if style == XML:
        return "".join(items)
    return "".join(f",\n{item}" for item in items) if behind else ",\n".join(items)


def resource(resource_type: str, body: Body) -> Piece:
    """Make the piece of a whole resource."""
    bundle = _alone(resource_type, body)
    content = json.loads(to_json(bundle))["entry"][0]["content"]
    return _piece(_content(bundle), content)


def element(resource_type: str, name: str, node: Node) -> Piece:
    """Make the piece of one element of a resource."""
    bundle = _alone(resource_type, {name: [node]})
    made = json.loads(to_json(bundle))["entry"][0]["content"][name]
    xml = _content(bundle)
    inner = xml[xml.index(">") + 1 : xml.rindex("</")]
    return _piece(inner, made[0] if isinstance(made, list) else made)


def _alone(resource_type: str, body: Body) -> Bundle:
    entry = Entry(entry_id="", self_link="", resource_type=resource_type, body=body)
    return Bundle(root="Bundle", entries=(entry,))


def _content(bundle: Bundle) -> str:
    written = to_xml(bundle).decode()
    return written[written.index(_OPEN) + len(_OPEN) : written.index("\n</content>")]


def _piece(xml: str, content: object) -> Piece:
    text = json.dumps(content, sort_keys=True, ensure_ascii=False)
    return Piece(
        (
            _marks(_XML_SLOT.sub(r"%(\1)s", xml)),
            _marks(_JSON_SLOT.sub(r"%(\1)s", text)),
        )
    )


def _marks(template: str) -> str:
    for mark, name in _NAMES.items():
        template = template.replace(mark, name)
    return template.replace(_NUMBER, "%(number)s")


def _concept(system: str, code: str) -> Node:
    return {"coding": [{"system": [system], "code": [code]}]}


def _telecom(system: str, value: str, use: str) -> Node:
    return {"system": [system], "value": [value], "use": [use]}


def _identifier(system: str, value: str) -> Node:
    return {
        "use": ["official"],
        "system": [f"http://fhir.nl/fhir/NamingSystem/{system}"],
        "value": [value],
    }


def _name(prefix: str = "") -> Node:
    made: Body = {"use": ["official"], "family": ["%(family)s"], "given": ["%(given)s"]}
    return {**made, "prefix": [prefix]} if prefix else made


_GENDER = _concept("http://hl7.org/fhir/v3/AdministrativeGender", "%(gender)s")
_ADDRESS: Node = {
    "use": ["home"],
    "line": ["%(street)s"],
    "city": ["Nergenshuizen"],
    "zip": ["0000 ZZ"],
    "country": ["NL"],
}

ORGANIZATION = resource(
    "Organization",
    {
        "identifier": [_identifier("agb-z", "%(agb)s")],
        "name": ["%(name)s"],
        "telecom": [_telecom("phone", "0000000000", "work")],
    },
)
PATIENT = resource(
    "Patient",
    {
        "id": ["%(id)s"],
        "extension": [extension("Patient#Age", "valueInteger", _NUMBER)],
        "identifier": [_identifier("bsn", "%(bsn)s")],
        "name": [_name()],
        "telecom": [
            _telecom("email", "%(email)s", "home"),
            _telecom("phone", "%(phone)s", "mobile"),
        ],
        "gender": [_GENDER],
        "birthDate": ["%(birth)s"],
        "address": [_ADDRESS],
        "managingOrganization": [reference("%(organization)s")],
        "active": ["true"],
    },
)
PRACTITIONER = resource(
    "Practitioner",
    {
        "id": ["%(id)s"],
        "identifier": [_identifier("agb-z", "%(agb)s")],
        "name": [_name("van")],
        "telecom": [
            _telecom("email", "%(email)s", "work"),
            _telecom("phone", "%(phone)s", "work"),
        ],
        "organization": [reference("%(organization)s")],
    },
)
RELATED_PERSON = resource(
    "RelatedPerson",
    {
        "id": ["%(id)s"],
        "patient": [reference("%(patient)s")],
        "relationship": [_concept("http://hl7.org/fhir/v3/RoleCode", "%(relationship)s")],
        "name": [_name()],
        "telecom": [_telecom("phone", "%(phone)s", "mobile")],
        "gender": [_GENDER],
        "birthDate": ["%(birth)s"],
    },
)


def _other(usage: str, *extensions: Node, **more: list[Node]) -> Piece:
    code: Node = {"coding": [coding("OtherResourceUsage", usage)]}
    return resource("Other", {"extension": list(extensions), "code": [code], **more})


CARE_TEAM = _other(
    "CareTeam",
    extension("CareTeam#CareTeamIdentifier", "valueIdentifier", {"waarde": ["%(id)s"]}),
    extension("CareTeam#Status", "valueCoding", coding("CareTeamStatus", "active")),
    extension("CareTeam#Name", "valueString", "%(name)s"),
    extension("CareTeam#Subject", "valueResource", reference("%(patient)s")),
    extension("CareTeam#Period", "valuePeriod", {"start": ["%(start)s"]}),
    extension("CareTeam#ManagingOrganization", "valueResource", reference("%(organization)s")),
)
DEFINITION = _other(
    "ActivityDefinition",
    extension(
        "ActivityDefinition#Application",
        "valueResource",
        {"reference": ["%(device)s"], "display": ["%(application)s"]},
    ),
    extension("ActivityDefinition#ActivityDefinitionIdentifier", "valueString", "%(identifier)s"),
    extension("ActivityDefinition#ActivityName", "valueString", "%(name)s"),
    extension("ActivityDefinition#ActivityDescription", "valueString", "%(description)s"),
    extension("ActivityDefinition#ActivityKind", "valueCoding", coding("ActivityKind", "%(kind)s")),
    extension(
        "ActivityDefinition#DefaultPerformer", "valueCoding", coding("ActivityPerformer", "Patient")
    ),
    extension("ActivityDefinition#IsActive", "valueBoolean", "true"),
)
USER_MESSAGE = _other(
    "UserMessage",
    extension("UserMessage#From", "valueResource", reference("%(sender)s")),
    extension("UserMessage#To", "valueResource", reference("%(recipient)s")),
    extension(
        "UserMessage#MessageKind",
        "valueCodeableConcept",
        {"coding": [coding("UserMessageKind", "Message")]},
    ),
    extension("UserMessage#SubjectString", "valueString", "Een verzonnen onderwerp"),
    extension(
        "UserMessage#Content", "valueString", "<p>Een verzonnen bericht &amp; niets meer</p>"
    ),
)
_STATUS_CODING = coding("CarePlanActivityStatus", "%(status)s")
STATUS = _other(
    "CarePlanActivityStatus",
    extension("CarePlanActivityStatus#Activity", "valueString", "%(activity)s"),
    extension("CarePlanActivityStatus#ActivityStatus", "valueCoding", _STATUS_CODING),
    extension("CarePlanActivityStatus#PercentageCompleted", "valueInteger", _NUMBER),
    "@+subs",
)


def _sub(owner: str) -> Piece:
    node: Node = {
        "url": [f"{NS}{owner}#SubActivity"],
        "extension": [
            extension(f"{owner}#SubActivityIdentifier", "valueString", "%(identifier)s"),
            extension(f"{owner}#SubActivityStatus", "valueCoding", _STATUS_CODING),
        ],
    }
    return element("Other", "extension", node)


SUB_OF_PLAN = _sub("CarePlan")
SUB_OF_STATUS = _sub("CarePlanActivityStatus")
TEAM_OF_MEMBER = element(
    "Other",
    "extension",
    extension("CarePlan#ParticipantCareTeam", "valueResource", reference("%(team)s")),
)
PARTICIPANT = element(
    "CarePlan",
    "participant",
    {
        "extension": ["@teams"],
        "role": [{"coding": [coding("CarePlanParticipantRole", "%(role)s")]}],
        "member": [reference("%(member)s")],
    },
)
GOAL = element(
    "CarePlan",
    "goal",
    {
        "id": ["%(id)s"],
        "description": ["Een verzonnen doel: %(words)s."],
        "status": ["in progress"],
    },
)
ACTIVITY = element(
    "CarePlan",
    "activity",
    {
        "id": ["%(id)s"],
        "extension": [
            extension("CarePlan#ActivityIdentifier", "valueString", "%(identifier)s"),
            extension("CarePlan#ActivityDefinition", "valueString", "%(definition)s"),
            extension("CarePlan#ActivityKind", "valueCoding", coding("ActivityKind", "%(kind)s")),
            extension("CarePlan#StartDate", "valueDateTime", "%(start)s"),
            extension("CarePlan#EndDate", "valueDateTime", "%(end)s"),
            extension("CarePlan#ActivityStatus", "valueCoding", _STATUS_CODING),
            "@+subs",
        ],
        "prohibited": ["false"],
        "simple": [{"category": ["procedure"], "performer": [reference("%(performer)s")]}],
    },
)
_GOALS: dict[str, list[Node]] = {"goal": ["@goals"]}


def _plan(goals: Mapping[str, list[Node]]) -> Piece:
    body: Body = {
        "id": ["%(id)s"],
        "patient": [reference("%(patient)s")],
        "status": ["active"],
        "participant": ["@participants"],
        **goals,
        "activity": ["@activities"],
    }
    return resource("CarePlan", body)


CARE_PLAN = {True: _plan(_GOALS), False: _plan({})}
"""With and without goals: an empty list of them is what no server sends."""
OBSERVATION = resource(
    "Observation",
    {"name": [{"text": ["Een verzonnen meting"]}], "status": ["final"], "reliability": ["ok"]},
)
QUESTIONNAIRE = resource(
    "Questionnaire", {"status": ["completed"], "name": [{"text": ["Een verzonnen lijst"]}]}
)
REPORT = resource(
    "DiagnosticReport",
    {
        "extension": [
            extension("CarePlanActivityResult#Activity", "valueString", "%(activity)s"),
            extension(
                "CarePlanActivityResult#Questionnaire",
                "valueResource",
                reference("%(questionnaire)s"),
            ),
        ],
        "name": [{"text": ["Een verzonnen uitslag"]}],
        "status": ["final"],
        "subject": [reference("%(patient)s")],
        "result": [reference("%(observation)s")],
    },
)
