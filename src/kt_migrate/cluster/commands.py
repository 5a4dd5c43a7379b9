"""Brings one domain a step further: by our own command, as a process in its working folder."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock

from kt_migrate.cluster.file import Cluster, Domain
from kt_migrate.cluster.tasks import Step, Work
from kt_migrate.errors import ExitCode, Said, said
from kt_migrate.language import language

LEASH = "kt_migrate.cluster.leash"
_STEPS = {Work.PLAN: ("plan",), Work.TRIAL: ("trial", "verify")}
_GOES_ON = frozenset({ExitCode.OK, ExitCode.REJECTS})
"""After what ended like this, the next command is given too."""

_SAID = re.compile(rb"^(?:Fout|Error): (.+)$", re.MULTILINE)
_LONGEST = 500


def commands(cluster: Cluster, domain: Domain, work: Work) -> tuple[tuple[str, ...], ...]:
    """Return the command lines that bring a domain through a round, in their order."""
    options = {
        "plan": domain.planning,
        "trial": (*domain.planning, *domain.writing),
        "verify": (),
    }
    env = ("--env", cluster.environment, "--json")
    return tuple((name, *env, *options[name]) for name in _STEPS[work])


def goes_on(step: Step) -> bool:
    """Whether the next command has a meaning after this one."""
    return step.code in _GOES_ON


def leashed(arguments: tuple[str, ...]) -> list[str]:
    """Return the command line of a kt-migrate that ends with whoever starts it."""
    return [sys.executable, "-m", LEASH, *arguments]


@dataclass(slots=True)
class Runner:
    """Runs commands for one worker, and can end all of them.

    Attributes:
        logs: gets what each said.
        lock: what they inherit, so that the worker's lock lasts as long as they do.
    """

    logs: Path
    lock: int
    _running: set[subprocess.Popen[bytes]] = field(default_factory=set)
    _guard: Lock = field(default_factory=Lock)
    _stopped: Event = field(default_factory=Event)

    def run(self, folder: Path, name: str, arguments: tuple[str, ...]) -> Step:
        """Run one command in a working folder until it ends.

        Args:
            folder: the working folder.
            name: of its log, below `logs`.
            arguments: of kt-migrate.

        Returns:
            How it ended. It never returns when the worker is stopping: what was interrupted has
            no outcome, and is somebody else's to go on with.
        """
        began = time.monotonic()
        try:
            code, reason = self._ended(folder, name, arguments)
        except OSError as error:  # its folder is away, the disk is full, no process can be made
            code, reason = ExitCode.CONFIGURATION, _not_started(error)
        if self._stopped.is_set():
            Event().wait()  # until the process ends, which is next
        return Step(
            command=arguments[0],
            code=code,
            reason=reason,
            seconds=round(time.monotonic() - began, 3),
        )

    def _ended(self, folder: Path, name: str, arguments: tuple[str, ...]) -> tuple[int, str]:
        """Run a command, and return its code and what it said when it could not go on."""
        self.logs.mkdir(parents=True, exist_ok=True, mode=0o700)
        log = self.logs / f"{name}.txt"
        with _private(self.logs / f"{name}.json") as out, _private(log) as err:
            process = self._start(folder, arguments, out, err)
            if process is None:
                return ExitCode.INTERRUPTED, ""
            code = process.wait()
        _let_go(process)
        with self._guard:
            self._running.discard(process)
        return code, reason_of(log) if code else ""

    def _start(
        self, folder: Path, arguments: tuple[str, ...], out: int, err: int
    ) -> subprocess.Popen[bytes] | None:
        """Start a command; None: nothing is started any more."""
        with self._guard:
            if self._stopped.is_set():
                return None
            process = subprocess.Popen(  # noqa: S603 (our own command, without a shell)
                leashed(("--lang", language(), *arguments)),
                cwd=folder,
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=err,
                pass_fds=(self.lock,),
                start_new_session=True,  # Ctrl-C is the worker's, which tells them
            )
            self._running.add(process)
            return process

    def stop(self) -> None:
        """End every command as Ctrl-C does, and wait until they have; start none any more."""
        with self._guard:
            self._stopped.set()
            left = tuple(self._running)
        for process in left:
            _let_go(process)
        for process in left:
            process.wait()


def _let_go(process: subprocess.Popen[bytes]) -> None:
    """Let go of a process's leash."""
    if process.stdin is not None:
        process.stdin.close()


def _not_started(error: OSError) -> Said:
    """Return why a command could not be given; what is beneath a working folder is not named."""
    return said("It could not be started: {why}.", why=error.strerror or type(error).__name__)


def reason_of(log: Path) -> str:
    """Return what a command said when it could not go on; empty: nothing of the kind."""
    found = _SAID.findall(log.read_bytes())
    return found[-1].decode("utf-8", "replace").strip()[:_LONGEST] if found else ""


class _private:  # noqa: N801 (used as a function)
    """A new file of which the descriptor is given, and that nobody else can read."""

    def __init__(self, path: Path) -> None:
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)

    def __enter__(self) -> int:
        return self._fd

    def __exit__(self, *_error: object) -> None:
        os.close(self._fd)
