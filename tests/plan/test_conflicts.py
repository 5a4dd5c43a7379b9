"""One version with two contents: said only where it would change what is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from archives import HOST, Sent, activity, careplan, extension, patient, status, version

from plan.small import plan_files
from plan.test_build import TEAM, ref

P1, C1, S1, T1 = (
    f"{HOST}/{name}" for name in ("Patient/1", "CarePlan/1", "Status/1", "CareTeam/1")
)


def conflicts(folder: Path, link: str, *contents: dict[str, Any]) -> list[tuple[str, ...]]:
    """Return the lines about contents of one version of one object, each in a message of its own."""
    base = {P1: patient(), C1: careplan(activity("a-1"), activity("a-2"))}
    known = Sent("m-0", base, assigned=dict.fromkeys(base, version(1)), iid=1)
    files = [known.queue()]
    for place, content in enumerate(contents, start=1):
        sent = Sent(f"m-{place}", {link: content}, assigned={link: version(5)}, iid=place + 1)
        files.append(sent.queue())
    with plan_files(folder / "made", files) as plan:
        assert plan.books().unbalanced() == ()
        return [
            (i.source_type, i.link, i.event, i.detail)
            for i in plan.issues()
            if i.code == "version-conflict"
        ]


def team(name: str, **more: object) -> dict[str, Any]:
    """Return a team with a name."""
    extensions = [e for e in TEAM["extension"] if not e["url"].endswith("#Name")]
    return {
        **TEAM,
        "extension": [*extensions, extension("CareTeam#Name", valueString=name)],
        **more,
    }


def sub_status(*subs: tuple[str, str], code: str = "Completed", **more: object) -> dict[str, Any]:
    """Return a status with those of sub-activities."""
    made = status("a-1", code)
    for name, sub in subs:
        parts = [
            extension("CarePlanActivityStatus#SubActivityIdentifier", valueString=name),
            extension("CarePlanActivityStatus#SubActivityStatus", valueCoding={"code": sub}),
        ]
        made["extension"].append(extension("CarePlanActivityStatus#SubActivity", extension=parts))
    return {**made, **more}


NAMELESS: dict[str, Any] = {**patient(), "name": []}
PHONE: dict[str, Any] = {"telecom": [{"system": "phone", "value": "0200000000"}]}
CASES: list[tuple[str, str, dict[str, Any], dict[str, Any], bool]] = [
    ("another name", P1, patient("A"), patient("B"), True),
    ("one says more", P1, patient(**PHONE), patient(), True),
    (
        "what is not written",
        P1,
        patient(deceasedBoolean=True),
        patient(deceasedBoolean=False),
        False,
    ),
    ("one is rejected", P1, patient(), NAMELESS, True),
    ("both are rejected", P1, NAMELESS, {**NAMELESS, **PHONE}, False),
    ("the code of a status", S1, status("a-1", "Completed"), status("a-1", "Available"), True),
    ("the target of a status", S1, status("a-1", "Completed"), status("a-2", "Completed"), True),
    ("what else a status says", S1, sub_status(), sub_status(subject=ref(P1)), False),
    ("a sub-activity more", S1, sub_status(("s", "Completed")), sub_status(), True),
    ("its status", S1, sub_status(("s", "Completed")), sub_status(("s", "Available")), True),
    (
        "the order of sub-activities",
        S1,
        sub_status(("s", "Completed"), ("t", "Available")),
        sub_status(("t", "Available"), ("s", "Completed")),
        False,
    ),
    ("the name of a team", T1, team("Een"), team("Twee"), True),
    ("what else a team says", T1, team("Een"), team("Een", language="nl"), False),
    (
        "an activity's status",
        C1,
        careplan(activity("a-1")),
        careplan(activity("a-1", "Completed")),
        True,
    ),
    (
        "an activity more",
        C1,
        careplan(activity("a-1")),
        careplan(activity("a-1"), activity("a-2")),
        True,
    ),
    (
        "the order of activities",
        C1,
        careplan(activity("a-1"), activity("a-2")),
        careplan(activity("a-2"), activity("a-1")),
        False,
    ),
    (
        "a care plan's patient",
        C1,
        careplan(activity("a-1")),
        careplan(activity("a-1"), of="2"),
        True,
    ),
    (
        "what else a care plan says",
        C1,
        careplan(activity("a-1")),
        {**careplan(activity("a-1")), "goal": [{"description": "x"}]},
        False,
    ),
]


@pytest.mark.parametrize(
    ("link", "one", "other", "said"), [case[1:] for case in CASES], ids=[c[0] for c in CASES]
)
def test_two_contents_are_a_line_when_they_would_be_written_otherwise(
    tmp_path: Path, link: str, one: dict[str, Any], other: dict[str, Any], *, said: bool
) -> None:
    """Either way round; with both messages, the last state's first."""
    for place, contents in enumerate(((one, other), (other, one))):
        folder = tmp_path / str(place)
        folder.mkdir()

        found = conflicts(folder, link, *contents)

        assert [(k, event) for _type, k, event, _d in found] == [
            (link, "CreateOrUpdateCarePlan")
        ] * said
        assert {detail for *_object, detail in found} <= {"m-1 m-2", "m-2 m-1"}


