"""Every part of a care plan as the mapping gets it, exactly once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain

import pytest
from histories import T1, T2, T3, Copy, thing
from hypothesis import given, settings
from hypothesis import strategies as st
from taken_apart import activity, apart, careplan, member, plan, status, status_of, sub_activity

from kt_migrate.history.activities import Part, Parts
from kt_migrate.history.careplans import PARTS
from kt_migrate.kt13.carried import Carried
from kt_migrate.model import Body, Form, SourceObject

A, SUB, GOAL = "CarePlanActivity", "CarePlanSubActivity", "CarePlanGoal"
X, Y = sub_activity("x"), sub_activity("y", "Waiting")
PATIENT: list[Body] = [{"reference": ["p"]}]


def part(link: str, body: Body | None, source_type: str = A, event: str = "Event") -> Part:
    """Return a part as the mapping gets it."""
    source = None if body is None else SourceObject(source_type=source_type, link=link, body=body)
    return Part(source_type=source_type, link=link, event=event, source=source)


def body_of(
    node: Body, code: str = "", source: str = "careplan", of_plan: Body | None = None
) -> Body:
    """Return an activity's body."""
    current: Body = {**({"status": [code]} if code else {}), "source": [source]}
    return {
        "activity": [node],
        "careplan": [of_plan or {}],
        "current": [current],
    }


def sub(activity: Body, name: str, code: str = "") -> Body:
    """Return a sub-activity's body."""
    node: Body = {"identifier": [name], **({"status": [code]} if code else {})}
    return {**activity, "subactivity": [node]}


def about(target: str, version: str, code: str = "", *subs: Body, link: str = "s") -> Carried:
    """Return a status in a message."""
    return thing(link, version, status_of(target, code, *subs), "CarePlanActivityStatus")


def test_activities_come_with_what_they_need_of_their_care_plan() -> None:
    """Patient, participants and status of it, and nothing else; the status as it has it."""
    one, two = activity("a-1", "Available"), activity("a-2")
    files = [
        Copy(
            "m",
            [
                plan(two, one, patient=PATIENT, participant=[member("x", "t")], other=PATIENT),
                plan(activity(own_id="n"), link="b", status=PATIENT),
            ],
        )
    ]
    with apart(*files) as history:
        found = list(Parts(history).activities())
    of_plan: Body = {"patient": [*PATIENT], "participant": [member("x", "t")]}

    assert found == [
        part("a-1", body_of(one, "Available", of_plan=of_plan)),
        part("a-2", body_of(two, of_plan=of_plan)),
        part("b#n", body_of(activity(own_id="n"), of_plan={"status": [*PATIENT]})),
    ]


@pytest.mark.parametrize(
    ("status_object", "code", "source", "subs"),
    [
        (None, "Available", "careplan", {"x": "", "y": "Waiting"}),
        (about("a-1", T2, "Completed"), "Completed", "status", {"x": "", "y": "Waiting"}),
        # A status that says nothing of the activity leaves it without one.
        (about("a-1", T2), "", "status", {"x": "", "y": "Waiting"}),
        # Nor does it undo what it does not name, nor name what is not there.
        (
            about(
                "a-1",
                T2,
                "Completed",
                sub_activity("y", "", "CarePlanActivityStatus"),
                sub_activity("x", "Completed", "CarePlanActivityStatus"),
                sub_activity("z", "Completed", "CarePlanActivityStatus"),
            ),
            "Completed",
            "status",
            {"x": "Completed", "y": "Waiting"},
        ),
        (about("a-1", T1, "Completed"), "Available", "careplan", {"x": "", "y": "Waiting"}),
    ],
)
def test_a_status_that_decides_gives_its_own_status_and_those_of_sub_activities(
    status_object: Carried | None, code: str, source: str, subs: dict[str, str]
) -> None:
    """Each sub-activity has all of its activity beside its own."""
    node = activity("a-1", "Available", Y, X)
    first = T2 if status_object and status_object.version == T1 else T1
    things = [plan(node, version=first), plan(link="b")]
    more = [Copy("n", [status_object])] if status_object else []
    body = body_of(node, code, source)
    with apart(Copy("m", things, event="E"), *more) as history:
        parts = Parts(history)
        # R9: `z` is no sub-activity of the care plan.
        strange = int(status_object is not None and b'"z"' in status_object.text)
        assert list(parts.activities()) == [
            replace(part("a-1", body, event="E"), strange=strange),
            *(part(f"a-1#{name}", sub(body, name, s), SUB, "E") for name, s in subs.items()),
        ]
        assert parts.states_of(careplan(node), "c") == [
            SourceObject(source_type=A, link="a-1", body=body),
            *(
                SourceObject(source_type=SUB, link=f"a-1#{name}", body=sub(body, name, s))
                for name, s in subs.items()
            ),
        ]


