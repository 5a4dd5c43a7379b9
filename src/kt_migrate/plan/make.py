"""Makes a plan for an environment of a working folder, or finds that the newest one still holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from kt_migrate import __version__
from kt_migrate.algorithm.load import load_algorithm
from kt_migrate.algorithm.model import Algorithm
from kt_migrate.archive.files import walk
from kt_migrate.archive.manifest import manifest_digest
from kt_migrate.archive.passwords import Passwords, no_passwords
from kt_migrate.config import Workspace, environment_digest, load_environment
from kt_migrate.conformance import PROFILE_PACKAGE, PROFILE_VERSION
from kt_migrate.errors import JournalError, SourceError
from kt_migrate.history.reading import nothing
from kt_migrate.plan.binding import (
    Binding,
    read_binding,
    require_same,
    write_binding,
)
from kt_migrate.plan.build import Inputs, build_plan
from kt_migrate.plan.enrichment import Enrichment, read_enrichment
from kt_migrate.plan.runs import newest_run, next_run
from kt_migrate.plan.store import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What the command line says instead of kt-migrate.yaml; empty: what stands there."""

    archives: tuple[Path, ...] = ()
    algorithm: str = ""
    enrichment: tuple[Path, ...] = ()
    passwords: Passwords = no_passwords


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A run folder with a plan. `anew` False: the newest plan still held."""

    folder: Path
    anew: bool


def make_plan(
    workspace: Workspace,
    environment: str,
    choices: Choices,
    progress: Callable[[int], None] = nothing,
) -> Made:
    """Make a plan in a new run folder, unless nothing has changed since the newest one.

    Raises:
        ConfigurationError, SourceError, BooksError: see the parts.
    """
    algorithm, enrichment = _rules(workspace, choices)
    roots = archive_roots(workspace, choices)
    binding = _binding(workspace, environment, algorithm, enrichment)
    newest = newest_run(workspace.root, environment)
    if newest is not None:
        now = replace(binding, archive=_manifest(roots, choices))
        if _holds(newest, now):
            return Made(folder=newest, anew=False)
    folder = next_run(workspace.root, environment)
    inputs = Inputs(
        roots=roots,
        source_domains=workspace.domain.source_domains,
        algorithm=algorithm,
        enrichment=enrichment,
        applications=workspace.domain.applications,
        meta={"domain": workspace.domain.domain, "algorithm": algorithm.name},
        passwords=choices.passwords,
    )
    files = build_plan(inputs, folder / "plan.sqlite", progress)
    with Plan(folder / "plan.sqlite") as plan:
        bound = replace(binding, archive=manifest_digest(files), plan=plan.sha256())
    write_binding(folder, bound, files)
    return Made(folder=folder, anew=True)


def _holds(folder: Path, now: Binding) -> bool:
    """Whether a plan is whole and nothing has changed; a damaged one is no reason to stop."""
    try:
        bound = read_binding(folder)
        with Plan(folder / "plan.sqlite") as plan:
            return not bound.differences(replace(now, plan=plan.sha256()))
    except JournalError:
        return False


def require_fresh(workspace: Workspace, environment: str, choices: Choices, folder: Path) -> None:
    """Refuse a plan of which anything has changed since it was made.

    Raises:
        PlanStaleError: names every component that changed.
    """
    algorithm, enrichment = _rules(workspace, choices)
    now = _binding(workspace, environment, algorithm, enrichment)
    roots = archive_roots(workspace, choices)
    with Plan(folder / "plan.sqlite") as plan:
        now = replace(now, archive=_manifest(roots, choices), plan=plan.sha256())
    require_same(read_binding(folder), now, folder)


def archive_roots(workspace: Workspace, choices: Choices) -> tuple[Path, ...]:
    """Return the archive's roots.

    Raises:
        SourceError: kt-migrate.yaml names none.
    """
    roots = choices.archives or tuple(workspace.path(p) for p in workspace.domain.archives)
    if not roots:
        raise SourceError(
            "There is no archive to read.",
            where=workspace.file.where(("archives",)),
            fix="Name one under archives, or with --archive.",
        )
    return roots


def _rules(workspace: Workspace, choices: Choices) -> tuple[Algorithm, Enrichment]:
    algorithm = load_algorithm(choices.algorithm or workspace.domain.algorithm, workspace.root)
    enrichment: Sequence[Path] = choices.enrichment or [
        workspace.path(p) for p in workspace.domain.enrichment
    ]
    return algorithm, read_enrichment(enrichment)


def _manifest(roots: Sequence[Path], choices: Choices) -> str:
    files = walk(roots, passwords=choices.passwords)
    return manifest_digest((file.name, file.sha256) for file in files)


def _binding(
    workspace: Workspace, environment: str, algorithm: Algorithm, enrichment: Enrichment
) -> Binding:
    return Binding(
        environment=environment,
        archive="",
        algorithm=algorithm.digest,
        enrichment=enrichment.digest,
        domain_file=workspace.digest,
        environment_file=environment_digest(load_environment(workspace, environment)),
        tool=__version__,
        profile=f"{PROFILE_PACKAGE} {PROFILE_VERSION}",
    )
