"""Which clients a sandbox knows: those of its working folder, and other suppliers'."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import orjson
import typer

from kt_migrate.cli.making import jwks_of
from kt_migrate.config import Environment, Workspace
from kt_migrate.errors import UsageError
from kt_migrate.language import tr
from kt_migrate.sandbox.settings import Client

RegisteredClients = Annotated[
    list[str] | None,
    typer.Option(
        "--client",
        metavar="ID=JWKS",
        help=tr(
            "Another supplier's client: its id, and the file with its JWKS (kt-migrate keys jwks); "
            "repeatable."
        ),
    ),
]


def clients_of(workspace: Workspace, environment: Environment) -> tuple[Client, ...]:
    """Return the clients of a working folder's environment."""
    names = ("", *(one.name for one in environment.credentials))
    entered = [environment.as_client(name) for name in names]
    return tuple(Client(client_id=e.client_id, jwks=jwks_of(workspace, e)) for e in entered)


def registered(given: Sequence[str] | None) -> tuple[Client, ...]:
    """Return the clients of other suppliers.

    Raises:
        UsageError: one names no file with a JWKS.
    """
    return tuple(_client(text) for text in given or ())


def _client(text: str) -> Client:
    client_id, _, path = text.partition("=")
    try:
        jwks = orjson.loads(Path(path).read_bytes())
    except (OSError, ValueError):
        jwks = None
    if not client_id or not isinstance(jwks, dict) or not isinstance(jwks.get("keys"), list):
        raise UsageError(
            "This is no client with its JWKS.",
            where="--client",
            fix="Give its id and a file: client-b=b.jwks.json; kt-migrate keys jwks makes it.",
        )
    return Client(client_id=client_id, jwks=jwks)
