"""What the commands of a gate take, and what of it makes sense."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from kt_migrate.errors import UsageError
from kt_migrate.gates.deciding import Person, require_person
from kt_migrate.gates.points import role_of
from kt_migrate.gates.records import Gate, Verdict
from kt_migrate.language import tr
from kt_migrate.signing import signer

_LONG = re.compile(r"(\d{1,4})([hd])", re.ASCII)

By = Annotated[str, typer.Option("--by", help=tr("Who says it: a name."))]
InRole = Annotated[
    str,
    typer.Option(
        "--role",
        help=tr("For whom: zorgaanbieder, it-deelnemer, kt2-support, kt-support, vzvz."),
    ),
]
Remark = Annotated[
    str,
    typer.Option(
        "--remark",
        help=tr("A remark; nothing of a client."),
    ),
]
OwnKey = Annotated[
    Path | None,
    typer.Option(
        "--key",
        help=tr("Sign with an own Ed25519 key too (PEM, 0600)."),
    ),
]
Valid = Annotated[
    str,
    typer.Option(
        "--valid",
        metavar="30d",
        help=tr("How long it holds: 12h, 30d."),
    ),
]


def person_of(by: str, role: str, remark: str, key: Path | None) -> Person:
    """Return who says something.

    Raises:
        UsageError: no name, no such role, or a remark that is none.
        ConfigurationError: the key cannot be used.
    """
    require_person(by, remark)
    own = None if key is None else signer(key)
    return Person(by=" ".join(by.split()), role=role_of(role), remark=remark, key=own)


def duration_of(text: str) -> timedelta | None:
    """Return a duration: `12h`, `30d`.

    Raises:
        UsageError: it is none.
    """
    if not text:
        return None
    found = _LONG.fullmatch(text)
    if found is None:
        raise UsageError("This is no duration.", where="--valid", fix="Write 12h, or 30d.")
    units = {"h": timedelta(hours=1), "d": timedelta(days=1)}
    return int(found[1]) * units[found[2]]


def verdict_of(text: str) -> Verdict:
    """Return what a person decided.

    Raises:
        UsageError: neither GO nor NO-GO.
    """
    if text.casefold() not in ("go", "no-go"):
        raise UsageError(
            "A decision is go or no-go.", where="go|no-go", fix="kt-migrate gate decide go …"
        )
    return Verdict(text.casefold())


def gate_of(text: str) -> Gate:
    """Return which gate a person means.

    Raises:
        UsageError: there is no such gate.
    """
    if text.casefold() not in ("pre", "post"):
        raise UsageError(
            "A gate is pre or post.", where="--gate", fix="Before the migration: pre; after: post."
        )
    return Gate(text.casefold())
