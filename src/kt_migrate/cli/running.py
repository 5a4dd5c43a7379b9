"""run: executes a plan on production, behind a GO for exactly that plan (draaiboek P.7, P.8)."""

from __future__ import annotations

import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from kt_migrate.cli.briefing import Briefing, brief, say_briefing
from kt_migrate.cli.executing import executed, limited, show_load
from kt_migrate.cli.existing import Existing, Repair, choice_of
from kt_migrate.cli.naming import require_domain
from kt_migrate.cli.options import (
    Algorithm,
    Archive,
    DomainDir,
    Enrichment,
    Env,
    Json,
    Limit,
    MaxInFlight,
    Rate,
    Run,
    choices_of,
    known_environment,
    run_of,
    workspace_of,
)
from kt_migrate.cli.passwords import PasswordFd
from kt_migrate.cli.screen import Screen
from kt_migrate.cli.subscriptions_screen import say_paused
from kt_migrate.cli.supplying import Wait, seconds_of
from kt_migrate.cli.unchanged import probe_of, require_same_server
from kt_migrate.config import Environment, Workspace, load_environment
from kt_migrate.errors import ExitCode, UsageError, said
from kt_migrate.gates.ledger import Go, require_go
from kt_migrate.language import tr
from kt_migrate.load.decision import Choice
from kt_migrate.load.execute import require_standing
from kt_migrate.plan.binding import read_binding
from kt_migrate.plan.make import require_fresh
from kt_migrate.plan.sampling.record import NAME as SAMPLE

RUN_ON = ("prd2", "local")
"""Where a run writes: production, and the sandbox, on which a weekend can be practised."""
_YES = "--yes-run"
YesRun = Annotated[
    str,
    typer.Option(
        _YES,
        metavar="DOMAIN",
        help=tr("Do not ask: this is the domain."),
    ),
]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.command(
        "run",
        help=tr(
            "Execute a plan on production (draaiboek P.7, P.8): only with a valid GO for "
            "exactly this plan. Says first what it will do, then asks the domain's name. "
            "Safe to repeat: it goes on where it was."
        ),
    )(run_plan)


def run_plan(
    env: Env,
    run: Run = "",
    archive: Archive = None,
    algorithm: Algorithm = "",
    enrichment: Enrichment = None,
    password_fd: PasswordFd = None,
    limit: Limit = None,
    max_in_flight: MaxInFlight = None,
    rate: Rate = None,
    existing: Existing = "",
    repair: Repair = False,
    wait: Wait = "",
    domain: YesRun = "",
    domain_dir: DomainDir = None,
    json: Json = False,
) -> None:
    """Execute a plan behind a GO; what is cheapest to refuse is looked at first."""
    screen = Screen(json=json)
    _require_environment(env)
    choice, longest = choice_of(existing), seconds_of(wait)
    workspace = workspace_of(domain_dir)
    environment = limited(load_environment(workspace, env), max_in_flight, rate)
    folder = _whole_plan(workspace, env, run)
    choices = choices_of(archive, algorithm, enrichment, password_fd, limit)
    require_fresh(workspace, env, choices, folder)
    go, briefing = _agreed(screen, workspace, environment, folder, choice, domain)
    result = executed(
        screen,
        workspace,
        environment,
        folder,
        choice=choice,
        repair=repair,
        wait=longest,
        go=go.digest,
    )
    code = show_load(screen, env, folder, result, _said(go, briefing))
    _say_next(screen, env, code)
    say_paused(screen, workspace.root, env)
    raise typer.Exit(code)


def now() -> datetime:
    """Return the time, UTC."""
    return datetime.fromtimestamp(time.time(), UTC)


def _require_environment(env: str) -> None:
    """Refuse an environment that is for trials.

    Raises:
        UsageError: it is not prd2 or local.
    """
    if known_environment(env) not in RUN_ON:
        raise UsageError(
            said("A run is for production; {env} is for trials.", env=env),
            where=f"--env {env}",
            fix=said("Use kt-migrate trial --env {env}.", env=env),
        )


def _whole_plan(workspace: Workspace, env: str, run: str) -> Path:
    """Return the run folder that is meant; a run makes no plan by itself.

    Raises:
        UsageError: there is none, or it holds a sample.
        PlanStaleError: undoing it was begun.
    """
    folder = run_of(workspace, env, run)
    require_standing(folder)
    if (folder / SAMPLE).exists():
        raise UsageError(
            "This run is a sample: a run takes the whole plan.",
            where=str(folder),
            fix=said(
                "kt-migrate plan --env {env} makes a whole one; --run names another.", env=env
            ),
        )
    return folder


def _agreed(
    screen: Screen,
    workspace: Workspace,
    environment: Environment,
    folder: Path,
    choice: Choice | None,
    domain: str,
) -> tuple[Go, Briefing]:
    """Say what is going to happen, and return once people and server allow it.

    Raises:
        GateError, ForgedError: there is no GO that holds.
        PlanStaleError: the server is not what the GO saw.
        UsageError: the domain's name was not typed in full.
    """
    env = environment.environment
    go = _go(workspace, env, folder)
    record = probe_of(workspace.root, env, go)
    briefing = brief(workspace, environment, folder, record, choice)
    say_briefing(screen, briefing, go, now())
    require_domain(workspace, domain, _YES, so=said("nothing was written"))
    require_same_server(workspace, environment, record)
    return _go(workspace, env, folder), briefing  # again: a person may have thought for an hour


def _go(workspace: Workspace, env: str, folder: Path) -> Go:
    """Return the GO that holds now, for exactly what this plan is bound to.

    Raises:
        GateError: there is none; it says what is missing.
        ForgedError: the ledger is not as it was signed.
    """
    bound = read_binding(folder)
    return require_go(workspace.root, env, "pre", bound.plan, now(), binding=asdict(bound))


def _said(go: Go, briefing: Briefing) -> dict[str, object]:
    """Return what the JSON document has beside the books."""
    return {
        "go": {
            "by": go.by,
            "role": go.role,
            "second": go.second,
            "at": go.at.isoformat(),
            "expires": go.expires.isoformat(),
            "digest": go.digest,
        },
        "briefing": briefing.as_json(),
    }


def _say_next(screen: Screen, env: str, code: ExitCode) -> None:
    """Say what comes now: after a run that ended well the proof, else the same command."""
    if code in (ExitCode.OK, ExitCode.REJECTS):
        screen.next(f"kt-migrate verify --env {env}", f"kt-migrate gate post --env {env}")
    elif code is ExitCode.INTERRUPTED:
        screen.say(tr("Not everything is written yet: the same command goes on."))
