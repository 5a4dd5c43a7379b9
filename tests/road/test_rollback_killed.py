"""A rollback that is killed again and again, as whole processes."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import time
from pathlib import Path

import warm
from kt_migrate.load.states import ON_SERVER
from kt_migrate.undo.states import UNDONE
from support import command, serving

KILLS = 10
_SECONDS = 60.0


def held(workspace: Path, to: Path) -> dict[str, int]:
    """Return how many resources of each type the sandbox has."""
    command("sandbox", "export", str(to), cwd=workspace)
    counts = {path.stem: path.read_bytes().count(b"\n") for path in sorted(to.glob("*.ndjson"))}
    return {name: count for name, count in counts.items() if count and name != "Device"}


def test_a_half_finished_run_is_undone_through_ten_kills(workspace: Path, tmp_path: Path) -> None:
    """The trial is killed, then the rollback ten times: in the end nothing of it is there."""
    folder = workspace / "runs" / "local" / "001"
    undo = ("rollback", "--env", "local", "--yes-rollback", "EXAMPLE", "--json")
    with serving(workspace, "--latency-ms", "40"):
        command("plan", "--env", "local", cwd=workspace)
        journal = ("SELECT count(*) FROM entry WHERE state IN", ON_SERVER)
        made = killed_at(workspace, folder / "journal.sqlite", journal, 33, "trial", "--env=local")
        record = ("SELECT count(*) FROM deed WHERE state IN", UNDONE)
        kills = [
            killed_at(workspace, folder / "undo.sqlite", record, 3 * kill, *undo)
            for kill in range(1, KILLS + 1)
        ]
        done = command(*undo, cwd=workspace)
        again = command(*undo, cwd=workspace)

    (run,) = json.loads(done.stdout)["runs"]
    assert 33 <= made <= run["total"]
    assert kills == sorted(kills)
    assert kills[-1] < run["total"], "each in the midst of it"
    assert run["pending"] == run["left"] == 0
    assert run["proof"]["wrong"] == 0
    assert json.loads(again.stdout)["runs"][0]["undone"] == run["total"]
    assert held(workspace, tmp_path / "export") == {}


def killed_at(
    workspace: Path, path: Path, count: tuple[str, frozenset[str]], least: int, *arguments: str
) -> int:
    """Start a command, kill it as soon as so many rows are done; return how many were.

    Raises:
        AssertionError: it ended by itself.
    """
    with Path(os.devnull).open("wb") as nowhere:
        process = warm.start(arguments, workspace, stdout=nowhere.fileno(), stderr=nowhere.fileno())
    ends = time.monotonic() + _SECONDS
    while rows(path, count) < least:
        assert process.poll() is None, "it ended before it was killed"
        assert time.monotonic() < ends
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    return rows(path, count)


def rows(path: Path, count: tuple[str, frozenset[str]]) -> int:
    """Count rows of a database that somebody else may be making."""
    query, states = count
    marks = ", ".join("?" * len(states))
    try:
        db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        try:
            return int(db.execute(f"{query} ({marks})", tuple(states)).fetchone()[0])
        finally:
            db.close()
    except sqlite3.Error:
        return 0
