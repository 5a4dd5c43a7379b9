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
    as_json,
    as_xml,
    body,
    both,
    bundle,
    document,
    entry,
    extension,
    header,
    message,
    other,
    patient,
    processing,
    queued,
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
    status_subactivities,
    status_target,
    team_members,
)
from kt_migrate.kt13.definition import definition_identifier
from kt_migrate.model import Body, DocumentKind
from kt_migrate.model import Form as Copy

STATUS = "CarePlanActivityStatus"
TEAM = f"{HOST}/CareTeam/1"
PERSON = f"{HOST}/Practitioner/1"


def coding(system: str, code: str, **more: str) -> dict[str, Any]:
    """Return a Coding of Koppeltaal, or of another with a whole URI."""
    return {"system": system if ":" in system else NS + system, "code": code, **more}


def concept(*codings: dict[str, Any], **more: str) -> dict[str, Any]:
    """Return a CodeableConcept."""
    return {"coding": list(codings), **more}


def plan(*extensions_: dict[str, Any], **more: object) -> dict[str, Any]:
    """Return a care plan with one activity of these extensions."""
    activity = {"extension": list(extensions_)} if extensions_ else {"prohibited": False}
    return {"resourceType": "CarePlan", "status": "active", "activity": [activity], **more}


def profiled(made: dict[str, Any]) -> dict[str, Any]:
    """Return an extension whose URL, and those within it, have the segment `Profile/`."""
    inner = [profiled(one) for one in made.get("extension", [])]
    url = made["url"].replace(NS, NS + "Profile/")
    return {**made, "url": url, **({"extension": inner} if inner else {})}


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


# §9


@both
@pytest.mark.parametrize(
    "code",
    ["New", "Claimed", "Success", "Failed", "MaximumRetriesExceeded", "ReplacedByNewVersion"],
)
def test_s9_1_and_2_every_state_of_a_message_is_read(form: Form, code: str) -> None:
    """Also what only a document or a query calls so."""
    for state in (code, "ARCHIVED", "NewAndClaimed"):
        made = bundle(header(extension=[processing(state)]), entry(patient()))
        assert message(form(made)).status == state


@both
@pytest.mark.parametrize(
    "value",
    [{"valueCode": "Claimed"}, {"valueCoding": coding("ProcessingStatus", "Claimed")}],
    ids=["code", "coding"],
)
def test_s9_3_a_state_is_a_code_or_a_coding(form: Form, value: dict[str, Any]) -> None:
    """Both say that it is a copy of the queue."""
    found = message(form(bundle(header(extension=[processing(**value)]), entry(patient()))))

    assert (found.status, found.form) == ("Claimed", Copy.QUEUE)


@both
@pytest.mark.parametrize("segment", ["", "Profile/"])
def test_s9_4_and_5_a_header_is_read_with_both_urls(form: Form, segment: str) -> None:
    """IsExpired, and the state, with and without `Profile/`."""
    state = processing("Success")
    made = [
        extension(f"{segment}MessageHeader#IsExpired", valueBoolean=True),
        profiled(state) if segment else state,
    ]

    found = message(form(bundle(header(extension=made), entry(patient()))))

    assert (found.status, len(found.objects)) == ("Success", 1)


@both
@pytest.mark.parametrize("count", [0, 1, 2])
def test_s9_6_and_7_a_participant_has_any_number_of_teams(form: Form, count: int) -> None:
    """None, one or several; under any of the names (X4)."""
    links = [
        extension("CarePlan#ParticipantCareTeam", valueResource={"reference": f"{TEAM}{n}"})
        for n in range(count)
    ]
    made = plan(participant=[{"member": {"reference": PERSON}, "role": ROLE, "extension": links}])

    assert [m.team for m in team_members(body(form, made))] == [f"{TEAM}{n}" for n in range(count)]


