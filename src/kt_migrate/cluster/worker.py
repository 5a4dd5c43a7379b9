"""A worker: takes domains from the engine one by one, and takes over a dead worker's."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable

from kt_migrate.cluster.commands import Runner, commands, goes_on
from kt_migrate.cluster.engine import Board, Engine, new_worker
from kt_migrate.cluster.file import Cluster, Domain
from kt_migrate.cluster.presence import presence_of
from kt_migrate.cluster.rules import keep_rules
from kt_migrate.cluster.tasks import Step, Work
from kt_migrate.errors import ExitCode, said

_NO_MORE = said("it stands in cluster.yaml no more")
_LOOK_SECONDS = 1.0
"""How often a worker looks whether others still live, and whether there is anything left."""

_BEGUN = "begun"
"""The first thing that is kept of a domain: by whom it was begun."""
_PATIENCE_SECONDS, _PAUSE_SECONDS = 60.0, 3.0
"""So long who takes over waits for the run folder; and between two tries."""

Told = Callable[[str, str], None]
"""(what happened, to which domain): `took-over`."""


class Worker:
    """One worker of a cluster.

    Attributes:
        name: that no other has.
        presence: its lock.
    """

    def __init__(self, cluster: Cluster, *, stay: bool, told: Told) -> None:
        self._cluster = cluster
        self._stay = stay
        self._told = told
        self.name = new_worker()
        self.presence = presence_of(cluster, self.name)
        self._runner = Runner(cluster.state / "logs", self.presence.fileno())
        self._stopped = threading.Event()

    def work(self) -> ExitCode:
        """Work until nothing is left to do, or somebody says to stop.

        Returns:
            OK; INTERRUPTED when it was told to stop, or can no longer show that it lives.

        Whatever it returns or raises, the process must end without waiting for its threads
        (`end_at_once`): they wait for it.

        Raises:
            ServerUnavailableError: the database cannot be used (any more).
        """
        board = Board(self._cluster)
        self._heed_signals()
        try:
            Engine(self._cluster, self.name, self._bring).start()
            code = self._until_done(board)
        finally:
            self._runner.stop()  # before anybody can be told that this worker is gone
        self.presence.close()
        return code

    def _until_done(self, board: Board) -> ExitCode:
        while not self._stopped.wait(_LOOK_SECONDS):
            if not self.presence.holds():
                break
            self.take_over(board)
            if not self._stay and not board.left():
                return ExitCode.OK
        return ExitCode.INTERRUPTED

    def _heed_signals(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda _number, _frame: self._stopped.set())

    def take_over(self, board: Board) -> None:
        """Give back to the engine what dead workers had; it hands it out again."""
        for other in board.workers() - {self.name}:
            with self.presence.gone(other) as gone:
                if gone:
                    for domain in board.give_back(other):
                        self._told("took-over", domain)

    def _bring(
        self,
        name: str,
        work: Work,
        number: int,
        keep: Callable[[str, Callable[[], Step]], Step],
    ) -> list[Step]:
        """Bring one domain through a round, each command once, however often this is begun."""
        domain = self._cluster.domain(name)
        if domain is None:
            return [Step(command=work, code=ExitCode.USAGE, reason=_NO_MORE)]
        began = keep(_BEGUN, lambda: Step(command=_BEGUN, code=ExitCode.OK, reason=self.name))
        patience = 0.0 if began.reason == self.name else _PATIENCE_SECONDS
        steps: list[Step] = []
        for line in commands(self._cluster, domain, work):
            log = f"{number:04}-{work}-{name}-{line[0]}"
            step = keep(line[0], lambda: self._run(domain, log, line, patience))  # noqa: B023 (at once)
            steps.append(step)
            keep_rules(self._cluster, domain)
            if not goes_on(step):
                break
        return steps

    def _run(self, domain: Domain, log: str, line: tuple[str, ...], patience: float) -> Step:
        """Give one command; while what a worker before us left there still ends, again."""
        until = time.monotonic() + patience
        while True:
            step = self._runner.run(domain.folder, log, line)
            if step.code != ExitCode.LOCKED or time.monotonic() >= until:
                return step
            time.sleep(_PAUSE_SECONDS)


def end_at_once(code: ExitCode) -> None:
    """End the process without waiting for threads of the engine that wait for its end."""
    os._exit(code)
