"""Irregular extensions and codes, by number in kt13.md §6.3; and where its sources disagree (§9).

What becomes of them in KT 2.0 is in tests/mapping/test_irregular.py.
"""

from __future__ import annotations

from typing import Any

import pytest

from kt13.two_forms import (
    HOST,
    NS,
    Form,
    body,
    both,
    bundle,
    coding,
    concept,
    entry,
    extension,
    header,
    message,
    other,
    patient,
    plan,
    processing,
    profiled,
    thing,
)
from kt_migrate.kt13.body import (
    coding_code,
    extension_text,
    extension_value,
    first_node,
    first_text,
    reference,
    short_url,
    text,
)
from kt_migrate.kt13.careplan import (
    activities,
    activity_status,
    status_code,
    status_target,
    team_members,
)
from kt_migrate.model import Body

STATUS = "CarePlanActivityStatus"
TEAM = f"{HOST}/CareTeam/1"
PERSON = f"{HOST}/Practitioner/1"


# §6.3


@both
def test_x1_an_extension_is_known_with_and_without_profile_in_its_url(form: Form) -> None:
    """On every type, nested too; another case is another extension."""
    sub = extension(
        "CarePlan#SubActivity",
        extension=[
            extension("CarePlan#SubActivityIdentifier", valueString="deel-1"),
            extension("CarePlan#SubActivityStatus", valueCoding=coding(STATUS, "Completed")),
        ],
    )
    made = [extension("CarePlan#ActivityIdentifier", valueString="a-1"), sub]
    (one,) = activities(body(form, plan(*made)), "x")
    (two,) = activities(body(form, plan(*map(profiled, made))), "x")
    lower = body(form, plan(extension("careplan#activityidentifier", valueString="a-1")))

    assert (one.identifier, one.sub_activities) == (two.identifier, two.sub_activities)
    assert one.sub_activities == (("deel-1", "Completed"),)
    assert [a.identifier for a in activities(lower, "x")] == ["x#1"]


@both
def test_x2_an_extension_without_a_namespace_is_kept_as_it_is(form: Form) -> None:
    """Of an activity's result, in 2015."""
    made = {
        "resourceType": "DiagnosticReport",
        "extension": [
            {"url": "Activity", "valueString": "a-1"},
            {"url": "Questionnaire", "valueResource": {"reference": f"{HOST}/Questionnaire/1"}},
        ],
    }

    found = thing(form, made)

    assert found.source_type == "DiagnosticReport"
    assert [first_text(node, "url") for node in _dicts(found.body, "extension")] == [
        "Activity",
        "Questionnaire",
    ]
    assert short_url("Activity") == "Activity"


def _dicts(found: Body, name: str) -> list[Body]:
    return [node for node in found.get(name, []) if isinstance(node, dict)]


@both
@pytest.mark.parametrize(
    "value",
    [{"valueResource": {"reference": "124124"}}, {"valueBase64Binary": "AAEC"}],
    ids=["resource", "base64"],
)
def test_x3_an_extension_of_an_application_does_not_stand_in_the_way(
    form: Form, value: dict[str, Any]
) -> None:
    """The status beside it is read; the extension stays in the content."""
    foreign = {"url": "http://spel.example/fhir/Activity#BlackBoxState", **value}
    made = other(
        STATUS,
        foreign,
        extension(f"{STATUS}#Activity", valueString="a-1"),
        extension(f"{STATUS}#ActivityStatus", valueCoding=coding(STATUS, "Completed")),
    )

    found = body(form, made)

    assert (status_target(found), status_code(found)) == ("a-1", "Completed")
    assert first_text(first_node(found, "extension"), "url") == foreign["url"]


ROLE = concept(coding("CarePlanParticipantRole", "Caregiver"))
LINKED = {"reference": TEAM}


@both
@pytest.mark.parametrize(
    "link",
    [
        {"extension": [extension("CarePlan#ParticipantCareTeam", valueResource=LINKED)]},
        {"extension": [extension("CarePlan#CareTeam", valueResource=LINKED)]},
        {"extension": [profiled(extension("CarePlan#CareTeam", valueResource=LINKED))]},
        {"careteam": [LINKED]},
    ],
    ids=["participant", "careteam", "profile", "element"],
)
def test_x4_a_team_is_found_under_all_its_names(form: Form, link: dict[str, Any]) -> None:
    """Of a participant of the care plan, and of one of an activity."""
    of_plan = plan(participant=[{"member": {"reference": PERSON}, "role": ROLE, **link}])
    inner = [
        extension("CarePlan#ParticipantMember", valueResource={"reference": PERSON}),
        extension("CarePlan#ParticipantRole", valueCodeableConcept=ROLE),
        *link.get("extension", []),
    ]
    of_activity = plan(extension("CarePlan#Participant", **{**link, "extension": inner}))

    for made in (of_plan, of_activity):
        found = team_members(body(form, made))
        assert [(m.team, m.member, m.role) for m in found] == [(TEAM, PERSON, "Caregiver")]


