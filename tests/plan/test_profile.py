"""The version of the profiles: of the environment's file, and as the domain says."""

from __future__ import annotations

from pathlib import Path

import pytest

from kt_migrate.config import find_workspace
from kt_migrate.conformance import newest_version
from kt_migrate.errors import ConfigurationError, PlanStaleError
from kt_migrate.model import Issue, Resource
from kt_migrate.plan import resolve
from kt_migrate.plan.binding import Binding, write_binding
from kt_migrate.plan.build import Inputs, build_plan
from kt_migrate.plan.enrichment import Enrichment
from kt_migrate.plan.profile import named, profile_version, require_running
from kt_migrate.workspace import init_workspace
from support import APPLICATIONS, EXAMPLE, standard


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a fresh working folder."""
    return init_workspace(tmp_path / "DOMEIN", "DOMEIN")


def name_version(folder: Path, env: str, version: str) -> None:
    """Let an environment's file name a version."""
    path = folder / "configs" / f"{env}.yaml"
    path.write_text(path.read_text("utf-8") + f"profile_version: {version}\n", "utf-8")


def bound(folder: Path, version: str) -> Path:
    """Return a run folder whose plan was checked against a version."""
    run = folder / "runs" / "local" / "001"
    run.mkdir(parents=True)
    names = ("environment", "archive", "algorithm", "enrichment", "domain_file")
    rest = ("environment_file", "limits", "tool")
    write_binding(run, Binding(**dict.fromkeys((*names, *rest), ""), profile=named(version)))
    return run


def test_the_newest_is_standard_and_a_file_may_name_another(folder: Path) -> None:
    """Each environment its own."""
    name_version(folder, "mgr2", newest_version())
    workspace = find_workspace(folder)

    assert profile_version(workspace, "local") == newest_version()
    assert profile_version(workspace, "mgr2") == newest_version()


def test_an_unknown_version_is_refused_at_its_place(folder: Path) -> None:
    """With the known ones, and the command that adds one."""
    name_version(folder, "local", "0.0.1")
    lines = (folder / "configs" / "local.yaml").read_text("utf-8").splitlines()
    line = next(n for n, text in enumerate(lines, start=1) if text.startswith("profile_version"))

    with pytest.raises(ConfigurationError) as caught:
        profile_version(find_workspace(folder), "local")

    assert "0.0.1" in caught.value.what
    assert newest_version() in caught.value.what
    assert caught.value.where.startswith(f"configs/local.yaml:{line}:")
    assert "make profiles" in caught.value.fix


def test_resources_are_held_against_that_version(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Every one, by the check that is given it."""
    asked: set[str] = set()

    def check(_resource: Resource, *, version: str) -> tuple[Issue, ...]:
        asked.add(version)
        return ()

    monkeypatch.setattr(resolve, "check", check)
    inputs = Inputs(
        roots=[EXAMPLE / "archive"],
        source_domains=("EXAMPLE",),
        algorithm=standard(),
        enrichment=Enrichment(),
        applications=APPLICATIONS,
        meta={},
        profile="0.1.2",
    )

    build_plan(inputs, tmp_path / "plan.sqlite")

    assert asked == {"0.1.2"}


def test_what_the_domain_runs_is_what_the_plan_was_checked_against(folder: Path) -> None:
    """Among others too; what the service does not say is no difference."""
    run = bound(folder, "0.16.3")

    require_running(run, ("0.16.3",), "local")
    require_running(run, ("0.15.0", "0.16.3"), "local")
    require_running(run, (), "local")


@pytest.mark.parametrize("running", ["0.16.4", "0.16", "0.16.30"])
def test_another_version_makes_a_plan_stale(folder: Path, running: str) -> None:
    """It names the component and both versions."""
    run = bound(folder, "0.16.3")

    with pytest.raises(PlanStaleError) as caught:
        require_running(run, (running,), "mgr2")

    assert "(profile)" in caught.value.what
    assert f"runs koppeltaalv2.00 {running}," in caught.value.what
    assert "koppeltaalv2.00 0.16.3." in caught.value.what
    assert "make profiles" in caught.value.fix


def test_a_version_that_is_known_is_to_be_named_in_the_file(folder: Path) -> None:
    """No profiles are missing then."""
    run = bound(folder, "0.1.0")

    with pytest.raises(PlanStaleError) as caught:
        require_running(run, (newest_version(),), "mgr2")

    assert f"profile_version: {newest_version()}" in caught.value.fix
    assert "configs/mgr2.yaml" in caught.value.fix
