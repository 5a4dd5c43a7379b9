"""A worker ends when nothing is left, when it is told to, and when it cannot show that it lives."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cluster_scene import Maker, Scene, until
from kt_migrate.errors import ExitCode

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
