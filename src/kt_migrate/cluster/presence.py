"""Whether a worker lives: a lock that ends with it, and with the command that it started.

The engine hands out domains, and nobody gets one that another has; but that another is gone, it
cannot see without its makers' own service. An operating system sees that at once: it lets go of
the locks of a process that ends, whatever ended it. A command that outlives its worker for a
moment has the same lock, so that its domain is nobody else's before it ended too.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from kt_migrate.cluster.file import Cluster
from kt_migrate.errors import ServerUnavailableError, said

if TYPE_CHECKING:
    import psycopg

_NOTICED_HERE = {
    "connect_timeout": 10,
    "keepalives_idle": 5,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}
"""A network that takes everything and says nothing: a worker knows it within 15 seconds (the last
in milliseconds), and stops what it does."""
_NOTICED_THERE = {
    "tcp_keepalives_idle": 30,
    "tcp_keepalives_interval": 10,
    "tcp_keepalives_count": 3,
}
"""And the server only after a minute, so that nobody takes over from who still works; left to
itself, TCP takes two hours."""

_NAME = re.compile(r"[A-Za-z0-9._-]{1,128}")


class FilePresence:
    """On one machine: a locked file per worker."""

    def __init__(self, folder: Path, worker: str) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self._path = self._of(worker)
        self._file = self._path.open("a")
        fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def fileno(self) -> int:
        """Return the locked file."""
        return self._file.fileno()

    def holds(self) -> bool:
        """Whether the locked file is still there: who takes it away, wants the worker to stop.

        Another file by its name is not it: whoever asks whether this worker is gone makes one.
        """
        try:
            return os.path.samestat(self._path.stat(), os.fstat(self._file.fileno()))
        except OSError:
            return False

    @contextmanager
    def gone(self, worker: str) -> Iterator[bool]:
        """Whether nobody has a worker's file locked."""
        with self._of(worker).open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True

    def _of(self, worker: str) -> Path:
        if not _NAME.fullmatch(worker):
            raise ValueError(worker)
        return self._folder / f"{worker}.lock"

    def close(self) -> None:
        """Let go."""
        self._path.unlink(missing_ok=True)
        self._file.close()


class DatabasePresence:
    """On several machines: an advisory lock of PostgreSQL per worker, as long as its connection."""

    def __init__(self, address: str, worker: str) -> None:
        import psycopg  # noqa: PLC0415 (comes with the engine)
        from psycopg.conninfo import make_conninfo  # noqa: PLC0415

        self._cut = psycopg.Error
        try:
            self._db: psycopg.Connection = psycopg.connect(
                make_conninfo(address, **_NOTICED_HERE), autocommit=True
            )
        except psycopg.Error:
            raise _unreachable() from None
        for name, value in _NOTICED_THERE.items():
            self._ask("SELECT set_config(%s, %s, false)", name, str(value))
        self._ask("SELECT pg_advisory_lock(%s)", _key(worker))

    def fileno(self) -> int:
        """Return the connection."""
        return self._db.fileno()

    def holds(self) -> bool:
        """Whether the connection is still there."""
        try:
            return self._ask("SELECT true")
        except ServerUnavailableError:
            return False

    @contextmanager
    def gone(self, worker: str) -> Iterator[bool]:
        """Whether no connection has a worker's lock.

        Raises:
            ServerUnavailableError: the connection is cut.
        """
        key = _key(worker)
        free = self._ask("SELECT pg_try_advisory_lock(%s)", key)
        try:
            yield free
        finally:
            if free:
                self._ask("SELECT pg_advisory_unlock(%s)", key)

    def _ask(self, query: str, *values: int | str) -> bool:
        try:
            row = self._db.execute(query.encode(), values).fetchone()
        except self._cut:
            raise _unreachable() from None
        return bool(row and row[0] is not False)

    def close(self) -> None:
        """Let go."""
        self._db.close()


def presence_of(cluster: Cluster, worker: str) -> FilePresence | DatabasePresence:
    """Return how the workers of a cluster know of each other; the worker's lock is held then."""
    if isinstance(cluster.database, Path):
        return FilePresence(cluster.database.parent / "workers", worker)
    return DatabasePresence(cluster.database, worker)


def _unreachable() -> ServerUnavailableError:
    return ServerUnavailableError(
        said("The connection by which a worker shows that it lives is gone."),
        where="PostgreSQL",
        fix="Look whether the database is there; what the worker had, another goes on with.",
    )


def _key(worker: str) -> int:
    """Return the number that PostgreSQL locks: 63 bits of a digest."""
    digest = hashlib.sha256(f"kt-migrate-cluster/{worker}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1
