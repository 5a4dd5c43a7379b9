"""What is shown of an environment's other clients; no key, and no argument of a program."""

from __future__ import annotations

from typing import Annotated

import typer

from kt_migrate.config import Environment, Side
from kt_migrate.errors import UsageError
from kt_migrate.language import tr

OfClient = Annotated[
    str,
    typer.Option(
        "--credentials",
        metavar=tr("NAME"),
        help=tr("Another client of ours: its name under credentials; else the environment's own."),
    ),
]


def as_client(environment: Environment, name: str) -> Environment:
    """Return an environment as one of its clients enters it.

    Raises:
        UsageError: it has no such client.
    """
    try:
        return environment.as_client(name)
    except KeyError:
        raise UsageError(
            "The environment has no client of this name.",
            where="--credentials",
            fix="kt-migrate config check shows the clients that there are.",
        ) from None


def client_rows(side: Side) -> list[tuple[object, ...]]:
    """Return two rows of the environment's table per client that stands under `credentials`."""
    if side.environment is None:
        return []
    rows: list[tuple[object, ...]] = []
    for client, thumbprint in zip(side.environment.credentials, side.clients, strict=True):
        writes = ", ".join(client.writes)
        rows.append((client.name, f"{client.client_id} · {thumbprint or tr('key not seen')}"))
        rows.append(("", tr("writes {what}", what=writes)))
    return rows


def clients_json(side: Side) -> list[dict[str, object]] | None:
    """Return the clients for `--json`; null when the file could not be read."""
    if side.environment is None:
        return None
    return [
        {
            "name": client.name,
            "client_id": client.client_id,
            "writes": list(client.writes),
            "key": {
                "kept": client.key.kept,
                "kid": client.key.kid,
                "algorithm": client.key.algorithm,
                "thumbprint": thumbprint or None,
            },
        }
        for client, thumbprint in zip(side.environment.credentials, side.clients, strict=True)
    ]
