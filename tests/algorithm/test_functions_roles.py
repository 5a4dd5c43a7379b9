"""What people are to each other and in a team: a good, an odd and a refused value."""

from __future__ import annotations

import pytest

from kt_migrate.algorithm.model import Policies
from kt_migrate.model import Body, Json, Node
from ruling import Ruling, Tables, asked, link_to, of

DROPPED = "value-dropped"


P1, P2, P3 = (f"http://epd.example/fhir/P/{n}" for n in (1, 2, 3))


LONG = "L" * 60


TABLES: Tables = {
    "relationship": {
        "BRO": {"system": "urn:r", "code": "BRO"},
        "CHILD": {"system": "urn:n", "code": "OTH"},
        "OTH": {"system": "urn:n", "code": "OTH"},
        "TEXT": "text",
    },
    "male": {"CHILD": {"system": "urn:r", "code": "SONC"}},
    "female": {"CHILD": {"system": "urn:r", "code": "DAUC"}},
}


RELATIONSHIP = "relationship(relationship, male, female)"


def related(gender: str = "") -> Body:
    """Return a person's body."""
    return {"gender": [{"coding": [{"code": [gender]}]}]} if gender else {}


@pytest.mark.parametrize(
    ("code", "gender", "system", "made"),
    [
        ("BRO", "", "urn:r", "BRO"),
        ("BRO", "M", "urn:r", "BRO"),
        ("BRO", "F", "urn:r", "BRO"),
        ("CHILD", "M", "urn:r", "SONC"),
        ("CHILD", "F", "urn:r", "DAUC"),
        ("CHILD", "UN", "urn:n", "OTH"),
        ("CHILD", "", "urn:n", "OTH"),
    ],
)
def test_a_relationship_without_sex_is_chosen_by_the_persons(
    code: str, gender: str, system: str, made: str
) -> None:
    """Whatever its system; one that is less precise than it was is said."""
    node: Node = {"coding": [{"system": ["urn:any"], "code": [code]}]}
    ruling = of(related(gender), tables=TABLES)

    found, _ = asked(RELATIONSHIP, ["", node], ruling)

    assert found == [{"coding": [{"system": system, "code": made}]}]
    assert ruling.notices == ([] if code == made else [("code-generalised", code)])
    assert ruling.rejects == []


@pytest.mark.parametrize("code", ["ONBEKEND", "TEXT", LONG])
def test_an_unknown_relationship_is_refused(code: str) -> None:
    """The list of KT 2.0 is closed."""
    found, ruling = asked(RELATIONSHIP, [code], Ruling(tables=TABLES))

    assert found is None
    assert ruling.rejects == [("code-unknown", "Unknown" if code == LONG else code)]


def test_an_absent_relationship_is_other_or_absent() -> None:
    """As the policy `relationship_missing` says."""
    assert asked(RELATIONSHIP, [], Ruling(tables=TABLES))[0] is None

    other = Ruling(tables=TABLES, policies=Policies(relationship_missing="other"))
    assert asked(RELATIONSHIP, [], other)[0] == [{"coding": [{"system": "urn:n", "code": "OTH"}]}]
    assert other.silent


def test_what_is_generalised_is_shown_when_it_can_be_a_code() -> None:
    """A sender may have put anything there, a name too."""
    tables: Tables = {"relationship": {LONG: {"code": "OTH"}}}

    _, ruling = asked(RELATIONSHIP, [LONG], Ruling(tables=tables))

    assert ruling.notices == [("code-generalised", "Unknown")]


ROLES: Tables = {
    "role": {
        "Caregiver": {"system": "urn:s", "code": "1"},
        "Secretary": {"system": "urn:s", "code": "2"},
        "Analyst": "none",
    }
}


def member(link: str, role: str = "") -> Node:
    """Return a member as a team's body has it."""
    return {"reference": [link], **({"role": [role]} if role else {})}


def concepts(*codes: str) -> Json:
    """Return `role`."""
    return [{"coding": [{"system": "urn:s", "code": code}]} for code in codes]


