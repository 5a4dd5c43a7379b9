"""A mistake of ours is told by its place; what stood in it may be data of people."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from pathlib import Path

import pytest

CRASH = """
import logging, sys, threading
from unittest.mock import patch
import kt_migrate.cli
from kt_migrate.cli import inspecting

def thread():
    raise KeyError("Kwikzilver in a thread")

def crash(*_a, **_k):
    first = threading.Thread(target=thread)
    first.start()
    first.join()
    logging.getLogger("asyncio").error("Kwikzilver in a log", exc_info=ValueError("Kwikzilver"))
    try:
        {"a": 1}["Kwikzilver 1"]
    except KeyError as error:
        raise ValueError("1931-01-13 of Kwikzilver") from error

with patch.object(inspecting, "inspect_archive", crash):
    sys.argv = ["kt-migrate", *sys.argv[1:]]
    kt_migrate.cli.start()
"""


def crashed(folder: Path, *line: str) -> subprocess.CompletedProcess[str]:
    """Let a process of its own run into a mistake."""
    return subprocess.run(
        [sys.executable, "-c", CRASH, *line, "inspect"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_crash_tells_where_it_was_and_nothing_of_what_was_in_it(workspace: Path) -> None:
    """Of the whole chain of causes, of a thread, and of what a library logs."""
    done = crashed(workspace)

    assert done.returncode == 1
    assert "Kwikzilver" not in done.stdout + done.stderr
    assert "1931" not in done.stdout + done.stderr
    for kind in ("ValueError", "KeyError"):
        assert kind in done.stderr
    assert "cli/inspecting.py:" in done.stderr
    assert "in crash" in done.stderr
    assert "in thread" in done.stderr
    assert "ERROR asyncio" in done.stderr
    assert "meld dit" in done.stderr


def test_it_is_told_in_english_too(workspace: Path) -> None:
    """With --lang en."""
    assert "report this" in crashed(workspace, "--lang", "en").stderr


def test_the_tests_of_the_commands_keep_their_tracebacks() -> None:
    """Only the program itself hides: `main`, which tests call, does not."""
    assert sys.excepthook.__module__ != "kt_migrate.cli.crashing"
    assert threading.excepthook.__module__ != "kt_migrate.cli.crashing"
    assert type(logging.lastResort).__module__ != "kt_migrate.cli.crashing"


@pytest.mark.parametrize("wrong", ["--nothing", "--run"])
def test_a_wrong_option_is_no_crash(workspace: Path, wrong: str) -> None:
    """Typer says what it is."""
    done = subprocess.run(
        [sys.executable, "-m", "kt_migrate", "status", wrong],
        cwd=workspace,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert "niemand had voorzien" not in done.stderr
