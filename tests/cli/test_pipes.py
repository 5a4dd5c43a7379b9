"""A reader that goes away: a command that looks ends quietly, one that works goes on to its end."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main

import kt_migrate
from kt_migrate.cli.app import app
from kt_migrate.cli.pipes import GONE, LOOKING

SRC = Path(kt_migrate.__file__).parents[1]


def left_alone(code: str, *, err: bool = False) -> tuple[int, str]:
    """Run a process whose stdout (and stderr) nobody reads; return its end and its stderr."""
    read, write = os.pipe()
    os.close(read)
    try:
        done = subprocess.run(
            [sys.executable, "-c", code],
            stdout=write,
            stderr=write if err else subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(SRC)},
            check=False,
        )
    finally:
        os.close(write)
    return done.returncode, done.stderr or ""


def saying(command: str, *, then: str = "", lines: int = 100_000) -> str:
    """Return a program that is this command, says so many lines, and then does something."""
    return f"""
from kt_migrate.cli.pipes import let_end, quiet
import sys
with quiet():
    let_end({command!r})
    for number in range({lines}):
        print("a line of a list")
        print("and one beside it", file=sys.stderr if number == 9 else sys.stdout)
    {then}
    sys.exit(20)
"""


@pytest.mark.parametrize("err", [True, False])
@pytest.mark.parametrize("lines", [1, 100_000])
def test_a_command_that_looks_ends_at_once(lines: int, *, err: bool) -> None:
    """With what a shell gives for SIGPIPE, and without a word, also when both streams are gone."""
    code, said = left_alone(saying("errors list", lines=lines), err=err)

    assert code == GONE
    assert said.replace("and one beside it\n", "") == ""


@pytest.mark.parametrize("err", [True, False])
@pytest.mark.parametrize(
    "command", ["trial", "run", "rollback", "cleanup", "plan", "errors import"]
)
def test_a_command_that_works_goes_on(command: str, tmp_path: Path, *, err: bool) -> None:
    """What comes after its words is done, and its exit code is its own."""
    then = f"open({str(tmp_path / 'written')!r}, 'w').write('x')"
    code, said = left_alone(saying(command, then=then, lines=9_999), err=err)

    assert (code, said.replace("and one beside it\n", "")) == (20, "")
    assert (tmp_path / "written").exists()


def test_a_help_page_ends_quietly() -> None:
    """Before there is a command."""
    code, said = left_alone(
        "import sys\nsys.argv = ['kt-migrate', '--help']\nfrom kt_migrate.cli import start\nstart()"
    )
    assert (code, said) == (GONE, "")


def test_what_only_looks_is_a_command() -> None:
    """No name in the list is of nothing, and none of them is of a command that writes."""
    found = getattr(typer.main.get_command(app), "commands", {})
    names = {f"{n} {sub}" for n, c in found.items() for sub in getattr(c, "commands", {})}

    assert LOOKING - {*found, *names} == set()
    assert not {"trial", "run", "rollback", "cleanup", "plan", "inspect", "verify"} & LOOKING


def test_what_an_encoding_lacks_is_a_question_mark() -> None:
    """No text is worth an end."""
    code = "from kt_migrate.cli.pipes import quiet\nwith quiet():\n    print('een→twee')"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(SRC), "PYTHONIOENCODING": "ascii"},
        check=True,
    )
    assert done.stdout == b"een?twee\n"