@both
@pytest.mark.parametrize(
    ("value", "read"),
    [
        ({"valueInteger": 33}, "33"),
        ({"valueDecimal": 33.5}, "33.5"),
        ({"valueString": "33"}, "33"),
    ],
    ids=["integer", "decimal", "string"],
)
def test_x5_a_percentage_is_read_in_every_type(
    form: Form, value: dict[str, Any], read: str
) -> None:
    """Its digits as they were written."""
    made = other(STATUS, extension(f"{STATUS}#PercentageCompleted", **value))

    assert extension_text(body(form, made), f"{STATUS}#PercentageCompleted") == read


@both
@pytest.mark.parametrize(
    "value",
    [
        {"valueCoding": coding(STATUS, "Completed")},
        {"valueCode": "Completed"},
        {"valueCodeableConcept": concept(coding(STATUS, "Completed"))},
    ],
    ids=["coding", "code", "concept"],
)
def test_x5_a_status_is_read_in_every_type(form: Form, value: dict[str, Any]) -> None:
    """Of an activity, of a sub-activity, in a care plan and in a status of its own."""
    name = extension("CarePlan#SubActivityIdentifier", valueString="deel-1")
    made = plan(
        extension("CarePlan#ActivityStatus", **value),
        extension(
            "CarePlan#SubActivity",
            extension=[name, extension("CarePlan#SubActivityStatus", **value)],
        ),
    )
    own = other(STATUS, extension(f"{STATUS}#ActivityStatus", **value))
    (found,) = activities(body(form, made), "x")

    assert found.sub_activities == (("deel-1", "Completed"),)
    assert activity_status(found.node) == "Completed"
    assert status_code(body(form, own)) == "Completed"


@both
def test_x5_a_sub_activity_may_be_its_identifier_alone(form: Form) -> None:
    """The form of KT 1.0."""
    made = plan(extension("CarePlan#SubActivity", valueString="missie1"))

    assert activities(body(form, made), "x")[0].sub_activities == (("missie1", ""),)


@both
@pytest.mark.parametrize("element", ["valueString", "valueXhtml"])
def test_x5_a_user_message_is_read_in_every_type(form: Form, element: str) -> None:
    """And so is a team's identifier."""
    told = other("UserMessage", extension("UserMessage#Content", **{element: "<p>Dag</p>"}))
    name = "CareTeam#CareTeamIdentifier"
    texts = [
        extension_value(body(form, other("CareTeam", extension(name, **value))), name)
        for value in ({"valueString": "82"}, {"valueIdentifier": {"value": "82"}})
    ]

    assert extension_text(body(form, told), "UserMessage#Content") == "<p>Dag</p>"
    assert [text(value) for value in texts] == ["82", "82"]


GENDERS = [
    "http://hl7.org/fhir/v3/AdministrativeGender",
    "http://hl7.org/fhir/vs/administrative-gender",
    "http://hl7.org/fhir/v3/administrativeGender",
    "https://hl7.org/fhir/v3/AdministrativeGender/",
    "urn:example:anders",
]


@both
@pytest.mark.parametrize("system", GENDERS)
def test_x6_a_gender_is_its_code_whatever_the_system(form: Form, system: str) -> None:
    """Alone, or beside another party's code, before or behind it."""
    mine, theirs = coding(system, "F"), coding("http://epd.example/geslacht", "2")
    for codings in ([mine], [mine, theirs], [theirs, mine]) if "hl7" in system else ([mine],):
        found = body(form, patient(gender=concept(*codings)))
        assert coding_code(first_node(found, "gender"), "AdministrativeGender") == "F"


@both
@pytest.mark.parametrize("gender", [{"text": "Undetermined"}, {}, {"coding": [{"display": "M"}]}])
def test_x6_a_gender_without_a_code_has_none_here(form: Form, gender: dict[str, Any]) -> None:
    """Whether its text or display says one is for the algorithm to decide."""
    found = body(form, patient(gender=gender))

    assert coding_code(first_node(found, "gender"), "AdministrativeGender") == ""
    assert found.get("gender", []) != [] or gender == {}


@both
@pytest.mark.parametrize("system", ["http://hl7.org/fhir/v3/NullFlavor", GENDERS[1]])
def test_x7_an_unknown_gender_is_read_from_both_systems(form: Form, system: str) -> None:
    """Code UNK; beside a gender of the right system it gives way."""
    unknown = coding(system, "UNK")
    known = coding(GENDERS[0], "M")
    found = body(form, patient(gender=concept(unknown)))
    flavoured = concept(coding("http://hl7.org/fhir/v3/NullFlavor", "UNK"), known)

    assert coding_code(first_node(found, "gender"), "AdministrativeGender") == "UNK"
    both_ = first_node(body(form, patient(gender=flavoured)), "gender")
    assert coding_code(both_, "AdministrativeGender") == "M"


