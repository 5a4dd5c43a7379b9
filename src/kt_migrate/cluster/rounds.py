"""A round: every domain of a cluster once, by workers of this machine and maybe of others."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kt_migrate.cluster.commands import leashed
from kt_migrate.cluster.engine import Board, new_worker
from kt_migrate.cluster.file import Cluster
from kt_migrate.cluster.presence import presence_of
from kt_migrate.cluster.tasks import ENDED, Stage, Task, Work, newest_round
from kt_migrate.errors import RunLockedError, said
from kt_migrate.language import language

_LOOK_SECONDS = 0.5

Seen = Callable[[tuple[Task, ...]], None]


@dataclass(frozen=True, slots=True)
class Round:
    """Which round is worked on.

    Attributes:
        work, number: which.
        goes_on: it was begun before, and not ended.
    """

    work: Work
    number: int
    goes_on: bool


def begin(cluster: Cluster, board: Board, work: Work, *, anew: bool) -> Round:
    """Begin a round, or go on with the one that was not ended.

    Args:
        cluster: whose domains.
        board: the engine's.
        work: what is done to each.
        anew: give up what was not ended, and begin another.

    Raises:
        RunLockedError: a round of other work is not ended, or somebody works on the one that
            is to be given up.
    """
    last = newest_round(board.tasks())
    open_ones = tuple(task for task in last if task.stage not in ENDED)
    if open_ones and anew:
        _give_up(cluster, board, open_ones)
        open_ones = ()
    if open_ones and open_ones[0].work is not work:
        raise RunLockedError(
            said("A round of {work} of this cluster is not ended.", work=open_ones[0].work.value),
            where=str(cluster.path),
            fix=said(
                "Let it end with kt-migrate cluster {work}; --anew gives it up.",
                work=open_ones[0].work.value,
            ),
        )
    number = max((task.round for task in last), default=0) + (not open_ones)
    board.put(work, number, (domain.name for domain in cluster.domains))
    return Round(work, number, bool(open_ones))


def _give_up(cluster: Cluster, board: Board, tasks: tuple[Task, ...]) -> None:
    presence = presence_of(cluster, new_worker())
    try:
        for task in tasks:
            if task.stage is Stage.WORKING:
                with presence.gone(task.worker) as gone:
                    _require_gone(cluster, task, gone=gone)
    finally:
        presence.close()
    board.drop(tasks)


def _require_gone(cluster: Cluster, task: Task, *, gone: bool) -> None:
    if not gone:
        raise RunLockedError(
            said("A worker has {domain} under way.", domain=task.domain),
            where=str(cluster.path),
            fix="Let the round end: the same command without --anew goes on with it.",
        )


def of_round(board: Board, this: Round) -> tuple[Task, ...]:
    """Return the tasks of a round."""
    return board.tasks(this.number)


def worked(cluster: Cluster, board: Board, this: Round, seen: Seen) -> tuple[Task, ...]:
    """Start this machine's workers, and look on until every domain has ended.

    Args:
        cluster: whose domains.
        board: the engine's.
        this: the round.
        seen: is told how it stands, twice a second.

    Returns:
        The tasks; those that are not ended have nobody left to work on them here.
    """
    with _workers(cluster) as workers:
        while True:
            alive = any(worker.poll() is None for worker in workers)
            tasks = of_round(board, this)
            seen(tasks)
            if not alive or all(task.stage in ENDED for task in tasks):
                return tasks
            time.sleep(_LOOK_SECONDS)


@contextmanager
def _workers(cluster: Cluster) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Start workers that end when this process does; at the end wait until they have."""
    log = cluster.state / "logs"
    log.mkdir(parents=True, exist_ok=True, mode=0o700)
    line = ("--lang", language(), "cluster", "worker", "--cluster", str(cluster.path))
    many = min(cluster.workers, len(cluster.domains))
    workers = [_started(line, log / f"worker-{number + 1}.txt") for number in range(many)]
    try:
        yield workers
    finally:
        for worker in workers:
            if worker.stdin is not None:
                worker.stdin.close()
        for worker in workers:
            worker.wait()


def _started(line: tuple[str, ...], log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as out:
        log.chmod(0o600)
        return subprocess.Popen(  # noqa: S603 (our own command, without a shell)
            leashed(line),
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=out,
            start_new_session=True,  # Ctrl-C is ours; they end by their leash
        )
