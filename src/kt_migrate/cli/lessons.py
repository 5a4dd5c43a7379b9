"""lessons: what the next domain should know, from the runs of this one (draaiboek T.1-T.3)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kt_migrate.cli.options import DomainDir, Json, known_environment, workspace_of
from kt_migrate.cli.screen import Screen
from kt_migrate.errors import UsageError
from kt_migrate.language import tr
from kt_migrate.reports.error_list import written
from kt_migrate.reports.lessons.learned import learn
from kt_migrate.reports.lessons.page import answers_of, lessons_page, warnings_of
from kt_migrate.reports.lessons.patch import Patch, patch_of
from kt_migrate.reports.lessons.told import every_run
from kt_migrate.reports.lessons.words import tables_of
from kt_migrate.reports.page.html import write_page
from kt_migrate.reports.page.model import Table
from kt_migrate.reports.page.spoken import cell

SHOWN = 15
"""Rows of a table on screen; the page and `--json` have all."""

OfEnv = Annotated[
    str,
    typer.Option(
        "--env",
        help=tr("Environment whose last run counts; else the one nearest to production."),
    ),
]
Html = Annotated[
    Path | None, typer.Option("--html", metavar="FILE", help=tr("Write them as a page too."))
]
PatchFile = Annotated[
    Path | None,
    typer.Option(
        "--patch",
        metavar="FILE",
        help=tr("Write what this domain changed as an algorithm that extends the shared one."),
    ),
]
Shared = Annotated[
    str,
    typer.Option(
        "--shared",
        metavar="NAME",
        help=tr("The algorithm that domains share; else what this domain's own extends."),
    ),
]


def add_to(app: typer.Typer) -> None:
    """Add the command of this room."""
    app.command(
        "lessons",
        help=tr(
            "What the next domain should know, from the runs of this one: reasons that the trial "
            "did not show, rules that were changed, enrichment, the estimate, the time (draaiboek "
            "T.1-T.3). Talks to no server."
        ),
    )(lessons)


def lessons(
    env: OfEnv = "",
    html: Html = None,
    patch: PatchFile = None,
    shared: Shared = "",
    domain_dir: DomainDir = None,
    json: Json = False,
) -> None:
    """Say what was learned."""
    screen = Screen(json=json)
    workspace = workspace_of(domain_dir)
    _require_html(html)
    runs, unread = every_run(workspace.root)
    found = learn(workspace.domain.domain, runs, unread, known_environment(env) if env else "")
    made = patch_of(
        workspace.domain.algorithm,
        workspace.root,
        shared,
        found.runs,
        found.domain,
        patch or workspace.root / "lessons.yaml",
    )
    for line in warnings_of(found):
        screen.say(line)
    for answer in answers_of(found, made):
        screen.say(f"{answer.question} {answer.answer}")
    for table in tables_of(found, made):
        _show(screen, table)
    _write(screen, patch, made)
    if html is not None:
        screen.line(f"{tr('Page')}: {write_page(lessons_page(found, made), html)}")
    screen.document({**found.as_json(), "patch": made.as_json()})


def _require_html(html: Path | None) -> None:
    """Refuse a page that is no page.

    Raises:
        UsageError: its name does not end in .html.
    """
    if html is not None and html.suffix != ".html":
        raise UsageError(
            "The page's name does not end in .html.",
            where=str(html),
            fix="Name it so with --html.",
        )


def _write(screen: Screen, path: Path | None, made: Patch) -> None:
    """Write the patch; what a person made there is not overwritten.

    Raises:
        UsageError: the file is there.
    """
    if path is None:
        return
    if path.exists():
        raise UsageError(
            "The file is there already: somebody may have filled it in.",
            where=str(path),
            fix="Name another with --patch, or take it away.",
        )
    with written(path) as file:
        file.write(made.text.encode())
    screen.line(f"{tr('Patch')}: {path}")
    screen.line(f"  kt-migrate algorithm check {path}")


def _show(screen: Screen, table: Table) -> None:
    """Print the first rows of a table; a long text is for the page."""
    rows = [[c if isinstance(c, int) else cell(c) for c in row] for row in table.rows[:SHOWN]]
    screen.table(table.title, table.columns, rows)
    if len(table.rows) > SHOWN:
        screen.say(tr("… and {left} more: --json", left=len(table.rows) - SHOWN))
