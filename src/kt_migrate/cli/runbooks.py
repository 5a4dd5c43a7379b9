"""draaiboek: the domain's own runbook, with the detailed actions filled in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

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
from kt_migrate.config import ENVIRONMENTS, load_environment
from kt_migrate.errors import UsageError, said
from kt_migrate.language import tr
from kt_migrate.plan.runs import newest_run
from kt_migrate.plan.store import Plan
from kt_migrate.reports.actions import detailed_actions
from kt_migrate.reports.draaiboek import FORMATS, write_draaiboek
from kt_migrate.reports.draaiboek.lines import runbook_of


def add_to(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.command(
        help=tr(
            "Make this domain's runbook: the steps, the commands and the detailed "
            "actions (draaiboek K.6)."
        ),
    )(draaiboek)


def draaiboek(
    env: Env = "local",
    run: Run = "",
    formats: Annotated[
        str,
        typer.Option(
            "--format",
            help=tr("What: md, html, xlsx, with commas."),
        ),
    ] = ",".join(FORMATS),
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help=tr("Folder; else the run's.")),
    ] = None,
    domain_dir: DomainDir = None,
    json: Json = False,
) -> None:
    """Write the runbook."""
    screen = Screen(json=json)
    wanted = _formats(formats)
    workspace = workspace_of(domain_dir)
    environment = load_environment(workspace, known_environment(env))
    folder = run_of(workspace, env, run)
    with screen.progress(tr("making the runbook")):
        actions = detailed_actions(workspace, environment, folder)
    newest = {name: newest_run(workspace.root, name) for name in ENVIRONMENTS}
    runs = {name: found.name for name, found in newest.items() if found} | {env: folder.name}
    with Plan(folder / "plan.sqlite") as plan:
        found = runbook_of(
            plan.meta("domain"), plan.meta("algorithm"), plan.sha256(), actions, runs
        )
    files = write_draaiboek(output or folder, found, wanted)
    for path in files:
        screen.line(f"{tr('Runbook')}: {path}")
    screen.document(
        {
            "run": folder.name,
            "env": env,
            "actions": len(actions.actions),
            "steps": sum(not line.is_action for c in found.chapters for line in c.lines),
            "files": [str(path) for path in files],
        }
    )


def _formats(text: str) -> list[str]:
    """Return the formats that a person asks for.

    Raises:
        UsageError: there is no such format.
    """
    wanted = list(dict.fromkeys(name.strip() for name in text.split(",")))
    unknown = [name for name in wanted if name not in FORMATS]
    if unknown:
        raise UsageError(
            "There is no such format.",
            where=f"--format {text}",
            fix=said("Choose from {names}.", names=", ".join(FORMATS)),
        )
    return wanted
