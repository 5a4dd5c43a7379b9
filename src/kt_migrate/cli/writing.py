"""trial: the only command here that writes to a server, and it says to which first."""

from __future__ import annotations

from pathlib import Path

import typer

from kt_migrate.cli.executing import executed, limited, show_load
from kt_migrate.cli.existing import (
    Existing,
    Repair,
    choice_of,
)
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
from kt_migrate.cli.probing import Probe, probed
from kt_migrate.cli.profiles import require_profile
from kt_migrate.cli.reading import planned
from kt_migrate.cli.sampling import SamplePatients, SampleSeed, SampleShare, Whole, wish_of
from kt_migrate.cli.screen import Screen
from kt_migrate.cli.standing import following
from kt_migrate.cli.subscriptions_screen import say_paused
from kt_migrate.cli.supplying import Wait, seconds_of
from kt_migrate.config import Workspace, load_environment
from kt_migrate.errors import UsageError
from kt_migrate.language import tr
from kt_migrate.plan.make import Choices, require_fresh
from kt_migrate.plan.runs import is_undone, newest_run


def add_to(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.command(
        help=tr(
            "Execute the newest plan as a trial (draaiboek L.6, L.10, M.2). Never on "
            "prd2. Safe to repeat: it goes on where it was. With --sample or --patients "
            "only a sample, with an estimate of errors and time (docs/sample.md)."
        ),
    )(trial)


def trial(
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
    probe: Probe = False,
    sample: SampleShare = "",
    patients: SamplePatients = None,
    seed: SampleSeed = "",
    whole: Whole = False,
    domain_dir: DomainDir = None,
    json: Json = False,
) -> None:
    """Execute a plan as a trial."""
    screen = Screen(json=json)
    if known_environment(env) == "prd2":
        raise UsageError(
            "A trial never writes to production.",
            where="--env prd2",
            fix="Choose mgr2; production is kt-migrate run, behind a GO.",
        )
    choice, longest = choice_of(existing), seconds_of(wait)
    wish = wish_of(sample, patients, seed, whole=whole, repair=repair)
    workspace = workspace_of(domain_dir)
    choices = choices_of(archive, algorithm, enrichment, password_fd, limit)
    folder = _folder(screen, workspace, env, run, choices)
    environment = load_environment(workspace, env)
    screen.say(tr("Writes to {env}: {base}", env=env, base=environment.base))
    there = None
    if probe:
        require_profile(screen, workspace, environment, folder)
        there = probed(screen, workspace, environment, folder)
    environment = limited(environment, max_in_flight, rate)
    result = executed(
        screen,
        workspace,
        environment,
        folder,
        choice=choice,
        repair=repair,
        wait=longest,
        sample=wish,
    )
    extra = {} if there is None else {"probe": there.as_json()}
    code = show_load(screen, env, folder, result, extra)
    say_paused(screen, workspace.root, env)
    screen.next(following(env, folder))
    raise typer.Exit(code)


def _folder(screen: Screen, workspace: Workspace, env: str, run: str, choices: Choices) -> Path:
    newest = newest_run(workspace.root, env)
    if not run and (newest is None or is_undone(newest)):
        screen.say(tr("There is no plan for {env} yet: it is made now.", env=env))
        return planned(screen, workspace, env, choices).folder
    folder = run_of(workspace, env, run)
    require_fresh(workspace, env, choices, folder)
    return folder