@both
def test_s9_11_a_status_names_its_activity_under_two_names(form: Form) -> None:
    """`#Activity`; the documentation calls it `#ActivityStatus`, as the state beside it."""
    state = extension(f"{STATUS}#ActivityStatus", valueCoding=coding(STATUS, "Completed"))
    for name in ("Activity", "ActivityStatus"):
        for order in (1, -1):
            made = [extension(f"{STATUS}#{name}", valueString="a-1"), state][::order]
            found = body(form, other(STATUS, *made))
            assert (status_target(found), status_code(found)) == ("a-1", "Completed")


@both
def test_s9_12_a_percentage_is_an_integer_or_a_decimal(form: Form) -> None:
    """Both are read (X5); neither stands in the way of the status."""
    for value in ({"valueInteger": 10}, {"valueDecimal": 10.0}):
        made = other(
            STATUS,
            extension(f"{STATUS}#PercentageCompleted", **value),
            extension(f"{STATUS}#Activity", valueString="a-1"),
        )
        assert status_target(body(form, made)) == "a-1"


@both
@pytest.mark.parametrize(
    "value", [{"valueCode": "Available"}, {"valueCoding": coding(STATUS, "Available")}]
)
def test_s9_13_the_status_of_a_sub_activity_is_a_code_or_a_coding(
    form: Form, value: dict[str, Any]
) -> None:
    """In a status object too."""
    inner = [
        extension(f"{STATUS}#SubActivityIdentifier", valueString="deel-1"),
        extension(f"{STATUS}#SubActivityStatus", **value),
    ]
    made = other(STATUS, extension(f"{STATUS}#SubActivity", extension=inner))

    assert status_subactivities(body(form, made)) == (("deel-1", "Available"),)


@both
def test_s9_16_a_definition_is_known_by_a_string_or_an_identifier(form: Form) -> None:
    """In the extension; or by its native identifier, of Koppeltaal's system first."""
    name = "ActivityDefinition#ActivityDefinitionIdentifier"
    foreign = {"system": "urn:example", "value": "NIET"}
    own = {"system": f"{NS}Profile/{name}", "value": "SPEL"}
    made = [
        other("ActivityDefinition", extension(name, valueString="SPEL"), identifier=[foreign]),
        other("ActivityDefinition", extension(name, valueIdentifier=own)),
        other("ActivityDefinition", identifier=[foreign, own]),
        other("ActivityDefinition", identifier=[own]),
    ]

    assert [definition_identifier(body(form, one)) for one in made] == ["SPEL"] * 4


@both
def test_s9_17_an_activity_needs_no_kind(form: Form) -> None:
    """Mandatory once, obsolete later."""
    kind = extension("CarePlan#ActivityKind", valueCoding=coding("ActivityKind", "Game"))

    assert len(activities(body(form, plan(kind)), "x")) == 1
    assert len(activities(body(form, plan()), "x")) == 1


@both
def test_s9_18_19_and_20_every_usage_and_a_result_in_both_forms_is_read(form: Form) -> None:
    """Also what a later server no longer takes, and what only one source lists."""
    usages = ["ActivityDefinition", "UserMessage", STATUS, "CareTeam", "CarePlanActivityResult"]
    for usage in [*usages, "StorageItem", "BlackBoxState"]:
        assert thing(form, other(usage)).source_type == usage
    for kind in ("DiagnosticReport", "Observation", "Questionnaire"):
        assert thing(form, {"resourceType": kind, "status": "final"}).source_type == kind


@both
@pytest.mark.parametrize(
    "event",
    [
        "CreateOrUpdatePatient",
        "CreateOrUpdatePractitioner",
        "CreateOrUpdateRelatedPerson",
        "CreateOrUpdateActivityDefinition",
        "CreateOrUpdateCarePlan",
        "UpdateCarePlanActivityStatus",
        "CreateOrUpdateCarePlanActivityResult",
        "CreateOrUpdateUserMessage",
        "CreateOrUpdateUser",
        "CreateOrUpdateUserActivityDefinition",
        "UpdateActivityStatus",
        "CreateOrUpdateMessage",
        "CreateOrUpdateActivityResult",
    ],
)
def test_s9_21_every_event_and_alias_is_read_under_its_own_name(form: Form, event: str) -> None:
    """It decides nothing: the content says what it is."""
    made = bundle(header(event=coding("MessageEvents", event)), entry(patient()))

    found = message(form(made))

    assert (found.event, found.objects[0].source_type) == (event, "Patient")


