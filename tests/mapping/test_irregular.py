"""What KT 2.0 gets of what KT 1.3 wrote irregularly, by number in kt13.md §6 and §9.

The objects are read from both serialisations, so that nothing here depends on one of them.
"""

from __future__ import annotations

import pytest

from kt13.two_forms import HOST, NS, Form, Json, both, extension, other
from kt_migrate.model import NotMigrated, Rejected
from mapping.irregular import (
    NAMED,
    O1,
    STATE,
    T1,
    definition,
    losses,
    made,
    mapped,
    notices,
    patient,
    rejects,
    related,
    task,
    team,
)


@both
@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ({"valueString": "82"}, [{"value": "82"}]),
        ({"valueIdentifier": {"value": "82"}}, [{"value": "82"}]),
        (
            {"valueIdentifier": {"system": "urn:x", "value": "82", "label": "Nr"}},
            [{"system": "urn:x", "value": "82"}],
        ),
    ],
)
def test_x5_and_s9_8_the_identifier_of_a_team_is_kept_in_both_types(
    form: Form, value: Json, kept: list[Json]
) -> None:
    """Beside the temporary one; only its label is left behind, and said."""
    found = mapped(form, team(STATE, extension("CareTeam#CareTeamIdentifier", **value)), T1)

    assert made(found)["identifier"][1:] == kept
    unread = [path for path, rule in losses(found).items() if not rule]
    expected = ["extension[CareTeam#CareTeamIdentifier].valueIdentifier.label"]
    assert unread == (expected if "label" in str(value) else [])


GENDERS = ["v3/AdministrativeGender", "vs/administrative-gender", "v3/administrativeGender"]


@both
@pytest.mark.parametrize("system", GENDERS)
@pytest.mark.parametrize(
    ("code", "gender"), [("F", "female"), ("M", "male"), ("UN", "other"), ("UNK", "unknown")]
)
def test_x6_x7_and_s9_22_a_gender_is_its_code(
    form: Form, system: str, code: str, gender: str
) -> None:
    """Of a patient and a related person, beside another party's code too."""
    codings = [
        {"system": "http://hl7.org/fhir/v3/NullFlavor", "code": "OTH"},
        {"system": "http://epd.example/geslacht", "code": "2"},
        {"system": f"http://hl7.org/fhir/{system}", "code": code},
    ]
    for concept in ({"coding": codings[2:]}, {"coding": codings}):
        found = mapped(form, patient(gender=concept))
        assert (made(found)["gender"], notices(found)) == (gender, [])


@both
@pytest.mark.parametrize(
    ("value", "gender", "said"),
    [
        ({"text": "F"}, "female", []),
        ({"coding": [{"display": "M"}]}, "male", []),
        ({"text": "Undetermined"}, "unknown", [("value-dropped", "text")]),
        ({"coding": [{"system": "http://x.example"}]}, "unknown", []),
        ({}, "unknown", []),
    ],
)
def test_x6_a_gender_without_a_code_is_its_text_when_that_is_a_code(
    form: Form, value: Json, gender: str, said: list[tuple[str, str]]
) -> None:
    """Else it is unknown, and what it said is reported."""
    found = mapped(form, patient(gender=value))

    assert (made(found)["gender"], notices(found)) == (gender, said)


RELATIONSHIPS = [
    "http://hl7.org/fhir/v3/RoleCode",
    "http://hl7.org/fhir/vs/relatedperson-relationshiptype",
    NS + "https://www.hl7.org/fhir/valueset-relatedperson-relationshiptype.html",
    "",
]


@both
@pytest.mark.parametrize("system", RELATIONSHIPS)
@pytest.mark.parametrize(("code", "kept"), [("MTH", "MTH"), ("WORK", "OTH"), ("guardian", "24")])
def test_x8_and_s9_23_a_relationship_is_its_code(
    form: Form, system: str, code: str, kept: str
) -> None:
    """Of either list, under any of its systems, beside another party's code."""
    own = {"code": code, **({"system": system} if system else {})}
    others = [{"system": "http://hl7.org/fhir/v3/NullFlavor", "code": "OTH"}] if system else []
    found = mapped(
        form, related(relationship={"coding": [*others, own]}), f"{HOST}/RelatedPerson/1"
    )

    assert made(found)["relationship"][0]["coding"][0]["code"] == kept


