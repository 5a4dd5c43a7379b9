"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kt_migrate.cli.completing import algorithm_names, environments, runs
from kt_migrate.cli.passwords import passwords_of
from kt_migrate.config import ENVIRONMENTS, Workspace, find_workspace
from kt_migrate.errors import ConfigurationError, UsageError, said
from kt_migrate.language import tr
from kt_migrate.load.control import MOST_PER_SECOND
from kt_migrate.model import Mode
from kt_migrate.plan.make import Choices
from kt_migrate.plan.runs import named_run, newest_run
from kt_migrate.scratch import remove_leftovers

DomainDir = Annotated[
    Path | None,
    typer.Option(
        "--domain-dir",
        help=tr("The domain's working folder; else looked for from here upwards."),
    ),
]
Archive = Annotated[
    list[Path] | None,
    typer.Option(
        "--archive",
        help=tr("Archive instead of kt-migrate.yaml's; repeatable."),
    ),
]
Algorithm = Annotated[
    str,
    typer.Option(
        "--algorithm",
        help=tr("Algorithm: name or path."),
        autocompletion=algorithm_names,
    ),
]
Enrichment = Annotated[
    list[Path] | None,
    typer.Option(
        "--enrichment",
        help=tr("Enrichment (CSV, XLSX or folder); repeatable."),
    ),
]
Limit = Annotated[
    list[str] | None,
    typer.Option(
        "--limit",
        help=tr("Bound of the archive, as in max_file_bytes=64MiB; repeatable (docs/archives.md)."),
    ),
]
Env = Annotated[
    str,
    typer.Option(
        "--env",
        help=tr("Environment: local, acc21, acc22, mgr2 or prd2."),
        autocompletion=environments,
    ),
]
Run = Annotated[
    str,
    typer.Option(
        "--run",
        help=tr("Run, 001 say; else the newest."),
        autocompletion=runs,
    ),
]
MaxInFlight = Annotated[
    int | None,
    typer.Option(
        "--max-in-flight",
        min=1,
        max=256,
        help=tr("Requests at once, at most; else the environment's."),
    ),
]
Rate = Annotated[
    float | None,
    typer.Option(
        "--rate",
        min=0,
        max=MOST_PER_SECOND,
        help=tr("Writing requests per second, at most (0: no limit); else the environment's."),
    ),
]
PlanMode = Annotated[
    Mode | None,
    typer.Option(
        "--mode",
        help=tr(
            "Only the last state of each object (latest), or each version as a write of "
            "its own (every-version); else kt-migrate.yaml's."
        ),
    ),
]
Json = Annotated[
    bool,
    typer.Option(
        "--json",
        help=tr("One JSON document on stdout, text on stderr."),
    ),
]


def workspace_of(folder: Path | None) -> Workspace:
    """Find the working folder, and remove what killed commands left in its run folders.

    Raises:
        ConfigurationError: the folder that a person named is not there: another one that lies
            above it must not be taken instead.
    """
    if folder is not None and not folder.is_dir():
        raise ConfigurationError(
            "There is no such folder.", where=str(folder), fix="Correct --domain-dir."
        )
    workspace = find_workspace((folder or Path.cwd()).resolve())
    for run_folder in workspace.root.glob("runs/*/*"):
        remove_leftovers(run_folder)
    return workspace


def choices_of(
    archive: list[Path] | None,
    algorithm: str,
    enrichment: list[Path] | None,
    password_fd: int | None,
    limit: list[str] | None = None,
    mode: Mode | None = None,
) -> Choices:
    """Return what the command line says instead of kt-migrate.yaml."""
    return Choices(
        archives=tuple(archive or ()),
        algorithm=algorithm,
        enrichment=tuple(enrichment or ()),
        passwords=passwords_of(password_fd),
        limits=tuple(limit or ()),
        mode=mode,
    )


def known_environment(name: str) -> str:
    """Return the name of an environment.

    Raises:
        UsageError: there is no such environment.
    """
    if name not in ENVIRONMENTS:
        raise UsageError(
            said("There is no environment {name}.", name=name),
            where="--env",
            fix=said("Choose {names}.", names=tuple(ENVIRONMENTS)),
        )
    return name


def run_of(workspace: Workspace, environment: str, run: str) -> Path:
    """Return the run folder that is meant.

    Raises:
        UsageError: there is none.
    """
    if run:
        return named_run(workspace.root, environment, run)
    newest = newest_run(workspace.root, environment)
    if newest is None:
        raise UsageError(
            said("There is no plan for {environment} yet.", environment=environment),
            where=str(workspace.root / "runs" / environment),
            fix=said("kt-migrate plan --env {environment}", environment=environment),
        )
    return newest
