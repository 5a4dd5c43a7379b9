"""runs/<env>/subscriptions.ndjson: what was switched off, and what it was before.

A line per step, on disk before anything leaves: appended, `fsync`, never changed. It is one file
(no log beside it), so that another machine that has it knows as much as this one. Half a line at
its end is of a write that was cut short: nothing was sent after it, and it counts for nothing.

It holds Subscriptions as the server gave them, and a header of one may be a secret: mode 0600,
and nothing of a body is ever shown.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import orjson

from kt_migrate.errors import JournalError, RunLockedError, said
from kt_migrate.subscriptions.states import Switch, SwitchStepError, require_step
from kt_migrate.subscriptions.steps import SCHEMA, Step, journal_path, read_steps

_TRIES, _PAUSE_SECONDS = 40, 0.05


class SwitchJournal:
    """The journal of one environment, held by this process."""

    def __init__(self, path: Path, file: BinaryIO, clock: Callable[[], float]) -> None:
        self._path = path
        self._file = file
        self._clock = clock
        self.steps: dict[str, Step] = {}

    def of(self, logical_id: str) -> Step | None:
        """Return where a Subscription stands; None: nothing was done with it."""
        return self.steps.get(logical_id)

    @property
    def open(self) -> tuple[Step, ...]:
        """What is still to be put back, or decided; in the order in which it was begun."""
        return tuple(step for step in self.steps.values() if step.open)

    def intend(
        self, logical_id: str, state: Switch, *, version: str, body: str, request: str
    ) -> Step:
        """Put on disk what is about to be sent, and what there was before.

        Raises:
            JournalError: the disk does not take it; nothing may be sent.
        """
        step = Step(
            id=logical_id,
            state=state,
            at=self._clock(),
            version=version,
            body=body,
            request_id=request,
        )
        return self._add(step)

    def note(
        self,
        step: Step,
        state: Switch,
        *,
        version: str = "",
        fields: tuple[str, ...] = (),
        status: int = 0,
    ) -> Step:
        """Put on disk what became of a Subscription.

        Raises:
            JournalError: the disk does not take it.
        """
        known = self.steps[step.id]
        if (state, fields) == (known.state, known.fields) and state in (
            Switch.PAUSED,
            Switch.CHANGED,
        ):
            return known  # looked at again: nothing new
        return self._add(
            replace(
                known,
                state=state,
                at=self._clock(),
                version=version or known.version,
                fields=fields,
                status=status,
            )
        )

    def _add(self, step: Step) -> Step:
        known = self.steps.get(step.id)
        try:
            require_step(None if known is None else known.state, step.state)
            body_is_known = known is not None and known.open and known.body == step.body
            self._write(_line(step, body="" if body_is_known else step.body))
        except SwitchStepError as error:
            raise JournalError(
                said(
                    "A subscription would take a step that it cannot take ({step}).",
                    step=str(error),
                ),
                where=str(self._path),
                fix="Report this: it is a defect. Nothing more was sent.",
            ) from None
        self.steps[step.id] = step
        return step

    def begin(self, env: str, base: str) -> None:
        """Bind a new journal to its environment and its address."""
        self._write({"schema": SCHEMA, "environment": env, "base": base})

    def _write(self, content: dict[str, object]) -> None:
        line, number = orjson.dumps(content) + b"\n", self._file.fileno()
        try:
            # Past the file's buffer: what the disk did not take would be tried again at its close.
            while line:
                line = line[os.write(number, line) :]
            os.fsync(number)
        except OSError as error:
            raise JournalError(
                "The journal of the subscriptions cannot be written, so nothing more is sent.",
                where=str(self._path),
                fix=said(
                    "Make room on the disk or correct its rights ({kind}).",
                    kind=type(error).__name__,
                ),
            ) from None


def _line(step: Step, *, body: str) -> dict[str, object]:
    return {
        "id": step.id,
        "state": step.state.value,
        "at": step.at,
        "version": step.version,
        "request_id": step.request_id,
        **({"body": body} if body else {}),
        **({"fields": list(step.fields)} if step.fields else {}),
        **({"status": step.status} if step.status else {}),
    }


@contextmanager
def held_journal(
    root: Path, env: str, base: str, client: str = "", clock: Callable[[], float] = time.time
) -> Iterator[SwitchJournal]:
    """Hold the journal of a client for as long as the block runs; make it when needed.

    Args:
        root: the working folder.
        env: the environment.
        base: its FHIR base: a journal is of one server.
        client: name of one of its `credentials`; empty: its own client.
        clock: seconds since 1970.

    Raises:
        RunLockedError: another process holds it.
        JournalError: it is damaged, or of another environment or address.
    """
    path = journal_path(root, env, client)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _opened(path) as file:
        _hold(file, path)
        content = path.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        if len(whole) < len(content):
            file.truncate(len(whole))
            os.fsync(file.fileno())
        journal = SwitchJournal(path, file, clock)
        if whole:
            journal.steps = read_steps(path, whole, env, base)
        else:
            journal.begin(env, base)
            _settle_folder(path.parent)
        yield journal


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    number = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(number, "ab") as file:
        path.chmod(0o600)
        yield file


def _hold(file: BinaryIO, path: Path) -> None:
    for attempt in range(_TRIES):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if attempt < _TRIES - 1:
                time.sleep(_PAUSE_SECONDS)
        else:
            return
    raise RunLockedError(
        "Another kt-migrate switches the subscriptions of this environment.",
        where=str(path),
        fix="Wait for it to end, and give the command again.",
    )


def _settle_folder(folder: Path) -> None:
    """Let the name of a new file survive a power cut too."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
