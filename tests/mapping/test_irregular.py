"""What KT 2.0 gets of what KT 1.3 wrote irregularly, by number in kt13.md §6 and §9.

The objects are read from both serialisations, so that nothing here depends on one of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from kt13.two_forms import HOST, NS, Form, Json, both, extension, other, thing
from kt_migrate.algorithm.load import load_algorithm
from kt_migrate.config import Application
from kt_migrate.conformance import check
from kt_migrate.kt13.careplan import activities, activity_status, team_members
from kt_migrate.mapping import map_object
from kt_migrate.model import Mapped, NotMigrated, Rejected, SourceObject

STANDARD = load_algorithm("standard")
ROLE, STATUS = "CarePlanParticipantRole", "CarePlanActivityStatus"
P1, D1, T1, O1 = (f"{HOST}/{n}/1" for n in ("Patient", "Practitioner", "CareTeam", "Organization"))
KNOWN = {P1: "Patient", D1: "Practitioner", T1: "CareTeam", O1: "Organization"}


@dataclass
class Lookup:
    """What the rest of the domain would say."""

    types: dict[str, str] = field(default_factory=lambda: dict(KNOWN))

    def type_of(self, link: str) -> str | None:
        """Return the type of a link."""
        return self.types.get(link)

    def definition(self, identifier: str) -> str | None:
        """Return the link of a definition."""
        return f"{HOST}/Other/{identifier}" if identifier == "SPEL" else None

    def definition_name(self, identifier: str) -> str | None:
        """Return its name."""
        return "Spel" if identifier == "SPEL" else None

    def enrichment(self, link: str, name: str) -> str | None:
        """Return nothing: KT 1.3 must do."""
        return {"birthDate": "1950-01-01"}.get(name) if "RelatedPerson" in link else None

    def application(self, name: str) -> Application | None:
        """Return an application's entry."""
        return Application(endpoint="https://spel.example/launch") if name == "SPELMAKER" else None


Outcome = Mapped | NotMigrated | Rejected


def mapped(form: Form, content: Json, link: str = P1, more: Json | None = None) -> Outcome:
    """Read an object, and map it."""
    found = thing(form, content, link)
    body = {**found.body, **(more or {})}
    source = SourceObject(source_type=found.source_type, link=link, body=body)
    return map_object(source, STANDARD, Lookup())


def made(found: Outcome) -> Any:  # noqa: ANN401 (a resource)
    """Return the one resource; it keeps to KT 2.0."""
    assert isinstance(found, Mapped), found
    (write,) = found.writes
    assert check(write.resource) == ()
    return write.resource


def notices(found: Outcome) -> list[tuple[str, str]]:
    """Return (code, detail) of each notice."""
    assert isinstance(found, Mapped), found
    return [(issue.code, issue.detail) for issue in found.notices]


def losses(found: Outcome) -> dict[str, str]:
    """Return what was left behind, with the rule that says why."""
    assert isinstance(found, Mapped), found
    return {loss.path: loss.rule for loss in found.losses}


def rejects(found: Outcome) -> list[tuple[str, str]]:
    """Return (code, path) of each reason."""
    assert isinstance(found, Rejected), found
    return [(issue.code, issue.path) for issue in found.issues]


def patient(**more: object) -> Json:
    """Return a patient that KT 2.0 accepts."""
    return {
        "resourceType": "Patient",
        "name": [{"family": ["Proef"], "given": ["Test"]}],
        "birthDate": "1980-01-02",
        **more,
    }


def related(**more: object) -> Json:
    """Return a related person."""
    name = {"family": ["Proef"], "given": ["Naaste"]}
    patient_ = {"reference": P1}
    return {"resourceType": "RelatedPerson", "patient": patient_, "name": name, **more}


def team(*extensions: Json) -> Json:
    """Return a team of a patient."""
    own = [
        extension("CareTeam#Subject", valueResource={"reference": P1}),
        extension("CareTeam#Name", valueString="Team"),
    ]
    return other("CareTeam", *own, *extensions)


STATE = extension("CareTeam#Status", valueCoding={"code": "active"})


def definition(*extensions: Json, **more: object) -> Json:
    """Return a definition, but for its identifier."""
    own = [
        extension("ActivityDefinition#Application", valueResource={"display": "SPELMAKER"}),
        extension("ActivityDefinition#ActivityName", valueString="Spel"),
    ]
    return other("ActivityDefinition", *own, *extensions, **more)


NAMED = extension("ActivityDefinition#ActivityDefinitionIdentifier", valueString="SPEL")


