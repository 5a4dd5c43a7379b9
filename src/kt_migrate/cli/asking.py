"""errors export: the list to fill in, or what is missing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kt_migrate.algorithm.load import load_algorithm
from kt_migrate.algorithm.model import Algorithm as Rules
from kt_migrate.cli.options import (
    Algorithm,
    DomainDir,
    Env,
    Json,
    Run,
    known_environment,
    run_of,
    workspace_of,
)
from kt_migrate.cli.remarking import export_list
from kt_migrate.cli.screen import Screen
from kt_migrate.config import Workspace
from kt_migrate.errors import PlanStaleError, UsageError, said
from kt_migrate.language import tr
from kt_migrate.plan.binding import changed, read_binding
from kt_migrate.plan.store import Plan
from kt_migrate.reports.enrichment_form import asks, write_csv, write_xlsx
from kt_migrate.reports.errors.writing import WRITERS

_FORMATS = {"csv": write_csv, "xlsx": write_xlsx}


def add_to(errors: typer.Typer) -> None:
    """Add the command to those of the error list."""
    errors.command(
        "export",
        help=tr(
            "Write the error list to be filled in (action holder, remark, status), or "
            "with --as-enrichment the file that asks for what is missing (draaiboek M.3, "
            "M.4, Q.5)."
        ),
    )(errors_export)


def errors_export(
    env: Env = "local",
    run: Run = "",
    as_enrichment: Annotated[
        bool,
        typer.Option(
            "--as-enrichment",
            help=tr("As an enrichment file, with empty values."),
        ),
    ] = False,
    form: Annotated[
        str,
        typer.Option(
            "--format",
            help=tr("csv, xlsx or json; with --as-enrichment csv or xlsx."),
        ),
    ] = "",
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            help=tr("Where to; else actielijst or verrijking in the run folder."),
        ),
    ] = None,
    notices: Annotated[bool, typer.Option("--notices", help=tr("Notices too."))] = False,
    algorithm: Algorithm = "",
    domain_dir: DomainDir = None,
    json: Json = False,
) -> None:
    """Write the list to be filled in, or the file that asks for what is missing."""
    kind = _kind(form, output, as_enrichment=as_enrichment)
    screen = Screen(json=json)
    workspace = workspace_of(domain_dir)
    folder = run_of(workspace, known_environment(env), run)
    target = output or folder / f"{'verrijking' if as_enrichment else 'actielijst'}.{kind}"
    if target.exists():
        raise UsageError(
            "The file is there already: somebody may have filled it in.",
            where=str(target),
            fix="Name another with -o, or take it away.",
        )
    if not as_enrichment:
        export_list(screen, workspace.root, folder, target, kind, notices=notices)
        return
    rules = _rules_of(workspace, algorithm, folder)
    with screen.progress(tr("writing")), Plan(folder / "plan.sqlite") as plan:
        count = _FORMATS[kind](target, asks(plan, rules))
    screen.say(
        tr(
            "{count} values asked. Fill in the column value, and put the file in enrichment/.",
            count=count,
        )
    )
    screen.line(str(target))
    screen.next(f"kt-migrate plan --env {env}")
    screen.document({"run": folder.name, "env": env, "asked": count, "path": str(target)})


def _kind(form: str, output: Path | None, *, as_enrichment: bool) -> str:
    """Return the format: what is asked, else what the file's name ends with.

    Of an enrichment it is CSV when neither says so.
    """
    formats = _FORMATS if as_enrichment else WRITERS
    named = "" if output is None else output.suffix.lower().removeprefix(".")
    kind = form or (named if named in formats else "csv" if as_enrichment else "")
    if not kind:
        raise UsageError(
            "It is not said what to export.",
            where="errors export",
            fix="Give --format csv, xlsx or json, or --as-enrichment for what is missing.",
        )
    if kind not in formats:
        raise UsageError(
            "There is no such format.",
            where="--format",
            fix=said("Choose one of: {names}.", names=", ".join(formats)),
        )
    return kind


def _rules_of(workspace: Workspace, named: str, folder: Path) -> Rules:
    """Return the algorithm that the plan was made with.

    Raises:
        PlanStaleError: it is another one now, and would ask for something else.
    """
    rules = load_algorithm(named or workspace.domain.algorithm, workspace.root)
    bound = read_binding(folder).algorithm
    if rules.digest != bound:
        raise PlanStaleError(
            said(
                "Changed since the plan was made: {changed}.",
                changed=changed("algorithm", bound, rules.digest),
            ),
            where=str(folder),
            fix="Make a new plan with kt-migrate plan, and look at what it changes.",
        )
    return rules
