"""control: steers a run that is under way, from another terminal. Talks to no server."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kt_migrate.cli.options import (
    DomainDir,
    Env,
    Run,
    known_environment,
    run_of,
    workspace_of,
)
from kt_migrate.cli.screen import Screen
from kt_migrate.config import Workspace
from kt_migrate.errors import UsageError
from kt_migrate.language import tr
from kt_migrate.load.control import MOST_PER_SECOND, Command, Order, give_order
from kt_migrate.load.lock import writer_of
from kt_migrate.plan.runs import runs_of

_control = typer.Typer(
    help=tr("Steer a run that is under way, from another terminal (draaiboek P.8)."),
    no_args_is_help=True,
    rich_markup_mode=None,
)


def add_to(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.add_typer(_control, name="control")


@_control.command(help=tr("Start no new writes until resume (draaiboek P.8)."))
def pause(env: Env = "local", run: Run = "", domain_dir: DomainDir = None) -> None:
    """Start no new writes until resume."""
    _give(Order(Command.PAUSE), env, run, domain_dir)


@_control.command(help=tr("Go on after pause (draaiboek P.8)."))
def resume(env: Env = "local", run: Run = "", domain_dir: DomainDir = None) -> None:
    """Go on after pause."""
    _give(Order(Command.RESUME), env, run, domain_dir)


@_control.command(
    help=tr(
        "Change the rate of this start: writing requests per second, 0 for no limit "
        "(draaiboek P.8)."
    )
)
def rate(
    per_second: Annotated[
        float, typer.Argument(min=0, max=MOST_PER_SECOND, metavar="N", show_default=False)
    ],
    env: Env = "local",
    run: Run = "",
    domain_dir: DomainDir = None,
) -> None:
    """Change the rate of this start."""
    _give(Order(Command.RATE, per_second), env, run, domain_dir)


@_control.command(
    help=tr("Stop after what is under way; the same command goes on later (draaiboek P.8).")
)
def stop(env: Env = "local", run: Run = "", domain_dir: DomainDir = None) -> None:
    """Stop after what is under way."""
    _give(Order(Command.STOP), env, run, domain_dir)


def _give(order: Order, env: str, run: str, domain_dir: Path | None) -> None:
    if order.per_second != order.per_second:
        raise UsageError("The rate is no number.", where="rate", fix="Give one, 20 say.")
    screen = Screen(json=False)
    workspace = workspace_of(domain_dir)
    folder = _run_under_way(workspace, known_environment(env), run)
    give_order(folder, order, lambda: writer_of(folder))
    screen.say(
        tr("{env} {name}: {command} was obeyed.", env=env, name=folder.name, command=order.command)
    )
    screen.next("kt-migrate status")


def _run_under_way(workspace: Workspace, env: str, run: str) -> Path:
    """Return the run that is meant: the one that is named, else the one somebody works on."""
    if not run:
        for folder in runs_of(workspace.root, env):
            if writer_of(folder) is not None:
                return folder
    return run_of(workspace, env, run)
