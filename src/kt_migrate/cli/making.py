"""init, keys."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import orjson
import typer

from kt_migrate.cli.clients import OfClient, as_client
from kt_migrate.cli.options import DomainDir, Env, known_environment, workspace_of
from kt_migrate.cli.screen import Screen
from kt_migrate.config import Environment, Workspace, load_environment
from kt_migrate.kt2.keys import key_of, new_key_of, public_jwks
from kt_migrate.language import tr
from kt_migrate.workspace import init_workspace

_keys = typer.Typer(
    help=tr("Keys per environment (draaiboek B.6)."),
    no_args_is_help=True,
    rich_markup_mode=None,
)


def add_to(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.command(
        help=tr("Make a working folder for a domain (draaiboek A2)."),
    )(init)
    app.add_typer(_keys, name="keys")


def init(
    domain: Annotated[str, typer.Argument(help=tr("Name of the domain."))],
    directory: Annotated[
        Path | None,
        typer.Option("--dir", help=tr("The folder; else ./DOMAIN.")),
    ] = None,
) -> None:
    """Make a working folder."""
    screen = Screen(json=False)
    folder = init_workspace(directory or Path(domain), domain)
    screen.say(tr("Working folder made: {folder}", folder=folder))
    screen.say(
        tr(
            "Next: put the KT 1.3 messages in archive/, the applications in "
            "kt-migrate.yaml, then\n"
            "  kt-migrate inspect     what is in it\n"
            "  kt-migrate plan        what becomes of it\n"
            "  kt-migrate sandbox     (other terminal) a KT 2.0 service on this machine\n"
            "  kt-migrate trial --env local"
        )
    )


@_keys.command("new", help=tr("Make an environment's key."))
def keys_new(env: Env, credentials: OfClient = "", domain_dir: DomainDir = None) -> None:
    """Make a key pair where the environment's file says that it lies."""
    workspace = workspace_of(domain_dir)
    environment = as_client(load_environment(workspace, known_environment(env)), credentials)
    new_key_of(workspace, environment)
    kept = environment.key.file or tr("in the keyring")
    screen = Screen(json=False)
    screen.say(tr("Key made: {kept}. Register its JWKS with the administrators.", kept=kept))
    screen.next(f"kt-migrate keys jwks --env {env}")


@_keys.command(
    "jwks",
    help=tr("An environment's JWKS, to be registered."),
)
def keys_jwks(env: Env = "local", credentials: OfClient = "", domain_dir: DomainDir = None) -> None:
    """Print the JWKS."""
    workspace = workspace_of(domain_dir)
    environment = as_client(load_environment(workspace, known_environment(env)), credentials)
    typer.echo(orjson.dumps(jwks_of(workspace, environment), option=orjson.OPT_INDENT_2).decode())


def jwks_of(workspace: Workspace, environment: Environment) -> dict[str, list[dict[str, str]]]:
    """Return the JWKS of an environment's key."""
    key = key_of(workspace, environment)
    return public_jwks(key, environment.key.kid, environment.key.algorithm)
