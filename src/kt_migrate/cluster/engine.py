"""The engine: DBOS Transact, which hands out domains and remembers what became of each.

Why this one, and what was tried beside it: docs/clusters.md. Nothing else imports it. What it
keeps: names of domains, commands, exit codes, what a command said when it stopped; as JSON, never
as pickle, so that who writes to its database cannot let a worker run something else.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from kt_migrate.cluster.file import Cluster
from kt_migrate.cluster.tasks import Stage, Step, Task, Work, steps_of
from kt_migrate.errors import ConfigurationError, ExitCode, ServerUnavailableError, said

if TYPE_CHECKING:
    from dbos import DBOSClient, WorkflowStatus

QUEUE = "domains"
WORKFLOW = "bring"
VERSION = "kt-migrate-cluster/1"
"""Who works by other rules takes no task of these."""

_POLL_SECONDS = 0.5
_UNDER_WAY = ("ENQUEUED", "PENDING", "DELAYED")
_STAGES = {"ENQUEUED": Stage.WAITING, "DELAYED": Stage.WAITING, "PENDING": Stage.WORKING}

_FAILED = ("ERROR", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")
_IN_THE_WORKER = said("The worker itself failed, and no command of ours.")

Bring = Callable[[str, Work, int, Callable[[str, Callable[[], Step]], Step]], list[Step]]
"""(domain, work, round, keep) → its steps; `keep(name, step)` does a step at most once again."""


def require_engine() -> None:
    """Refuse when the engine is not installed.

    Raises:
        ConfigurationError: says how to install it.
    """
    try:
        import dbos  # noqa: F401, PLC0415
    except ImportError:
        raise ConfigurationError(
            said("The engine of clusters is not installed."),
            where="dbos",
            fix="Install it with: pip install 'kt-migrate[cluster]'",
        ) from None


def new_worker() -> str:
    """Return a name for a worker that no other has: machine, process, chance."""
    machine = "".join(c if c.isalnum() else "-" for c in socket.gethostname())[:40] or "machine"
    return f"{machine}.{os.getpid()}.{secrets.token_hex(2)}"


def _url(cluster: Cluster) -> str:
    """Return the engine's address of its database, and make the folder of a file."""
    if isinstance(cluster.database, Path):
        cluster.database.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return f"sqlite:///{cluster.database}"
    return cluster.database


def was_begun(cluster: Cluster) -> bool:
    """Whether there may be a database; to look must not make one."""
    return not isinstance(cluster.database, Path) or cluster.database.is_file()


