"""Where py7zr writes: in memory, bounded, and away as soon as a document is complete."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from py7zr.io import Py7zIO, WriterFactory

from kt_migrate.archive.content import Gathered

_HEAD = 4096


class Writer(Py7zIO):
    """One document. What is more than one may be is digested, not kept."""

    def __init__(self, complete: Callable[[Gathered], None], keep: int) -> None:
        self._complete = complete
        self._keep = keep
        self._hasher = hashlib.sha256()
        self._kept = bytearray()
        self._head = b""
        self._size = 0

    def write(self, s: bytes | bytearray) -> int:
        """Take the next piece."""
        self._hasher.update(s)
        self._head = self._head or bytes(s[:_HEAD])
        self._size += len(s)
        if self._size <= self._keep:
            self._kept += s
        else:
            self._kept.clear()
        return len(s)

    def read(self, size: int | None = None) -> bytes:  # noqa: ARG002  # py7zr's interface
        """Give nothing: it is written only."""
        return b""

    def seek(self, offset: int, whence: int = 0) -> int:  # noqa: ARG002  # py7zr's interface
        """Stay: it is written front to back."""
        return 0

    def flush(self) -> None:
        """Do nothing."""

    def size(self) -> int:
        """Return how much was written."""
        return self._size

    def close(self) -> None:
        """Hand the document over: py7zr closes only what is whole.

        An empty one is not waited for: py7zr may not write it at all.
        """
        if self._size == 0:
            return
        content = bytes(self._kept) if self._size <= self._keep else None
        self._kept.clear()
        self._complete(
            Gathered(
                sha256=self._hasher.hexdigest(), size=self._size, head=self._head, content=content
            )
        )


class Writers(WriterFactory):
    """Makes a writer for each document."""

    def __init__(self, complete: Callable[[Gathered], None], keep: int) -> None:
        self._complete = complete
        self._keep = keep

    def create(self, filename: str) -> Py7zIO:  # noqa: ARG002  # the order says which it is
        """Return the next writer."""
        return Writer(self._complete, self._keep)
