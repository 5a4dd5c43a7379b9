"""Ten generated domains on two workers, one of which is killed: all are verified, and none is there twice."""

from __future__ import annotations

import fcntl
import json
import os
import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

import forked
from cluster_scene import Scene, domains, served, until
from kt_migrate.cluster.engine import Board
from kt_migrate.cluster.file import read_cluster
from kt_migrate.cluster.tasks import Stage
from kt_migrate.load.lock import run_lock
from kt_migrate.plan.runs import newest_run
from kt_migrate.plan.store import Plan
from postgres import postgres
from support import command

NAMES = tuple(f"DOMEIN{n:02}" for n in range(10))
HALF_DONE = 8
"""Resources of a domain that are there when its worker is killed; each has some sixty."""


_INTERACTIONS = "SELECT interaction, count(*) FROM audit GROUP BY interaction"


@pytest.fixture(scope="module")
def python() -> Iterator[forked.Python]:
    """Return a Python that has imported everything, for all that a cluster starts."""
    with forked.python() as python:
        yield python


@contextmanager
def trial(scene: Scene, python: forked.Python) -> Iterator[forked.Process]:
    """Start `cluster trial`."""
    with (scene.root / "out").open("wb") as out, (scene.root / "err").open("wb") as err:
        line = ("cluster", "trial", "--json")
        process = python.start(line, scene.root, stdout=out.fileno(), stderr=err.fileno())
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGKILL)


def half_done(scene: Scene, board: Board) -> tuple[str, str]:
    """Wait until a domain is in the middle of being written; return it and its worker."""
    until(lambda: any(scene.written(name) >= HALF_DONE for name in scene.names))
    begun = next(name for name in scene.names if scene.written(name) >= HALF_DONE)
    task = next(task for task in board.tasks() if task.domain == begun)
    assert task.stage is Stage.WORKING
    return begun, task.worker


def holds(scene: Scene, path: Path, python: forked.Python) -> None:
    """Kill a worker in the middle, and hold what came of it against the stores."""
    with (
        served(scene),
        closing(Board(read_cluster(path))) as board,
        trial(scene, python) as process,
    ):
        domain, worker = half_done(scene, board)
        os.kill(int(worker.split(".")[-2]), signal.SIGKILL)
        assert scene.written(domain) < planned(scene, domain)
        code = process.wait(300)
        said = (scene.root / "err").read_text("utf-8")
        assert code == 0, said
        report = command("cluster", "report", "--json", cwd=scene.root)
    document = json.loads((scene.root / "out").read_text("utf-8"))
    assert [row["domain"] for row in document["domains"]] == list(scene.names)
    assert {row["stage"] for row in document["domains"]} == {"there"}
    (taken,) = (row for row in document["domains"] if row["domain"] == domain)
    assert taken["worker"] != worker
    rows = json.loads(report.stdout)["domains"]
    assert [(row["domain"], row["verified"]) for row in rows] == [(n, True) for n in scene.names]
    for name in scene.names:
        once(scene, name)


def planned(scene: Scene, name: str) -> int:
    """Return how many writes the plan of a domain has."""
    folder = newest_run(scene.root / name, "local")
    assert folder is not None
    with Plan(folder / "plan.sqlite") as plan:
        return plan.count()


def once(scene: Scene, name: str) -> None:
    """See in a sandbox's own store that everything is there, made once and never touched again."""
    assert scene.written(name) == planned(scene, name)
    did = [row for row in scene.asked(name, _INTERACTIONS) if row[0] in {"create", "update"}]
    assert did == [("create", planned(scene, name))]
    double = "SELECT value FROM identifier GROUP BY r4_type, system, value HAVING count(*) > 1"
    assert scene.asked(name, double) == []


@pytest.fixture
def scene(new_workspace: Path, tmp_path: Path) -> Scene:
    """Return ten domains."""
    return domains(new_workspace, tmp_path, NAMES, messages=40)


@pytest.mark.integration
def test_a_killed_worker_is_taken_over_on_one_machine(scene: Scene, python: forked.Python) -> None:
    """The engine's database is a file."""
    holds(scene, scene.write(), python)


@pytest.mark.integration
def test_a_killed_worker_is_taken_over_on_several_machines(
    scene: Scene, python: forked.Python
) -> None:
    """The engine's database is PostgreSQL."""
    with postgres() as database:
        holds(scene, scene.write(database=database), python)


@pytest.mark.integration
def test_a_round_that_was_killed_is_gone_on_with_by_the_same_command(
    new_workspace: Path, tmp_path: Path, python: forked.Python
) -> None:
    """With its workers, and what they had under way; and what cannot go on stops no other."""
    scene = domains(new_workspace, tmp_path, NAMES[:2], messages=30)
    scene.write()
    with served(scene):
        with trial(scene, python) as process:
            until(lambda: any(scene.written(name) >= HALF_DONE for name in scene.names))
            process.send_signal(signal.SIGKILL)
            process.wait()
        until(lambda: not working(scene))
        assert any(scene.written(name) < planned(scene, name) for name in scene.names)
        with run_lock(scene.root / NAMES[0] / "runs/local/001"):
            first = command("cluster", "trial", "--json", cwd=scene.root, check=False)
        second = command("cluster", "trial", "--json", cwd=scene.root)

    assert first.returncode == 35
    one, other = json.loads(first.stdout)["domains"]
    assert (one["step"], one["code"], other["code"]) == ("trial", 11, 0)
    assert [json.loads(done.stdout)["round"] for done in (first, second)] == [1, 2]
    for name in scene.names:
        once(scene, name)


@pytest.mark.integration
def test_a_worker_that_was_thought_dead_and_comes_back_does_nothing_any_more(
    new_workspace: Path, tmp_path: Path, python: forked.Python
) -> None:
    """Its command goes on meanwhile, and who took over waits for that; nothing is written twice."""
    scene = domains(new_workspace, tmp_path, NAMES[:1], messages=100)
    path = scene.write(workers=1)
    with served(scene), closing(Board(read_cluster(path))) as board:
        with trial(scene, python) as process, (scene.root / "second").open("wb") as out:
            domain, worker = half_done(scene, board)
            first = int(worker.split(".")[-2])
            os.kill(first, signal.SIGSTOP)
            (scene.root / ".cluster" / "workers" / f"{worker}.lock").unlink()
            line = ("cluster", "worker")
            second = python.start(line, scene.root, stdout=out.fileno(), stderr=out.fileno())
            until(lambda: board.workers() - {worker})
            assert scene.written(domain) < planned(scene, domain)
            os.kill(first, signal.SIGCONT)
            assert second.wait(120) == 0
            assert process.wait(120) == 35  # it had one worker, which ended
        report = command("cluster", "report", "--json", cwd=scene.root)

    (task,) = json.loads(report.stdout)["tasks"]
    assert (task["stage"], [step["code"] for step in task["steps"]]) == ("there", [0, 0])
    assert task["worker"] != worker
    once(scene, domain)


def working(scene: Scene) -> list[Path]:
    """Return the locks of workers, and of what they started, that are held."""
    held = []
    for path in (scene.root / ".cluster" / "workers").glob("*.lock"):
        with path.open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                held.append(path)
    return held
