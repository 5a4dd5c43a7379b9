"""One of our own commands per step, as a process that ends with whoever started it."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from cluster_scene import Maker, until
from kt_migrate.cluster.commands import Runner, goes_on, leashed
from kt_migrate.cluster.engine import ended_as
from kt_migrate.cluster.presence import FilePresence
from kt_migrate.cluster.tasks import Stage, Step, Task, Work, code_name


@pytest.fixture
def presence(tmp_path: Path) -> Iterator[FilePresence]:
    """Be a worker."""
    with closing(FilePresence(tmp_path / "workers", "mine")) as presence:
        yield presence


@pytest.fixture
def runner(tmp_path: Path, presence: FilePresence) -> Runner:
    """Return what runs its commands."""
    return Runner(tmp_path / "logs", presence.fileno())


@pytest.mark.integration
def test_a_command_that_cannot_go_on_keeps_its_code_and_what_it_said(
    made: Maker, runner: Runner, tmp_path: Path
) -> None:
    """And what it said stands in a log of its own."""
    step = runner.run(made("A").root / "A", "log", ("trial", "--env", "local", "--json"))

    assert (step.command, step.code, step.name) == ("trial", 4, "SOURCE")
    assert step.reason in (tmp_path / "logs" / "log.txt").read_text("utf-8")
    assert len(step.reason) > 10
    assert (tmp_path / "logs" / "log.txt").stat().st_mode & 0o777 == 0o600


@pytest.mark.integration
def test_a_stop_ends_what_is_under_way_which_then_has_no_outcome(
    made: Maker, runner: Runner, presence: FilePresence, tmp_path: Path
) -> None:
    """Nobody is told how it ended: it is somebody else's to go on with."""
    ended: list[Step] = []
    folder = made("A").root / "A"

    def serve() -> None:
        ended.append(runner.run(folder, "log", ("sandbox",)))

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    until(lambda: "127.0.0.1" in _read(tmp_path / "logs" / "log.json"))
    (process,) = runner._running
    os.dup2(os.open(os.devnull, os.O_RDONLY), presence.fileno())  # as when the worker is killed
    with closing(FilePresence(tmp_path / "workers", "other")) as other:
        with other.gone("mine") as gone:
            assert not gone
        runner.stop()
        with other.gone("mine") as gone:
            assert gone

    assert process.poll() is not None
    thread.join(0.2)
    assert (ended, thread.is_alive()) == ([], True)


def test_a_command_that_cannot_be_started_has_ended_too(runner: Runner, tmp_path: Path) -> None:
    """With why: its working folder is away, say; and no other domain is stopped by it."""
    step = runner.run(tmp_path / "nowhere", "log", ("trial", "--env", "local"))

    assert (step.command, step.code, step.name) == ("trial", 3, "CONFIGURATION")
    assert "No such file" in step.reason
    assert str(tmp_path) not in step.reason


def test_after_a_stop_nothing_is_started_any_more(runner: Runner, tmp_path: Path) -> None:
    """And whoever asks for it waits for the end of the process; a stop may be said twice."""
    runner.stop()
    asking = threading.Thread(target=runner.run, args=(tmp_path, "log", ("--help",)), daemon=True)
    asking.start()
    asking.join(0.2)
    runner.stop()

    assert asking.is_alive()
    assert _read(tmp_path / "logs" / "log.json") == ""


def _read(path: Path) -> str:
    return path.read_text("utf-8") if path.is_file() else ""


@pytest.mark.integration
def test_a_command_ends_when_whoever_started_it_does(made: Maker) -> None:
    """The pipe to it is all that it needs to notice."""
    process = subprocess.Popen(
        leashed(("sandbox",)),
        cwd=made("A").root / "A",
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        assert b"127.0.0.1" in process.stdout.readline()
        assert process.poll() is None
        process.communicate(timeout=30)  # closes the pipe

        assert process.returncode is not None
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(("code", "expected"), [(0, True), (20, True), (40, False), (-9, False)])
def test_after_what_could_not_end_nothing_is_verified(code: int, expected: object) -> None:
    """What was tried to the end is, also with rejects."""
    assert goes_on(Step(command="trial", code=code)) is expected


@pytest.mark.parametrize("codes", [(20, 0), (0, 23), (31,)])
def test_a_domain_got_there_when_every_command_ended_with_0(codes: tuple[int, ...]) -> None:
    """Else the first that did not is why."""
    steps = tuple(Step(command="x", code=code) for code in codes)
    task = Task(domain="A", work=Work.TRIAL, round=1, stage=ended_as(steps), steps=steps)

    assert task.stage is Stage.NOT_THERE
    assert task.failed is not None
    assert task.failed.code == next(code for code in codes if code)
    assert ended_as((Step(command="x", code=0),)) is Stage.THERE
    assert ended_as(()) is Stage.NOT_THERE


def test_a_code_has_a_name() -> None:
    """Of the exit codes, of a signal, of something else."""
    assert [code_name(c) for c in (0, 20, -9, 126)] == ["OK", "REJECTS", "SIGNAL_9", "CODE_126"]
