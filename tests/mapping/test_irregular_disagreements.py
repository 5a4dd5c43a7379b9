"""Where the sources of kt13.md disagree: what KT 2.0 gets of both forms, by row of its §9."""

from __future__ import annotations

import pytest

from kt13.two_forms import HOST, NS, Form, Json, both, extension, other, thing
from kt_migrate.kt13.careplan import team_members
from kt_migrate.model import NotMigrated
from mapping.irregular import (
    D1,
    NAMED,
    O1,
    P1,
    ROLE,
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
