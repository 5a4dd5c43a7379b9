"""What the engine promises: a domain is one worker's at a time, and a step that ended is not repeated."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from cluster_scene import Maker, until
from kt_migrate.cluster.engine import Board
from kt_migrate.cluster.file import read_cluster
from kt_migrate.cluster.rounds import begin
from kt_migrate.cluster.tasks import Stage, Work

_WORKER = """
import json, os, sys, time
from contextlib import closing
from pathlib import Path
from kt_migrate.cluster.engine import Board, Engine, new_worker
from kt_migrate.cluster.file import read_cluster
from kt_migrate.cluster.presence import presence_of
from kt_migrate.cluster.tasks import Step

path, log, hold = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]

def note(what, domain):
    with log.open("a") as file:
        file.write(json.dumps([what, domain, os.getpid()]) + "\\n")

def bring(domain, work, number, keep):
    def step(name):
        note("begin " + name, domain)
        time.sleep(0.05)
        while name == hold:
            time.sleep(0.05)
        note("end " + name, domain)
        return Step(command=name, code=0)
    return [keep(name, lambda: step(name)) for name in ("one", "two")]

cluster = read_cluster(path)
worker = new_worker()
presence = presence_of(cluster, worker)
board = Board(cluster)
Engine(cluster, worker, bring).start()
looked = False
while board.left():
    for other in board.workers() - {worker}:
        with presence.gone(other) as gone:
            if gone:
                board.give_back(other)
    if not looked:
        note("looked", "")
    looked = True
    time.sleep(0.1)
os._exit(0)
"""


_KEPT = "SELECT output FROM workflow_output UNION SELECT output FROM operation_outputs"


@contextmanager
def workers(path: Path, log: Path, holds: Sequence[str]) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Start workers; each stays for ever in the step that it holds."""
    line = [sys.executable, "-c", _WORKER, str(path), str(log)]
    started = [subprocess.Popen([*line, hold]) for hold in holds]
    try:
        yield started
    finally:
        for worker in started:
            worker.kill()
            worker.wait()


def noted(log: Path) -> list[list[Any]]:
    """Return what the workers noted, in order."""
    lines = log.read_text("utf-8").splitlines() if log.is_file() else []
    return [json.loads(line) for line in lines]


@pytest.mark.integration
def test_what_a_killed_worker_had_another_goes_on_with_from_the_step_it_was_in(
    made: Maker, tmp_path: Path
) -> None:
    """The step that had ended is not done again, the one that had not is; and it had one at a time."""
    path, log = made("A", "B").root / "cluster.yaml", tmp_path / "log"
    cluster = read_cluster(path)
    with closing(Board(cluster)) as board:
        begin(cluster, board, Work.TRIAL, anew=False)
        board.put(Work.PLAN, 2, ("A", "B"))  # as another command line that began at once
        with workers(path, log, ("two",)) as (first,):
            until(lambda: any(what == "begin two" for what, _domain, _pid in noted(log)))
            (mine,) = {domain for _what, domain, _pid in noted(log) if domain}
            with workers(path, log, ("",)) as (second,):
                until(lambda: ["looked", "", second.pid] in noted(log))
                until(lambda: len(board.left()) <= 2)
                # The first lives: the domain is its own, in whatever rounds it is.
                assert [(task.domain, task.stage) for task in board.left()] == [
                    (mine, Stage.WORKING),
                    (mine, Stage.WAITING),
                ]
                first.send_signal(signal.SIGKILL)
                until(lambda: not board.left())
        task, _other = (task for task in board.tasks() if task.domain == mine)
    with closing(sqlite3.connect(path.parent / ".cluster" / "engine.sqlite")) as db:
        kept = db.execute(_KEPT).fetchall()
    assert [json.loads(output) for (output,) in kept]  # it could not be read, were it a pickle

    assert [(what, pid) for what, domain, pid in noted(log) if domain == mine] == [
        ("begin one", first.pid),
        ("end one", first.pid),
        ("begin two", first.pid),
        ("begin two", second.pid),
        ("end two", second.pid),
        *((what, second.pid) for what in ("begin one", "end one", "begin two", "end two")),
    ]
    assert [(step.command, step.code) for step in task.steps] == [("one", 0), ("two", 0)]
