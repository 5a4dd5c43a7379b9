"""A plan that was killed leaves no patient's data behind."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kt_migrate.errors import ExitCode
from support import command

pytestmark = pytest.mark.integration

_SLOW = """
import os, sys, time
from kt_migrate.plan import build, writing
real = build.{where}
def slow(*arguments):
    print("ready", flush=True)
    time.sleep(60)
build.{where} = slow
if "{where}" == "write_plan":
    fill = writing._fill
    def half(db, content):
        fill(db, content)
        slow()
    writing._fill, build.write_plan = half, real
sys.argv = ["kt-migrate", "plan"]
from kt_migrate.cli import main
main()
"""


@pytest.mark.parametrize("where", ["resolve", "write_plan"])
def test_a_killed_plan_leaves_nothing_that_a_next_command_does_not_remove(
    workspace: Path, where: str
) -> None:
    """Killed while the archive lies in the history, and while the plan is half written."""
    process = subprocess.Popen(
        [sys.executable, "-c", _SLOW.format(where=where)],
        cwd=workspace,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    with process.stdout as out:
        assert "ready\n" in iter(out.readline, "")
    process.send_signal(signal.SIGKILL)
    process.wait()
    run = workspace / "runs" / "local" / "001"
    left = sorted(path.name for path in run.iterdir())
    assert left == ([] if where == "resolve" else [f"plan.{process.pid}.unfinished.sqlite"])

    command("status", cwd=workspace)

    assert list(run.iterdir()) == []


def test_a_full_disk_is_said_and_leaves_no_plan(workspace: Path) -> None:
    """For real: the system lets no file of this process grow beyond 64 kB."""
    # What measures coverage writes files of its own, and would complain for itself.
    own = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    done = subprocess.run(
        [sys.executable, "-m", "kt_migrate", "plan"],
        cwd=workspace,
        env=own,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (65_536, 65_536)),
    )

    assert done.returncode == ExitCode.CONFIGURATION
    assert "Een database kan niet worden geschreven." in done.stderr
    assert "Traceback" not in done.stderr
    assert not (workspace / "runs" / "local" / "001" / "plan.sqlite").exists()


def test_a_plan_appears_under_its_name_only_when_it_is_whole(workspace: Path) -> None:
    """While one is being made, another command does not take its file away."""
    process = subprocess.Popen(
        [sys.executable, "-c", _SLOW.format(where="write_plan")],
        cwd=workspace,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    with process.stdout as out:
        assert "ready\n" in iter(out.readline, "")
    command("status", cwd=workspace)
    run = workspace / "runs" / "local" / "001"
    names = [path.name for path in run.iterdir()]
    process.kill()
    process.wait()

    assert names == [f"plan.{process.pid}.unfinished.sqlite"]
