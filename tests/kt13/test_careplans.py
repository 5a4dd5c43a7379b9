"""A care plan and a status object, taken apart."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kt13.forms import NS, extended
from kt_migrate.kt13.careplan import (
    Activity,
    TeamMember,
    activities,
    activity_role,
    activity_status,
    goals,
    plan_role,
    status_code,
    status_subactivities,
    status_target,
    team_members,
)
from kt_migrate.model import Body, Node

pytestmark = pytest.mark.property

PLAN = "http://epd.example/CarePlan/1"
ROLE = NS + "CarePlanParticipantRole"
T1, T2, M1, M2 = (f"http://epd.example/{x}" for x in ("T/1", "T/2", "M/1", "M/2"))


def sub(owner: str, identifier: str = "", status: Node | None = None, plain: str = "") -> Node:
    """Return a sub-activity; `plain`: as KT 1.0 wrote it."""
    inner: list[Node] = []
    if identifier:
        inner.append(extended(f"{owner}#SubActivityIdentifier", "valueString", identifier))
    if status is not None:
        inner.append(extended(f"{owner}#SubActivityStatus", "valueX", status))
    made: Body = {"url": [NS + f"{owner}#SubActivity"], "extension": inner}
    return {**made, "valueString": [plain]} if plain else made


SYSTEM = NS + "CarePlanActivityStatus"
SEVERAL: Node = {
    "coding": [{"system": ["urn:x"], "code": ["x"]}, {"system": [SYSTEM], "code": ["Completed"]}]
}
ELSEWHERE: Node = {
    "coding": [
        {"system": [NS + "Other"], "code": ["x"]},
        {"system": [SYSTEM], "code": ["Completed"]},
    ]
}


@pytest.mark.parametrize("owner", ["CarePlan", "CarePlanActivityStatus"])
def test_sub_activities_are_read_in_all_their_shapes(owner: str) -> None:
    """R9, #13: a code, a Coding or a concept; the old shape; in order; one without a name is none."""
    found = [
        sub(owner, "deel-1", "InProgress"),
        sub(owner, "deel-2", {"code": ["Available"]}),
        sub(owner, "deel-3", SEVERAL),
        sub(owner, "deel-4", ELSEWHERE),
        sub(owner, plain="deel-5"),
        sub(owner, "deel-6", plain="niet dit"),
        sub(owner, status="Completed"),
        sub("Other", "niet dit"),
    ]
    expected = (
        ("deel-1", "InProgress"),
        ("deel-2", "Available"),
        ("deel-3", "Completed"),
        ("deel-4", "Completed"),
        ("deel-5", ""),
        ("deel-6", ""),
    )

    if owner == "CarePlan":
        (activity,) = activities({"activity": [{"extension": found}]}, PLAN)
        assert activity.sub_activities == expected
    else:
        assert status_subactivities({"extension": found}) == expected


def test_an_activity_is_known_by_its_identifier_its_id_or_its_place() -> None:
    """Within its care plan; in document order."""
    own: Body = {
        "id": ["a1"],
        "extension": [extended("CarePlan#ActivityIdentifier", "valueString", "x-1")],
    }
    named: Body = {"id": ["a2"]}
    plan: Body = {"activity": [own, "text", named, {}, {"prohibited": ["false"]}]}

    found = activities(plan, PLAN)

    assert found == (
        Activity(identifier="x-1", node=own, sub_activities=()),
        Activity(identifier=f"{PLAN}#a2", node=named, sub_activities=()),
        Activity(identifier=f"{PLAN}#3", node={}, sub_activities=()),
        Activity(identifier=f"{PLAN}#4", node={"prohibited": ["false"]}, sub_activities=()),
    )
    assert activities({}, PLAN) == ()


def test_the_status_of_an_activity_is_of_the_right_value_set() -> None:
    """A code, a Coding or a concept; absent it is empty."""
    for value, code in (
        ("Available", "Available"),
        ({"code": ["c"]}, "c"),
        (ELSEWHERE, "Completed"),
    ):
        node: Body = {"extension": [extended("CarePlan#ActivityStatus", "valueX", value)]}  # type: ignore[arg-type]  # a literal
        assert activity_status(node) == code
    assert activity_status({}) == ""


def test_goals_are_the_elements_of_that_name() -> None:
    """In order."""
    assert goals({"goal": [{"a": ["1"]}, "text", {"a": ["2"]}]}) == ({"a": ["1"]}, {"a": ["2"]})
    assert goals({}) == ()


def role_of(code: str) -> Body:
    """Return a role next to another of Koppeltaal's."""
    return {
        "coding": [{"system": [NS + "Other"], "code": ["x"]}, {"system": [ROLE], "code": [code]}]
    }


def teams(*links: str, name: str = "CarePlan#ParticipantCareTeam") -> list[Node]:
    """Return links to teams."""
    return [
        extended(name, "valueResource", {"reference": [link + "/_history/1"]}) for link in links
    ]


def in_plan(member: str, role: str, *links: Node) -> Node:
    """Return a participant of a care plan."""
    made: Body = {"member": [{"reference": [member]}], "extension": [*links]}
    return {**made, "role": [role_of(role)]} if role else made


