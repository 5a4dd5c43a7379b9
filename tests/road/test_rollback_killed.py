"""A rollback that is killed again and again, as whole processes."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import warm
from kt_migrate.undo.record import Record
from kt_migrate.undo.states import UNDONE
from support import command, serving

KILLS = 10


def held(workspace: Path, to: Path) -> dict[str, int]:
    """Return how many resources of each type the sandbox has."""
    command("sandbox", "export", str(to), cwd=workspace)
    return {path.stem: path.read_bytes().count(b"\n") for path in sorted(to.glob("*.ndjson"))}


def test_a_half_finished_run_is_undone_through_ten_kills(workspace: Path, tmp_path: Path) -> None:
    """The trial is killed, then the rollback ten times: in the end nothing of it is there."""
    folder = workspace / "runs" / "local" / "001"
    progress = [0]
    with serving(workspace, "--latency-ms", "100"):
        command("plan", "--env", "local", cwd=workspace)
        killed_after(workspace, 2.0, "trial", "--env", "local")
        undo = ("rollback", "--env", "local", "--yes-rollback", "EXAMPLE", "--json")
        seconds = 0.3
        while len(progress) <= KILLS and killed_after(workspace, seconds, *undo):
            progress.append(undone(folder))
            if progress[-1] == progress[-2]:  # a busy machine: it was not at it yet
                seconds += 0.1
                progress.pop()
        done = command(*undo, cwd=workspace)
        again = command(*undo, cwd=workspace)

    print(progress)
    (run,) = json.loads(done.stdout)["runs"]
    assert len(progress) > KILLS // 2, "killed in the midst, each time further"
    assert progress == sorted(set(progress))
    assert progress[-1] < run["total"]
    assert run["pending"] == run["left"] == 0
    assert run["proof"]["wrong"] == 0
    assert json.loads(again.stdout)["runs"][0]["undone"] == run["total"]
    left = held(workspace, tmp_path / "export")
    assert {name: count for name, count in left.items() if name not in ("Device",)} == {}


def undone(folder: Path) -> int:
    """Return how many resources are undone so far, by the record."""
    if not (folder / "undo.sqlite").is_file():
        return 0
    with Record(folder) as record:
        return sum(n for (_type, state), n in record.counts().items() if state in UNDONE)


def killed_after(workspace: Path, seconds: float, *arguments: str) -> bool:
    """Start a command and kill it; say whether it was still at work."""
    with Path(os.devnull).open("wb") as nowhere:
        process = warm.start(
            arguments, workspace, stdout=nowhere.fileno(), stderr=nowhere.fileno()
        )
    time.sleep(seconds)
    if process.poll() is not None:
        return False
    process.send_signal(signal.SIGKILL)
    return process.wait() == -signal.SIGKILL