@both
def test_s9_22_and_23_a_code_is_read_whatever_its_system(form: Form) -> None:
    """Gender and relationship: see X6 and X8; also without any system at all."""
    made = {
        "resourceType": "RelatedPerson",
        "gender": concept({"code": "F"}),
        "relationship": concept({"code": "MTH"}),
    }
    found = body(form, made)

    assert coding_code(first_node(found, "gender"), "AdministrativeGender") == "F"
    assert coding_code(first_node(found, "relationship"), "RoleCode") == "MTH"


def test_s9_26_an_address_is_one_or_a_list() -> None:
    """JSON only: in XML one and a list of one are the same."""
    made = {"resourceType": "RelatedPerson", "address": {"city": "Nergenshuizen"}}
    listed = {**made, "address": [made["address"]]}

    assert body(as_json, made) == body(as_json, listed) == body(as_xml, made)


@both
def test_s9_30_to_33_only_what_identifies_is_needed(form: Form) -> None:
    """No entry id, no title, no source, no patient in the header: or all of them."""
    mine = extension(
        "MessageHeader#Patient", valueResource={"reference": "http://elders.example/1"}
    )
    bare = header()
    del bare["content"]["source"]
    rich = {"title": "MessageHeader with IID=1", **header(extension=[mine])}
    titled = entry(patient(), title="Patient", updated="2021-01-01T00:00:00+02:00")
    unnamed = {k: v for k, v in entry(patient()).items() if k != "id"}
    one = message(form(bundle(bare, unnamed)))
    two = message(form(bundle(rich, titled, title="x", updated="2021-01-01T00:00:00Z")))

    assert one.sender == ""
    assert one.objects == two.objects


@both
def test_s9_36_and_44_a_definition_comes_from_a_search_and_from_a_message(form: Form) -> None:
    """One object; a server's message may lack its source."""
    definition = entry(other("ActivityDefinition"), f"{HOST}/Other/ActivityDefinition:3")
    head = header(event=coding("MessageEvents", "CreateOrUpdateActivityDefinition"))
    del head["content"]["source"]
    sent = message(form(bundle(head, definition)))
    search = {"resourceType": "Bundle", "title": "Search on 'Other'", "entry": [definition]}

    found = document(form(search))

    assert found.kind is DocumentKind.DEFINITION_SEARCH
    assert found.messages[0].objects == sent.objects


@both
@pytest.mark.parametrize("words", ["No version specified for", "No version specfied for"])
def test_s9_43_an_outcome_is_known_by_its_type(form: Form, words: str) -> None:
    """Not by its words, nor by the order of its elements."""
    issue = {"severity": "error", "details": words, "extension": [extension("x#y", valueCode="x")]}

    found = document(form({"resourceType": "OperationOutcome", "issue": [issue]}))

    assert found.kind is DocumentKind.OPERATION_OUTCOME


@both
@pytest.mark.parametrize("answered", [1, 2])
def test_s9_45_an_answer_gives_versions_to_what_it_names_only(form: Form, answered: int) -> None:
    """An unchanged object is left out: that says nothing of it."""
    data = [{"reference": f"{HOST}/Patient/{n}/_history/9"} for n in range(answered)]
    answer = header(identifier="s", response={"identifier": "m-1", "code": "ok"}, data=data)

    response = document(form(bundle(answer))).response

    assert response is not None
    assert response.versions == tuple((f"{HOST}/Patient/{n}", "9") for n in range(answered))


@both
def test_s9_46_both_copies_are_one_message_whatever_their_precision(form: Form) -> None:
    """Delivery cuts the milliseconds off: the identifier decides."""
    sent = message(form(bundle(header(timestamp="2021-01-01T12:00:01.453Z"), entry(patient()))))
    got = message(form(bundle(queued(timestamp="2021-01-01T12:00:01+00:00"), entry(patient()))))

    assert sent.identifier == got.identifier
