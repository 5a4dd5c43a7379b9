"""What a plan says of one object is found by its link, among others of every kind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from archives import HOST, activity, careplan, patient, status

from kt_migrate.errors import JournalError
from kt_migrate.model import Outcome
from kt_migrate.plan.life import Life
from kt_migrate.plan.store import Plan
from plan.small import plan_files, queue

P1, P2, C1, S1 = (f"{HOST}/{name}" for name in ("Patient/1", "Patient/2", "CarePlan/1", "Status/1"))


@pytest.fixture
def plan(tmp_path: Path) -> Iterator[Plan]:
    """Return a plan of two patients in three versions, an activity and its status."""
    files = queue(
        {P1: patient(), P2: patient()},
        {P1: patient("Anders"), C1: careplan(activity("a-1", "Waiting"))},
        {P1: patient("Weer"), S1: status("a-1", "Available")},
    )
    with plan_files(tmp_path / "made", files) as made:
        yield made


def test_every_object_of_a_plan_is_found_with_all_its_sightings(plan: Plan) -> None:
    """As the plan itself has them, and no other's."""
    sightings = list(plan.sightings())
    by_id = {one.id: one for one in sightings}
    with Life(plan.path) as life:
        for thing in plan.objects():
            ended = {e.source_type: e for e in life.ends(thing.link)}[thing.source_type]
            assert (ended.outcome, ended.reason) == (thing.outcome, thing.reason)
            own = [
                s for s in sightings if (s.source_type, s.link) == (thing.source_type, thing.link)
            ]
            found = life.seen(thing.link, ended)
            assert [(s.version, s.message, s.reason) for s in found] == [
                (s.version, s.message, s.reason) for s in own
            ]
            for one, row in zip(found, own, strict=True):
                by = None if row.superseded_by is None else by_id[row.superseded_by]
                assert one.by == (None if by is None else (by.message, by.version))


def test_writes_are_those_of_the_object_or_of_what_it_became_part_of(plan: Plan) -> None:
    """With what they refer to."""
    with Life(plan.path) as life:
        (own,), (part,) = life.ends("a-1"), life.ends(S1)
        (task,) = life.writes("a-1", own)
        assert life.writes(S1, part) == [task]
        assert (task.r4_type, task.link) == ("Task", "a-1")
        assert life.targets(task.seq) == [("for", "Patient", P1), ("owner", "Patient", P1)]
        header = next(o for o in plan.objects() if o.source_type == "MessageHeader")
        (ended,) = life.ends(header.link)
        assert ended.outcome is Outcome.NOT_MIGRATED
        assert life.writes(header.link, ended) == []


def test_issues_are_those_of_the_object(plan: Plan) -> None:
    """And what is not in the plan is nothing."""
    with Life(plan.path) as life:
        assert life.ends(f"{P1}0") == []
        for issue in plan.issues():
            assert issue in life.issues(issue.link, issue.source_type)
        assert life.issues(P2, "Patient") == []


def test_what_is_no_plan_is_refused(tmp_path: Path) -> None:
    """As by everything that reads one."""
    with pytest.raises(JournalError):
        Life(tmp_path / "plan.sqlite")
