"""The commands, and the one place where an error becomes an exit code."""

from __future__ import annotations

import sys
from typing import Annotated, NoReturn

import typer

from kt_migrate import __version__
from kt_migrate.cli import (
    configs,
    controlling,
    differing,
    domains,
    environments,
    evidence,
    explaining,
    gating,
    inspecting,
    judging,
    listing,
    making,
    proving,
    reading,
    runbooks,
    running,
    scoping,
    serving,
    testing,
    tracing,
    undoing,
    writing,
)
from kt_migrate.cli.screen import fatal
from kt_migrate.errors import ConfigurationError, ExitCode, KtMigrateError, said
from kt_migrate.language import tr

app = typer.Typer(
    name="kt-migrate",
    help=tr("Moves a care provider's domain from Koppeltaal 1.3 to 2.0, and proves it."),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(value: bool) -> None:  # noqa: FBT001 (typer's callback)
    if value:
        typer.echo(f"kt-migrate {__version__}")
        raise typer.Exit


@app.callback()
def options(
    *,
    lang: Annotated[str, typer.Option("--lang", help=tr("Language: nl or en."))] = "nl",
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help=tr("The version.")),
    ] = False,
) -> None:
    """Take the options that come before a command."""
    del version
    if lang not in ("nl", "en"):
        raise typer.BadParameter(tr("choose nl or en"))


making.add_to(app)
configs.add_to(app)
explaining.add_to(app)
testing.add_to(explaining.algorithms)
differing.add_to(explaining.algorithms)
inspecting.add_to(app)
reading.add_to(app)
scoping.add_to(app)
environments.add_to(app)
writing.add_to(app)
running.add_to(app)
controlling.add_to(app)
domains.add_to(app)
proving.add_to(app)
listing.add_to(app)
tracing.add_to(app)
undoing.add_to(app)
evidence.add_to(app)
gating.add_to(app)
judging.add_to(app)
runbooks.add_to(app)
serving.add_to(app)


_CTRL_C = 130
"""Typer takes Ctrl-C for itself, and ends with this."""


def run() -> None:
    """Run the app, and end with its exit code."""
    try:
        app()
    except KtMigrateError as error:
        _end(error)
    except OSError as error:
        if error.filename is None:
            raise
        _end(_unusable(error))
    except SystemExit as end:
        sys.exit(ExitCode.INTERRUPTED if end.code == _CTRL_C else end.code)


def _end(error: KtMigrateError) -> NoReturn:
    fatal(error)
    sys.exit(error.exit_code)


def _unusable(error: OSError) -> ConfigurationError:
    return ConfigurationError(
        "A file or folder cannot be used.",
        where=str(error.filename),
        fix=said(
            "Look whether it is there, what it is, and who may use it ({strerror}).",
            strerror=error.strerror,
        ),
    )
