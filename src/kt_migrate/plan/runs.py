"""Run folders: `runs/<env>/<run>/`, numbered, mode 0700, each bound to one environment."""

from __future__ import annotations

from pathlib import Path

from kt_migrate.errors import UsageError

UNDO_FILE = "undo.sqlite"
"""Of a run that is being undone, or was: nothing of it is sent any more."""


def runs_of(root: Path, environment: str) -> list[Path]:
    """Return the run folders of an environment, oldest first."""
    folder = root / "runs" / environment
    if not folder.is_dir():
        return []
    found = (p for p in folder.iterdir() if p.is_dir() and p.name.isdecimal())
    return sorted(found, key=lambda p: int(p.name))


def newest_run(root: Path, environment: str) -> Path | None:
    """Return the newest run folder that has a plan, or None."""
    planned = [p for p in runs_of(root, environment) if (p / "plan.sqlite").is_file()]
    return planned[-1] if planned else None


def named_run(root: Path, environment: str, name: str) -> Path:
    """Return the run folder that a person named.

    Raises:
        UsageError: there is no such run.
    """
    for folder in runs_of(root, environment):
        if folder.name == name or folder.name == name.zfill(3):
            return folder
    raise UsageError(
        "There is no such run.",
        where=f"runs/{environment}/{name}",
        fix="kt-migrate status shows the runs that there are.",
    )


def next_run(root: Path, environment: str) -> Path:
    """Make the next run folder."""
    known = runs_of(root, environment)
    number = int(known[-1].name) + 1 if known else 1
    folder = root / "runs" / environment / f"{number:03}"
    folder.mkdir(parents=True, mode=0o700)
    folder.chmod(0o700)
    return folder


def is_undone(folder: Path) -> bool:
    """Whether undoing a run was begun: from then on it is no run to go on with."""
    return (folder / UNDO_FILE).is_file()
