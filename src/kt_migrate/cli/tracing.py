"""trace: the life of one object, from the run folder alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kt_migrate.algorithm.load import load_algorithm
from kt_migrate.algorithm.model import Algorithm
from kt_migrate.cli.options import (
    DomainDir,
    Env,
    Json,
    Run,
    known_environment,
    run_of,
    workspace_of,
)
from kt_migrate.cli.screen import Screen
from kt_migrate.config import Workspace
from kt_migrate.errors import KtMigrateError
from kt_migrate.language import tr
from kt_migrate.plan.binding import read_binding
from kt_migrate.pseudonyms import pseudonym
from kt_migrate.reports.trace import trace
from kt_migrate.reports.trace_json import as_json
from kt_migrate.reports.trace_page import page


def add_to(app: typer.Typer) -> None:
    """Add the command of this room."""
    app.command(
        "trace",
        help=tr(
            "The life of one object: messages, fate, rules, requests, answers, "
            "verification (draaiboek Q.5). Reads the run folder only, and the "
            "algorithm's rules."
        ),
    )(trace_object)


def trace_object(
    link: Annotated[
        str,
        typer.Argument(
            metavar="LINK|PSEUDONYM",
            help=tr(
                "Link or pseudonym of the error list, ActivityIdentifier or name of an application."
            ),
        ),
    ],
    env: Env = "local",
    run: Run = "",
    domain_dir: DomainDir = None,
    json: Json = False,
) -> None:
    """Show the life of one object."""
    screen = Screen(json=json)
    workspace = workspace_of(domain_dir)
    folder = run_of(workspace, known_environment(env), run)
    with screen.progress(tr("looking")):
        known, found = trace(folder, link, _algorithm_of(workspace, folder))
    screen.line(f"{known}\n{pseudonym(known)} · run {folder.name} ({env})")
    for traced in found:
        for line in page(traced):
            screen.line(line)
    screen.document(
        {
            "run": folder.name,
            "env": env,
            "link": known,
            "pseudonym": pseudonym(known),
            "objects": [as_json(traced) for traced in found],
        }
    )


def _algorithm_of(workspace: Workspace, folder: Path) -> Algorithm | None:
    """Return the algorithm by which a plan was made; None: the working folder has another now."""
    try:
        bound = read_binding(folder).algorithm
        algorithm = load_algorithm(workspace.domain.algorithm, workspace.root)
    except KtMigrateError:
        return None
    return algorithm if algorithm.digest == bound else None
