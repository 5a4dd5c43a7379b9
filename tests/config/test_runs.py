"""Run folders of environments lie apart, and hold nothing that was made for another (Bijlage B)."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from certifying import NOW
from config.editing import place, refusal
from kt_migrate.config import Mistake, check, find_workspace, load_environment


def mistakes(folder: Path) -> tuple[Mistake, ...]:
    """Return what a check of all finds."""
    return check(find_workspace(folder), NOW).mistakes


def run(folder: Path, env: str, made_for: str, number: str = "001", *, what: str) -> Path:
    """Make a run folder with a plan, or its binding."""
    made = folder / "runs" / env / number
    made.mkdir(parents=True)
    if what == "binding.json":
        (made / what).write_text(json.dumps({"environment": made_for}))
        return made
    with closing(sqlite3.connect(made / "plan.sqlite")) as db, db:
        db.execute("CREATE TABLE meta (name TEXT, value TEXT)")
        db.execute("INSERT INTO meta VALUES ('environment', ?)", (made_for,))
    return made


@pytest.mark.parametrize("what", ["binding.json", "plan.sqlite"])
@pytest.mark.parametrize(("made_for", "said"), [("mgr2", "mgr2"), ("x", "another environment")])
def test_a_plan_of_another_environment_is_refused(
    folder: Path, what: str, made_for: str, said: str
) -> None:
    """A run folder that was copied, whichever of its files says so."""
    run(folder, "prd2", "prd2", what=what)
    assert mistakes(folder) == ()
    run(folder, "prd2", made_for, "002", what=what)

    (mistake,) = mistakes(folder)

    assert mistake.what == f"A run folder of prd2 holds a plan that was made for {said}."
    assert mistake.places == (f"runs/prd2/002/{what}", place(folder, "prd2", "environment"))
    assert refusal(folder, "prd2").what == mistake.what
    assert load_environment(find_workspace(folder), "mgr2").environment == "mgr2"


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"\xff", b'{"environment": ""}'])
def test_a_binding_that_says_nothing_is_not_judged_here(folder: Path, content: bytes) -> None:
    """Who uses the run says what is wrong with it."""
    made = run(folder, "prd2", "prd2", what="binding.json")
    (made / "binding.json").write_bytes(content)
    (made / "plan.sqlite").write_bytes(content)

    assert mistakes(folder) == ()


def test_a_run_folder_that_is_a_link_is_refused(folder: Path, tmp_path: Path) -> None:
    """Of all runs, or of one; also when it leads nowhere."""
    (tmp_path / "elders").mkdir()
    (folder / "runs" / "prd2").symlink_to(tmp_path / "elders")
    (folder / "runs" / "mgr2").mkdir()
    (folder / "runs" / "mgr2" / "001").symlink_to(tmp_path / "nergens")

    found = mistakes(folder)

    assert [(m.what, m.places) for m in found] == [
        (
            f"A run folder of {name} is a link.",
            (f"runs/{path}", place(folder, name, "environment")),
        )
        for name, path in (("mgr2", "mgr2/001"), ("prd2", "prd2"))
    ]
    assert refusal(folder, "prd2").what == "A run folder of prd2 is a link."


@pytest.mark.parametrize("target", ["mgr2", "mgr2/001"])
def test_run_folders_within_one_another_are_refused_by_both(folder: Path, target: str) -> None:
    """The same folder, or one inside it; both places are named."""
    (folder / "runs" / target).mkdir(parents=True)
    (folder / "runs" / "prd2").symlink_to(target)

    found = {mistake.code: mistake for mistake in mistakes(folder)}

    assert set(found) == {"run-folder-link", "shared-run-folder"}
    assert found["shared-run-folder"].places == ("runs/mgr2", "runs/prd2")
    assert "mgr2 and prd2 share a run folder" in refusal(folder, "mgr2").what
    assert "prd2 and mgr2 share a run folder" in refusal(folder, "prd2").what


def test_run_folders_with_names_that_begin_alike_are_apart(folder: Path) -> None:
    """`runs/mgr2` is not in `runs/mgr`; runs may all lie on another disk."""
    for name in ("local", "acc21", "acc22", "mgr2", "prd2"):
        (folder / "runs" / name / "001").mkdir(parents=True)

    assert mistakes(folder) == ()
