"""algorithm diff: what two algorithms say differently, and what that does to the archive."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from kt_migrate.algorithm.differences import Difference, differences
from kt_migrate.algorithm.load import load_algorithm
from kt_migrate.cli.comparing import show_comparison
from kt_migrate.cli.options import (
    Archive,
    DomainDir,
    Enrichment,
    Json,
    Limit,
    choices_of,
    workspace_of,
)
from kt_migrate.cli.passwords import PasswordFd
from kt_migrate.cli.screen import Screen
from kt_migrate.config import DOMAIN_FILE, Workspace
from kt_migrate.language import tr
from kt_migrate.plan.compare import Comparison, compare
from kt_migrate.plan.make import Choices, rehearse
from kt_migrate.scratch import remove_leftovers, unfinished

SHOWN = 60
"""Differences on screen; `--json` has them all."""

_FOLDER = ".diff"
"""Below `runs/`: plans hold patients' data, and belong nowhere else."""


def add_to(group: typer.Typer) -> None:
    """Add the command to `algorithm`."""
    group.command(
        "diff",
        help=tr(
            "What differs between two algorithms, and what that does to the archive "
            "(draaiboek K.5)."
        ),
    )(algorithm_diff)


def algorithm_diff(
    before: Annotated[str, typer.Argument(help=tr("The one: name or path."))],
    after: Annotated[str, typer.Argument(help=tr("The other: name or path."))],
    archive: Archive = None,
    enrichment: Enrichment = None,
    password_fd: PasswordFd = None,
    limit: Limit = None,
    no_archive: Annotated[
        bool,
        typer.Option(
            "--no-archive",
            help=tr("Leave the archive out of it."),
        ),
    ] = False,
    domain_dir: DomainDir = None,
    json: Json = False,
) -> None:
    """Compare two algorithms."""
    screen = Screen(json=json)
    workspace = None if no_archive else _workspace(domain_dir, needed=bool(archive))
    base = workspace.root if workspace else None
    one, other = load_algorithm(before, base), load_algorithm(after, base)
    found = differences(one, other)
    _show(screen, found)
    content: dict[str, object] = {
        "before": {"name": one.name, "digest": one.digest},
        "after": {"name": other.name, "digest": other.digest},
        "differences": [difference.as_json() for difference in found],
        "consequence": None,
    }
    if workspace is not None:
        choices = choices_of(archive, "", enrichment, password_fd, limit)
        done = _consequence(screen, workspace, choices, (before, after))
        show_comparison(screen, done)
        content["consequence"] = done.as_json()
    screen.document(content)


def _workspace(folder: Path | None, *, needed: bool) -> Workspace | None:
    """Return the working folder; None when there is none, and nobody asked for one."""
    here = Path.cwd()
    there = any((above / DOMAIN_FILE).is_file() for above in (here, *here.parents))
    return workspace_of(folder) if there or needed or folder is not None else None


def _consequence(
    screen: Screen, workspace: Workspace, choices: Choices, names: tuple[str, str]
) -> Comparison:
    """Plan the archive with both algorithms, and compare; the plans are thrown away."""
    with _folder(workspace) as folder, screen.progress(tr("planning")) as bar:
        plans = []
        for place, name in enumerate(names):
            path = unfinished(folder / f"{place}.sqlite")
            wanted = replace(choices, algorithm=name)
            rehearse(workspace, wanted, path, lambda n: bar(n, None))
            plans.append(path)
        return compare(*plans)


@contextmanager
def _folder(workspace: Workspace) -> Iterator[Path]:
    """Give a folder for two plans, and take away what killed commands left in theirs."""
    above = workspace.root / "runs" / _FOLDER
    above.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in above.iterdir():
        remove_leftovers(left)
    with tempfile.TemporaryDirectory(dir=above) as folder:
        yield Path(folder)


def _show(screen: Screen, found: tuple[Difference, ...]) -> None:
    if not found:
        screen.say(tr("The algorithms say the same."))
        return
    how = {
        "added": tr("added"),
        "removed": tr("removed"),
        "changed": tr("different"),
    }
    screen.table(
        tr("What the algorithms say differently"),
        (tr("how"), tr("where"), tr("was"), tr("becomes")),
        [
            (how[d.how], f"{d.section}.{d.path}", d.before or "", d.after or "")
            for d in found[:SHOWN]
        ],
    )
    if len(found) > SHOWN:
        left = len(found) - SHOWN
        screen.say(tr("… and {left} more: --json", left=left))
