"""The real messages, where they lie."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from support import SHARED, plan_of

MESSAGES = SHARED / "examples" / "kt13"
pytestmark = pytest.mark.skipif(
    not MESSAGES.is_dir(), reason="the real messages are not on this machine"
)


def some(tmp_path: Path, *patterns: str) -> Path:
    """Return an archive of some of the messages."""
    folder = tmp_path / "archive"
    folder.mkdir()
    for pattern in patterns:
        for path in MESSAGES.glob(pattern):
            shutil.copy(path, folder)
    return folder


def test_six_steps_are_two_messages_and_two_teams(tmp_path: Path) -> None:
    """The last name of team 82483757 is `The blue team`."""
    with plan_of([some(tmp_path, "pdf-*")], tmp_path / "plan.sqlite") as plan:
        books = plan.books().per_type()
        teams = {w.link: w.resource["name"] for w in plan.writes() if w.key.r4_type == "CareTeam"}

    assert books["MessageHeader"].sightings == 4
    assert books["MessageHeader"].as_json()["not_migrated"] == 2
    assert len(teams) == 2
    assert teams["http://local.emhp/CareTeam/82483757"] == "The blue team"


def test_a_series_ends_in_one_task_in_progress_and_a_patient_called_doe(tmp_path: Path) -> None:
    """Care plan, status message, care plan again."""
    with plan_of([some(tmp_path, "td-care-plan-*")], tmp_path / "plan.sqlite") as plan:
        writes = list(plan.writes())

    assert [w.resource["status"] for w in writes if w.key.r4_type == "Task"] == ["in-progress"]
    (patient,) = [w.resource for w in writes if w.key.r4_type == "Patient"]
    assert isinstance(patient["name"], list)
    assert isinstance(patient["name"][0], dict)
    assert patient["name"][0]["family"] == "Doe"


def test_a_message_and_a_catalogue_give_a_task_that_instantiates_ranjka(tmp_path: Path) -> None:
    """The identifier joins them."""
    archive = some(tmp_path, "bundle_one_message.json", "activities_game.json")
    with plan_of([archive], tmp_path / "plan.sqlite") as plan:
        (task,) = [w for w in plan.writes() if w.key.r4_type == "Task"]
        (target,) = [
            plan.key(seq)
            for seq in plan.targets(task.seq)
            if (key := plan.key(seq)) and key.r4_type == "ActivityDefinition"
        ]

    assert target is not None
    assert target.value.endswith("ActivityDefinition:1433")
    assert task.resource["status"] == "ready"


def test_all_of_them_together_balance(tmp_path: Path) -> None:
    """Whatever they are, each object ends in one place."""
    with plan_of([MESSAGES], tmp_path / "plan.sqlite") as plan:
        assert plan.books().unbalanced() == ()
