"""Open against closed: activities by their last status, dossiers by their activities."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from archives import HOST, Sent, activity, careplan, extension, life, patient, status, write

from kt_migrate.history.inspection import Inspection, inspect

P1, C1, C2, S1 = f"{HOST}/Patient/1", f"{HOST}/CarePlan/1", f"{HOST}/CarePlan/2", f"{HOST}/Status/1"
Carried = dict[str, Any]


def found_in(folder: Path, *carried: Carried) -> Inspection:
    """Return what is found in messages that each carry something, one after the other."""
    return inspect([write(folder / "archive", [sent.queue() for sent in life(carried)])])


@pytest.mark.parametrize(
    ("code", "counted"),
    [
        ("Waiting", (1, 0, 0)),
        ("Available", (1, 0, 0)),
        ("InProgress", (1, 0, 0)),
        ("Completed", (0, 1, 0)),
        ("Cancelled", (0, 1, 0)),
        ("Expired", (0, 1, 0)),
        ("SkippedByUser", (0, 1, 0)),
        ("", (0, 0, 1)),
        ("Jansen", (0, 0, 1)),
    ],
)
def test_an_activity_is_open_or_closed_by_its_status(
    tmp_path: Path, code: str, counted: tuple[int, int, int]
) -> None:
    """That of its care plan's last state; a status that is none of the seven is neither."""
    found = found_in(
        tmp_path,
        {C1: careplan(activity("a-1", "Waiting" if counted[1] else "Completed"))},
        {C1: careplan(activity("a-1", code)), P1: patient()},
    )
    activities, dossiers = found.activities, found.dossiers
    assert (activities.open, activities.closed, activities.unclear) == counted
    assert (dossiers.open, dossiers.closed, dossiers.unclear) == counted
    name = {"": "none", "Jansen": "Unknown"}.get(code, code)
    assert {k: v for k, v in activities.statuses.items() if v} == {name: 1}
    assert list(activities.statuses) == [
        *("Waiting", "Available", "InProgress"),
        *("Completed", "Cancelled", "Expired", "SkippedByUser"),
        *("none", "Unknown"),
    ]


@pytest.mark.parametrize(
    ("messages", "counted"),
    [
        ([{S1: status("a-1", "Completed")}], (0, 1)),
        ([{S1: status("a-1", "Completed")}, {C1: careplan(activity("a-1", "InProgress"))}], (1, 0)),
        ([{S1: status("a-2", "Completed")}], (1, 0)),
        ([{S1: status("a-1", "Completed")}, {S1: status("a-1", "InProgress")}], (1, 0)),
    ],
)
def test_a_later_status_message_decides(
    tmp_path: Path, messages: list[Carried], counted: tuple[int, int]
) -> None:
    """It is about its own activity, and an earlier one is overruled."""
    found = found_in(tmp_path, {C1: careplan(activity("a-1", "Waiting"))}, *messages)
    assert (found.activities.open, found.activities.closed) == counted
    assert (found.dossiers.open, found.dossiers.closed) == counted


def test_what_a_care_plan_no_longer_has_is_removed(tmp_path: Path) -> None:
    """It is neither open nor closed, and makes no dossier open."""
    found = found_in(
        tmp_path,
        {C1: careplan(activity("a-1", "Completed"), activity("gone", "Waiting")), P1: patient()},
        {C1: careplan(activity("a-1", "Completed"))},
    )
    assert (found.activities.open, found.activities.closed, found.activities.removed) == (0, 1, 1)
    assert (found.dossiers.open, found.dossiers.closed) == (0, 1)


def test_an_activity_in_two_care_plans_counts_once(tmp_path: Path) -> None:
    """In the one that has its last state; so does one that a care plan has twice."""
    found = found_in(
        tmp_path,
        {C1: careplan(activity("a-1", "Waiting"), of="1")},
        {C2: careplan(activity("a-1", "Waiting"), activity("a-1", "Completed"), of="2")},
    )
    assert (found.activities.open, found.activities.closed) == (0, 1)
    assert (found.dossiers.open, found.dossiers.closed) == (0, 1)


@pytest.mark.parametrize(
    ("first", "second", "state"),
    [
        ("Waiting", "Completed", "open"),
        ("Completed", "Completed", "closed"),
        ("Completed", "", "unclear"),
        ("", "Waiting", "open"),
        ("", "", "unclear"),
    ],
)
@pytest.mark.parametrize("together", [True, False])
def test_one_open_activity_makes_a_dossier_open(
    tmp_path: Path, first: str, second: str, state: str, *, together: bool
) -> None:
    """Of one care plan or of several; closed when all are, else it cannot be said."""
    one, two = activity("a-1", first), activity("a-2", second)
    plans = {C1: careplan(one, two)} if together else {C1: careplan(one), C2: careplan(two)}
    for place, carried in enumerate((plans, dict(reversed(plans.items())))):
        folder = tmp_path / str(place)
        folder.mkdir()
        found = asdict(found_in(folder, {P1: patient(), **carried}).dossiers)
        assert {name: count for name, count in found.items() if count} == {state: 1}


def test_patients_without_activities_and_dossiers_without_patients(tmp_path: Path) -> None:
    """A care plan without activities, or without a patient, makes no dossier."""
    nobody = {k: v for k, v in careplan(activity("a-3")).items() if k != "patient"}
    found = found_in(
        tmp_path,
        {P1: patient(), f"{HOST}/Patient/2": patient()},
        {C1: careplan(activity("a-1"), of="1"), C2: careplan(of="2")},
        {f"{HOST}/CarePlan/3": careplan(activity("a-2"), of="elsewhere")},
        {f"{HOST}/CarePlan/4": nobody},
    ).dossiers
    assert asdict(found) == {
        "open": 2,
        "closed": 0,
        "unclear": 0,
        "without_activities": 1,
        "without_patient": 1,
    }


def test_activities_of_all_care_plans_are_added_up(tmp_path: Path) -> None:
    """Activities with no identifier of their own are of their care plan."""
    links = [f"{HOST}/CarePlan/{n}" for n in range(3)]
    bare = {"extension": [extension("CarePlan#ActivityStatus", valueCoding={"code": "Waiting"})]}
    sent = Sent("m-1", dict.fromkeys(links, careplan(bare, bare)))
    found = inspect([write(tmp_path / "archive", [sent.queue()])])
    assert (found.activities.open, found.dossiers.open) == (6, 1)
