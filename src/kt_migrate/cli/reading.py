"""inspect, plan: they read, and talk to no server."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kt_migrate.cli.manifests import Manifest, as_json, delivery, end_with, said
from kt_migrate.cli.options import (
    Algorithm,
    Archive,
    DomainDir,
    Enrichment,
    Env,
    Json,
    Limit,
    choices_of,
    known_environment,
    workspace_of,
)
from kt_migrate.cli.passwords import PasswordFd, passwords_of
from kt_migrate.cli.screen import Screen, books_table, sightings_table
from kt_migrate.config import Workspace, load_environment
from kt_migrate.history.inspection import inspect as inspect_archive
from kt_migrate.language import tr
from kt_migrate.plan.make import Choices, Made, archive_roots, limits_of, make_plan
from kt_migrate.plan.store import Plan
from kt_migrate.reports.result import run_result


def add_to(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.command(
        help=tr(
            "Wat zit er in het archief (draaiboek K.3, P.5). Schrijft niets.",
            "What is in the archive (draaiboek K.3, P.5). Writes nothing.",
        ),
    )(inspect)
    app.command(
        help=tr(
            "Maak een plan: elke schrijfactie, elke uitval, de boeken (draaiboek K.3-K.6). "
            "Praat met geen enkele server.",
            "Make a plan: every write, every reject, the books (draaiboek K.3-K.6). Talks to "
            "no server.",
        ),
    )(plan)


def inspect(
    archive: Annotated[
        list[Path] | None,
        typer.Argument(
            help=tr("Archieven; anders die van het domein.", "Archives; else the domain's.")
        ),
    ] = None,
    password_fd: PasswordFd = None,
    limit: Limit = None,
    manifest: Manifest = False,
    domain_dir: DomainDir = None,
    json: Json = False,
) -> None:
    """Say what is in an archive."""
    screen = Screen(json=json)
    workspace = None
    if archive:
        roots, domains = tuple(archive), tuple[str, ...]()
    else:
        workspace = workspace_of(domain_dir)
        roots, domains = archive_roots(workspace, Choices()), workspace.domain.source_domains
    limits = limits_of(workspace, Choices(limits=tuple(limit or ())))
    checked = delivery(screen, roots, workspace, limits) if manifest else None
    with screen.progress(tr("lezen", "reading")) as bar:
        found = inspect_archive(
            roots, domains, lambda n: bar(n, None), passwords_of(password_fd), limits
        )
    two = (tr("soort", "kind"), tr("aantal", "count"))
    screen.table(tr("Documenten", "Documents"), two, list(found.documents.items()))
    screen.table(tr("Berichten per event", "Messages per event"), two, list(found.events.items()))
    screen.table(
        tr("Objecten", "Objects"),
        (tr("soort", "type"), tr("objecten", "objects"), tr("waarnemingen", "sightings")),
        [(t, n, v) for t, (n, v) in found.objects.items()],
    )
    opened, closed = found.activities
    screen.say(
        tr(
            f"Activiteiten: {opened} open, {closed} gesloten.",
            f"Activities: {opened} open, {closed} closed.",
        )
    )
    screen.say(
        tr(
            f"Oudste bericht {found.oldest}, nieuwste {found.newest}.",
            f"Oldest message {found.oldest}, newest {found.newest}.",
        )
    )
    screen.table(tr("Afzenders", "Senders"), two, list(found.senders.items()))
    screen.table(
        tr("Nooit verwerkt (controlelijst P.5)", "Never processed (control list P.5)"),
        two,
        list(found.unprocessed.items()),
    )
    screen.table(tr("Bijzonderheden", "Out of the ordinary"), two, list(found.odd.items()))
    screen.document(found.as_json() | as_json(checked))
    end_with(checked)


def plan(
    env: Env = "local",
    archive: Archive = None,
    algorithm: Algorithm = "",
    enrichment: Enrichment = None,
    password_fd: PasswordFd = None,
    limit: Limit = None,
    domain_dir: DomainDir = None,
    json: Json = False,
) -> None:
    """Make a plan."""
    screen = Screen(json=json)
    workspace = workspace_of(domain_dir)
    made = planned(
        screen,
        workspace,
        known_environment(env),
        choices_of(archive, algorithm, enrichment, password_fd, limit),
    )
    screen.say(said(made.manifests))
    if not made.anew:
        screen.say(
            tr(
                f"Er is niets veranderd: plan {made.folder.name} geldt nog.",
                f"Nothing has changed: plan {made.folder.name} still holds.",
            )
        )
    show_plan(screen, workspace, env, made.folder)


def planned(screen: Screen, workspace: Workspace, env: str, choices: Choices) -> Made:
    """Make a plan with a progress bar."""
    with screen.progress(tr("plannen", "planning")) as bar:
        return make_plan(workspace, env, choices, lambda n: bar(n, None))


def show_plan(screen: Screen, workspace: Workspace, env: str, folder: Path) -> None:
    """Print a plan's books, totals and estimate."""
    result = run_result(folder)
    books_table(screen, result.books, events=True)
    sightings_table(screen, result)
    screen.table(
        tr("Wordt geschreven", "To be written"),
        ("R4", tr("aantal", "count"), tr("hashtotaal", "hash total")),
        [(t, total.count, total.hex[:16] + "…") for t, total in result.planned.items()],
    )
    with Plan(folder / "plan.sqlite") as found:
        stages = found.stages()
    per_second = load_environment(workspace, env).limits.per_second or 100
    seconds = result.total / per_second
    screen.say(
        tr(
            f"{result.total} schrijfacties in {stages} trappen; bij {per_second:.0f} per seconde "
            f"{seconds / 60:.1f} minuten. Elke schrijfactie is een AuditEvent, en een notificatie "
            "per abonnement dat past.",
            f"{result.total} writes in {stages} stages; at {per_second:.0f} per second "
            f"{seconds / 60:.1f} minutes. Each write is an AuditEvent, and a notification per "
            "matching subscription.",
        )
    )
    screen.say(f"{tr('Plan', 'Plan')}: {folder}")
    screen.document(
        {
            "run": folder.name,
            "env": env,
            "books": result.books.as_json(),
            "books_per_event": result.books.as_json_per_event(),
            "census": result.census,
            "hash_totals": {t: total.as_json() for t, total in result.planned.items()},
            "writes": result.total,
            "stages": stages,
            "estimated_seconds": round(seconds, 1),
            "path": str(folder),
        }
    )
