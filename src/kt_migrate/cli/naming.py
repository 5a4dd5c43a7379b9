"""Lets a person type the domain's name in full: what only a person may begin, begins so."""

from __future__ import annotations

import sys

import typer

from kt_migrate.config import Workspace
from kt_migrate.errors import UsageError, said
from kt_migrate.language import tr


def require_domain(workspace: Workspace, given: str, option: str, *, so: str) -> None:
    """Let a person type the domain's name in full, unless the command line says it.

    Args:
        workspace: the working folder, whose domain is meant.
        given: what the option says; empty: ask, when there is a terminal.
        option: name of that option.
        so: what does not happen when it is another name: `nothing was undone`.

    Raises:
        UsageError: it is another name, or nobody can be asked.
    """
    name = workspace.domain.domain
    if not given and sys.stdin.isatty():
        given = typer.prompt(
            tr("Type the domain's name ({name})", name=name),
            default="",
            show_default=False,
            err=True,
        )
    if given != name:
        raise UsageError(
            said("The domain's name was not typed in full, so {so}.", so=so),
            where=option,
            fix=said(
                "Type it as it stands in kt-migrate.yaml, or give {option} {name}.",
                option=option,
                name=name,
            ),
        )