RELATIONSHIPS = [
    "http://hl7.org/fhir/v3/RoleCode",
    "http://hl7.org/fhir/vs/relatedperson-relationshiptype",
    NS + "https://www.hl7.org/fhir/valueset-relatedperson-relationshiptype.html",
    NS + "https://hl7.org/fhir/DSTU1/valueset-relatedperson-relationshiptype.html",
]


@both
@pytest.mark.parametrize("system", RELATIONSHIPS)
@pytest.mark.parametrize("first", [True, False])
def test_x8_a_relationship_is_read_from_every_system(
    form: Form, system: str, *, first: bool
) -> None:
    """Beside a null flavour and another party's code, in any order."""
    codings = [coding("http://hl7.org/fhir/v3/NullFlavor", "OTH"), coding("urn:x:rel", "9")]
    mine = coding(system, "MTH")
    made = {
        "resourceType": "RelatedPerson",
        "relationship": concept(*([mine, *codings] if first else [*codings, mine])),
    }
    found = first_node(body(form, made), "relationship")

    assert coding_code(found, "RoleCode", "relationshiptype") == "MTH"


@both
def test_x9_a_status_of_a_care_plan_may_be_a_coding(form: Form) -> None:
    """A code as it should be, or a Coding of the wrong system; and a team's may have a capital."""
    for status in ("active", coding("CarePlanParticipantRole", "active")):
        found = body(form, {**plan(), "status": status})
        assert coding_code(found["status"][0]) == "active"
    team = other("CareTeam", extension("CareTeam#Status", valueCoding=coding("x", "Active")))

    assert coding_code(extension_value(body(form, team), "CareTeam#Status")) == "Active"


@both
def test_x10_a_coding_may_lack_all_but_its_code(form: Form) -> None:
    """And of several that of Koppeltaal's system counts: for events, usages, roles and states."""
    foreign, bare = coding("http://epd.example/soort", "X"), {"code": "CareTeam"}
    usage = coding("OtherResourceUsage", "CareTeam")
    for codings in ([bare], [usage], [foreign, usage], [usage, foreign]):
        made = {**other("x"), "code": concept(*codings)}
        assert thing(form, made).source_type == "CareTeam"
    event = concept(foreign, coding("MessageEvents", "CreateOrUpdateCarePlan"))
    state = processing(valueCodeableConcept=concept(foreign, coding("ProcessingStatus", "New")))
    found = message(form(bundle(header(event=event, extension=[state]), entry(patient()))))
    own = extension(
        "CarePlan#ActivityStatus", valueCodeableConcept=concept(foreign, coding(STATUS, "Expired"))
    )
    (activity,) = activities(body(form, plan(own)), "x")

    assert (found.event, found.status) == ("CreateOrUpdateCarePlan", "New")
    assert activity_status(activity.node) == "Expired"


@both
def test_x11_what_is_not_known_is_read_under_its_own_name(form: Form) -> None:
    """An extension stays in the content; a usage is the type, and becomes a named reject."""
    strange = other("PlanVanAanpak", extension("PlanVanAanpak#Iets", valueString="x"))

    found = thing(form, strange)

    assert found.source_type == "PlanVanAanpak"
    assert extension_text(found.body, "PlanVanAanpak#Iets") == "x"
    assert thing(form, other("Jan Jansen 1980")).source_type == "Unknown"
    assert thing(form, {"resourceType": "Immunization"}).source_type == "Immunization"


@both
def test_x12_a_mandatory_element_may_be_missing(form: Form) -> None:
    """A message without its kind, an activity without a start, a plan without a patient."""
    told = other("UserMessage", extension("UserMessage#SubjectString", valueString="Dag"))
    started = plan(extension("CarePlan#Started", valueInstant="2021-01-01T00:00:00Z"))
    named = extension("ActivityDefinition#Application", valueResource={"display": "SPEL"})
    definition = other("ActivityDefinition", named)

    assert thing(form, told).source_type == "UserMessage"
    assert len(activities(body(form, started), "x")) == 1
    value = extension_value(body(form, definition), "ActivityDefinition#Application")
    assert isinstance(value, dict)
    assert (reference(value), first_text(value, "display")) == ("", "SPEL")


@both
def test_x13_a_type_may_be_a_code(form: Form) -> None:
    """Of an organisation, and a purpose of its contact: a CodeableConcept, or its code alone."""
    system = "http://hl7.org/fhir/organization-type"
    for kind in ("dept", concept(coding(system, "dept"))):
        made = {"resourceType": "Organization", "type": kind, "contact": [{"purpose": kind}]}
        found = body(form, made)
        assert coding_code(found["type"][0], "organization-type") == "dept"
        assert coding_code(first_node(found, "contact")["purpose"][0]) == "dept"
