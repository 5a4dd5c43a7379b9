"""A round holds every domain once; what was begun is gone on with, and never done beside another."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from cluster_scene import Maker, Scene
from kt_migrate.cluster.engine import Board, new_worker
from kt_migrate.cluster.file import Cluster, read_cluster
from kt_migrate.cluster.presence import presence_of
from kt_migrate.cluster.rounds import Round, begin
from kt_migrate.cluster.tasks import Stage, Work
from kt_migrate.cluster.worker import Worker
from kt_migrate.errors import RunLockedError, ServerUnavailableError


@pytest.fixture
def scene(made: Maker) -> Scene:
    """Return a cluster of three domains."""
    return made("A", "B", "C")


@pytest.fixture
def cluster(scene: Scene) -> Cluster:
    """Return it, read."""
    return read_cluster(scene.root / "cluster.yaml")


@pytest.fixture
def board(cluster: Cluster) -> Iterator[Board]:
    """Return what the engine keeps of it."""
    with closing(Board(cluster)) as board:
        yield board


def engine_says(cluster: Cluster, domain: str, status: str, worker: str = "x") -> None:
    """Let the engine have got so far with a domain."""
    with closing(sqlite3.connect(cluster.database)) as db:
        db.execute(
            "UPDATE workflow_status SET status = ?, executor_id = ? WHERE workflow_uuid LIKE ?",
            (status, worker, f"%/{domain}"),
        )
        db.commit()


def stages(board: Board) -> list[tuple[int, str, Stage]]:
    """Return where each domain is."""
    return [(task.round, task.domain, task.stage) for task in board.tasks()]


def test_a_round_has_every_domain_once_however_often_it_is_begun(
    cluster: Cluster, board: Board
) -> None:
    """A second time it is gone on with."""
    first, second = (begin(cluster, board, Work.TRIAL, anew=False) for _ in range(2))

    assert (first, second) == (
        Round(Work.TRIAL, 1, goes_on=False),
        Round(Work.TRIAL, 1, goes_on=True),
    )
    assert stages(board) == [(1, name, Stage.WAITING) for name in "ABC"]


def test_a_domain_that_came_later_comes_into_the_round(scene: Scene, cluster: Cluster) -> None:
    """When it is gone on with."""
    path = Scene(scene.root, ("A", "B")).write()
    fewer = read_cluster(path)
    with closing(Board(fewer)) as board:
        begin(fewer, board, Work.TRIAL, anew=False)
        begin(cluster, board, Work.TRIAL, anew=False)

        assert [task.domain for task in board.tasks()] == ["A", "B", "C"]


def test_after_a_round_that_ended_another_begins(cluster: Cluster, board: Board) -> None:
    """With every domain again."""
    begin(cluster, board, Work.PLAN, anew=False)
    for name in "ABC":
        engine_says(cluster, name, "SUCCESS")

    assert begin(cluster, board, Work.TRIAL, anew=False) == Round(Work.TRIAL, 2, goes_on=False)
    assert len(board.tasks()) == 6
    assert len(board.left()) == 3


def test_other_work_waits_for_the_round_to_end_or_gives_it_up(
    cluster: Cluster, board: Board
) -> None:
    """It never goes beside it."""
    begin(cluster, board, Work.TRIAL, anew=False)
    with pytest.raises(RunLockedError, match="A round of trial"):
        begin(cluster, board, Work.PLAN, anew=False)

    assert begin(cluster, board, Work.PLAN, anew=True) == Round(Work.PLAN, 2, goes_on=False)
    assert {stage for number, _name, stage in stages(board) if number == 1} == {Stage.DROPPED}


def test_what_a_worker_has_under_way_is_not_given_up(cluster: Cluster, board: Board) -> None:
    """What a dead one had, is."""
    begin(cluster, board, Work.TRIAL, anew=False)
    worker = new_worker()
    engine_says(cluster, "B", "PENDING", worker)
    with closing(presence_of(cluster, worker)):
        with pytest.raises(RunLockedError, match="has B under way"):
            begin(cluster, board, Work.TRIAL, anew=True)
        assert (1, "B", Stage.WORKING) in stages(board)

    assert begin(cluster, board, Work.TRIAL, anew=True).number == 2


def test_what_one_worker_had_is_given_back_and_nothing_else(cluster: Cluster, board: Board) -> None:
    """It waits again, for whoever comes first."""
    begin(cluster, board, Work.TRIAL, anew=False)
    engine_says(cluster, "A", "PENDING", "alive")
    engine_says(cluster, "B", "PENDING", "dead")
    engine_says(cluster, "C", "SUCCESS", "dead")
    assert board.workers() == {"alive", "dead"}

    assert board.give_back("dead") == ("B",)
    assert board.give_back("dead") == ()
    assert board.workers() == {"alive"}
    assert [task.stage for task in board.tasks()] == [
        Stage.WORKING,
        Stage.WAITING,
        Stage.NOT_THERE,
    ]


def test_what_the_engine_keeps_is_json(cluster: Cluster, board: Board) -> None:
    """Who can write to its database cannot let a worker run something else."""
    begin(cluster, board, Work.TRIAL, anew=False)
    with closing(sqlite3.connect(cluster.database)) as db:
        kept = db.execute("SELECT inputs FROM workflow_input").fetchall()

    assert {tuple(json.loads(inputs)["positionalArgs"]) for (inputs,) in kept} == {
        (name, "trial", 1) for name in "ABC"
    }


@pytest.mark.parametrize("status", ["ERROR", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"])
def test_a_worker_that_failed_itself_is_said_and_is_no_success(
    cluster: Cluster, board: Board, status: str
) -> None:
    """It has no commands that ended, and that is not "nothing went wrong"."""
    begin(cluster, board, Work.TRIAL, anew=False)
    engine_says(cluster, "A", status)
    task = board.tasks()[0]

    assert task.stage is Stage.NOT_THERE
    assert task.failed is not None
    assert (task.failed.name, task.failed.reason != "") == ("UNEXPECTED", True)


def test_a_database_that_goes_away_is_said_as_one_that_is_not_there(
    cluster: Cluster, board: Board
) -> None:
    """Whatever is asked of it."""
    begin(cluster, board, Work.TRIAL, anew=False)
    tasks = board.tasks()
    with closing(sqlite3.connect(cluster.database)) as db:
        db.execute("ALTER TABLE workflow_status RENAME TO away")
    for ask in (
        board.tasks,
        board.left,
        board.workers,
        lambda: board.drop(tasks),
        lambda: board.put(Work.TRIAL, 2, "A"),
    ):
        with pytest.raises(ServerUnavailableError):
            ask()


def test_a_worker_takes_over_what_a_dead_one_had_and_nothing_else(
    cluster: Cluster, board: Board
) -> None:
    """And says so."""
    begin(cluster, board, Work.TRIAL, anew=False)
    told: list[tuple[str, str]] = []
    alive, worker = new_worker(), Worker(cluster, stay=False, told=lambda *said: told.append(said))
    engine_says(cluster, "A", "PENDING", alive)
    engine_says(cluster, "B", "PENDING", new_worker())
    engine_says(cluster, "C", "PENDING", worker.name)
    with closing(presence_of(cluster, alive)), closing(worker.presence):
        worker.take_over(board)

    assert told == [("took-over", "B")]
    assert [task.stage for task in board.tasks()] == [
        Stage.WORKING,
        Stage.WAITING,
        Stage.WORKING,
    ]


def test_another_cluster_in_the_same_database_is_another(
    scene: Scene, cluster: Cluster, board: Board
) -> None:
    """By its name, and by its environment."""
    begin(cluster, board, Work.TRIAL, anew=False)
    path = scene.root / "cluster.yaml"
    path.write_text(path.read_text("utf-8").replace("NOORD", "NOORDER"), "utf-8")
    with closing(Board(read_cluster(path))) as other:
        assert other.tasks() == ()
