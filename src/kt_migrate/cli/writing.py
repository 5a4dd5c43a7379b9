"""trial: the only command here that writes to a server, and it says to which first."""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path

import typer

from kt_migrate.cli.existing import (
    Existing,
    Listing,
    Repair,
    beside_books,
    choice_of,
    say_existing,
    say_scan,
    say_wrong,
    wrong_of,
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
from kt_migrate.cli.profiles import judge_running, require_profile
from kt_migrate.cli.reading import planned
from kt_migrate.cli.screen import Screen, books_table
from kt_migrate.cli.sight import end_block, watching
from kt_migrate.cli.succeeding import say_success
from kt_migrate.config import Environment, Workspace, load_environment
from kt_migrate.errors import ExitCode, UsageError
from kt_migrate.language import tr
from kt_migrate.load.execute import execute
from kt_migrate.load.journal import State
from kt_migrate.load.run import LoadResult
from kt_migrate.load.start import Wishes
from kt_migrate.load.tending import end_fields
from kt_migrate.plan.findings import NOTHING_WRONG, Findings
from kt_migrate.plan.make import Choices, require_fresh
from kt_migrate.plan.runs import is_undone, newest_run
from kt_migrate.reports.error_list import write_error_list
from kt_migrate.reports.result import RunResult, run_result
from kt_migrate.reports.success import success_json, write_success
from kt_migrate.verify.probe import ProbeResult
from kt_migrate.verify.record import forget_verified


def add_to(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.command(
        help=tr(
            "Voer het nieuwste plan uit als proef (draaiboek L.6, L.10, M.2). Nooit op prd2. "
            "Herhalen mag: het gaat verder waar het was.",
            "Execute the newest plan as a trial (draaiboek L.6, L.10, M.2). Never on prd2. "
            "Safe to repeat: it goes on where it was.",
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
    probe: Probe = False,
    domain_dir: DomainDir = None,
    json: Json = False,
) -> None:
    """Execute a plan as a trial."""
    screen = Screen(json=json)
    if known_environment(env) == "prd2":
        raise UsageError(
            "A trial never writes to production.", where="--env prd2", fix="Choose mgr2."
        )
    choice = choice_of(existing)
    workspace = workspace_of(domain_dir)
    choices = choices_of(archive, algorithm, enrichment, password_fd, limit)
    folder = _folder(screen, workspace, env, run, choices)
    environment = load_environment(workspace, env)
    screen.say(
        tr(f"Schrijft naar {env}: {environment.base}", f"Writes to {env}: {environment.base}")
    )
    there = None
    if probe:
        require_profile(screen, workspace, environment, folder)
        there = probed(screen, workspace, environment, folder)
    forget_verified(folder)
    listing = Listing(screen, folder)
    told = partial(judge_running, screen, folder, env)
    wishes = Wishes(existing=choice, repair=repair, listed=listing.show, running=told)
    environment = limited(environment, max_in_flight, rate)
    with watching(tr("schrijven", "writing")) as watcher:
        result = execute(workspace, environment, folder, watcher=watcher, wishes=wishes)
    code = _show(screen, env, folder, result, there)
    raise typer.Exit(code)


def limited(
    environment: Environment, max_in_flight: int | None, per_second: float | None
) -> Environment:
    """Return an environment with the limits of the command line in place of its own.

    Raises:
        UsageError: the rate is no number.
    """
    if per_second is not None and not math.isfinite(per_second):
        raise UsageError("The rate is no number.", where="--rate", fix="Give one, 20 say.")
    given = {"max_in_flight": max_in_flight, "per_second": per_second}
    update = {name: value for name, value in given.items() if value is not None}
    return environment.model_copy(update={"limits": environment.limits.model_copy(update=update)})


def _folder(screen: Screen, workspace: Workspace, env: str, run: str, choices: Choices) -> Path:
    newest = newest_run(workspace.root, env)
    if not run and (newest is None or is_undone(newest)):
        screen.say(
            tr(
                f"Er is nog geen plan voor {env}: dat wordt nu gemaakt.",
                f"There is no plan for {env} yet: it is made now.",
            )
        )
        return planned(screen, workspace, env, choices).folder
    folder = run_of(workspace, env, run)
    require_fresh(workspace, env, choices, folder)
    return folder


def _show(
    screen: Screen, env: str, folder: Path, load: LoadResult, there: ProbeResult | None
) -> ExitCode:
    result = run_result(folder)
    write_error_list(folder, result.issues)
    wrong = wrong_of(folder)
    if wrong.all:
        say_wrong(screen, wrong, repaired=bool(load.repaired))
    elif load.already == load.total and load.total:
        screen.say(
            tr(
                "Er is niets te doen: alles van dit plan staat al op de server.",
                "There is nothing to do: all of this plan is on the server.",
            )
        )
    books_table(screen, result.books)
    end_block(screen, load)
    screen.say(
        tr(
            f"Op de server {load.on_server} van {load.total}, mislukt {load.failed}, "
            f"nog te doen {load.pending}; {load.sent} schrijfverzoeken.",
            f"On the server {load.on_server} of {load.total}, failed {load.failed}, "
            f"still to do {load.pending}; {load.sent} writing requests.",
        )
    )
    say_existing(screen, folder, load)
    say_scan(screen, load)
    if load.over_budget:
        screen.say(
            tr(
                "Gestopt: er viel te veel uit (error_share, errors_in_a_row). Kijk in de "
                "foutenlijst; hetzelfde commando gaat verder.",
                "Stopped: too much failed (error_share, errors_in_a_row). Look at the error list; "
                "the same command goes on.",
            )
        )
    screen.say(f"{tr('Foutenlijst', 'Error list')}: {folder / 'foutenlijst.csv'}")
    success = write_success(folder, result)
    say_success(screen, success)
    more = {**beside_books(folder, load, wrong), **({"probe": there.as_json()} if there else {})}
    content = document(env, folder, result, load.pending)
    screen.document(
        {**content, **more, "figures": end_fields(load), "success": success_json(success)}
    )
    if load.stopped_by is not None:
        raise load.stopped_by
    return _code(load, result, wrong)


def document(env: str, folder: Path, result: RunResult, pending: int) -> dict[str, object]:
    """Return the books as `--json` prints them."""
    totals = result.planned if result.journal is None else result.journal
    return {
        "run": folder.name,
        "env": env,
        "books": result.books.as_json(),
        "books_per_event": result.books.as_json_per_event(),
        "hash_totals": {t: total.as_json() for t, total in totals.items()},
        "pending": pending,
        "path": str(folder),
    }


def _code(load: LoadResult, result: RunResult, wrong: Findings = NOTHING_WRONG) -> ExitCode:
    if result.books.unbalanced():
        return ExitCode.BOOKS
    if load.over_budget:
        return ExitCode.TOO_MANY_REJECTS
    if load.interrupted or load.pending:
        return ExitCode.INTERRUPTED
    if load.states.get(State.DUPLICATE):
        return ExitCode.DUPLICATES
    if load.failed:
        return ExitCode.REJECTS
    if wrong.all:
        return ExitCode.MISMATCH
    blind = load.scanned is not None and load.scanned.could_not_look
    return ExitCode.COULD_NOT_LOOK if blind else ExitCode.OK
