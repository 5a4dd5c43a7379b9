"""Which status of an activity counts, and who is on a team, by what care plans say last."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from histories import T1, T2, T3, T4, Copy
from taken_apart import activity, apart, member, plan, status

from kt_migrate.history.store import History

A1, A2 = activity("a-1"), activity("a-2")


def deciders(history: History) -> dict[str, str]:
    """Return activity → link and message of the status that decides."""
    rows = history.db.execute(
        "SELECT d.activity, s.link || ' ' || c.identifier FROM decider d"
        " JOIN sighting s ON s.id = d.sighting JOIN copy c ON c.id = s.copy"
    )
    return dict(rows.fetchall())


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ([Copy("m1", [plan(A1, version=T1)]), Copy("m2", [status("s", "a-1", T2)])], "s m2"),
        ([Copy("m1", [plan(A1, version=T2)]), Copy("m2", [status("s", "a-1", T1)])], ""),
        # The last of several statuses; of several states of one as well.
        (
            [
                Copy("m1", [plan(A1, version=T1)]),
                Copy("m2", [status("s", "a-1", T3)]),
                Copy("m3", [status("r", "a-1", T2), status("q", "a-2", T4)]),
            ],
            "s m2",
        ),
        (
            [
                Copy("m1", [plan(A1, version=T1)]),
                Copy("m2", [status("s", "a-1", T2)]),
                Copy("m3", [status("s", "a-1", T3, code="Other")]),
            ],
            "s m3",
        ),
        # The care plan's last state counts, not an older one.
        (
            [
                Copy("m1", [plan(A1, version=T1)]),
                Copy("m2", [plan(A1, A2, version=T3)]),
                Copy("m3", [status("s", "a-1", T2)]),
            ],
            "",
        ),
        # What is removed takes no status.
        (
            [
                Copy("m1", [plan(A1, version=T1)]),
                Copy("m2", [plan(version=T2)]),
                Copy("m3", [status("s", "a-1", T3)]),
            ],
            "",
        ),
        ([Copy("m1", [status("s", "a-1", T1)])], ""),
    ],
)
def test_a_status_decides_when_it_is_later_than_the_care_plan(
    files: Sequence[Copy], found: str
) -> None:
    """The last of all that are about the activity."""
    for order in (files, files[::-1]):
        with apart(*order) as history:
            assert deciders(history).get("a-1", "") == found


def test_each_activity_has_a_status_of_its_own() -> None:
    """Side by side, in one care plan; statuses about nothing decide nothing."""
    files = [
        Copy("m1", [plan(A1, A2, activity("a-3"), version=T2)]),
        Copy("m2", [status("s1", "a-1", T3), status("s2", "a-2", T1), status("s3", "", T4)]),
        Copy("m3", [status("s4", "a-3", T4), status("s5", "a-9", T4)]),
    ]
    with apart(*files) as history:
        assert deciders(history) == {"a-1": "s1 m2", "a-3": "s4 m3"}
        noted = history.db.execute(
            "SELECT t.target, s.link FROM status t JOIN sighting s ON s.id = t.sighting"
        ).fetchall()
    assert sorted(noted) == [
        ("", "s3"),
        ("a-1", "s1"),
        ("a-2", "s2"),
        ("a-3", "s4"),
        ("a-9", "s5"),
    ]


def test_members_of_teams_come_from_last_states_only() -> None:
    """Of every care plan, each time it says so; and of no older state."""
    files = [
        Copy("m1", [plan(version=T1, participant=[member("old", "t")])]),
        Copy("m2", [plan(version=T2, participant=[member("p1", "t", "Therapist")])]),
        Copy("m2", [plan(version=T2, participant=[member("p1", "t", "Therapist")])]),
        Copy("m3", [plan(link="d", participant=[member("p1", "t"), member("p2", "u")])]),
    ]
    for order in (files, files[::-1]):
        with apart(*order) as history:
            rows = history.db.execute("SELECT team, member, role FROM member").fetchall()
        assert sorted(rows) == [("t", "p1", ""), ("t", "p1", "Therapist"), ("u", "p2", "")]
