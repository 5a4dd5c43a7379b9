"""What `trial` and `run` share: the load itself, what is said of it, and its exit code."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from kt_migrate.cli.existing import (
    Listing,
    beside_books,
    say_existing,
    say_scan,
    say_wrong,
    wrong_of,
)
from kt_migrate.cli.profiles import judge_running
from kt_migrate.cli.reporting import renew_report, withdrawn
from kt_migrate.cli.sampling import concluded, say_chosen, say_sample
from kt_migrate.cli.screen import Screen, books_table
from kt_migrate.cli.sight import end_block, watching
from kt_migrate.cli.succeeding import say_success
from kt_migrate.cli.supplying import others_json, say_waiting
from kt_migrate.config import Environment, Workspace
from kt_migrate.errors import ExitCode, UsageError
from kt_migrate.language import tr
from kt_migrate.load.decision import Choice
from kt_migrate.load.execute import execute
from kt_migrate.load.run import LoadResult
from kt_migrate.load.start import Wishes
from kt_migrate.load.states import State
from kt_migrate.load.tending import end_fields
from kt_migrate.plan.findings import NOTHING_WRONG, Findings
from kt_migrate.plan.sampling.choosing import Extent, Wish
from kt_migrate.reports.error_list import write_error_list
from kt_migrate.reports.result import RunResult, run_result
from kt_migrate.reports.success import success_json, write_success


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


def executed(
    screen: Screen,
    workspace: Workspace,
    environment: Environment,
    folder: Path,
    *,
    choice: Choice | None,
    repair: bool,
    sample: Wish = Extent.WHOLE,
    go: str = "",
    wait: float = 0.0,
) -> LoadResult:
    """Bring a plan to its environment, with its progress on the screen.

    What an earlier verification approved counts no more from here on.

    Args:
        screen: where to say how it goes.
        workspace: the working folder.
        environment: where to, with the limits that count.
        folder: the run folder.
        choice: what to do with what was there before this plan; None: what the run was begun with.
        repair: bring back what the last verification found gone or other.
        sample: which part of the plan; everything, when nobody says.
        go: digest of the record of the GO under which it writes; empty: a trial, under none.
        wait: seconds to wait, at most, for what other suppliers bring.

    Raises:
        RunLockedError, JournalError, ConfigurationError, PlanStaleError, UsageError: nothing was
            sent.
    """
    told = partial(judge_running, screen, folder, environment.environment)
    listed = Listing(screen, folder).show
    wishes = Wishes(
        existing=choice,
        repair=repair,
        listed=listed,
        running=told,
        go=go,
        sample=sample,
        chosen=partial(say_chosen, screen),
        wait=wait,
    )
    with withdrawn(folder), watching(tr("writing")) as watcher:
        return execute(workspace, environment, folder, watcher=watcher, wishes=wishes)


def show_load(
    screen: Screen, env: str, folder: Path, load: LoadResult, extra: Mapping[str, object]
) -> ExitCode:
    """Say what a load came to, write the error list and the success criteria beside it.

    Args:
        screen: where to say it.
        env: the environment's name.
        folder: the run folder.
        load: what came of it.
        extra: what the command puts into its JSON document beside the books.

    Returns:
        The exit code of the command.

    Raises:
        KtMigrateError: what stopped the load.
    """
    with screen.progress(tr("adding up")):
        result = run_result(folder)
        write_error_list(folder, result.issues)
    wrong = wrong_of(folder)
    if wrong.all:
        say_wrong(screen, wrong, repaired=bool(load.repaired))
    elif load.already == load.total and load.total:
        screen.say(tr("There is nothing to do: all of this plan is on the server."))
    books_table(screen, result.books)
    say_sample(screen, result.sample)
    end_block(screen, load)
    screen.say(
        tr(
            "On the server {on_server} of {total}, failed {failed}, still to do "
            "{pending}; {sent} writing requests.",
            on_server=load.on_server,
            total=load.total,
            failed=load.failed,
            pending=load.pending,
            sent=load.sent,
        )
    )
    say_existing(screen, folder, load)
    say_scan(screen, load)
    say_waiting(screen, load)
    if load.over_budget:
        screen.say(
            tr(
                "Stopped: too much failed (error_share, errors_in_a_row). Look at the error "
                "list; the same command goes on."
            )
        )
    screen.line(f"{tr('Error list')}: {folder / 'foutenlijst.csv'}")
    success = write_success(folder, result)
    say_success(screen, success)
    concluding = concluded(screen, folder, result)
    renew_report(screen, folder, result)
    more = {**beside_books(folder, load, wrong), **concluding, **extra}
    content = document(env, folder, result, load.pending)
    screen.document(
        {
            **content,
            **more,
            "others": others_json(load),
            "figures": end_fields(load),
            "success": success_json(success),
        }
    )
    if load.stopped_by is not None:
        raise load.stopped_by
    return code_of(load, result, wrong)


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


def code_of(load: LoadResult, result: RunResult, wrong: Findings = NOTHING_WRONG) -> ExitCode:
    """Return the exit code of a load: the worst that there is to say of it."""
    blind = load.scanned is not None and load.scanned.could_not_look
    judged = (
        (result.books.unbalanced(), ExitCode.BOOKS),
        (load.over_budget, ExitCode.TOO_MANY_REJECTS),
        (load.interrupted or load.pending > load.waiting, ExitCode.INTERRUPTED),
        (load.states.get(State.DUPLICATE), ExitCode.DUPLICATES),
        (load.brought, ExitCode.CLASH),
        (load.failed, ExitCode.REJECTS),
        (wrong.all, ExitCode.MISMATCH),
        (load.waiting, ExitCode.WAITING),
        (blind, ExitCode.COULD_NOT_LOOK),
    )
    return next((code for so, code in judged if so), ExitCode.OK)
