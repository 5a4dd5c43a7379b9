"""One process per run folder: an OS lock, which a crash lets go of by itself."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from kt_migrate.errors import RunLockedError
from kt_migrate.load.control import forget_orders

_LOCK = "lock"
_TRIES, _PAUSE_SECONDS = 5, 0.02
"""Who only looks (`writer_of`) holds the lock for an instant: that must stop nobody."""


@contextmanager
def run_lock(folder: Path) -> Iterator[None]:
    """Hold a run folder for as long as the block runs.

    Orders that were given to an earlier process are forgotten: a pause does not outlive it.

    Raises:
        RunLockedError: another process holds it.
    """
    with (folder / _LOCK).open("a") as file:
        _hold(file, folder)
        forget_orders(folder)
        file.truncate(0)  # only now: until here it holds the number of who has the lock
        file.write(f"{os.getpid()}\n")  # from here on orders are taken
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)


def _hold(file: TextIO, folder: Path) -> None:
    for attempt in range(_TRIES):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if attempt < _TRIES - 1:
                time.sleep(_PAUSE_SECONDS)
        else:
            return
    raise RunLockedError(
        "Another kt-migrate works on this run.",
        where=str(folder),
        fix="Wait for it to end (kt-migrate status shows how far it is).",
    )


def writer_of(folder: Path) -> int | None:
    """Return the number of the process that works on a run; None: nobody does."""
    try:
        file = (folder / _LOCK).open()
    except FileNotFoundError:
        return None
    with file:
        number = file.read().strip()
        if not number.isdecimal():
            return None
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return int(number)
    return None
