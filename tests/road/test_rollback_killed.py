"""A rollback that is killed again and again among others' work, as whole processes.

On a stock HAPI: tests/hapi/test_rollback.py.
"""

from __future__ import annotations

import json
from pathlib import Path

from road.beside import with_a_token
from road.undone import UNDONE_ROWS, judge, killed_at, played
from support import command, serving


def test_a_half_finished_run_is_undone_through_ten_kills(workspace: Path) -> None:
    """The sandbox holds what it held before, but for history and what others did since."""
    with serving(workspace, "--latency-ms", "40"), with_a_token(workspace) as somebody:
        judge(workspace, somebody, played(workspace, somebody))


def test_a_cleanup_that_is_killed_goes_on_with_every_run(workspace: Path) -> None:
    """Two runs, of which the second changed what the first made; killed four times."""
    cleanup = ("cleanup", "--env", "local", "--yes-cleanup", "EXAMPLE", "--json")
    runs = workspace / "runs" / "local"
    with serving(workspace, "--latency-ms", "40"), with_a_token(workspace) as somebody:
        command("trial", "--env", "local", cwd=workspace)
        enrichment = next((workspace / "enrichment").glob("*.csv"))
        text = enrichment.read_text("utf-8")
        enrichment.write_text(text.replace("@", "@anders."), "utf-8")
        command("plan", "--env", "local", cwd=workspace)
        command("trial", "--env", "local", cwd=workspace)
        changed = killed_at(workspace, runs / "002" / "undo.sqlite", UNDONE_ROWS, 1, *cleanup)
        for least in (3, 15, 30):
            killed_at(workspace, runs / "001" / "undo.sqlite", UNDONE_ROWS, least, *cleanup)
        ended = command(*cleanup, cwd=workspace)
        nothing = command(*cleanup, cwd=workspace)

        assert somebody.everything() == {}
    proofs = {
        name: json.loads((runs / name / "rollback.json").read_bytes()) for name in ("001", "002")
    }
    assert changed >= 1
    assert {run["run"] for run in json.loads(ended.stdout)["runs"]} <= {"001", "002"}
    assert json.loads(nothing.stdout)["runs"] == []
    assert {name: (p["left"], p["pending"], p["proof"]["wrong"]) for name, p in proofs.items()} == {
        "001": (0, 0, 0),
        "002": (0, 0, 0),
    }
