"""One process per run folder: an OS lock, which a crash lets go of by itself."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kt_migrate.errors import RunLockedError


@contextmanager
def run_lock(folder: Path) -> Iterator[None]:
    """Hold a run folder for as long as the block runs.

    Raises:
        RunLockedError: another process holds it.
    """
    with (folder / "lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise RunLockedError(
                "Another kt-migrate works on this run.",
                where=str(folder),
                fix="Wait for it to end (kt-migrate status shows how far it is).",
            ) from None
        file.truncate(0)  # only now: until here it holds the number of who has the lock
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield
