"""docs/walk.md: what it shows is what the code does, and what it names is there."""

from __future__ import annotations

import doctest
import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "walk.md"
ROOMS = {path.name for path in (ROOT / "src" / "kt_migrate").iterdir() if path.is_dir()} | {"books"}
NAMED = sorted(
    name
    for name in set(re.findall(r"`([a-z0-9]+(?:\.\w+)+)`", PAGE.read_text("utf-8")))
    if name.partition(".")[0] in ROOMS and not name.endswith((".sqlite", ".html"))
)


def test_the_session_of_the_walk_goes_as_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the message to the digest that the server is held against."""
    monkeypatch.chdir(ROOT)

    done = doctest.testfile(str(PAGE), module_relative=False, encoding="utf-8")

    assert done.attempted > 40
    assert done.failed == 0


@pytest.mark.parametrize("name", NAMED)
def test_what_the_walk_names_is_there(name: str) -> None:
    """A module, or something of one."""
    assert found(f"kt_migrate.{name}")


def test_a_name_that_is_not_there_would_be_noticed() -> None:
    """The longest module counts; the rest is looked for in it."""
    assert not found("kt_migrate.load.run.Load.nothing")
    assert not found("kt_migrate.nothing")
    assert len(NAMED) > 25


def found(name: str) -> bool:
    """Tell whether there is something of this name."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        try:
            thing: object = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for part in parts[length:]:
            if not hasattr(thing, part):
                return False
            thing = getattr(thing, part)
        return length > 1
    return False
