"""A run behind a GO, steered, stopped and killed, in processes of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest
from generate import generate

import warm
from behind import allowed
from kt_migrate.errors import ExitCode
from kt_migrate.load.events import read_events
from road.looking import requests, run_folder
from road.test_control import until
from support import command, serving

pytestmark = pytest.mark.integration

RUN = ("run", "--env", "local", "--yes-run", "BENCH")


def status(workspace: Path) -> dict[str, Any]:
    """Return where the run stands, as another terminal sees it."""
    (run,) = json.loads(command("status", "--json", cwd=workspace).stdout)["runs"]
    found: dict[str, Any] = run
    return found


def steered(workspace: Path, journal: Path, out: int) -> None:
    """Start a run, and let another terminal hold it, slow it, let it go and stop it."""
    process = warm.start([*RUN, "--rate", "20"], workspace, stdout=out, stderr=out)
    until(lambda: requests(journal) > 3)
    command("control", "pause", cwd=workspace)
    until(lambda: status(workspace)["running"].get("waiting") == "person")
    command("control", "rate", "30", cwd=workspace)
    held = requests(journal)
    command("control", "resume", cwd=workspace)
    until(lambda: requests(journal) > held)
    command("control", "stop", cwd=workspace)
    assert process.wait() == ExitCode.INTERRUPTED


def killed(workspace: Path, journal: Path, out: int) -> None:
    """Start a run, and kill it in the midst."""
    before = requests(journal)
    process = warm.start([*RUN, "--rate", "20"], workspace, stdout=out, stderr=out)
    until(lambda: requests(journal) > before + 3)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL


def test_a_run_is_held_stopped_and_killed_and_ends_with_equal_books(workspace: Path) -> None:
    """The same command goes on after either, and what was written under which GO is known."""
    shutil.rmtree(workspace / "archive")
    generate(workspace, 400)
    with serving(workspace), Path(os.devnull).open("wb") as nowhere:
        planned = json.loads(command("plan", "--json", cwd=workspace).stdout)
        folder = run_folder(workspace)
        allowed(workspace, "local", folder)
        steered(workspace, folder / "journal.sqlite", nowhere.fileno())
        killed(workspace, folder / "journal.sqlite", nowhere.fileno())
        sent = requests(folder / "journal.sqlite")
        ended = json.loads(command(*RUN, "--json", cwd=workspace).stdout)
        verified = json.loads(command("verify", "--json", cwd=workspace).stdout)

    starts = [event for event in read_events(folder) if event["event"] == "start"]
    assert 0 < sent < planned["writes"]
    assert ended["pending"] == 0
    assert ended["books"] == planned["books"] == verified["books"]
    assert ended["hash_totals"] == planned["hash_totals"]
    assert verified["passed"]
    assert [start["go"] for start in starts] == [ended["go"]["digest"]] * 3
    assert len({start["trace_id"] for start in starts}) == 1
