"""The commands, and the one place where an error becomes an exit code."""

from __future__ import annotations

import sys
from typing import Annotated, NoReturn

import typer

from kt_migrate import __version__
from kt_migrate.cli.failing import fatal
from kt_migrate.cli.lazy import Root
from kt_migrate.cli.plainly import choose_plain
from kt_migrate.errors import ConfigurationError, ExitCode, KtMigrateError, said
from kt_migrate.language import tr

app = typer.Typer(
    name="kt-migrate",
    cls=Root,
    help=tr("Moves a care provider's domain from Koppeltaal 1.3 to 2.0, and proves it."),
    no_args_is_help=True,
    add_completion=True,
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
    plain: Annotated[
        bool,
        typer.Option(
            "--plain",
            help=tr("No colour, no bars, no signs beyond ASCII: for a log or a screen reader."),
        ),
    ] = False,
) -> None:
    """Take the options that come before a command."""
    del version
    choose_plain(plain=plain)
    if lang not in ("nl", "en"):
        raise typer.BadParameter(tr("choose nl or en"))


_CTRL_C = 130
"""Typer takes Ctrl-C for itself, and ends with this."""


def run() -> None:
    """Run the app, and end with its exit code."""
    try:
        app(prog_name="kt-migrate")
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
