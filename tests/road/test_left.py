"""Real processes that nobody reads on: `| head`, a terminal multiplexer that went away."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

import warm
from kt_migrate.cli.pipes import GONE
from road.looking import run_folder
from support import command, serving

pytestmark = pytest.mark.integration


def left(arguments: Sequence[str], cwd: Path, *, err: Path | None = None) -> int:
    """Give a command whose words nobody reads; its errors neither, unless they go to a file."""
    read, write = os.pipe()
    os.close(read)
    told = write if err is None else os.open(err, os.O_WRONLY | os.O_CREAT)
    try:
        return warm.start(arguments, cwd, stdout=write, stderr=told).wait(120)
    finally:
        for descriptor in {write, told}:
            os.close(descriptor)


def test_a_trial_that_nobody_reads_is_done_whole(workspace: Path) -> None:
    """It writes all, its exit code is its own, and the server is as planned."""
    with serving(workspace):
        assert left(["plan"], workspace) == 0
        assert left(["trial", "--env", "local"], workspace) == 0
        done = command("verify", "--audit", "--json", cwd=workspace, check=False)

    assert (done.returncode, json.loads(done.stdout)["passed"]) == (0, True)
    assert (run_folder(workspace) / "success.json").exists()


def test_a_rollback_that_nobody_reads_is_done_whole(workspace: Path) -> None:
    """Nothing of the run is left on the server; a second time there is nothing to do."""
    with serving(workspace):
        command("trial", "--env", "local", cwd=workspace)
        asked = ("rollback", "--env", "local", "--yes-rollback", "EXAMPLE")
        assert left(asked, workspace) == 0
        status = json.loads(command("status", "--json", cwd=workspace).stdout)

    (run,) = status["runs"]
    assert (run["undoing"]["pending"], run["undoing"]["left"]) == (0, 0)


@pytest.mark.parametrize("line", ["errors list --lines", "algorithm explain standard", "scope"])
def test_a_list_that_nobody_reads_on_ends_quietly(tried: Path, line: str) -> None:
    """With what a shell says of SIGPIPE; not a word on stderr."""
    said = tried / "said"

    assert left(line.split(), tried, err=said) == GONE
    assert said.read_text("utf-8") == ""


def test_a_json_document_that_nobody_reads_on_ends_quietly(tried: Path) -> None:
    """The document goes to stdout without the screen."""
    said = tried / "said"

    assert left(["status", "--json"], tried, err=said) == GONE
    assert "Error" not in said.read_text("utf-8"), "stderr has what people read, and no more"
