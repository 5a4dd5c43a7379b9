"""cluster: what is said, and with which exit code it ends."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from unittest.mock import patch

import orjson
import pytest

from cluster_scene import Scene
from inside import Done, typed
from kt_migrate.cluster.engine import Board
from kt_migrate.cluster.file import Domain, read_cluster
from kt_migrate.cluster.rows import DomainRow
from kt_migrate.cluster.tasks import Stage, Step, Task, Work
from kt_migrate.errors import ServerUnavailableError

LONG = "DOMEIN-" + "X" * 57


@pytest.fixture
def scene(new_workspace: Path, tmp_path: Path) -> Scene:
    """Return a cluster of two domains, in one of which is a name as long as one can be."""
    for name in ("A", LONG):
        folder = shutil.copytree(new_workspace, tmp_path / name)
        text = (folder / "kt-migrate.yaml").read_text("utf-8")
        (folder / "kt-migrate.yaml").write_text(text.replace('"EXAMPLE"', name), "utf-8")
    scene = Scene(tmp_path, ("A", LONG))
    scene.write()
    return scene


def asked(scene: Scene, *line: str) -> Done:
    """Give a command of clusters."""
    return typed("--lang", "en", "cluster", *line, cwd=scene.root)


@pytest.fixture
def board(scene: Scene) -> Iterator[Board]:
    """Return the engine's, with a round of trial begun."""
    with closing(Board(read_cluster(scene.root / "cluster.yaml"))) as board:
        board.put(Work.TRIAL, 1, scene.names)
        yield board


def ended(scene: Scene, name: str, *steps: Step) -> None:
    """Let the engine have ended a domain."""
    output = orjson.dumps([asdict(step) for step in steps]).decode()
    with closing(sqlite3.connect(scene.root / ".cluster" / "engine.sqlite")) as db:
        db.execute(
            "UPDATE workflow_status SET status = 'SUCCESS', executor_id = 'w', output = ?,"
            " serialization = 'portable_json' WHERE workflow_uuid LIKE ?",
            (output, f"%/{name}"),
        )
        db.commit()


FINE = (Step(command="trial", code=0, seconds=2.5), Step(command="verify", code=0, seconds=1))


def test_nothing_was_begun(scene: Scene) -> None:
    """To look makes nothing."""
    done = asked(scene, "status", "--json")

    assert (done.code, done.document["passed"], done.document["domains"]) == (0, False, [])
    assert "Nothing was begun" in done.err
    assert not (scene.root / ".cluster").exists()


def test_where_each_domain_is(scene: Scene, board: Board) -> None:
    """On lines of 80 signs at most, whatever a domain is called."""
    ended(scene, "A", *FINE)
    done = asked(scene, "status")

    assert done.code == 0
    assert "2 domains: 1 waits, 1 there" in done.out
    assert max(len(line) for line in done.out.splitlines()) <= 80
    assert [task.stage for task in board.tasks()] == [Stage.THERE, Stage.WAITING]


@pytest.mark.usefixtures("board")
def test_a_domain_that_did_not_get_there_is_named_with_why(scene: Scene) -> None:
    """35; and the report is there all the same."""
    ended(scene, "A", *FINE)
    ended(scene, LONG, Step(command="trial", code=31, reason="The server does not answer."))
    done = asked(scene, "report", "--json")

    assert done.code == 35
    assert "1 of 2 domains did not get there" in done.err
    assert "(trial: 31 UNAVAILABLE)" in done.err
    assert [task["code"] for task in done.document["tasks"]] == [0, 31]
    assert (scene.root / "clusterrapport.html").is_file()


@pytest.mark.usefixtures("board")
def test_when_every_domain_got_there_it_ends_with_0(scene: Scene) -> None:
    """And only then."""
    ended(scene, "A", *FINE)
    assert asked(scene, "report").code == 35
    ended(scene, LONG, *FINE)
    with patch("kt_migrate.cluster.report.row_of", side_effect=proven):
        assert asked(scene, "report").code == 0
    done = asked(scene, "report")
    assert (done.code, "2 of 2 domains were not read back" in done.err) == (35, True)


def proven(domain: Domain, _environment: str) -> DomainRow:
    """Return a domain that was verified."""
    return DomainRow(domain=domain.name, run="001", verified=True)


