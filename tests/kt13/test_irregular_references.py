"""Irregular references and contents, by number in kt13.md §6.5: what the reader makes of them.

What becomes of them in the plan is in tests/history/test_irregular.py.
"""

from __future__ import annotations

import sys

import pytest

from kt13.two_forms import (
    HOST,
    Form,
    body,
    both,
    bundle,
    entry,
    extension,
    header,
    message,
    other,
    patient,
    thing,
)
from kt_migrate.kt13.body import extension_text, first_node, nodes, reference, texts
from kt_migrate.kt13.careplan import activities, status_code, status_subactivities, team_members

STATUS = "CarePlanActivityStatus"


def participant(link: str, team: str = f"{HOST}/CareTeam/1") -> dict[str, object]:
    """Return a participant of a care plan, of a team."""
    return {
        "member": {"reference": link},
        "extension": [extension("CarePlan#ParticipantCareTeam", valueResource={"reference": team})],
    }


@both
def test_r1_a_message_need_not_carry_what_it_names(form: Form) -> None:
    """Participants and organisations without an entry: their links are kept."""
    plan = {
        "resourceType": "CarePlan",
        "participant": [participant(f"{HOST}/Practitioner/8673")],
    }

    found = message(form(bundle(header(), entry(plan, f"{HOST}/CarePlan/1"))))

    assert [m.member for m in team_members(found.objects[0].body)] == [f"{HOST}/Practitioner/8673"]
    assert found.issues == ()


@both
def test_r2_a_status_comes_without_its_patient_and_care_plan(form: Form) -> None:
    """A message of one entry is whole."""
    made = other(STATUS, extension(f"{STATUS}#Activity", valueString="a-1"))

    found = message(form(bundle(header(), entry(made, f"{HOST}/Status/1"))))

    assert [thing.source_type for thing in found.objects] == [STATUS]
    assert found.issues == ()


@both
def test_r4_the_patient_of_a_header_decides_nothing(form: Form) -> None:
    """The content says whose it is; a header of another host, with a display, or none is read."""
    plan = entry({"resourceType": "CarePlan", "patient": {"reference": f"{HOST}/Patient/1"}})
    named = extension(
        "MessageHeader#Patient",
        valueResource={"reference": "http://elders.example/Patient/2", "display": "http://x"},
    )

    found = message(form(bundle(header(extension=[named]), plan)))

    assert found.objects == message(form(bundle(header(), plan))).objects
    assert reference(first_node(found.objects[0].body, "patient")) == f"{HOST}/Patient/1"


@both
def test_r5_a_display_alone_is_no_link(form: Form) -> None:
    """It stays in the content; no link is made of it."""
    found = body(form, patient(managingOrganization={"display": "PRAKTIJK"}))
    plan = {"resourceType": "CarePlan", "participant": [{"member": {"display": "Jan"}}]}

    assert found["managingOrganization"] == [{"display": ["PRAKTIJK"]}]
    assert reference(first_node(found, "managingOrganization")) == ""
    assert team_members(body(form, plan)) == ()


@both
def test_r6_a_name_is_kept_part_by_part(form: Form) -> None:
    """Prefixes, several family parts, suffixes, a second name, without a use: in their order."""
    made = patient(
        name=[
            {"prefix": ["van", "der"], "family": ["Proef"], "given": ["A.", "B."]},
            {"use": "nickname", "family": ["van", "de", "Bovenproef"], "suffix": ["MD"]},
        ]
    )

    first, second = nodes(body(form, made), "name")

    assert texts(first, "prefix") == ["van", "der"]
    assert texts(first, "given") == ["A.", "B."]
    assert texts(first, "use") == []
    assert texts(second, "family") == ["van", "de", "Bovenproef"]
    assert texts(second, "suffix") == ["MD"]


@both
def test_r7_a_telecom_may_have_no_value(form: Form) -> None:
    """Absent or empty is the same; a number is a text, with its zero."""
    made = patient(
        telecom=[
            {"system": "phone", "value": ""},
            {"system": "phone"},
            {"system": "phone", "value": "0600000000", "use": "mobile"},
        ]
    )

    found = body(form, made)["telecom"]

    assert found[0] == found[1] == {"system": ["phone"]}
    assert found[2] == {"system": ["phone"], "value": ["0600000000"], "use": ["mobile"]}


@both
@pytest.mark.parametrize("name", ["Content", "SubjectString"])
def test_r8_html_in_a_message_is_a_text(form: Form, name: str) -> None:
    """Tags, entities, quotes and line ends come through as they were written."""
    html = '<p>Dag &amp; "welkom"</p>\n<ul><li>één</li></ul><script>alert(1)</script>'
    made = other("UserMessage", extension(f"UserMessage#{name}", valueString=html))

    assert extension_text(body(form, made), f"UserMessage#{name}") == html


@both
def test_r9_names_of_sub_activities_are_compared_letter_by_letter(form: Form) -> None:
    """`deel 3` is not `deel3`: neither is changed."""
    inner = [extension(f"{STATUS}#SubActivityIdentifier", valueString="deel 3")]
    status = other(STATUS, extension(f"{STATUS}#SubActivity", extension=inner))
    sub = extension("CarePlan#SubActivity", valueString="deel3")
    plan = {"resourceType": "CarePlan", "activity": [{"extension": [sub]}]}

    assert status_subactivities(body(form, status)) == (("deel 3", ""),)
    assert activities(body(form, plan), "x")[0].sub_activities == (("deel3", ""),)


@both
@pytest.mark.parametrize("percentage", [0, 0.0, 50, 100])
def test_r10_a_percentage_does_not_change_a_status(form: Form, percentage: float) -> None:
    """Completed is completed, also at nought per cent."""
    made = other(
        STATUS,
        extension(f"{STATUS}#PercentageCompleted", valueDecimal=percentage),
        extension(f"{STATUS}#ActivityStatus", valueCoding={"code": "Completed"}),
    )

    assert status_code(body(form, made)) == "Completed"


@both
def test_r11_a_whole_department_may_take_part(form: Form) -> None:
    """Megabytes of participants are read in steps that go with their number."""

    def steps(count: int) -> int:
        people = [participant(f"{HOST}/Practitioner/{n}") for n in range(count)]
        content = form(bundle(header(), entry({"resourceType": "CarePlan", "participant": people})))
        assert count < 4000 or len(content) > 1_000_000
        calls = [0]

        def called(*_event: object) -> None:
            calls[0] += 1

        sys.setprofile(called)
        try:
            (found,) = message(content).objects
            assert len(team_members(found.body)) == count
        finally:
            sys.setprofile(None)
        return calls[0]

    assert steps(8 * 500) < 9 * steps(500)


@both
def test_r12_an_activity_that_stands_twice_is_read_twice(form: Form) -> None:
    """In one care plan or in two: what it means is for the history to decide."""
    own = extension("CarePlan#ActivityIdentifier", valueString="a-1")
    plan = {"resourceType": "CarePlan", "activity": [{"extension": [own]}] * 2}

    found = activities(thing(form, plan).body, "x")

    assert [a.identifier for a in found] == ["a-1", "a-1"]