def task(form: Form, *extensions: Json, plan: Json | None = None, **more: object) -> Outcome:
    """Map an activity with these extensions, of a care plan with these elements."""
    content = {
        "resourceType": "CarePlan",
        "patient": {"reference": P1},
        **(plan or {}),
        "activity": [
            {
                "extension": [
                    extension("CarePlan#ActivityStatus", valueCode="Available"),
                    *extensions,
                ],
                **more,
            }
        ],
    }
    body = thing(form, content).body
    (found,) = activities(body, f"{HOST}/CarePlan/1")
    whole = {n: nodes for n, nodes in body.items() if n in ("patient", "participant", "status")}
    source = SourceObject(
        source_type="CarePlanActivity",
        link=found.identifier,
        body={
            "activity": [found.node],
            "careplan": [whole],
            "current": [{"status": [activity_status(found.node)]}],
        },
    )
    return map_object(source, STANDARD, Lookup())


# §6.3


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
def test_x13_and_s9_25_a_type_in_any_form_is_left_behind_with_a_reason(form: Form) -> None:
    """KT 2.0 has no place for it: the organisation comes, and the loss has its rule."""
    for kind in ("dept", {"coding": [{"code": "dept"}]}):
        content = {"resourceType": "Organization", "name": "Praktijk", "type": kind}
        found = mapped(form, {**content, "contact": [{"purpose": kind}]}, O1)
        assert made(found)["name"] == "Praktijk"
        assert set(losses(found).values()) == {"organization-type", "organization-contact"}


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
    """Without a use it is official; a nickname beside it keeps its own."""
    nickname = {"use": "nickname", "given": ["Pietje"]}
    first, second = made(mapped(form, patient(name=[name, nickname])))["name"]

    assert (first["use"], first["family"], first["given"]) == ("official", family, given)
    assert (second["use"], second["given"]) == ("nickname", ["Pietje"])


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


# §9


@both
def test_s9_10_a_team_without_a_patient_is_a_named_reject(form: Form) -> None:
    """KT 1.3 allows it, KT 2.0 does not."""
    assert rejects(mapped(form, other("CareTeam", STATE), T1)) == [
        ("value-missing", "CareTeam.subject")
    ]


@both
@pytest.mark.parametrize("wrapper", ["ActivityDefinition#SubActivity", "CarePlan#SubActivity"])
def test_s9_14_and_39_sub_activities_of_a_definition_have_no_home_under_either_name(
    form: Form, wrapper: str
) -> None:
    """The loss has a rule."""
    name = extension("ActivityDefinition#SubActivityName", valueString="Deel")
    found = mapped(form, definition(NAMED, extension(wrapper, extension=[name])))

    assert made(found)["title"] == "Spel"
    assert all(rule for path, rule in losses(found).items() if "SubActivity" in path)
    assert any("SubActivity" in path for path in losses(found))


def _types(system: str, code: str) -> list[Json]:
    coding = {"system": NS + system, "code": code}
    return [
        {"valueCoding": coding},
        {"valueCode": code},
        {"valueCodeableConcept": {"coding": [coding]}},
    ]


@both
@pytest.mark.parametrize("place", range(3))
def test_s9_15_kind_and_performer_are_read_in_three_types(form: Form, place: int) -> None:
    """Coding, code and CodeableConcept: nothing of them is unread."""
    kind, performer = _types("ActivityKind", "Game"), _types("ActivityPerformer", "Practitioner")
    found = mapped(
        form,
        definition(
            NAMED,
            extension("ActivityDefinition#ActivityKind", **kind[place]),
            extension("ActivityDefinition#DefaultPerformer", **performer[place]),
        ),
    )

    assert made(found)["participant"] == [{"type": "practitioner"}]
    assert made(found)["code"]["coding"][0]["code"] == "Game"
    assert made(found)["topic"][0]["coding"][0]["code"] == "treatment"
    assert "" not in losses(found).values()


@both
def test_s9_16_a_definition_has_one_identifier_in_three_forms(form: Form) -> None:
    """A string or an Identifier in the extension, else the native one: one url."""
    system = f"{NS}Profile/ActivityDefinition#ActivityDefinitionIdentifier"
    own, foreign = {"system": system, "value": "SPEL"}, {"system": "urn:x", "value": "7"}
    name = "ActivityDefinition#ActivityDefinitionIdentifier"
    forms = [
        (definition(NAMED, identifier=[own]), {"value": "SPEL"}),
        (definition(extension(name, valueIdentifier=own)), own),
        (definition(identifier=[foreign, own]), own),
    ]
    for content, kept in forms:
        found = mapped(form, content)
        assert made(found)["identifier"][1:] == [kept]
        assert made(found)["url"] == "https://spel.example/launch/SPEL"
        assert "" not in losses(found).values()


