"""Makes a plan for an environment of a working folder, or finds that the newest one still holds."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import orjson

from kt_migrate import __version__
from kt_migrate.algorithm.load import load_algorithm
from kt_migrate.algorithm.model import Algorithm
from kt_migrate.algorithm.success import bound
from kt_migrate.archive.delivery import require_as_delivered
from kt_migrate.archive.disk import OWN_MANIFEST, own_manifests
from kt_migrate.archive.files import walk
from kt_migrate.archive.limits import Limits
from kt_migrate.archive.manifest import manifest_digest
from kt_migrate.archive.passwords import Passwords, no_passwords
from kt_migrate.bounds import Bounds, with_options
from kt_migrate.config import Workspace, environment_digest, load_environment
from kt_migrate.errors import JournalError, SourceError
from kt_migrate.history.reading import nothing
from kt_migrate.model import Mode
from kt_migrate.plan.announced import read_announced, write_owned
from kt_migrate.plan.binding import (
    Binding,
    read_binding,
    require_same,
    write_binding,
    write_files,
)
from kt_migrate.plan.build import Inputs, build_plan
from kt_migrate.plan.enrichment import Enrichment, read_enrichment
from kt_migrate.plan.profile import named, profile_version
from kt_migrate.plan.rules_said import write_rules
from kt_migrate.plan.runs import is_undone, newest_run, next_run
from kt_migrate.plan.sampling.record import NAME as SAMPLE
from kt_migrate.plan.store import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What the command line says instead of kt-migrate.yaml; empty: what stands there."""

    archives: tuple[Path, ...] = ()
    algorithm: str = ""
    enrichment: tuple[Path, ...] = ()
    passwords: Passwords = no_passwords
    limits: tuple[str, ...] = ()
    mode: Mode | None = None
    others: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A run folder with a plan.

    Attributes:
        folder: the run folder.
        anew: False: the newest plan still held.
        manifests: how many of the archive's roots have a manifest, and are what it says.
    """

    folder: Path
    anew: bool
    manifests: int


def make_plan(
    workspace: Workspace,
    environment: str,
    choices: Choices,
    progress: Callable[[int], None] = nothing,
) -> Made:
    """Make a plan in a new run folder, unless nothing has changed since the newest one.

    A run folder with a sample in it is that sample's: the plan is made once more.

    Raises:
        ConfigurationError, SourceError, ManifestError, BooksError: see the parts.
    """
    algorithm, enrichment = _rules(workspace, choices)
    roots, limits = archive_roots(workspace, choices), limits_of(workspace, choices)
    mode = mode_of(workspace, choices)
    loaded = load_environment(workspace, environment)
    announced = read_announced(choices.others, workspace, loaded)
    binding = replace(
        _binding(workspace, environment, algorithm, enrichment, limits, mode),
        others=announced.sha256,
    )
    manifests = require_as_delivered(roots, workspace.root, limits)
    newest = newest_run(workspace.root, environment)
    if newest is not None:
        now = replace(binding, archive=manifest_digest(_files(roots, choices, limits)))
        if _holds(newest, now):
            return Made(folder=newest, anew=False, manifests=manifests)
    folder = next_run(workspace.root, environment)
    inputs = _inputs(workspace, choices, algorithm, enrichment)
    inputs = replace(
        inputs,
        profile=profile_version(workspace, environment),
        clients=loaded.claims,
        announced=announced,
    )
    own = own_manifests(roots)

    def keep(files: Iterator[tuple[str, str]]) -> str:
        return write_files(folder, (file for file in files if file[0] not in own))

    archive = build_plan(inputs, folder / "plan.sqlite", progress, keep)
    with Plan(folder / "plan.sqlite") as plan:
        sha256 = plan.sha256()
    write_owned(folder, workspace, loaded)
    write_rules(folder, algorithm)
    write_binding(folder, replace(binding, archive=archive, plan=sha256))
    return Made(folder=folder, anew=True, manifests=manifests)


def rehearse(
    workspace: Workspace,
    choices: Choices,
    target: Path,
    progress: Callable[[int], None] = nothing,
) -> None:
    """Make a plan only to look at it: in no run folder, bound to nothing, so that none executes it.

    Args:
        workspace: the working folder.
        choices: what the command line says instead of kt-migrate.yaml.
        target: the plan's file; it is the caller's to remove.
        progress: is told how many files were read.

    Raises:
        ConfigurationError, SourceError, ManifestError, BooksError: see the parts.
    """
    algorithm, enrichment = _rules(workspace, choices)
    inputs = _inputs(workspace, choices, algorithm, enrichment)
    require_as_delivered(inputs.roots, workspace.root, limits_of(workspace, choices))
    build_plan(inputs, target, progress)


def _inputs(
    workspace: Workspace, choices: Choices, algorithm: Algorithm, enrichment: Enrichment
) -> Inputs:
    becomes = {source: rules.target for source, rules in algorithm.types.items()}
    return Inputs(
        roots=archive_roots(workspace, choices),
        source_domains=workspace.domain.source_domains,
        algorithm=algorithm,
        enrichment=enrichment,
        applications=workspace.domain.applications,
        meta={
            "domain": workspace.domain.domain,
            "algorithm": algorithm.name,
            "success": bound(algorithm.success, becomes),
        },
        passwords=choices.passwords,
        limits=limits_of(workspace, choices),
        mode=mode_of(workspace, choices),
        suppliers=workspace.domain.suppliers,
    )


def _holds(folder: Path, now: Binding) -> bool:
    """Whether a plan is whole and nothing has changed; a damaged one is no reason to stop."""
    if is_undone(folder):
        return False
    if (folder / SAMPLE).is_file():  # a new run folder is the way to the whole, or another sample
        return False
    try:
        bound = read_binding(folder)
        with Plan(folder / "plan.sqlite") as plan:
            return not bound.differences(replace(now, plan=plan.sha256()))
    except JournalError:
        return False


def require_fresh(workspace: Workspace, environment: str, choices: Choices, folder: Path) -> None:
    """Refuse a plan of which anything has changed since it was made.

    Raises:
        ManifestError: the archive is not what its manifest says.
        PlanStaleError: names every component that changed, and the files.
    """
    algorithm, enrichment = _rules(workspace, choices)
    roots, limits = archive_roots(workspace, choices), limits_of(workspace, choices)
    bound = read_binding(folder)
    # The plan's own: kt-migrate.yaml's is bound with that file, and only `plan` is told another.
    mode = Mode(bound.mode)
    now = _binding(workspace, environment, algorithm, enrichment, limits, mode)
    require_as_delivered(roots, workspace.root, limits)
    files = _files(roots, choices, limits)
    with Plan(folder / "plan.sqlite") as plan:
        now = replace(now, archive=manifest_digest(files), plan=plan.sha256(), others=bound.others)
    require_same(bound, now, folder, files)


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


def limits_of(workspace: Workspace | None, choices: Choices) -> Limits:
    """Return the archive's bounds: what --limit says goes before kt-migrate.yaml.

    Raises:
        UsageError: --limit has no such name or value.
    """
    bounds = workspace.domain.limits if workspace else Bounds()
    return Limits(**with_options(bounds, choices.limits).model_dump())


def mode_of(workspace: Workspace, choices: Choices) -> Mode:
    """Return the mode of a new plan: what --mode says goes before kt-migrate.yaml."""
    return choices.mode or workspace.domain.mode


def _rules(workspace: Workspace, choices: Choices) -> tuple[Algorithm, Enrichment]:
    algorithm = load_algorithm(choices.algorithm or workspace.domain.algorithm, workspace.root)
    enrichment: Sequence[Path] = choices.enrichment or [
        workspace.path(p) for p in workspace.domain.enrichment
    ]
    return algorithm, read_enrichment(enrichment)


def _files(roots: Sequence[Path], choices: Choices, limits: Limits) -> list[tuple[str, str]]:
    files = walk(roots, limits, choices.passwords)
    return [(file.name, file.sha256) for file in files if file.content != OWN_MANIFEST]


def _binding(
    workspace: Workspace,
    environment: str,
    algorithm: Algorithm,
    enrichment: Enrichment,
    limits: Limits,
    mode: Mode,
) -> Binding:
    return Binding(
        environment=environment,
        archive="",
        algorithm=algorithm.digest,
        enrichment=enrichment.digest,
        domain_file=workspace.digest,
        environment_file=environment_digest(load_environment(workspace, environment)),
        limits=_digest(limits),
        tool=__version__,
        profile=named(profile_version(workspace, environment)),
        mode=mode.value,
    )


def _digest(limits: Limits) -> str:
    content = orjson.dumps(asdict(limits), option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(content).hexdigest()
