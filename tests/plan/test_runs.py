"""Run folders: numbered per environment, the newest with a plan found, a named one or none."""

from __future__ import annotations

import os
from itertools import count
from pathlib import Path

import pytest

from kt_migrate.errors import ExitCode, UsageError
from kt_migrate.plan.runs import named_run, newest_run, next_run, runs_of


def make(root: Path, *names: str, environment: str = "local", plans: str = "") -> Path:
    """Make run folders, with a plan in those that `plans` names."""
    for name in names:
        folder = root / "runs" / environment / name
        folder.mkdir(parents=True)
        if name in plans.split():
            (folder / "plan.sqlite").touch()
    return root


def test_runs_are_those_of_one_environment_oldest_first(tmp_path: Path) -> None:
    """By number, also beyond 999; what is no numbered folder is no run."""
    make(tmp_path, "010", "1000", "002", "999", "oud", "2a", "²")
    make(tmp_path, "005", environment="acc21")
    (tmp_path / "runs" / "local" / "003").touch()

    assert [p.name for p in runs_of(tmp_path, "local")] == ["002", "010", "999", "1000"]
    assert runs_of(tmp_path, "acc21") == [tmp_path / "runs" / "acc21" / "005"]
    assert runs_of(tmp_path, "prd2") == []


@pytest.mark.parametrize(
    ("plans", "expected"),
    [
        ("nergens", None),
        ("002", "002"),
        ("002 010", "010"),
        ("002 999 1000", "1000"),
        ("oud", None),
    ],
)
def test_the_newest_run_is_the_last_that_has_a_plan(
    tmp_path: Path, plans: str, expected: str | None
) -> None:
    """A run folder without one was broken off."""
    make(tmp_path, "002", "010", "999", "1000", "oud", plans=plans)
    (tmp_path / "runs" / "local" / "1001" / "plan.sqlite").mkdir(parents=True)

    found = newest_run(tmp_path, "local")

    assert (found and found.name) == expected
    assert newest_run(tmp_path, "acc21") is None


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ((), "001"),
        (("001",), "002"),
        (("001", "007"), "008"),
        (("999",), "1000"),
        (("1000", "999"), "1001"),
    ],
)
def test_the_next_run_has_the_next_number_and_is_closed_to_others(
    tmp_path: Path, known: tuple[str, ...], expected: str
) -> None:
    """Also when an earlier one was taken away: a number is never used again while it shows."""
    made = next_run(make(tmp_path, *known), "local")

    assert made == tmp_path / "runs" / "local" / expected
    assert made.is_dir()
    assert made.stat().st_mode & 0o777 == 0o700


def test_a_run_folder_is_closed_from_its_first_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is made so: nobody can look in before it is closed."""
    modes = []
    honest = Path.mkdir

    def mkdir(self: Path, mode: int = 0o777, **options: bool) -> None:
        honest(self, mode, **options)
        modes.append((self.name, self.stat().st_mode & 0o777))

    monkeypatch.setattr(Path, "mkdir", mkdir)
    monkeypatch.setattr(Path, "chmod", lambda *_arguments: None)
    next_run(make(tmp_path, "001"), "local")

    assert modes[-1] == ("002", 0o700)


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o377])
def test_a_run_folder_is_closed_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    """And its owner can use it."""
    make(tmp_path, "001")
    before = os.umask(umask)
    try:
        made = next_run(tmp_path, "local")
    finally:
        os.umask(before)

    assert made.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("name", "expected"),
    [("7", "007"), ("07", "007"), ("007", "007"), ("1000", "1000"), ("70", "070")],
)
def test_a_run_is_found_by_its_number_with_or_without_zeros(
    tmp_path: Path, name: str, expected: str
) -> None:
    """As people type it."""
    make(tmp_path, "007", "070", "1000")

    assert named_run(tmp_path, "local", name) == tmp_path / "runs" / "local" / expected


@pytest.mark.parametrize("name", ["8", "", "oud", "../acc21/001", "0007", "00"], ids=count())
def test_a_run_that_is_not_there_is_refused(tmp_path: Path, name: str) -> None:
    """With what was asked for; nothing outside the environment's runs is one."""
    make(tmp_path, "007", "oud")
    make(tmp_path, "001", environment="acc21")

    with pytest.raises(UsageError) as caught:
        named_run(tmp_path, "local", name)

    assert caught.value.where == f"runs/local/{name}"
    assert caught.value.exit_code is ExitCode.USAGE
