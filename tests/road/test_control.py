"""A run that is steered from another terminal, in processes of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from generate import generate

import warm
from kt_migrate.errors import ExitCode
from road.looking import requests, run_folder
from support import command, serving

pytestmark = pytest.mark.integration


def until(there: Callable[[], bool]) -> None:
    """Wait for something, not for ever."""
    patience = time.monotonic() + 60
    while not there():
        assert time.monotonic() < patience
        time.sleep(0.01)


def test_a_person_holds_a_run_sees_why_it_waits_and_stops_it(workspace: Path) -> None:
    """Paused, looked at, killed while paused; the next start is not paused, and stops when told."""
    shutil.rmtree(workspace / "archive")
    generate(workspace, 200)
    with serving(workspace), Path(os.devnull).open("wb") as nowhere:
        command("plan", cwd=workspace)
        journal = run_folder(workspace) / "journal.sqlite"
        trial = ["trial", "--env", "local", "--rate", "20"]
        out = nowhere.fileno()

        first = warm.start(trial, workspace, stdout=out, stderr=out)
        until(lambda: requests(journal) > 3)
        command("control", "pause", cwd=workspace)
        time.sleep(0.5)  # what had its turn already has left by now
        held = requests(journal)
        time.sleep(1)
        assert requests(journal) == held
        (run,) = json.loads(command("status", "--json", cwd=workspace).stdout)["runs"]
        assert run["running"]["waiting"] == "person"
        first.send_signal(signal.SIGKILL)
        first.wait()

        second = warm.start(trial, workspace, stdout=out, stderr=out)
        until(lambda: requests(journal) > held + 3)
        command("control", "stop", cwd=workspace)
        assert second.wait() == ExitCode.INTERRUPTED
        late = command("control", "stop", cwd=workspace, check=False)
        assert (late.returncode, late.stdout) == (ExitCode.NOT_RUNNING, "")
        command("trial", "--env", "local", cwd=workspace)
        assert json.loads(command("verify", "--json", cwd=workspace).stdout)["passed"]