def test_what_a_later_care_plan_lacks_is_a_part_without_a_state() -> None:
    """Activities with their sub-activities, sub-activities of what stays, goals."""
    goals: list[Body] = [{"id": ["g"]}, {"id": ["h"]}]
    stays = activity("a-2", "", X)
    files = [
        Copy(
            "m1", [plan(activity("a-1", "", X, Y), activity("a-2", "", Y), version=T1, goal=goals)]
        ),
        Copy("m2", [plan(stays, activity("a-3"), version=T2, goal=goals[1:])], event="E"),
    ]
    with apart(*files) as history:
        parts = Parts(history)
        assert list(parts.activities()) == [
            part("a-1", None),
            part("a-2", body_of(stays), event="E"),
            part("a-2#x", sub(body_of(stays), "x"), SUB, "E"),
            part("a-3", body_of(activity("a-3")), event="E"),
            part("a-1#x", None, SUB),
            part("a-1#y", None, SUB),
            part("a-2#y", None, SUB),
        ]
        assert list(parts.goals()) == [
            part("c#goal-1", goals[1], GOAL, "E"),
            part("c#goal-2", None, GOAL),
        ]


def test_goals_come_with_what_they_say() -> None:
    """Each in its place of its own care plan."""
    goals: list[Body] = [{"id": [f"g{n}"]} for n in range(3)]
    with apart(Copy("m", [plan(goal=goals[:2]), plan(link="b", goal=goals[2:])])) as history:
        assert list(Parts(history).goals()) == [
            part("b#goal-1", goals[2], GOAL),
            part("c#goal-1", goals[0], GOAL),
            part("c#goal-2", goals[1], GOAL),
        ]


def test_an_activity_that_stands_twice_is_that_of_the_last_place() -> None:
    """For its last state, and for what any content of its plan would give."""
    first, last = activity("a-1", "1", X), activity("a-1", "2", Y)
    body = body_of(last, "2")
    with apart(Copy("m", [plan(first, last)])) as history:
        parts = Parts(history)
        assert list(parts.activities()) == [
            part("a-1", body),
            part("a-1#y", sub(body, "y", "Waiting"), SUB),
            part("a-1#x", None, SUB),
        ]
        states = {one.link: one.body for one in parts.states_of(careplan(first, last), "c")}
        assert states["a-1"] == body
        assert list(states) == ["a-1", "a-1#x", "a-1#y"]
        named = parts.states_of(careplan(activity(own_id="n"), activity("0")), "d")
        assert [one.link for one in named] == ["0", "d#n"]


def test_members_of_a_team_are_sorted_and_named_once() -> None:
    """With the role that each has in it, when it has one."""
    files = [
        Copy("m", [plan(participant=[member("q", "t"), member("p", "t", "Therapist")])]),
        Copy("n", [plan(link="d", participant=[member("q", "t"), member("q", "t", "Caregiver")])]),
        Copy("o", [plan(link="e", participant=[member("z", "u")])]),
    ]
    with apart(*files) as history:
        parts = Parts(history)
        assert parts.members("t") == [
            {"reference": ["p"], "role": ["Therapist"]},
            {"reference": ["q"]},
            {"reference": ["q"], "role": ["Caregiver"]},
        ]
        assert parts.members("u") == [{"reference": ["z"]}]
        assert parts.members("nowhere") == []


