"""How far a run is, seen from outside of its process."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from kt_migrate.load.journal_file import REQUESTS


def run_folder(workspace: Path) -> Path:
    """Return the newest run folder."""
    return max((workspace / "runs" / "local").iterdir())


def requests(journal: Path) -> int:
    """Return how many writing requests a journal has seen; it may not be there yet."""
    if not journal.exists():
        return 0
    with closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True)) as db:
        try:
            row = db.execute("SELECT count FROM tally WHERE name = ?", (REQUESTS,)).fetchone()
        except sqlite3.OperationalError:  # its tables are not there yet
            return 0
    return int(row[0])
