"""A plan that was killed leaves no patient's data behind, and one that is whole appears at once."""

from __future__ import annotations

import os
import resource
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import pytest
from archives import HOST, patient

from kt_migrate.cli import main
from kt_migrate.cli.options import workspace_of
from kt_migrate.errors import ExitCode
from kt_migrate.plan import build, writing
from plan.small import queue, workspace_at

pytestmark = pytest.mark.integration


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a working folder with a few patients in its archive."""
    people = {f"{HOST}/Patient/{n}": patient(f"Naam{n}" + "x" * 2_000) for n in range(60)}
    return workspace_at(tmp_path / "domain", queue(people)).root


@contextmanager
def plan_command(folder: Path, before: Callable[[int], None]) -> Iterator[tuple[int, BinaryIO]]:
    """Give the plan command in a process of its own; yield its id and what it says.

    Args:
        folder: the working folder.
        before: is called in that process first, with where it may say something.
    """
    reading, writing_end = os.pipe()
    process = os.fork()
    if process == 0:
        try:
            os.chdir(folder)
            sys.argv = ["kt-migrate", "plan"]
            sys.stdout = sys.stderr = os.fdopen(writing_end, "w", buffering=1)
            before(writing_end)
            main()
        except SystemExit as end:
            sys.stderr.flush()
            os._exit(int(end.code or 0))
        finally:
            os._exit(99)
    os.close(writing_end)
    try:
        with os.fdopen(reading, "rb") as said:
            yield process, said
    finally:
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)


def stop_in(where: str) -> Callable[[int], None]:
    """Let a process say so and stand still where the archive is read, or the plan half written."""

    def prepare(said: int) -> None:
        patch = pytest.MonkeyPatch()  # in a process of its own: nothing to undo
        fill = writing._fill

        def still(*_arguments: object) -> None:
            os.write(said, b"ready\n")
            signal.pause()

        def half(*arguments: object) -> None:
            fill(*arguments)  # type: ignore[arg-type]  # what it was called with
            still()

        if where == "resolve":
            patch.setattr(build, "resolve", still)
        else:
            patch.setattr(writing, "_fill", half)

    return prepare


@pytest.mark.parametrize("where", ["resolve", "write_plan"])
def test_a_killed_plan_leaves_nothing_that_a_next_command_does_not_remove(
    folder: Path, where: str
) -> None:
    """Killed while the archive lies in the history, and while the plan is half written.

    While it works, another command does not take its file away, and there is no plan yet.
    """
    run = folder / "runs" / "local" / "001"
    with plan_command(folder, stop_in(where)) as (process, said):
        assert said.readline() == b"ready\n"
        expected = [] if where == "resolve" else [f"plan.{process}.unfinished.sqlite"]

        workspace_of(folder)

        assert [path.name for path in run.iterdir()] == expected
        assert all(path.stat().st_mode & 0o777 == 0o600 for path in run.iterdir())
    assert [path.name for path in run.iterdir()] == expected

    workspace_of(folder)

    assert list(run.iterdir()) == []


def test_a_full_disk_is_said_and_leaves_no_plan(folder: Path) -> None:
    """For real: the system lets no file of this process grow beyond 64 kB."""

    def limit(_said: int) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (65_536, 65_536))

    with plan_command(folder, limit) as (process, said):
        text = said.read().decode()
        ended = os.waitid(os.P_PID, process, os.WEXITED | os.WNOWAIT)

    assert ended is not None
    assert ended.si_status == ExitCode.CONFIGURATION
    assert "Een database kan niet worden geschreven." in text
    assert "Traceback" not in text
    assert not (folder / "runs" / "local" / "001" / "plan.sqlite").exists()