def in_activity(member: str, role: str, *links: Node) -> Node:
    """Return a participant of an activity."""
    inner: list[Node] = [
        extended("CarePlan#ParticipantMember", "valueResource", {"reference": [member]}),
        *links,
    ]
    if role:
        inner.append(extended("CarePlan#ParticipantRole", "valueCodeableConcept", role_of(role)))
    return {"url": [NS + "CarePlan#Participant"], "extension": inner}


OLD = "CarePlan#CareTeam"
EVERYBODY: list[tuple[bool, Node]] = [
    (True, in_plan(M2, "Caregiver", *teams(T2, T1))),
    (True, in_plan(M2, "Caregiver", *teams(T1))),
    (True, in_plan(M1, "", *teams(T2, name=OLD))),
    (True, in_plan("", "Caregiver", *teams(T1))),
    (True, in_plan(M1, "Requester")),
    (True, in_plan(M1, "Requester", *teams(""))),
    (False, in_activity(M2, "Supervisor", *teams(T1))),
    (False, in_activity(M1, "", *teams(T1, name=OLD))),
    (False, in_activity("", "Supervisor", *teams(T1))),
]


@given(st.randoms(use_true_random=False))
def test_a_team_has_the_participants_that_name_it_in_any_order(order: random.Random) -> None:
    """X4, #6: of the plan and of its activities, by both names; each once per role; sorted."""
    turned = order.sample(EVERYBODY, len(EVERYBODY))
    plan: Body = {
        "participant": [node for whole, node in turned if whole],
        "activity": [{"extension": [node]} for whole, node in turned if not whole],
    }

    assert team_members(plan) == (
        TeamMember(team=T1, member=M1, role=""),
        TeamMember(team=T1, member=M2, role="Caregiver"),
        TeamMember(team=T1, member=M2, role="Supervisor"),
        TeamMember(team=T2, member=M1, role=""),
        TeamMember(team=T2, member=M2, role="Caregiver"),
    )
    assert team_members({}) == ()


def test_a_team_may_be_named_more_than_once_by_one_extension() -> None:
    """Every value of it counts; an element without a link names nothing."""
    link: Node = {
        "url": [NS + "CarePlan#ParticipantCareTeam"],
        "valueResource": [{"display": ["x"]}, {"reference": [T1]}, {"reference": [T2]}],
    }

    assert [m.team for m in team_members({"participant": [in_plan(M1, "", link)]})] == [T1, T2]
    no_value: Node = {"url": [NS + "CarePlan#ParticipantCareTeam"]}
    assert team_members({"participant": [in_plan(M1, "", no_value)]}) == ()


def test_a_role_is_of_the_right_value_set() -> None:
    """Of a participant of a plan and of an activity; absent it is empty."""
    participant = in_plan(M1, "Caregiver")
    assert isinstance(participant, dict)
    assert plan_role(participant) == "Caregiver"
    inner = in_activity(M1, "Caregiver")
    assert isinstance(inner, dict)
    assert activity_role(inner) == "Caregiver"
    assert plan_role({}) == activity_role({}) == ""
    assert plan_role({"role": ["Caregiver", "Requester"]}) == "Caregiver"


STATUS = "CarePlanActivityStatus#"


@pytest.mark.parametrize(
    ("found", "target", "code"),
    [
        (
            [
                ("Activity", "valueString", "a-1"),
                ("ActivityStatus", "valueCoding", {"code": ["C"]}),
            ],
            "a-1",
            "C",
        ),
        (
            [("ActivityStatus", "valueString", "a-1"), ("ActivityStatus", "valueCode", "C")],
            "a-1",
            "C",
        ),
        ([("ActivityStatus", "valueString", "no"), ("Activity", "valueString", "a-1")], "a-1", ""),
        (
            [("ActivityStatus", "valueCode", "C"), ("ActivityStatus", "valueString", "a-1")],
            "a-1",
            "C",
        ),
        ([("ActivityStatus", "valueCodeableConcept", ELSEWHERE)], "", "Completed"),
        ([("Activity", "valueString", {"value": ["a-1"], "id": ["1"]})], "a-1", ""),
        ([("Activity", "valueCode", "a-1")], "a-1", ""),
        ([], "", ""),
    ],
)
def test_a_status_object_names_its_activity_and_its_status(
    found: list[tuple[str, str, Node]], target: str, code: str
) -> None:
    """§4.11: also as the documentation has it, where one name stands for both."""
    body: Body = {
        "extension": [extended(STATUS + name, element, value) for name, element, value in found]
    }

    assert (status_target(body), status_code(body)) == (target, code)


def test_of_several_types_of_status_the_coding_counts() -> None:
    """Then the concept, then the code."""
    values: Body = {
        "valueCode": ["3"],
        "valueCodeableConcept": [{"coding": [{"code": ["2"]}]}],
        "valueCoding": [{"code": ["1"]}],
    }
    for place, name in enumerate(("valueCoding", "valueCodeableConcept", "valueCode"), start=1):
        body: Body = {"extension": [{"url": [NS + STATUS + "ActivityStatus"], **values}]}
        assert status_code(body) == str(place)
        values = {k: v for k, v in values.items() if k != name}