class Board:
    """What there is to do in a cluster, as the engine keeps it."""

    def __init__(self, cluster: Cluster) -> None:
        from dbos import DBOS, DBOSClient, DBOSPortableJSONSerializer  # noqa: PLC0415

        _quiet()
        self._cluster = cluster
        url = _url(cluster)
        try:
            DBOS.migrate(url)
            self._client: DBOSClient = DBOSClient(
                system_database_url=url,
                serializer=DBOSPortableJSONSerializer(),
                retry_connection_errors=False,
            )
            self._client.register_queue(
                QUEUE,
                worker_concurrency=1,
                partition_concurrency=1,
                polling_interval_sec=_POLL_SECONDS,
                on_conflict="always_update",
            )
        except Exception as error:  # the engine has a class of its own per cause
            raise _unreachable(cluster) from error

    def tasks(self, number: int | None = None) -> tuple[Task, ...]:
        """Return the tasks of this cluster, oldest round first, domains in the file's order.

        Args:
            number: of the round; None: all rounds.
        """
        prefix = self._prefix() if number is None else f"{self._prefix()}{number:04}/"
        with self._reached():
            return self._sorted(self._client.list_workflows(workflow_id_prefix=prefix))

    def left(self) -> tuple[Task, ...]:
        """Return the tasks that are not ended."""
        prefix, status = self._prefix(), list(_UNDER_WAY)
        with self._reached():
            found = self._client.list_workflows(workflow_id_prefix=prefix, status=status)
        return self._sorted(found)

    @contextmanager
    def _reached(self) -> Iterator[None]:
        """Say of a database that went away while it was used what is said of one at the start.

        Raises:
            ServerUnavailableError: it cannot be used.
        """
        from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415 (comes with the engine)

        try:
            yield
        except SQLAlchemyError as error:
            raise _unreachable(self._cluster) from error

    def _sorted(self, found: Iterable[WorkflowStatus]) -> tuple[Task, ...]:
        order = {domain.name: place for place, domain in enumerate(self._cluster.domains)}
        tasks = [self._task(one) for one in found]
        return tuple(
            sorted(tasks, key=lambda t: (t.round, order.get(t.domain, len(order)), t.domain))
        )

    def put(self, work: Work, number: int, domains: Iterable[str]) -> None:
        """Put domains in a round; what is in it already stays as it is."""
        for name in domains:
            with self._reached():
                self._client.enqueue(
                    {
                        "queue_name": QUEUE,
                        "workflow_name": WORKFLOW,
                        "workflow_id": self._id(work, number, name),
                        "app_version": VERSION,
                        "queue_partition_key": f"{self._cluster.name}/{name}",
                    },
                    name,
                    work.value,
                    number,
                )

    def drop(self, tasks: Iterable[Task]) -> None:
        """Give up what is not done of a round."""
        ids = [self._id(task.work, task.round, task.domain) for task in tasks]
        if ids:
            with self._reached():
                self._client.cancel_workflows(ids)

    def workers(self) -> frozenset[str]:
        """Return who has a task under way, alive or not."""
        return frozenset(task.worker for task in self.left() if task.stage is Stage.WORKING)

    def give_back(self, worker: str) -> tuple[str, ...]:
        """Let somebody else have what a worker had; only while it is known to be gone.

        Returns:
            The domains.
        """
        left = [t for t in self.left() if t.stage is Stage.WORKING and t.worker == worker]
        if left:
            ids = [self._id(task.work, task.round, task.domain) for task in left]
            with self._reached():
                self._client.resume_workflows(ids, queue_name=QUEUE)
        return tuple(task.domain for task in left)

    def close(self) -> None:
        """Close the database."""
        self._client.destroy()

    def _prefix(self) -> str:
        return f"{self._cluster.name}/{self._cluster.environment}/"

    def _id(self, work: Work, number: int, name: str) -> str:
        return f"{self._prefix()}{number:04}/{work}/{name}"

    def _task(self, one: WorkflowStatus) -> Task:
        number, work, name = one.workflow_id.removeprefix(self._prefix()).split("/")
        steps = steps_of(one.output)
        if one.status in _FAILED:
            steps = (Step(command=work, code=ExitCode.UNEXPECTED, reason=_IN_THE_WORKER),)
        ended = Stage.DROPPED if one.status == "CANCELLED" else ended_as(steps)
        return Task(
            domain=name,
            work=Work(work),
            round=int(number),
            stage=_STAGES.get(one.status, ended),
            worker=(one.executor_id or "") if one.status != "ENQUEUED" else "",
            steps=steps,
            began=_seconds(one.dequeued_at),
            ended=_seconds(one.completed_at),
        )


def ended_as(steps: tuple[Step, ...]) -> Stage:
    """Return where a domain is of which these commands ended."""
    return Stage.THERE if steps and all(step.fine for step in steps) else Stage.NOT_THERE


def _seconds(milliseconds: int | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000


def _unreachable(cluster: Cluster) -> ServerUnavailableError:
    place = cluster.database
    return ServerUnavailableError(
        said("The database of the engine cannot be used."),
        where=str(place) if isinstance(place, Path) else place.rpartition("@")[2],
        fix="Look whether it is there, and who may use it (docs/clusters.md).",
    )


def _quiet() -> None:
    """Let the engine say nothing: what a person must know, we say."""
    logger = logging.getLogger("dbos")
    logger.addHandler(logging.NullHandler())
    logger.propagate = False
    logger.setLevel(logging.CRITICAL)


class Engine:
    """The engine in a worker: takes tasks, one at a time, and keeps how each step ended."""

    def __init__(self, cluster: Cluster, worker: str, bring: Bring) -> None:
        from dbos import DBOS, DBOSPortableJSONSerializer  # noqa: PLC0415

        _quiet()
        DBOS(
            config={
                "name": "kt-migrate",
                "system_database_url": _url(cluster),
                "executor_id": worker,
                "application_version": VERSION,
                "serializer": DBOSPortableJSONSerializer(),
                "log_level": "CRITICAL",
            }
        )

        def kept(name: str, step: Callable[[], Step]) -> Step:
            (done,) = steps_of([DBOS.run_step({"name": name}, lambda: asdict(step()))])
            return done

        @DBOS.workflow(name=WORKFLOW)
        def workflow(domain: str, work: str, number: int) -> list[dict[str, object]]:
            return [asdict(step) for step in bring(domain, Work(work), number, kept)]

        self._workflow = workflow  # the engine knows it by its name

    def start(self) -> None:
        """Take tasks from now on, on threads of the engine's own."""
        from dbos import DBOS  # noqa: PLC0415

        DBOS.listen_queues([QUEUE])
        DBOS.launch()