@both
@pytest.mark.parametrize("code", ["active", "Active", "ACTIVE"])
@pytest.mark.parametrize("element", ["valueCoding", "valueCode", "valueCodeableConcept"])
def test_x9_and_s9_9_the_status_of_a_team_has_any_capitals(
    form: Form, code: str, element: str
) -> None:
    """And any type."""
    coding = {"system": NS + "CareTeamStatus", "code": code}
    types = {"valueCoding": coding, "valueCode": code, "valueCodeableConcept": {"coding": [coding]}}
    state = extension("CareTeam#Status", **{element: types[element]})

    assert made(mapped(form, team(state), T1))["status"] == "active"


@both
def test_x10_a_kind_is_that_of_koppeltaals_system(form: Form) -> None:
    """Also when another party's stands before it; one without a display or system is kept."""
    own = {"system": NS + "ActivityKind", "code": "Game"}
    foreign = {"system": "http://epd.example/soort", "code": "Questionnaire"}
    kinds: list[Json] = [{"valueCodeableConcept": {"coding": [foreign, own]}}, {"valueCoding": own}]
    for kind in kinds:
        extensions = [NAMED, extension("ActivityDefinition#ActivityKind", **kind)]
        resource = made(mapped(form, definition(*extensions)))
        assert resource["code"] == {"coding": [own]}
        assert resource["topic"][0]["coding"][0]["code"] == "treatment"


@both
def test_x11_what_no_rule_knows_is_named(form: Form) -> None:
    """An extension and an element as a loss that nobody foresaw; a usage as a reject."""
    strange = patient(
        extension=[{"url": "http://spel.example/fhir/Activity#Punten", "valueInteger": 3}],
        lievelingskleur="rood",
    )

    assert losses(mapped(form, strange)) == {
        "extension[Activity#Punten].valueInteger": "",
        "lievelingskleur": "",
    }
    found = mapped(form, other("PlanVanAanpak"))
    assert isinstance(found, Rejected)
    assert [(i.code, i.detail) for i in found.issues] == [("type-unknown", "PlanVanAanpak")]


@both
def test_x12_a_missing_mandatory_element_is_no_guess(form: Form) -> None:
    """No start: a task without a period. No reference to the application: its name is enough.

    No patient: a reject, for KT 2.0 cannot do without.
    """
    named = made(mapped(form, definition(NAMED)))

    assert "executionPeriod" not in made(task(form))
    assert "SPELMAKER" in str(named["extension"])
    missing = rejects(task(form, plan={"patient": {}}))
    assert ("value-missing", "Task.for") in missing
    unlinked = rejects(mapped(form, other("ActivityDefinition", NAMED)))
    assert ("value-missing", "ActivityDefinition.extension") in unlinked


@both
def test_x13_and_s9_25_a_type_in_any_form_is_a_type_and_a_contact_is_left_behind(
    form: Form,
) -> None:
    """R4 calls the same kinds alike; for a contact KT 2.0 has no place, and the loss has its rule."""
    for kind in ("dept", {"coding": [{"code": "dept"}]}):
        content = {"resourceType": "Organization", "name": "Praktijk", "type": kind}
        found = mapped(form, {**content, "contact": [{"purpose": kind}]}, O1)
        assert made(found)["name"] == "Praktijk"
        assert made(found)["type"][0]["coding"][0]["code"] == "dept"
        assert set(losses(found).values()) == {"organization-contact"}


# §6.4


@both
@pytest.mark.parametrize(
    ("date", "day"),
    [
        ("1972-02-28T00:00:00+01:00", "1972-02-28"),
        ("1997-10-20T00:00:00+02:00", "1997-10-20"),
        ("1983-02-18T00:00:00", "1983-02-18"),
        ("1983-02-18T00:00:00.000Z", "1983-02-18"),
        ("1983-02-18", "1983-02-18"),
    ],
)
def test_d1_a_birthday_does_not_move(form: Form, date: str, day: str) -> None:
    """Midnight of whatever zone is that day; another time of the day is a reject, not a guess."""
    assert made(mapped(form, patient(birthDate=date)))["birthDate"] == day
    other_time = patient(birthDate=date[:10] + "T22:00:00Z")
    assert rejects(mapped(form, other_time)) == [("value-invalid", "Patient.birthDate")]


@both
@pytest.mark.parametrize(
    "moment",
    ["2021-03-01T08:00:00+01:00", "2021-03-01T08:00:00Z", "2021-03-01T08:00:00.123Z", "2021-03-01"],
)
def test_d2_a_start_is_kept_as_it_was_written(form: Form, moment: str) -> None:
    """Of an activity, and of a team's period."""
    found = task(form, extension("CarePlan#StartDate", valueDateTime=moment))
    period = extension("CareTeam#Period", valuePeriod={"start": moment})

    assert made(found)["executionPeriod"] == {"start": moment}
    assert made(mapped(form, team(STATE, period), T1))["period"] == {"start": moment}


