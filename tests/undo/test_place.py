"""Undoing looks where the run wrote, and as who wrote it; nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import pytest

from kt_migrate.config import Environment
from kt_migrate.errors import ConfigurationError, JournalError
from kt_migrate.plan.runs import is_undone
from kt_migrate.plan.store import Plan
from kt_migrate.undo.execute import preview, undo
from load.starting import Start, environment_of, start_in
from load.world import journal_in

Undoing = Callable[[Start, Environment], object]


def previewed(start: Start, environment: Environment) -> object:
    """Only look."""
    return preview(start.workspace, environment, start.folder)


def undone(start: Start, environment: Environment) -> object:
    """Undo."""
    return undo(start.workspace, environment, start.folder)


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """Return a run that made one patient."""
    start = start_in(tmp_path, "a")
    start()
    return start


@pytest.mark.parametrize("look", [previewed, undone])
@pytest.mark.parametrize("other", ["server", "environment"])
def test_what_was_written_elsewhere_is_not_taken_for_gone(
    start: Start, look: Undoing, other: str
) -> None:
    """On another server nothing of the run is there: that is no undoing, and no proof."""
    base = start.server.base
    there = environment_of(
        base.replace("127.0.0.1:9", "127.0.0.1:8") if other == "server" else base
    )
    if other == "environment":
        there = there.model_copy(update={"environment": "mgr2"})

    with pytest.raises(JournalError, match=f"another {other}"):
        look(start, there)
    assert not is_undone(start.folder)


@pytest.mark.parametrize("look", [previewed, undone])
def test_nobody_stands_in_for_a_client_that_is_no_more(start: Start, look: Undoing) -> None:
    """What it wrote another may not see; it would be taken for gone."""
    with (
        patch.object(Plan, "clients", lambda *_all: ("", "portal")),
        pytest.raises(ConfigurationError, match="no client portal"),
    ):
        look(start, environment_of(start.server.base))
    assert not is_undone(start.folder)


def test_a_run_that_never_began_has_nothing_to_undo(tmp_path: Path) -> None:
    """And gets no journal by being looked at."""
    start = start_in(tmp_path, "a")
    with pytest.raises(JournalError, match="Nothing was ever written"):
        undone(start, environment_of())
    assert not (start.folder / "journal.sqlite").exists()


def test_an_older_journal_is_bound_to_the_server_that_is_asked_first(start: Start) -> None:
    """It names none; from then on it does."""
    with journal_in(start.folder) as journal:
        journal._db.execute("DELETE FROM meta WHERE name = 'server'")
        journal.bind({"server": "http://127.0.0.1:9/x"})
        with pytest.raises(JournalError, match="another server"):
            journal.bind({"server": "http://127.0.0.1:8/x"})
