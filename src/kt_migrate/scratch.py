"""Temporary databases: they hold patient data, and vanish however the process ends.

The file is unlinked while it is open, so that a killed process leaves nothing behind. Where a
system refuses that, the name carries the process's id, and the next command removes it.
"""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from kt_migrate.errors import ConfigurationError, said

_NAME = re.compile(
    r"(?:fold\.sqlite|read-back\.sqlite|plan\.unfinished"
    r"|(?:.*?\.)?(?:(?P<pid>\d+)\.)?(?:scratch|unfinished)\.sqlite)"
    r"(?:-journal|-wal|-shm)?"
)
"""What this and older versions call their temporary files."""

_PRIMARY = 0xFF
_DISK = (
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_READONLY,
)
_SETTINGS = "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA temp_store = MEMORY;"
_CHECK = "CREATE TABLE scratch_check (x); INSERT INTO scratch_check VALUES (1);"


def open_scratch(folder: Path, name: str) -> sqlite3.Connection:
    """Make an empty temporary database that is gone when it is closed, or its process is.

    It lies in the folder for its room on disk, but has no name there once this returns.

    Args:
        folder: where it comes; must be there.
        name: what it is for, `fold` say: the file is called `<name>.<process id>.scratch.sqlite`
            for as long as it has a name.

    Returns:
        A connection in autocommit mode, without journal: a failed transaction cannot be undone.

    Raises:
        ConfigurationError: the folder cannot be written, or the disk is full.
    """
    stem = name.removesuffix(".sqlite").removesuffix(".scratch")
    path = folder / f"{stem}.{os.getpid()}.scratch.sqlite"
    try:
        path.unlink(missing_ok=True)
        # Made here and not by SQLite, which would follow the umask.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        return _connect(path)
    except (OSError, sqlite3.Error) as error:
        raise ConfigurationError(
            "The temporary database cannot be made.",
            where=str(path),
            fix=said(
                "Make room on the disk, or correct the folder's rights ({name}).",
                name=type(error).__name__,
            ),
        ) from None


def _connect(path: Path) -> sqlite3.Connection:
    uri = f"file:{quote(str(path.absolute()))}?mode=rw"
    db = sqlite3.connect(uri, uri=True, isolation_level=None)
    try:
        db.executescript(_SETTINGS + _CHECK)
        with suppress(PermissionError):  # an open file cannot be unlinked everywhere
            path.unlink()
        db.executescript("DROP TABLE scratch_check;")
    except (OSError, sqlite3.Error):
        db.close()
        path.unlink(missing_ok=True)
        raise
    return db


@contextmanager
def room_on(folder: Path) -> Iterator[None]:
    """Say what to do when a database in a folder finds no room, or may not be written.

    Raises:
        ConfigurationError: the disk is full, or refuses; SQLite's own text is kept out of it.
    """
    try:
        yield
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & _PRIMARY not in _DISK:
            raise
        name = error.sqlite_errorname
        raise ConfigurationError(
            "A database cannot be written.",
            where=str(folder),
            fix=said("Make room on the disk, or correct the folder's rights ({name}).", name=name),
        ) from None


def unfinished(path: Path) -> Path:
    """Return what a database is called until it is whole; `remove_leftovers` knows the name."""
    return path.with_name(f"{path.stem}.{os.getpid()}.unfinished.sqlite")


def remove_leftovers(folder: Path) -> None:
    """Remove the temporary and unfinished databases that killed processes left in a folder.

    Those of a process that still runs stay; what may not be removed stays too.

    Args:
        folder: a run folder; nothing happens when it is not there.
    """
    with suppress(OSError):
        for path in sorted(folder.iterdir()):
            found = _NAME.fullmatch(path.name)
            if found and not (found["pid"] and _runs(int(found["pid"]))):
                with suppress(OSError):
                    path.unlink()


def _runs(pid: int) -> bool:
    if os.name != "posix":
        return False  # an open file cannot be removed there anyway
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
