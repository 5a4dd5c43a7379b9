"""Which version of the KT 2.0 profiles a plan is made for, and whether the domain runs that one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kt_migrate.config import Workspace, load_environment, where_in_environment
from kt_migrate.conformance import PROFILE_PACKAGE, known_versions, newest_version, require_known
from kt_migrate.errors import PlanStaleError, said
from kt_migrate.plan.binding import read_binding


def profile_version(workspace: Workspace, environment: str) -> str:
    """Return the version that an environment's file names; else the newest known one.

    Raises:
        ConfigurationError: it names one that is not known.
    """
    version = load_environment(workspace, environment).profile_version
    if version is None:
        return newest_version()
    require_known(version, where_in_environment(workspace, environment, ("profile_version",)))
    return version


def named(version: str) -> str:
    """Return what a binding says of a version."""
    return f"{PROFILE_PACKAGE} {version}"


def require_running(folder: Path, running: Sequence[str], environment: str) -> None:
    """Refuse a plan that was checked against another version than the domain runs.

    Args:
        folder: the run folder.
        running: the versions that the service says; none: it does not say.
        environment: its name.

    Raises:
        PlanStaleError: names the component `profile`, both versions, and what to do.
    """
    if not running:
        return
    checked = read_binding(folder).profile
    if checked in map(named, running):
        return
    newest = running[-1]
    fix = said(
        "Write profile_version: {newest} in configs/{environment}.yaml, and make a new plan.",
        newest=newest,
        environment=environment,
    )
    if newest not in known_versions():
        fix = said("Add it with make profiles PACKAGE=<its .tgz>; docs/conformance.md says how.")
    raise PlanStaleError(
        said(
            "The version of the profiles differs (profile): the domain runs {named}, the "
            "plan was checked against {checked}.",
            named=named(newest),
            checked=checked,
        ),
        where=str(folder),
        fix=fix,
    )
