"""A database that is only looked at, also while somebody else writes it."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from urllib.parse import quote

_WAIT_SECONDS = 30.0
"""So long a reader waits for who has the file just then."""


def open_read_only(path: Path) -> sqlite3.Connection:
    """Open a database of which nothing can be changed.

    Raises:
        sqlite3.Error: it is not there.
    """
    return sqlite3.connect(read_only_address(path), uri=True, timeout=_WAIT_SECONDS)


def read_only_address(path: Path) -> str:
    """Return how SQLite is told of a file that it may not change."""
    return f"file:{quote(str(path.absolute()))}?mode=ro"