def test_a_team_has_each_member_once_with_all_its_roles() -> None:
    """In the order of their links, whatever the order of the care plans."""
    nodes = [
        "x",
        member(P2, "Secretary"),
        member(P3),
        member(P1, "Caregiver"),
        member(P2, "Caregiver"),
        member(P2, "Analyst"),
        member(P1),
        member(P1, "Secretary"),
    ]
    ruling = Ruling(tables=ROLES, types={P1: "RelatedPerson", P2: "Practitioner"})

    found, _ = asked("team_members(role)", nodes, ruling)

    assert found == [
        {"role": concepts("1", "2"), "member": link_to("RelatedPerson", P1)},
        {"role": concepts("2", "1"), "member": link_to("Practitioner", P2)},
        {"member": link_to("Practitioner", P3)},
    ]
    assert [(path, remove) for _key, path, remove in ruling.references] == [
        ((0, "member"), (0,)),
        ((1, "member"), (1,)),
        ((2, "member"), (2,)),
    ]
    assert ruling.silent


@pytest.mark.parametrize(
    ("first", "types", "notice"),
    [
        (member(P1, "Analyst"), {}, "member without a role in a team"),
        (member(P1, "Caregiver"), {P1: "Patient"}, "member"),
        (member(P1), {P1: "CareTeam"}, "member"),
    ],
)
def test_who_is_no_member_of_a_team_is_left_out_and_said(
    first: Node, types: dict[str, str], notice: str
) -> None:
    """The places of the others close up."""
    ruling = Ruling(tables=ROLES, types=types)

    found, _ = asked("team_members(role)", [first, member(P2, "Caregiver")], ruling)

    assert found == [{"role": concepts("1"), "member": link_to("Practitioner", P2)}]
    assert [path for _key, path, _remove in ruling.references] == [(0, "member")]
    assert (ruling.notices, ruling.rejects) == ([(DROPPED, notice)], [])


@pytest.mark.parametrize("code", ["Tovenaar", LONG])
def test_an_unknown_role_refuses_the_team(code: str) -> None:
    """Policy member_role_unknown: reject."""
    nodes = [member(P1, "Caregiver"), member(P1, code)]
    strict = Ruling(tables=ROLES, policies=Policies(member_role_unknown="reject"))

    found, ruling = asked("team_members(role)", nodes, strict)

    assert found is None
    assert ruling.rejects == [("code-unknown", "Unknown" if code == LONG else code)]


@pytest.mark.parametrize("code", ["Tovenaar", LONG])
def test_who_has_an_unknown_role_is_a_member_without_it(code: str) -> None:
    """Roles decide on access: none is guessed, and no whole team is lost by it."""
    nodes = [member(P1, "Caregiver"), member(P1, code), member(P2, code), member(P3, "Analyst")]

    found, ruling = asked("team_members(role)", nodes, Ruling(tables=ROLES))

    assert found == [
        {"role": concepts("1"), "member": link_to("Practitioner", P1)},
        {"member": link_to("Practitioner", P2)},
    ]
    shown = "Unknown" if code == LONG else code
    assert ruling.notices == [
        ("role-unknown", shown),
        ("role-unknown", shown),
        (DROPPED, "member without a role in a team"),
    ]
    assert ruling.rejects == []


def test_related_persons_are_members_unless_that_is_not_wanted() -> None:
    """Policy related_persons_in_teams."""
    types = {P1: "RelatedPerson"}
    nodes = [member(P1), member(P2)]
    without = Ruling(types=types, policies=Policies(related_persons_in_teams="left-out"))

    both, _ = asked("team_members(role)", nodes, Ruling(types=types))
    one, _ = asked("team_members(role)", nodes, without)

    practitioner: Json = {"member": link_to("Practitioner", P2)}
    assert both == [{"member": link_to("RelatedPerson", P1)}, practitioner]
    assert one == [practitioner]
    assert without.notices == [(DROPPED, "member")]


def test_a_team_without_members_has_no_participants() -> None:
    """An empty list would be no FHIR."""
    assert asked("team_members(role)", [], Ruling(tables=ROLES))[0] is None
    nobody = Ruling(tables=ROLES, types={"": "Patient"})
    assert asked("team_members(role)", [{"role": ["Caregiver"]}], nobody)[0] is None
    assert nobody.notices == [(DROPPED, "member")]
