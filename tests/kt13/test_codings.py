"""A Coding is chosen by its system, not by its place (kt13.md X10; design.md §5)."""

from __future__ import annotations

import pytest

from kt_migrate.kt13.body import coding_code
from kt_migrate.kt13.careplan import team_members
from kt_migrate.kt13.definition import definition_identifier
from kt_migrate.kt13.names import code_name, label, message_identifier
from kt_migrate.model import Body, Node

NS = "http://ggz.koppeltaal.nl/fhir/Koppeltaal/"
OTHER: Node = {"system": ["http://epd.example/rollen"], "code": ["BEH"]}


def concept(*codings: tuple[str, str]) -> Body:
    """Return a CodeableConcept of (system, code) pairs."""
    made: list[Node] = [{"system": [s], "code": [c]} if s else {"code": [c]} for s, c in codings]
    return {"coding": made}


@pytest.mark.parametrize(
    "system",
    [
        NS + "CarePlanParticipantRole",
        NS + "Profile/CarePlanParticipantRole",
        NS.replace("http:", "https:") + "CarePlanParticipantRole/",
        NS + "careplanparticipantrole",
        NS + "SomethingElse",
        "http://hl7.org/fhir/vs/careplan-participant-role",
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_x10_of_several_codings_koppeltaals_own_counts(system: str, *, first: bool) -> None:
    """In any of its spellings, before or after another party's code."""
    codings = [(system, "Caregiver"), ("http://epd.example/rollen", "BEH")]
    node = concept(*(codings if first else codings[::-1]))

    assert coding_code(node, "CarePlanParticipantRole") == "Caregiver"


def test_the_value_set_that_is_meant_goes_before_another_of_koppeltaal() -> None:
    """Both are Koppeltaal's; one is of the element."""
    node = concept((NS + "OtherResourceUsage", "x"), (NS + "CarePlanParticipantRole", "Requester"))

    assert coding_code(node, "CarePlanParticipantRole") == "Requester"


def test_a_coding_without_a_code_or_alone_is_no_choice() -> None:
    """The first with a code; the only one whatever its system; a plain code as it is."""
    assert coding_code({"coding": [{"display": ["x"]}, OTHER]}, "CarePlanParticipantRole") == "BEH"
    assert coding_code(concept(("urn:x", "A")), "CarePlanParticipantRole") == "A"
    assert coding_code(concept(("", "A"), ("", "B"))) == "A"
    assert coding_code("Caregiver") == "Caregiver"
    assert coding_code(None) == ""


def test_a_team_member_keeps_its_role_beside_another_code() -> None:
    """In a care plan's participant, and in an activity's."""
    role = concept(
        ("http://epd.example/rollen", "BEH"), (NS + "CarePlanParticipantRole", "Caregiver")
    )
    team: Body = {
        "url": [NS + "CarePlan#ParticipantCareTeam"],
        "valueResource": [{"reference": ["http://epd.example/CareTeam/1"]}],
    }
    person: Body = {"reference": ["http://epd.example/Practitioner/1"]}
    plan: Body = {"participant": [{"member": [person], "role": [role], "extension": [team]}]}
    inner: Body = {
        "url": [NS + "CarePlan#Participant"],
        "extension": [
            {"url": [NS + "CarePlan#ParticipantMember"], "valueResource": [person]},
            {"url": [NS + "CarePlan#ParticipantRole"], "valueCodeableConcept": [role]},
            team,
        ],
    }

    assert [m.role for m in team_members(plan)] == ["Caregiver"]
    assert [m.role for m in team_members({"activity": [{"extension": [inner]}]})] == ["Caregiver"]


def test_a_definition_is_known_by_its_extension_else_by_its_native_identifier() -> None:
    """Row 16 of §9: a string or an Identifier; data of 2015 has the native one only."""
    own: Body = {
        "extension": [
            {
                "url": [NS + "ActivityDefinition#ActivityDefinitionIdentifier"],
                "valueString": ["OWN"],
            }
        ]
    }
    native: Body = {"identifier": [{"value": ["NATIVE"]}]}

    assert definition_identifier({**own, **native}) == "OWN"
    assert definition_identifier(native) == "NATIVE"
    assert definition_identifier({"identifier": [{"system": ["urn:x"]}]}) == ""


def test_names_that_come_from_data_cannot_carry_data_or_commands() -> None:
    """A type, an event, a sender, a domain and an identifier, before anything shows them."""
    assert code_name("A" * 65) == code_name("Jan Jansen") == code_name("x\x1b[2J") == "Unknown"
    assert label("Leverancier\x1b[31m 1") == "Leverancier[31m 1"
    assert label("x" * 81) == label("a\u202eb") == "Unknown"
    assert label("") == ""
    assert message_identifier("urn:uuid:m-1") == "m-1"
    hidden = message_identifier("Jan Jansen 1980")
    assert hidden.startswith("invalid:")
    assert hidden == message_identifier("urn:uuid:Jan Jansen 1980")
