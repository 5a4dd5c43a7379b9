"""inspect: what is in the archive, on one screen and one page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from kt_migrate.algorithm.load import load_algorithm
from kt_migrate.algorithm.model import Algorithm
from kt_migrate.cli.manifests import Manifest, as_json, delivery, end_with
from kt_migrate.cli.options import DomainDir, Json, Limit, workspace_of
from kt_migrate.cli.passwords import PasswordFd, passwords_of
from kt_migrate.cli.screen import Screen
from kt_migrate.config import Workspace
from kt_migrate.errors import UsageError
from kt_migrate.history.inspection import inspect as inspect_archive
from kt_migrate.language import tr
from kt_migrate.plan.make import Choices, archive_roots, limits_of
from kt_migrate.reports.inspection import document, homes, write_inspection
from kt_migrate.reports.inspection_screen import screen_lines

PAGE = "inspectie.html"

Page = Annotated[
    Path | None,
    typer.Option(
        "--html",
        help=tr(
            "Where the page comes, with the JSON beside it; else {page} in the working folder.",
            page=PAGE,
        ),
    ),
]


def add_to(app: typer.Typer) -> None:
    """Add the command of this room."""
    app.command(
        help=tr(
            "What is in the archive, and was the buffer empty (draaiboek K.3, P.5). "
            "Writes nothing but its report."
        ),
    )(inspect)


def inspect(
    archive: Annotated[
        list[Path] | None,
        typer.Argument(help=tr("Archives; else the domain's.")),
    ] = None,
    html: Page = None,
    password_fd: PasswordFd = None,
    limit: Limit = None,
    manifest: Manifest = False,
    domain_dir: DomainDir = None,
    json: Json = False,
) -> None:
    """Say what is in an archive."""
    screen = Screen(json=json)
    asked = _asked(archive or [], html, domain_dir)
    limits = limits_of(asked.workspace, Choices(limits=tuple(limit or ())))
    checked = delivery(screen, asked.roots, asked.workspace, limits) if manifest else None
    with screen.progress(tr("reading")) as bar:
        found = inspect_archive(
            asked.roots, asked.domains, lambda n: bar(n, None), passwords_of(password_fd), limits
        )
    places = homes(found.objects, asked.algorithm)
    for line in screen_lines(found, places):
        screen.say(line)
    if asked.page is not None:
        with screen.progress(tr("making the report")):
            write_inspection(asked.page, found, places)
        screen.line(f"{tr('More, with the months')}: {asked.page}")
    if asked.workspace is not None:
        screen.next("kt-migrate plan")
    screen.document(document(found, places) | as_json(checked))
    end_with(checked)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What the command line and the working folder say together; `page` None: none is asked."""

    roots: tuple[Path, ...]
    domains: tuple[str, ...]
    algorithm: Algorithm
    page: Path | None
    workspace: Workspace | None


def _asked(archive: Sequence[Path], html: Path | None, domain_dir: Path | None) -> _Asked:
    """Take the archives that are named, else those of the working folder and its choices."""
    workspace = None
    if archive:
        roots, page = tuple(archive), html
        domains, algorithm = tuple[str, ...](), load_algorithm("standard")
    else:
        workspace = workspace_of(domain_dir)
        roots, page = archive_roots(workspace, Choices()), html or workspace.root / PAGE
        domains = workspace.domain.source_domains
        algorithm = load_algorithm(workspace.domain.algorithm, workspace.root)
    if page is not None:
        _require_apart(page, roots)
    return _Asked(roots=roots, domains=domains, algorithm=algorithm, page=page, workspace=workspace)


def _require_apart(page: Path, roots: Sequence[Path]) -> None:
    """Refuse a page that is no page, or would change the archive that it is about.

    Raises:
        UsageError: the name does not end in .html, or the place lies in the archive.
    """
    if page.suffix != ".html":
        raise UsageError(
            "The page's name does not end in .html.",
            where=str(page),
            fix="Name it so with --html; the JSON comes beside it.",
        )
    place = page.resolve().parent
    for root in roots:
        if root.is_dir() and place.is_relative_to(root.resolve()):
            raise UsageError(
                "The page would come into the archive itself.",
                where=str(page),
                fix="Name another place with --html.",
            )
