"""What a shell can complete: names that are cheap to know, of this folder and of the tool."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import typer

from kt_migrate.catalogue import CATALOGUE
from kt_migrate.config import ENVIRONMENTS, find_workspace
from kt_migrate.errors import KtMigrateError
from kt_migrate.shipped import shipped


def environments(incomplete: str) -> list[str]:
    """Complete --env."""
    return _begun(ENVIRONMENTS, incomplete)


def runs(ctx: typer.Context, incomplete: str) -> list[str]:
    """Complete --run: the runs of the environment that was typed, else of local."""
    root = _root(ctx)
    if root is None:
        return []
    folder = root / "runs" / str(ctx.params.get("env") or "local")
    return _begun(sorted(path.parent.name for path in folder.glob("*/plan.sqlite")), incomplete)


def algorithm_names(incomplete: str) -> list[str]:
    """Complete an algorithm: the shipped ones, and files that are here."""
    ours = sorted(path.stem for path in shipped("algorithms").glob("*.yaml"))
    files = sorted(str(path) for path in Path(incomplete).parent.glob("*.yaml"))
    return _begun((*ours, *files), incomplete)


def codes(incomplete: str) -> list[str]:
    """Complete the reasons of the error list."""
    return _begun(CATALOGUE, incomplete)


def _root(ctx: typer.Context) -> Path | None:
    try:
        return find_workspace(Path(ctx.params.get("domain_dir") or Path.cwd()).resolve()).root
    except KtMigrateError:
        return None


def _begun(names: Iterable[str], incomplete: str) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]