@pytest.mark.usefixtures("board")
def test_a_run_folder_that_cannot_be_read_is_named_with_35(scene: Scene) -> None:
    """Also when every domain got there and is verified: what an earlier run says is missing."""
    ended(scene, "A", *FINE)
    ended(scene, LONG, *FINE)
    run = scene.root / "A" / "runs" / "local" / "001"
    run.mkdir(parents=True)
    for name in ("plan.sqlite", "binding.json"):
        (run / name).write_bytes(b"x")
    with patch("kt_migrate.cluster.report.row_of", side_effect=proven):
        done = asked(scene, "report", "--json")

    assert done.code == 35
    assert "Run folders that cannot be read (1): A 001: " in done.err
    assert [(one["domain"], one["run"]) for one in done.document["unread"]] == [("A", "001")]
    assert "Could not be read: A 001" in asked(scene, "report").out


@pytest.mark.usefixtures("board")
def test_a_domain_that_came_into_the_file_later_did_not_get_there(
    scene: Scene, new_workspace: Path
) -> None:
    """The round had it not, so nobody knows."""
    ended(scene, "A", *FINE)
    ended(scene, LONG, *FINE)
    folder = shutil.copytree(new_workspace, scene.root / "C")
    text = (folder / "kt-migrate.yaml").read_text("utf-8")
    (folder / "kt-migrate.yaml").write_text(text.replace('"EXAMPLE"', "C"), "utf-8")
    Scene(scene.root, (*scene.names, "C")).write()

    assert asked(scene, "status", "--json").document["passed"] is False
    done = asked(scene, "report")
    assert (done.code, "C (not in this round)" in done.err) == (35, True)


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (ServerUnavailableError("Weg.", where="x", fix="y"), 31, "Error: Weg."),
        (ValueError("geheim"), 1, "ValueError"),
    ],
)
def test_a_worker_that_fails_says_so_and_ends_without_its_threads(
    scene: Scene, error: Exception, code: int, said: str
) -> None:
    """They would wait for it for ever."""
    with (
        patch("kt_migrate.cli.clusters.Worker") as made,
        patch("kt_migrate.cli.clusters.end_at_once", side_effect=SystemExit(code)) as end,
    ):
        made.return_value.work.side_effect = error
        done = asked(scene, "worker")

    end.assert_called_once_with(code)
    assert (said in done.err, "geheim" in done.err) == (True, False)


def worked(*stages: Stage) -> Iterator[Task]:
    """Yield what a round came to."""
    for name, stage in zip(("A", LONG), stages, strict=True):
        yield Task(domain=name, work=Work.PLAN, round=1, stage=stage)


@pytest.mark.parametrize(
    ("stages", "code"),
    [((Stage.THERE, Stage.THERE), 0), ((Stage.THERE, Stage.WORKING), 35)],
)
def test_a_round_ends_with_what_its_domains_came_to(
    scene: Scene, stages: tuple[Stage, ...], code: int
) -> None:
    """One that has nobody left to work on it did not get there."""
    with patch("kt_migrate.cli.clusters.worked", return_value=tuple(worked(*stages))):
        done = asked(scene, "plan", "--json")

    assert (done.code, done.document["passed"]) == (code, code == 0)


def test_a_trial_says_first_to_which_environment_it_writes(scene: Scene) -> None:
    """And a plan, which writes nowhere, does not."""
    with patch("kt_migrate.cli.clusters.worked", side_effect=KeyboardInterrupt):
        trial, plan = asked(scene, "trial"), asked(scene, "plan")

    assert "Writes to local, in 2 domains." in trial.out
    assert "Writes to" not in plan.out


def test_without_its_engine_it_says_how_to_install_it(scene: Scene) -> None:
    """It is an extra."""
    with patch.dict("sys.modules", {"dbos": None}):
        done = asked(scene, "trial")

    assert done.code == 3
    assert "pip install 'kt-migrate[cluster]'" in done.err


def test_production_is_not_among_it(scene: Scene) -> None:
    """No command for it, and no cluster of it."""
    assert asked(scene, "run").code == 2
    path = scene.root / "cluster.yaml"
    path.write_text(path.read_text("utf-8").replace("environment: local", "environment: prd2"))
    done = asked(scene, "trial")
    assert (done.code, "never works on production" in done.err) == (3, True)
    assert not (scene.root / ".cluster").exists()


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """With what to do."""
    done = typed("--lang", "en", "cluster", "trial", "--cluster", "x.yaml", cwd=tmp_path)

    assert (done.code, "x.yaml" in done.err) == (2, True)


def test_a_database_that_cannot_be_used_is_no_crash(scene: Scene) -> None:
    """31: the same command goes on later."""
    scene.write(database="postgresql://nobody@/engine?host=/nowhere")
    done = asked(scene, "status")

    assert done.code == 31
    assert "Traceback" not in done.err