@pytest.mark.parametrize(
    ("things", "target"),
    [
        # It decides; the care plan, or a later status, overruled it; its activity is no more.
        ([[plan(activity("a-1"), version=T1)], [status("s", "a-1", T2)]], ("a-1", True)),
        ([[plan(activity("a-1"), version=T2)], [status("s", "a-1", T1)]], ("a-1", False)),
        (
            [
                [plan(activity("a-1"), version=T1)],
                [status("s", "a-1", T2)],
                [status("r", "a-1", T3)],
            ],
            ("a-1", False),
        ),
        (
            [[plan(activity("a-1"), version=T1)], [plan(version=T2)], [status("s", "a-1", T3)]],
            ("a-1", True),
        ),
        ([[plan(activity("a-2"), version=T1)], [status("s", "a-1", T2)]], None),
        ([[plan(activity("a-2"), version=T1)], [status("s", "", T2)]], None),
    ],
)
def test_a_status_goes_where_its_activity_goes_when_it_decides(
    things: Sequence[Sequence[Carried]], target: tuple[str, bool] | None
) -> None:
    """Or when that was removed; about an activity that is nowhere it stands alone."""
    with apart(*(Copy(f"m{n}", some) for n, some in enumerate(things))) as history:
        (state,) = (s for s in history.last_states("CarePlanActivityStatus") if s.link == "s")
        found = Parts(history).status_target(state.sighting)
        assert found == target
        (plan_state,) = history.last_states("CarePlan")
        assert Parts(history).status_target(plan_state.sighting) is None


def test_activities_that_last_states_have_more_than_once_are_named() -> None:
    """Each with the event of the message that it was superseded in; sub-activities are not."""
    files = [
        Copy("m1", [plan(activity("b", "", X), activity("b", "", X), version=T3)], event="Z"),
        Copy("m2", [plan(activity("b"), link="d", version=T1)], event="Y"),
        Copy("m3", [plan(activity("a"), link="e", version=T1)], event="X"),
        Copy("m4", [plan(activity("a"), link="f", version=T2)], event="W"),
        Copy("m5", [plan(activity("o"), link="g", version=T1)]),
        Copy("m6", [plan(activity("o"), link="g", version=T2)]),
    ]
    with apart(*files) as history:
        assert list(Parts(history).duplicates()) == [("a", "X"), ("b", "Y"), ("b", "Z")]


nodes = st.lists(
    st.builds(
        lambda name, subs: activity(name, "", *map(sub_activity, subs)),
        st.sampled_from("aab"),
        st.lists(st.sampled_from("xy"), max_size=2),
    ),
    max_size=2,
)
messages = st.lists(
    st.builds(
        lambda number, link, version, body, goals, form: Copy(
            f"m{number}",
            [plan(*body, link=link, version=version, goal=[{"id": ["g"]}] * goals)],
            form=form,
        ),
        st.integers(1, 4),
        st.sampled_from("cccd"),
        st.sampled_from([T1, T2, T3]),
        nodes,
        st.integers(0, 1),
        st.sampled_from([Form.QUEUE, Form.SENDER]),
    ),
    min_size=2,
    max_size=4,
)


@pytest.mark.property
@settings(max_examples=25, deadline=None)
@given(messages, st.randoms(use_true_random=False))
def test_every_part_comes_once_and_each_sighting_has_one_place(
    files: list[Copy], random: object
) -> None:
    """Nothing that was seen vanishes, and the order of reading changes no state."""
    said = []
    for order in (files, random.sample(files, len(files))):  # type: ignore[attr-defined]
        with apart(*order) as history:
            parts = Parts(history)
            found = list(chain(parts.activities(), parts.goals()))
            marks = ", ".join("?" * len(PARTS))
            objects, seen = (
                history.db.execute(
                    f"SELECT source_type, link, {what} FROM {table} WHERE source_type IN ({marks})",
                    PARTS,
                ).fetchall()
                for what, table in (("sighting", "object"), ("id", "sighting"))
            )
            superseded = dict(history.db.execute("SELECT sighting, successor FROM superseded"))
        assert Counter((p.source_type, p.link) for p in found) == Counter(o[:2] for o in objects)
        last = {number: (source_type, link) for source_type, link, number in objects}
        for source_type, link, number in seen:
            assert (number in last) != (number in superseded)
            assert last[superseded.get(number, number)] == (source_type, link)
        said.append(found)
    assert said[0] == said[1]
