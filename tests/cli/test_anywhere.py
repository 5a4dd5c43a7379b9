"""`--lang` and `--plain` may stand wherever a person puts them."""

from __future__ import annotations

from pathlib import Path

import pytest

from inside import typed
from kt_migrate.cli.anywhere import options_first


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("plan", "plan"),
        ("--lang en plan", "--lang en plan"),
        ("plan --lang=en --env mgr2", "--lang=en plan --env mgr2"),
        ("errors list --plain --lang en -- --plain", "--plain --lang en errors list -- --plain"),
        ("plan --lang", "plan --lang"),
        ("plan --languages", "plan --languages"),
    ],
)
def test_the_options_of_the_program_come_first(given: str, read: str) -> None:
    """And nothing else moves."""
    assert options_first(given.split()) == read.split()


def test_a_language_after_the_command_is_spoken(tmp_path: Path) -> None:
    """Also in what is wrong with the rest of the line."""
    before = typed("--lang", "en", "plan", "--env", "nowhere", cwd=tmp_path)
    after = typed("plan", "--env", "nowhere", "--lang", "en", cwd=tmp_path)

    assert (after.code, after.err) == (before.code, before.err)
    assert after.err.startswith("Error: ")
