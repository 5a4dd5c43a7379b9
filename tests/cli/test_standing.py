"""status: where every run stands, who works on it, and which command comes now."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path
from unittest.mock import patch

import pytest

from inside import inside, typed
from kt_migrate.cli.standing import stand_of
from kt_migrate.kt2.answers import Refused
from kt_migrate.kt2.client import FhirClient
from kt_migrate.load.lock import run_lock

RUN = Path("runs/local/001")


def following(folder: Path, env: str = "local") -> str:
    """Return the command that status says comes next."""
    (run,) = typed("status", "--json", cwd=folder).document["runs"]
    assert run["env"] == env
    said = str(run["next"])
    shown = typed("status", cwd=folder).out
    assert (f"{env} 001: hierna {said}" in shown) == bool(said)
    return said


def test_what_comes_now_is_said_from_plan_to_rollback(workspace: Path) -> None:
    """Write, verify, report; what was undone needs nothing."""
    this = "--env local --run 001"
    with inside(workspace):
        typed("plan", "--env", "local", cwd=workspace)
        assert following(workspace) == f"kt-migrate trial {this}"
        typed("trial", "--env", "local", cwd=workspace)
        assert following(workspace) == f"kt-migrate verify {this}"
        typed("verify", cwd=workspace)
        assert following(workspace) == f"kt-migrate report {this}"
        (workspace / ".sandbox" / "store.sqlite").unlink()
    with inside(workspace):
        typed("verify", cwd=workspace)
        assert following(workspace) == f"kt-migrate errors list {this}"
        typed("rollback", "--env", "local", "--yes-rollback", "EXAMPLE", cwd=workspace)
        assert following(workspace) == ""


def test_a_plan_that_writes_nothing_asks_to_look_why(workspace: Path) -> None:
    """There is nothing to verify."""
    typed("plan", "--env", "local", cwd=workspace)
    with sqlite3.connect(workspace / "runs" / "local" / "001" / "plan.sqlite") as db:
        db.execute("DELETE FROM write")
    db.close()

    assert following(workspace) == "kt-migrate errors list --env local --run 001"


@pytest.mark.parametrize(
    ("stage", "said"), [("planned", "gate pre"), ("begun", "run"), ("proven", "gate post")]
)
def test_on_production_the_gates_come_between(tried: Path, stage: str, said: str) -> None:
    """Before the first write, and after the proof."""
    with inside(tried):
        typed("verify", cwd=tried)
    shutil.move(tried / "runs" / "local", tried / "runs" / "prd2")
    folder = tried / "runs" / "prd2" / "001"
    if stage == "planned":
        for path in folder.glob("journal.sqlite*"):
            path.unlink()
    elif stage == "begun":
        forget_one(folder)

    assert following(tried, "prd2") == f"kt-migrate {said} --env prd2"


def forget_one(folder: Path) -> None:
    """Let one write of a run be without outcome."""
    with sqlite3.connect(folder / "journal.sqlite") as db:
        db.execute("UPDATE entry SET state = 'intent' WHERE seq = 44")
    db.close()


def test_while_somebody_works_on_it_that_is_said_and_nothing_comes_next(tried: Path) -> None:
    """Of who writes, how it goes; of who undoes, how far that is."""
    folder = tried / RUN
    with run_lock(folder):
        stand = stand_of("local", folder)
        assert stand is not None
        assert (stand.working, stand.following) == (True, "")
        assert stand.running is not None
    with inside(tried):
        typed("rollback", "--env", "local", "--yes-rollback", "EXAMPLE", cwd=tried)
    with run_lock(folder):
        stand = stand_of("local", folder)
        assert stand is not None
        assert (stand.working, stand.following, stand.running) == (True, "", None)
        assert "Er wordt nu aan gewerkt." in " ".join(typed("status", cwd=tried).out.split())


def test_what_is_left_asks_for_the_same_command(tried: Path) -> None:
    """Somebody decides, and gives it again."""

    async def refuse(*_arguments: object, **_options: object) -> Refused:
        return Refused(status=422)

    with inside(tried), patch.object(FhirClient, "delete", refuse):
        typed("rollback", "--env", "local", "--yes-rollback", "EXAMPLE", cwd=tried)

    assert following(tried) == "kt-migrate rollback --env local --run 001"