def test_each_other_content_is_a_line_of_its_own(tmp_path: Path) -> None:
    """Of three contents two lost; the type is that of the object."""
    found = conflicts(tmp_path, P1, patient("A"), patient("B"), patient("C"))

    assert [line[:3] for line in found] == [("Patient", P1, "CreateOrUpdateCarePlan")] * 2
    kept = {detail.split()[0] for *_object, detail in found}
    lost = {detail.split()[1] for *_object, detail in found}
    assert len(kept) == 1
    assert kept | lost == {"m-1", "m-2", "m-3"}


def test_a_stripped_copy_of_the_same_message_hides_no_conflict_behind_it(tmp_path: Path) -> None:
    """The copy that says less is passed over; the other message after it is not."""
    full = Sent("m-1", {P1: patient("A", **PHONE)}, assigned={P1: version(5)})
    less = Sent("m-1", {P1: patient("A")}, assigned={P1: version(5)}, iid=2)
    other = Sent("m-2", {P1: patient("B")}, assigned={P1: version(5)}, iid=3)
    with plan_files(tmp_path / "made", [full.queue(), less.queue(), other.queue()]) as plan:
        details = [i.detail for i in plan.issues() if i.code == "version-conflict"]

    # A conflict per other content that is not a stripped copy of the last state.
    assert details in (["m-1 m-2"], ["m-2 m-1", "m-2 m-1"])


def test_a_copy_of_the_same_message_that_says_something_else_is_a_conflict(tmp_path: Path) -> None:
    """Being of one message is not enough: it must say no more."""
    one = Sent("m-1", {P1: patient("A")}, assigned={P1: version(5)})
    two = Sent("m-1", {P1: patient("B")}, assigned={P1: version(5)}, iid=2)
    with plan_files(tmp_path / "made", [one.queue(), two.queue()]) as plan:
        assert [i.detail for i in plan.issues()] == ["m-1 m-1"]


def test_the_member_of_a_team_is_compared_as_it_is_written(tmp_path: Path) -> None:
    """Members come from care plans, whichever content of the team counts: no conflict by itself."""
    plan = careplan(activity("a-1"))
    plan["participant"] = [
        {
            "member": ref(P1),
            "extension": [extension("CarePlan#ParticipantCareTeam", valueResource=ref(T1))],
        }
    ]
    first = Sent("m-0", {P1: patient(), C1: plan}, assigned={P1: version(1), C1: version(1)})
    one = Sent("m-1", {T1: team("Een")}, assigned={T1: version(5)}, iid=2)
    two = Sent("m-2", {T1: team("Een", language="nl")}, assigned={T1: version(5)}, iid=3)
    with plan_files(tmp_path / "made", [s.queue() for s in (first, one, two)]) as made:
        assert [i.code for i in made.issues() if i.code == "version-conflict"] == []
