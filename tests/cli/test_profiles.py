"""The domain is asked which profiles it runs before a plan is looked at, or written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import pytest

from inside import inside, typed
from kt_migrate.conformance import newest_version

TRIAL, PROBE = ("trial", "--env", "local"), ("plan", "--probe")


def name_version(folder: Path, version: str) -> None:
    """Let configs/local.yaml name the version; its sandbox runs that one."""
    path = folder / "configs" / "local.yaml"
    path.write_text(path.read_text("utf-8") + f'profile_version: "{version}"\n', "utf-8")


@contextmanager
def running(version: str) -> Iterator[None]:
    """Let the sandbox say that it runs this version."""
    with patch("kt_migrate.sandbox.open_routes.newest_version", lambda: version):
        yield


@pytest.mark.parametrize("line", [TRIAL, PROBE])
def test_a_plan_for_other_profiles_than_the_domain_runs_is_stale(
    workspace: Path, line: tuple[str, ...]
) -> None:
    """Exit code 10, the component named, and nothing is written."""
    typed("plan", cwd=workspace)
    with running("9.9.9"), inside(workspace):
        done = typed("--lang", "en", *line, cwd=workspace)

    assert done.code == 10
    assert "(profile): the domain runs koppeltaalv2.00 9.9.9" in done.err
    assert f"checked against koppeltaalv2.00 {newest_version()}" in done.err


def test_the_same_profiles_are_no_reason_to_stop(workspace: Path) -> None:
    """Nor to say anything."""
    with inside(workspace):
        done = typed(*TRIAL, cwd=workspace)

    assert done.code in (0, 20)
    assert "getoetst" not in done.out


def test_a_service_that_does_not_say_is_reported(workspace: Path) -> None:
    """With what was checked against."""
    with running(""), inside(workspace):
        done = typed(*TRIAL, cwd=workspace)

    assert done.code in (0, 20)
    said = " ".join(done.out.split())  # lines are broken
    assert f"getoetst is aan koppeltaalv2.00 {newest_version()}" in said


def test_a_plan_is_bound_to_the_version_that_the_file_names(workspace: Path) -> None:
    """And an unknown one stops the command, with exit code 3."""
    name_version(workspace, newest_version())
    assert typed("plan", cwd=workspace).code == 0
    (binding,) = workspace.glob("runs/local/*/binding.json")
    assert json.loads(binding.read_bytes())["profile"] == f"koppeltaalv2.00 {newest_version()}"

    path = workspace / "configs" / "local.yaml"
    path.write_text(path.read_text("utf-8").replace(newest_version(), "0.0.1"), "utf-8")
    done = typed("--lang", "en", "plan", cwd=workspace)

    assert done.code == 3
    assert "0.0.1" in done.err
    assert newest_version() in done.err
    assert "make profiles" in done.err
