"""Care plans taken apart: every part in every sighting, and which of them is its last state."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from histories import T1, T2, T3, T4, Copy, answer, thing
from taken_apart import activity, apart, careplan, plan, sub_activity

from kt_migrate.history.prepare import Prepared
from kt_migrate.history.store import History
from kt_migrate.model import Body, Form

A, SUB, GOAL = "CarePlanActivity", "CarePlanSubActivity", "CarePlanGoal"


def parts(history: History, source_type: str = A) -> dict[str, tuple[str, int, int]]:
    """Return link → (message, place, removed) of the last state of each part."""
    rows = history.db.execute(
        "SELECT o.link, c.identifier, s.place, o.removed FROM object o JOIN sighting s"
        " ON s.id = o.sighting JOIN copy c ON c.id = s.copy WHERE o.source_type = ?"
        " AND o.decided_by = 'care-plan'",
        (source_type,),
    )
    return {link: (message, place, removed) for link, message, place, removed in rows}


def lost(history: History, source_type: str = A) -> set[tuple[str, str, str, int, str]]:
    """Return (link, its message, the winner's message, place, why) of what was superseded."""
    return set(
        history.db.execute(
            "SELECT s.link, c.identifier, d.identifier, s.place, p.reason FROM superseded p"
            " JOIN sighting s ON s.id = p.sighting JOIN copy c ON c.id = s.copy"
            " JOIN sighting w ON w.id = p.successor JOIN copy d ON d.id = w.copy"
            " WHERE s.source_type = ?",
            (source_type,),
        )
    )


def test_every_part_is_seen_in_every_sighting_of_its_care_plan() -> None:
    """With its place, in what it belongs to; counted by event, in the version of its plan."""
    body = careplan(
        activity("a-1", "", sub_activity("x"), sub_activity("y")),
        activity(own_id="anchor"),
        activity(),
        goal=[{"id": ["g"]}, {"id": ["h"]}],
    )
    files = [
        Copy("m", [thing("c", T1, body, "CarePlan")]),
        Copy("m", [thing("c", T2, body, "CarePlan"), thing("d", "", body, "CarePlan")], event="E"),
    ]
    with apart(*files) as history:
        found = history.db.execute(
            "SELECT s.source_type, s.link, s.version, s.place, p.source_type, p.link, p.version,"
            " s.copy = p.copy FROM sighting s JOIN sighting p ON p.id = s.parent"
        ).fetchall()
        counted = {(t, e): n for t, e, n in history.counted() if t.startswith("CarePlan")}

    expected = []
    for link, version in (("c", T1), ("c", T2), ("d", "")):
        own = [
            (A, "a-1", 0, "CarePlan", link),
            (SUB, "a-1#x", 0, A, "a-1"),
            (SUB, "a-1#y", 1, A, "a-1"),
            (A, f"{link}#anchor", 1, "CarePlan", link),
            (A, f"{link}#3", 2, "CarePlan", link),
            (GOAL, f"{link}#goal-1", 0, "CarePlan", link),
            (GOAL, f"{link}#goal-2", 1, "CarePlan", link),
        ]
        expected += [(t, sub, version, n, k, up, version, 1) for t, sub, n, k, up in own]
    assert sorted(found) == sorted(expected)
    assert counted == {
        ("CarePlan", "Event"): 1,
        ("CarePlan", "E"): 2,
        (A, "Event"): 3,
        (A, "E"): 6,
        (SUB, "Event"): 2,
        (SUB, "E"): 4,
        (GOAL, "Event"): 2,
        (GOAL, "E"): 4,
    }


def test_a_content_is_read_once_however_many_copies_have_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A care plan is sent again with every change of its message's other objects."""
    asked: list[int] = []
    honest = History.body

    def body(self: History, sighting: int) -> Body:
        asked.append(sighting)
        return honest(self, sighting)

    monkeypatch.setattr(History, "body", body)
    one, two = plan(A1, version=T1), plan(A2, version=T2)
    with apart(Copy("m1", [one]), Copy("m2", [two]), Copy("m3", [one]), Copy("m4", [one])):
        assert len(asked) == 2


A1, A2 = activity("a-1"), activity("a-2")
Lost = set[tuple[str, str, str, int, str]]


@pytest.mark.parametrize(
    ("files", "won", "superseded"),
    [
        # The last state of its care plan has it.
        (
            [Copy("m1", [plan(A1, version=T1)]), Copy("m2", [plan(A2, A1, version=T2)])],
            {"a-1": ("m2", 1, 0), "a-2": ("m2", 0, 0)},
            {("a-1", "m1", "m2", 0, "older-version")},
        ),
        # It does no more: removed, with the last state that had it.
        (
            [
                Copy("m1", [plan(A1, A2, version=T1)]),
                Copy("m2", [plan(A2, A1, version=T2)]),
                Copy("m3", [plan(A2, version=T3)]),
            ],
            {"a-1": ("m2", 1, 1), "a-2": ("m3", 0, 0)},
            {
                ("a-1", "m1", "m2", 0, "older-version"),
                ("a-2", "m1", "m3", 1, "older-version"),
                ("a-2", "m2", "m3", 0, "older-version"),
            },
        ),
        # Another plan's last state goes before an older state of a later plan.
        (
            [
                Copy("m1", [plan(A1, link="d", version=T1)]),
                Copy("m2", [plan(A1, version=T2)]),
                Copy("m3", [plan(version=T3)]),
            ],
            {"a-1": ("m1", 0, 0)},
            {("a-1", "m2", "m1", 0, "older-version")},
        ),
        # Two plans that have it: the later counts, and the other is told.
        (
            [
                Copy("m1", [plan(A2, A1, version=T2)]),
                Copy("m2", [plan(A1, link="d", version=T1)]),
            ],
            {"a-1": ("m1", 1, 0), "a-2": ("m1", 0, 0)},
            {("a-1", "m2", "m1", 0, "activity-duplicate")},
        ),
        # Twice in one plan: the last place.
        (
            [Copy("m1", [plan(A1, A2, A1, version=T1)])],
            {"a-1": ("m1", 2, 0), "a-2": ("m1", 1, 0)},
            {("a-1", "m1", "m1", 0, "activity-duplicate")},
        ),
        (
            [Copy("m1", [plan(A1, A1, version=T1)]), Copy("m2", [plan(version=T2)])],
            {"a-1": ("m1", 1, 1)},
            {("a-1", "m1", "m1", 0, "activity-duplicate")},
        ),
        # A copy of its own message adds nothing.
        (
            [
                Copy("m1", [plan(A1, version=T1)]),
                Copy("m1", [plan(A1)], form=Form.SENDER),
                Copy("m2", [plan(A1, version=T4)], form=Form.SENDER),
            ],
            {"a-1": ("m2", 0, 0)},
            {("a-1", "m1", "m2", 0, "older-version")},
        ),
        (
            [Copy("m1", [plan(A1, version=T1)]), Copy("m1", [plan(A1)], form=Form.SENDER)],
            {"a-1": ("m1", 0, 0)},
            {("a-1", "m1", "m1", 0, "copy")},
        ),
        # The server's answer makes an earlier sender copy the last.
        (
            [
                Copy("m1", [plan(A1, version=T1)], form=Form.SENDER),
                Copy("m2", [plan(A2, version=T2)]),
                answer("m1", ("c", T3)),
            ],
            {"a-1": ("m1", 0, 0), "a-2": ("m2", 0, 1)},
            set(),
        ),
    ],
)
def test_the_last_state_of_an_activity_is_in_the_last_state_of_its_care_plan(
    files: Sequence[Prepared | Copy], won: dict[str, tuple[str, int, int]], superseded: Lost
) -> None:
    """Whatever the order of reading."""
    for order in (files, files[::-1]):
        with apart(*order) as history:
            assert (parts(history), lost(history)) == (won, superseded)


def test_sub_activities_go_with_their_activity_and_goals_with_their_plan() -> None:
    """A part of what is no more is removed; one of an older state is superseded."""
    x, y, z = (sub_activity(name) for name in "xyz")
    goals: list[Body] = [{"id": ["1"]}, {"id": ["2"]}]
    files = [
        Copy("m1", [plan(A2, activity("a-1", "", x, y), version=T1, goal=goals)]),
        Copy("m2", [plan(activity("a-1", "", z, y), version=T2, goal=goals[:1])]),
    ]
    for order in (files, files[::-1]):
        with apart(*order) as history:
            assert parts(history, SUB) == {
                "a-1#x": ("m1", 0, 1),
                "a-1#y": ("m2", 1, 0),
                "a-1#z": ("m2", 0, 0),
            }
            assert lost(history, SUB) == {("a-1#y", "m1", "m2", 1, "older-version")}
            assert parts(history, GOAL) == {"c#goal-1": ("m2", 0, 0), "c#goal-2": ("m1", 1, 1)}
            assert lost(history, GOAL) == {("c#goal-1", "m1", "m2", 0, "older-version")}


def test_a_sub_activity_of_a_removed_activity_is_that_of_its_last_state() -> None:
    """By the care plans that had it, not by the order of reading."""
    files = [
        Copy("m1", [plan(activity("a-1", "", sub_activity("x")), version=T2)]),
        Copy("m2", [plan(activity("a-1", "1", sub_activity("x")), version=T1)]),
        Copy("m3", [plan(activity("a-1", "2", sub_activity("x")), version=T1)]),
        Copy("m4", [plan(version=T3)]),
    ]
    for order in (files, files[::-1]):
        with apart(*order) as history:
            assert parts(history, SUB) == {"a-1#x": ("m1", 0, 1)}
            assert {row[1:3] for row in lost(history, SUB)} == {("m2", "m1"), ("m3", "m1")}


def test_a_sub_activity_of_two_plans_is_that_of_the_later() -> None:
    """As its activity is."""
    one = activity("a-1", "", sub_activity("x"))
    files = [
        Copy("m1", [plan(one, version=T2)]),
        Copy("m2", [plan(one, link="d", version=T1)]),
    ]
    for order in (files, files[::-1]):
        with apart(*order) as history:
            # Its activity's other sighting is superseded, so that its own is no last state's.
            assert parts(history, SUB) == {"a-1#x": ("m1", 0, 0)}
            assert lost(history, SUB) == {("a-1#x", "m2", "m1", 0, "older-version")}
