"""Where the sources of kt13.md disagree: both forms are read, each by its row in §9."""

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
    coding,
    concept,
    document,
    entry,
    extension,
    header,
    message,
    other,
    patient,
    plan,
    processing,
    profiled,
    queued,
    thing,
)
from kt_migrate.kt13.body import (
    coding_code,
    first_node,
)
from kt_migrate.kt13.careplan import (
    activities,
    status_code,
    status_subactivities,
    status_target,
    team_members,
)
from kt_migrate.kt13.definition import definition_identifier
from kt_migrate.model import DocumentKind
from kt_migrate.model import Form as Copy

STATUS = "CarePlanActivityStatus"
TEAM = f"{HOST}/CareTeam/1"
ROLE = concept(coding("CarePlanParticipantRole", "Caregiver"))
PERSON = f"{HOST}/Practitioner/1"


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
    coded = extension(f"{STATUS}#ActivityStatus", valueCode="Completed")
    for none in (other(STATUS, state), other(STATUS, coded), other(STATUS)):
        assert status_target(body(form, none)) == ""


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
