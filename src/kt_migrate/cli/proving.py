"""verify, report, status: they look, and never write to a server."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import typer

from kt_migrate.catalogue import CATALOGUE
from kt_migrate.cli.auditing import Audit, audited, ending, show_audit
from kt_migrate.cli.looking import looked
from kt_migrate.cli.options import (
    DomainDir,
    Env,
    Json,
    Run,
    known_environment,
    run_of,
    workspace_of,
)
from kt_migrate.cli.reporting import renew_report, withdrawn
from kt_migrate.cli.sampling import sample_json, say_sample
from kt_migrate.cli.screen import Screen, books_table
from kt_migrate.cli.sight import progress_text
from kt_migrate.cli.standing import following, stand_of
from kt_migrate.cli.subscriptions_screen import say_paused
from kt_migrate.cli.succeeding import say_success
from kt_migrate.config import ENVIRONMENTS, load_environment
from kt_migrate.errors import CouldNotLookError, ExitCode, ServerUnavailableError
from kt_migrate.language import shown, tr
from kt_migrate.plan.runs import runs_of
from kt_migrate.plan.sampling.sampled import planned_in
from kt_migrate.reports.error_list import write_error_list
from kt_migrate.reports.result import run_result
from kt_migrate.reports.sampled import passed_text, sample_text
from kt_migrate.reports.success import success_json, write_success
from kt_migrate.reports.undone import undoing_text
from kt_migrate.undo.looking import undoing_of
from kt_migrate.verify.audit import AuditResult
from kt_migrate.verify.compare import VerifyResult
from kt_migrate.verify.record import write_verified
from kt_migrate.verify.run import verify as verify_plan

SHOWN = 20
"""Lines of each kind on screen; verify.json has more."""


def add_to(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.command(
        help=tr("Read the server back and compare with the plan (draaiboek Q.2). Writes nothing."),
    )(verify)
    app.command(
        help=tr("Make rapport.html and rapport.json (draaiboek M.3, T)."),
    )(report)
    app.command(
        help=tr("Where a run stands, from another terminal too (draaiboek P)."),
    )(status)


def verify(
    env: Env = "local",
    run: Run = "",
    audit: Audit = False,
    domain_dir: DomainDir = None,
    json: Json = False,
) -> None:
    """Compare the server with the plan."""
    screen = Screen(json=json)
    workspace = workspace_of(domain_dir)
    environment = load_environment(workspace, known_environment(env))
    folder = run_of(workspace, env, run)
    with withdrawn(folder), _looking(screen, folder):
        doing = tr("reading back")
        result = looked(screen, doing, workspace, environment, folder, verify_plan)
        trail = audited(screen, workspace, environment, folder) if audit else None
    write_verified(folder, result, trail)
    code = _show(screen, env, folder, result, trail)
    screen.next(following(env, folder))
    raise typer.Exit(ending(code, trail))


@contextmanager
def _looking(screen: Screen, folder: Path) -> Iterator[None]:
    """Say that it could not be looked at, in the report too, and end with that code."""
    try:
        yield
    except (CouldNotLookError, ServerUnavailableError) as error:
        screen.say(tr("Could not look: that is no approval."))
        screen.say(f"{shown(error.what)} {error.where}")
        screen.say(shown(error.fix))
        renew_report(screen, folder)
        raise typer.Exit(ExitCode.COULD_NOT_LOOK) from None


def _show(
    screen: Screen, env: str, folder: Path, result: VerifyResult, trail: AuditResult | None
) -> ExitCode:
    with screen.progress(tr("adding up")):
        standing = run_result(folder)
        with planned_in(folder) as plan:
            sources = plan.sources()
    books = standing.books
    books_table(screen, books, extra=_beside(result, sources))
    _show_lines(screen, result)
    undoing = undoing_of(folder)
    if undoing is not None:
        screen.say(undoing_text(undoing))
    say_sample(screen, standing.sample)
    screen.say(
        passed_text(sampled=standing.sample is not None)
        if result.passed
        else tr("NOT equal: {different} differences.", different=result.different)
    )
    if trail is not None:
        show_audit(screen, trail)
    renew_report(screen, folder, standing)
    screen.document(
        {
            "run": folder.name,
            "env": env,
            "passed": result.passed,
            "books": books.as_json(),
            "books_per_event": books.as_json_per_event(),
            "hash_totals": {t.r4_type: t.found.as_json() for t in result.types},
            "planned": {t.r4_type: t.planned.as_json() for t in result.types},
            "differences": result.different,
            "unplanned": result.unplanned.as_json(),
            "histories": None if result.histories is None else asdict(result.histories),
            "audit": None if trail is None else trail.as_json(),
            **sample_json(standing.sample),
        }
    )
    if result.duplicates:
        return ExitCode.DUPLICATES
    return ExitCode.OK if result.passed else ExitCode.MISMATCH


def _show_lines(screen: Screen, result: VerifyResult) -> None:
    """Print the first differences, and what nobody planned."""
    unplanned = result.unplanned
    for difference in (*result.differences[:SHOWN], *unplanned.listed[:SHOWN]):
        title = CATALOGUE[difference.code].title
        paths = ", ".join(difference.paths)
        line = f"{difference.code} {difference.r4_type} {difference.link} {paths}".rstrip()
        screen.say(f"{line}\n  {shown(title)}")
    if unplanned.earlier_run or unplanned.other_origin:
        screen.say(
            tr(
                "Not of this plan: {earlier_run} of an earlier run, {other_origin} of "
                "another supplier.",
                earlier_run=unplanned.earlier_run,
                other_origin=unplanned.other_origin,
            )
        )
    if unplanned.unknown:
        screen.say(
            tr(
                "WARNING: no run of ours wrote {unknown} resources with our temporary identifier.",
                unknown=unplanned.unknown,
            )
        )


def _beside(
    result: VerifyResult, sources: Sequence[tuple[str, str]]
) -> dict[str, Sequence[object]]:
    """Return, per KT 1.3 type, how many are on the server, and whether the totals are equal."""
    per_type = {t.r4_type: t for t in result.types}
    return {
        source_type: (per_type[r4_type].found.count, "✓" if per_type[r4_type].equal else "✗")
        for source_type, r4_type in sources
    }


def report(
    env: Env = "local", run: Run = "", domain_dir: DomainDir = None, json: Json = False
) -> None:
    """Make the report."""
    screen = Screen(json=json)
    workspace = workspace_of(domain_dir)
    folder = run_of(workspace, known_environment(env), run)
    with screen.progress(tr("making the report")):
        result = run_result(folder)
        write_error_list(folder, result.issues)
        success = write_success(folder, result)
    say_sample(screen, result.sample)
    say_success(screen, success)
    html = renew_report(screen, folder, result)
    screen.next(*_after_report(env, folder, errors=len(result.issues)))
    screen.document(
        {
            "run": folder.name,
            "env": env,
            "html": str(html),
            "json": str(html.with_suffix(".json")),
            "success": success_json(success),
            **sample_json(result.sample),
        }
    )


def _after_report(env: str, folder: Path, *, errors: int) -> tuple[str, ...]:
    """Return what comes after a report: the list for the zorgaanbieder, and the evidence."""
    this = f"--env {env} --run {folder.name}"
    handed = f"kt-migrate errors export --format xlsx {this}" if errors else ""
    return handed, f"kt-migrate evidence make {this}"


def status(domain_dir: DomainDir = None, json: Json = False) -> None:
    """Show every run of the working folder, and how those go that are under way."""
    screen = Screen(json=json)
    workspace = workspace_of(domain_dir)
    found = [
        stand
        for env in ENVIRONMENTS
        for folder in runs_of(workspace.root, env)
        if (stand := stand_of(env, folder)) is not None
    ]
    columns = (
        "env",
        "run",
        tr("writes"),
        tr("done"),
        tr("to do"),
    )
    rows = [(s.env, s.run, s.writes, s.done, s.pending) for s in found]
    screen.table(tr("Runs"), columns, rows)
    for stand in found:
        if stand.running is not None:
            words = progress_text(stand.running)
            screen.say(f"{stand.env} {stand.run}: {tr('running')} · {words}")
        if stand.undoing is not None:
            now = tr(" It is under way.") if stand.working else ""
            screen.say(f"{stand.env} {stand.run}: {undoing_text(stand.undoing)}{now}")
        if stand.sample is not None:
            screen.say(f"{stand.env} {stand.run}: {sample_text(stand.sample)}")
        if stand.following:
            run, command = f"{stand.env} {stand.run}", stand.following
            screen.line(tr("{run}: next {command}", run=run, command=command))
    paused = {env: say_paused(screen, workspace.root, env) for env in ENVIRONMENTS}
    screen.document(
        {
            "runs": [stand.as_json() for stand in found],
            "paused": {env: number for env, number in paused.items() if number != 0},
        }
    )
