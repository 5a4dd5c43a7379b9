"""trace: the life of one object, from the run folder alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import typer

from kt_migrate.catalogue import CATALOGUE
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
from kt_migrate.language import tr
from kt_migrate.plan.life import Seen
from kt_migrate.plan.rows import IssueRow, SuppliedRow
from kt_migrate.reports.dutch import dutch
from kt_migrate.reports.trace import Traced, TracedWrite, moment, trace
from kt_migrate.reports.trace_json import as_json

SHOWN = 20
"""Sightings and steps on screen; `--json` has all."""

_OUTCOMES = {
    "migrated": ("gaat mee", "migrates"),
    "not_migrated": ("wordt niet gemigreerd", "is not migrated"),
    "rejected": ("valt uit", "is rejected"),
    "out_of_scope": ("valt buiten de scope", "is out of scope"),
}


def add_to(app: typer.Typer) -> None:
    """Add the command of this room."""
    app.command(
        "trace",
        help=tr(
            "Het leven van één object: berichten, bestemming, regels, verzoeken, antwoorden,"
            " verificatie (draaiboek Q.5). Leest alleen de runmap.",
            "The life of one object: messages, fate, rules, requests, answers, verification"
            " (draaiboek Q.5). Reads the run folder only.",
        ),
    )(trace_object)


def trace_object(
    link: Annotated[
        str,
        typer.Argument(
            metavar="LINK",
            help=tr(
                "Link uit de foutenlijst, ActivityIdentifier of naam van een applicatie.",
                "Link of the error list, ActivityIdentifier or name of an application.",
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
    known, found = trace(folder, link)
    screen.line(f"{known} · run {folder.name} ({env})")
    for traced in found:
        _show(screen, traced)
    screen.document(
        {
            "run": folder.name,
            "env": env,
            "link": known,
            "objects": [as_json(traced) for traced in found],
        }
    )


def _show(screen: Screen, traced: Traced) -> None:
    ended = traced.ended
    reason = f" ({ended.reason})" if ended.reason else ""
    screen.line(f"{ended.source_type}: {tr(*_OUTCOMES[ended.outcome.value])}{reason}")
    _listed(screen, tr("Waarnemingen", "Sightings"), map(_seen, traced.seen))
    _listed(screen, tr("Verrijking", "Enrichment"), map(_supplied, traced.supplied))
    _listed(screen, tr("Meldingen en fouten", "Notices and errors"), map(_issue, traced.issues))
    for write in traced.writes:
        _show_write(screen, write)
    if traced.found is None:
        screen.line(tr("Verificatie: nog niet gedaan.", "Verification: not done yet."))
    elif not traced.found:
        screen.line(tr("Verificatie: geen verschil.", "Verification: no difference."))
    else:
        _listed(screen, tr("Verificatie", "Verification"), map(_issue, traced.found))


def _listed(screen: Screen, title: str, lines: Iterable[str]) -> None:
    listed = list(lines)
    if not listed:
        return
    screen.line(f"{title}: {len(listed)}")
    hidden = max(0, len(listed) - SHOWN)
    if hidden:
        screen.line(tr(f"  … {hidden} eerder (--json)", f"  … {hidden} before (--json)"))
    for line in listed[hidden:]:
        screen.line(f"  {line}")


def _seen(seen: Seen) -> str:
    version = seen.version or "-"
    said = f"{version} {seen.event} {seen.message}".rstrip()
    if seen.by is None:
        return f"{said}: {tr('laatste stand', 'last state')}"
    return f"{said}: {tr('vervangen door', 'superseded by')} {' '.join(seen.by)} ({seen.reason})"


def _supplied(row: SuppliedRow) -> str:
    rule = f" → {row.rule}" if row.rule else ""
    reason = f" {row.reason}" if row.reason else ""
    return f"{row.file}:{row.line} {row.field}{rule}: {row.status}{reason}"


def _issue(issue: IssueRow) -> str:
    title = CATALOGUE[issue.code].title
    place = " ".join(filter(None, (issue.path, issue.rule, issue.detail)))
    return f"{issue.code} {place}: {tr(dutch(title), title)}"


def _show_write(screen: Screen, traced: TracedWrite) -> None:
    write, stand = traced.write, traced.stand
    screen.line(
        tr(
            f"Schrijfactie {write.seq}, trap {write.stage}: {write.r4_type}",
            f"Write {write.seq}, stage {write.stage}: {write.r4_type}",
        )
    )
    screen.line(f"  {write.system}|{write.value}")
    for path, source_type, link in traced.targets:
        screen.line(f"  {path} → {source_type} {link}")
    if not traced.drawn:
        screen.line(
            tr(
                "  Niet getrokken: deze run is van een steekproef.",
                "  Not drawn: this run is of a sample.",
            )
        )
        return
    if stand is None:
        screen.line(tr("  Er is nog niets verstuurd.", "  Nothing was sent yet."))
        return
    place = f"{write.r4_type}/{stand.server_id}" if stand.server_id else ""
    version = f"/_history/{stand.version}" if stand.server_id and stand.version else ""
    said = filter(None, (stand.state, place + version, stand.code, stand.path, stand.said))
    screen.line("  " + " ".join(said))
    _listed(
        screen,
        tr("  Stappen", "  Steps"),
        (
            f"{moment(step.at)} {step.state} {step.operation}"
            f" {f'HTTP {step.status}' if step.status else ''} {step.request_id}".rstrip()
            for step in traced.steps
        ),
    )
    for one in traced.undone:
        what = f"{one.state} {write.r4_type}/{one.server_id} {one.code}".rstrip()
        screen.line(f"  {tr('Teruggedraaid', 'Undone')}: {what}")
