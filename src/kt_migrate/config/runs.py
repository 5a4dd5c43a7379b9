"""Where an environment's run folders lie, and whether what is in them is its own. Only reads."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from kt_migrate.config.mistakes import Fact, Mistake
from kt_migrate.config.names import ENVIRONMENTS
from kt_migrate.errors import said
from kt_migrate.read_only import open_read_only


def run_facts(root: Path, name: str) -> Fact | None:
    """Return where the run folders of an environment really lie; None when there are none yet."""
    folder = root / "runs" / name
    if not folder.exists() and not folder.is_symlink():
        return None
    return Fact("run folder", str(folder.resolve()), f"runs/{name}")


def run_mistakes(root: Path, name: str, where: str) -> Iterator[Mistake]:
    """Yield what is wrong with the run folders of an environment.

    Args:
        root: the working folder.
        name: the environment.
        where: where its file says which one it is.
    """
    folder = root / "runs" / name
    for each in (folder, *(sorted(folder.iterdir()) if folder.is_dir() else ())):
        place = str(each.relative_to(root))
        if each.is_symlink():
            yield Mistake(
                code="run-folder-link",
                environments=(name,),
                places=(place, where),
                what=said("A run folder of {name} is a link.", name=name),
                fix=said(
                    "Run folders lie in the working folder itself; move it to where it belongs."
                ),
            )
        elif each != folder and each.is_dir():
            yield from _of_others(each, place, name, where)


def _of_others(run: Path, place: str, name: str, where: str) -> Iterator[Mistake]:
    """Yield that a plan or its binding was made for another environment."""
    for file, made_for in (("binding.json", _bound(run)), ("plan.sqlite", _planned(run))):
        if made_for not in {"", name}:
            other = made_for if made_for in ENVIRONMENTS else said("another environment")
            yield Mistake(
                code="run-of-another",
                environments=(name,),
                places=(f"{place}/{file}", where),
                what=said(
                    "A run folder of {name} holds a plan that was made for {other}.",
                    name=name,
                    other=other,
                ),
                fix=said("Take the run folder away; make a plan for this environment."),
            )


def _bound(run: Path) -> str:
    try:
        content = json.loads((run / "binding.json").read_bytes())
    except (OSError, ValueError):
        return ""  # a run without a plan, or what is to be said when somebody uses it
    return str(content.get("environment", "")) if isinstance(content, dict) else ""


def _planned(run: Path) -> str:
    path = run / "plan.sqlite"
    if not path.is_file():
        return ""
    query = "SELECT value FROM meta WHERE name = 'environment'"
    try:
        with closing(open_read_only(path)) as db:
            row = db.execute(query).fetchone()
    except sqlite3.Error:
        return ""
    return "" if row is None else str(row[0])