@both
def test_s9_18_and_38_a_result_has_no_home_in_any_form(form: Form) -> None:
    """Counted, with the rule that says why."""
    kinds = [
        (other("CarePlanActivityResult"), "activity-result"),
        ({"resourceType": "DiagnosticReport", "status": "final"}, "diagnostic-report"),
        ({"resourceType": "Observation", "status": "final"}, "observation"),
        ({"resourceType": "Questionnaire", "status": "final"}, "questionnaire"),
        (other("StorageItem"), "storage-item"),
        (other("BlackBoxState"), "black-box-state"),
    ]
    for content, rule in kinds:
        assert mapped(form, content) == NotMigrated(rule=rule)


@both
@pytest.mark.parametrize(
    ("system", "kept"),
    [
        ("http://fhir.nl/fhir/NamingSystem/bsn", "http://fhir.nl/fhir/NamingSystem/bsn"),
        ("http://fhir.nl/fhir/NamingSystems/bsn", "http://fhir.nl/fhir/NamingSystem/bsn"),
        ("http://fhir.nl/fhir/NamingSystems/Bsn", "http://fhir.nl/fhir/NamingSystem/bsn"),
        ("bsn", "http://fhir.nl/fhir/NamingSystem/bsn"),
        ("agb-z", "http://fhir.nl/fhir/NamingSystem/agb-z"),
        ("https://epd.example/Nummers", "https://epd.example/Nummers"),
    ],
)
def test_s9_24_a_naming_system_has_one_spelling(form: Form, system: str, kept: str) -> None:
    """One of the field gets its official URI; one of a supplier stays."""
    found = mapped(form, patient(identifier=[{"system": system, "value": "900000000"}]))

    assert made(found)["identifier"][1] == {"system": kept, "value": "900000000"}


@both
def test_s9_26_an_address_of_a_related_person_comes(form: Form) -> None:
    """One or several."""
    mother = {"coding": [{"code": "MTH"}]}
    for count in (1, 2):
        addresses = [{"city": f"Nergens {n}"} for n in range(count)]
        content = related(relationship=mother, address=addresses)
        resource = made(mapped(form, content, f"{HOST}/RelatedPerson/1"))
        assert resource["address"] == addresses


@both
def test_s9_27_an_organisation_in_a_team_is_left_out_and_said(form: Form) -> None:
    """Members are persons."""
    links = [extension("CarePlan#ParticipantCareTeam", valueResource={"reference": T1})]
    role = {"coding": [{"system": NS + ROLE, "code": "Caregiver"}]}
    people = [{"member": {"reference": r}, "role": role, "extension": links} for r in (D1, O1, P1)]
    plan = thing(form, {"resourceType": "CarePlan", "participant": people}).body
    members = [{"reference": [m.member], "role": [m.role]} for m in team_members(plan)]

    found = mapped(form, team(STATE), T1, {"member": members})

    assert [D1 in str(p["member"]) for p in made(found)["participant"]] == [True]
    assert notices(found) == [("value-dropped", "member")]


@both
@pytest.mark.parametrize("who", [P1, D1, f"{HOST}/RelatedPerson/9"])
def test_s9_28_who_performs_is_the_owner_whatever_his_type(form: Form, who: str) -> None:
    """Patient, practitioner or related person; nobody means the patient."""
    simple = {"category": "procedure", "performer": [{"reference": who}]}

    assert who in str(made(task(form, simple=simple))["owner"])
    assert P1 in str(made(task(form))["owner"])


@both
@pytest.mark.parametrize("sender", [P1, D1, "https://kt.example/Device/11"])
def test_s9_29_a_message_may_be_from_anybody(form: Form, sender: str) -> None:
    """A person or a device: it has no home all the same."""
    told = other("UserMessage", extension("UserMessage#From", valueResource={"reference": sender}))

    assert mapped(form, told) == NotMigrated(rule="user-message")


@both
def test_s9_37_a_definition_goes_to_instantiates_and_its_name_to_description(form: Form) -> None:
    """Both targets of the guide: the reference, and the words for people."""
    found = made(task(form, extension("CarePlan#ActivityDefinition", valueString="SPEL")))

    assert f"{HOST}/Other/SPEL" in str(found["extension"])
    assert found["description"] == "Spel"
