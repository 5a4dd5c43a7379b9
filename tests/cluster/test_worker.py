"""A worker ends when nothing is left, when it is told to, and when it cannot show that it lives."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from unittest.mock import patch

import pytest

from cluster_scene import Maker, Scene, until
from kt_migrate.cluster.commands import Runner
from kt_migrate.cluster.file import read_cluster
from kt_migrate.cluster.tasks import Step, Work
from kt_migrate.cluster.worker import Worker
from kt_migrate.errors import ExitCode, ServerUnavailableError

Ended = Callable[[subprocess.Popen[bytes], Scene], object]


def told(process: subprocess.Popen[bytes], _scene: Scene) -> None:
    """Press Ctrl-C."""
    process.send_signal(signal.SIGINT)


def without_lock(_process: subprocess.Popen[bytes], scene: Scene) -> None:
    """Take its lock away."""
    (lock,) = locks(scene)
    lock.unlink()


def locks(scene: Scene) -> list[Path]:
    """Return the locks of the workers that there are."""
    return list((scene.root / ".cluster" / "workers").glob("*.lock"))


@contextmanager
def working(scene: Scene, *more: str) -> Iterator[subprocess.Popen[bytes]]:
    """Be a worker, as a person starts one."""
    line = [sys.executable, "-m", "kt_migrate", "cluster", "worker", *more]
    process = subprocess.Popen(line, cwd=scene.root)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.mark.integration
def test_a_worker_ends_when_nothing_is_left(made: Maker) -> None:
    """With 0, and its lock is gone."""
    scene = made("A")
    with working(scene) as process:
        assert process.wait(60) == ExitCode.OK
    assert locks(scene) == []


@pytest.mark.integration
@pytest.mark.parametrize("how", [told, without_lock])
def test_a_worker_that_stays_ends_when_it_must(made: Maker, how: Ended) -> None:
    """With 40: what it had is another's."""
    scene = made("A")
    with working(scene, "--stay") as process:
        until(lambda: locks(scene))
        until((scene.root / ".cluster" / "engine.sqlite").is_file)
        assert process.poll() is None
        how(process, scene)
        assert process.wait(60) == ExitCode.INTERRUPTED


def test_whatever_ends_a_worker_its_command_is_stopped_first(made: Maker) -> None:
    """Else it would go on while another is told that this worker is gone."""
    cluster = read_cluster(made("A").write())
    worker = Worker(cluster, stay=True, told=lambda *_said: None)
    with (
        closing(worker.presence),
        patch("kt_migrate.cluster.worker.Engine"),
        patch("kt_migrate.cluster.worker._LOOK_SECONDS", 0),
        patch.object(Worker, "_heed_signals"),
        patch.object(
            Worker, "take_over", side_effect=ServerUnavailableError("x", where="", fix="")
        ),
        patch.object(Runner, "stop") as stop,
    ):
        with pytest.raises(ServerUnavailableError):
            worker.work()
        assert stop.called
        assert worker.presence.holds()


def brought(made: Maker, begun_by: str, *codes: int) -> tuple[list[Step], int]:
    """Bring a domain that somebody began, with commands that end so; return steps and tries."""
    cluster = read_cluster(made("A").write())
    worker = Worker(cluster, stay=False, told=lambda *_said: None)
    ends = [Step(command="plan", code=code) for code in codes]

    def keep(name: str, step: Callable[[], Step]) -> Step:
        return (
            Step(command=name, code=0, reason=begun_by or worker.name)
            if name == "begun"
            else step()
        )

    with (
        closing(worker.presence),
        patch("kt_migrate.cluster.worker._PAUSE_SECONDS", 0),
        patch.object(Runner, "run", side_effect=ends) as run,
    ):
        return worker._bring("A", Work.PLAN, 1, keep), run.call_count


def test_who_takes_over_waits_for_what_the_other_left_behind(made: Maker) -> None:
    """Its command may still be ending: that is no reason to give the domain up."""
    steps, tries = brought(made, "somebody-else", 11, 11, 0)

    assert ([step.code for step in steps], tries) == ([0], 3)


def test_who_began_it_waits_for_nobody(made: Maker) -> None:
    """Somebody else works in its folder: that is said at once."""
    steps, tries = brought(made, "", 11, 0)

    assert ([step.code for step in steps], tries) == ([11], 1)


def test_who_takes_over_does_not_wait_for_ever(made: Maker) -> None:
    """Then it says that it could not."""
    with patch("kt_migrate.cluster.worker._PATIENCE_SECONDS", 0):
        assert brought(made, "somebody-else", 11, 0) == ([Step(command="plan", code=11)], 1)


def test_who_takes_over_waits_for_nothing_but_the_folder(made: Maker) -> None:
    """What went wrong otherwise did so."""
    assert brought(made, "somebody-else", 31, 0) == ([Step(command="plan", code=31)], 1)