@both
def test_d2_and_d4_a_moment_without_a_zone_is_said(form: Form) -> None:
    """R4 has none such: it is not sent as it is."""
    for name in ("StartDate", "Started"):
        found = task(form, extension(f"CarePlan#{name}", valueDateTime="2021-03-01T08:00:00"))
        assert "2021-03-01T08:00:00'" not in str(made(found))
        assert notices(found) != []


@both
def test_d3_a_part_of_a_date_is_kept_and_what_is_none_is_said(form: Form) -> None:
    """The rest of the object comes."""
    part = mapped(form, patient(birthDate="1980-01"))
    start = task(form, extension("CarePlan#StartDate", valueDateTime="2014-01"))
    none = task(form, extension("CarePlan#StartDate", valueDateTime="Hl7.Fhir.Model.FhirDateTime"))

    assert made(part)["birthDate"] == "1980-01"
    assert made(start)["executionPeriod"] == {"start": "2014-01"}
    assert "executionPeriod" not in made(none)
    assert notices(none) == [("value-dropped", "start")]


@both
def test_d6_a_period_of_a_name_or_an_address_is_left_behind_with_a_reason(form: Form) -> None:
    """In the future too; an address of nothing else is none."""
    name = {"family": ["Proef"], "given": ["Test"], "period": {"start": "2099-01-01"}}
    found = mapped(form, patient(name=[name], address=[{"period": {"start": "2030-01-01"}}]))

    assert "address" not in made(found)
    assert losses(found) == {
        "name.period.start": "patient-name-period",
        "address.period.start": "patient-address-period",
    }


@both
def test_d7_an_end_before_a_start_is_left_out_and_said(form: Form) -> None:
    """Across zones too: it is the moment that counts."""
    turned = [
        ("2021-12-31", "2021-01-01"),
        ("2021-03-01T08:00:00+01:00", "2021-03-01T07:30:00+01:00"),
        ("2021-03-01T07:30:00Z", "2021-03-01T08:00:00+01:00"),
    ]
    for start, end in turned:
        dates = [("StartDate", start), ("EndDate", end)]
        found = task(form, *(extension(f"CarePlan#{n}", valueDateTime=d) for n, d in dates))
        assert "executionPeriod" not in made(found)
        assert notices(found) == [("period-dropped", "")]


# §6.5


@both
@pytest.mark.parametrize(
    ("name", "family", "given"),
    [
        ({"prefix": ["van", "der"], "family": ["Proef"], "given": ["A."]}, "van der Proef", ["A."]),
        ({"family": ["van", "de", "Bovenproef"], "given": ["B"]}, "van de Bovenproef", ["B"]),
        ({"family": ["P. Testproef"], "given": ["C", "D"]}, "P. Testproef", ["C", "D"]),
        ({"family": ["Proef"], "given": ["E"], "suffix": ["MD"]}, "Proef", ["E"]),
    ],
)
def test_r6_a_name_in_parts_is_one_name(
    form: Form, name: Json, family: str, given: list[str]
) -> None:
    """Without a use it is official; a nickname beside it is what people call somebody."""
    nickname = {"use": "nickname", "given": ["Pietje"]}
    first, second = made(mapped(form, patient(name=[name, nickname])))["name"]

    assert (first["use"], first["family"], first["given"]) == ("official", family, given)
    assert (second["use"], second["given"]) == ("usual", ["Pietje"])


@both
def test_r7_a_telecom_without_a_value_is_none(form: Form) -> None:
    """A mobile number is a telephone with a code."""
    numbers = [{"system": "phone", "value": ""}, {"system": "email"}]
    mobile = {"system": "phone", "value": "0600000000", "use": "mobile"}
    (only,) = made(mapped(form, patient(telecom=[*numbers, mobile])))["telecom"]

    assert (only["system"], only["value"]) == ("phone", "0600000000")
    assert "MC" in str(only["_system"])
    assert "telecom" not in made(mapped(form, patient(telecom=numbers)))


@both
def test_r8_a_message_with_html_has_no_home(form: Form) -> None:
    """It is counted, and its text goes nowhere."""
    html = extension("UserMessage#Content", valueString="<p>Dag <b>allen</b></p>")

    assert mapped(form, other("UserMessage", html)) == NotMigrated(rule="user-message")
