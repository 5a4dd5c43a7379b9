"""What a run folder's plan does: whose trial tells the time, and what lies in actions.json."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from inside import inside, typed
from kt_migrate.config import find_workspace, load_environment
from kt_migrate.plan.actions import Action
from kt_migrate.reports.actions import detailed_actions, measured
from kt_migrate.reports.actions_words import basis_text, before_text, check_text, time_text


def end(root: Path, env: str, run: str, **fields: object) -> None:
    """Put the end of a start into the events of a run."""
    folder = root / "runs" / env / run
    folder.mkdir(parents=True, exist_ok=True)
    line = json.dumps({"event": "end", "at": "x", **fields}) + "\n"
    with (folder / "events.ndjson").open("a", encoding="utf-8") as file:
        file.write(line)


def found(root: Path, environment: str) -> list[tuple[str, str, int, float]]:
    """Return what the runs below a folder took."""
    return [(m.env, m.run, m.writes, m.seconds) for m in measured(root, environment)]


def test_the_newest_run_of_the_environment_goes_first(tmp_path: Path) -> None:
    """The last start of each run; what has no end, or a strange one, is passed over."""
    end(tmp_path, "mgr2", "001", sent=100, seconds=10.0)
    end(tmp_path, "mgr2", "002", sent=5, seconds=1)
    end(tmp_path, "mgr2", "002", sent=200, seconds=10.5)
    end(tmp_path, "mgr2", "003", sent="many", seconds=1.0)
    end(tmp_path, "acc22", "009", sent=100, seconds=1.0)
    (tmp_path / "runs" / "mgr2" / "004").mkdir()

    assert found(tmp_path, "mgr2") == [("mgr2", "002", 200, 10.5), ("mgr2", "001", 100, 10.0)]


def test_a_trial_on_mgr2_tells_how_long_production_takes(tmp_path: Path) -> None:
    """That is what it is for (draaiboek M.2); no other environment says anything of another."""
    end(tmp_path, "mgr2", "001", sent=100, seconds=10.0)
    end(tmp_path, "local", "001", sent=100, seconds=1.0)

    assert [row[0] for row in found(tmp_path, "prd2")] == ["mgr2"]
    assert found(tmp_path, "acc22") == []


def test_plan_keeps_its_actions_in_the_run_folder(tried: Path) -> None:
    """The same as `--json` shows; readable by its owner only; after a trial with its time."""
    with inside(tried):
        done = typed("plan", "--env", "local", "--json", cwd=tried)
    shown: dict[str, Any] = json.loads(done.out)
    path = tried / "runs" / "local" / shown["run"] / "actions.json"
    kept = json.loads(path.read_text("utf-8"))

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert kept["schema"] == "kt-migrate-actions/1"
    assert kept["actions"] == shown["actions"]
    assert kept["estimate"] == shown["estimate"]
    assert sum(action["count"] for action in kept["actions"]) == kept["writes"] == shown["writes"]
    assert kept["estimate"]["basis"] == "measured"
    assert kept["estimate"]["measured"]["writes"] == kept["writes"]
    assert shown["estimated_seconds"] == kept["estimate"]["seconds"]
    assert kept["estimate"]["measured"]["seconds"] > 0


@pytest.fixture
def tasks(workspace: Path) -> Action:
    """Return the last action of the example, which refers to others; not tried yet."""
    with inside(workspace):
        assert typed("plan", "--env", "local", cwd=workspace).code == 0
    here = find_workspace(workspace)
    environment = load_environment(here, "local")
    actions = detailed_actions(here, environment, workspace / "runs" / "local" / "001")
    assert actions.seconds is None
    assert basis_text(actions.estimate).startswith("Geen snelheidslimiet")
    return actions.actions[-1]


def test_an_action_in_words(tasks: Action) -> None:
    """What before it, what to check after it."""
    numbers = ", ".join(map(str, tasks.after))

    assert numbers
    assert before_text(tasks) == f"actie {numbers}; token met {tasks.scope}"
    assert check_text(tasks).startswith(f"verify: {tasks.total.count} {tasks.r4_type}, hashtotaal")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, "onbekend"),
        (0.2, "1 s"),
        (59.4, "59 s"),
        (60, "1 min 0 s"),
        (3_599, "59 min 59 s"),
        (3_600, "1 u 0 min"),
        (7_321, "2 u 2 min"),
    ],
)
def test_how_long_in_words(seconds: float | None, words: str) -> None:
    """As a person says it; what takes no time takes a second."""
    assert time_text(seconds) == words
