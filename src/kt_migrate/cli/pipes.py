"""What happens when nobody reads on: `kt-migrate errors list | head`.

A command that only looks ends at once, as a good tool does: without a word, with what a shell
gives for SIGPIPE. One that writes (to a server, a run folder, a ledger) goes on to its end
without a word, and ends with its own code: its work must not depend on who reads about it.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

GONE = 141
"""128 + SIGPIPE."""
LOOKING = frozenset(
    {
        *("algorithm check", "algorithm explain", "algorithm schema", "algorithm diff"),
        *("algorithm test", "config check", "errors diff", "errors list", "evidence verify"),
        *("gate verify", "scope", "status", "trace"),
    }
)
"""Commands that leave nothing that is not left by their first lines."""
_MAY_END = [True]


@contextmanager
def quiet() -> Iterator[None]:
    """Let a reader that goes away end what is done in here quietly, or be no matter.

    Raises:
        SystemExit: nobody read on, and the command may end for that.
    """
    _MAY_END[0] = True
    sys.stdout = _told(sys.stdout, 1)
    sys.stderr = _told(sys.stderr, 2)
    try:
        yield
    finally:
        try:
            sys.stdout.flush()  # here, for Python has a code of its own when it fails at its end
        finally:
            sys.stderr.flush()


def let_end(command: str) -> None:
    """Say which command this is, so which of the two it is.

    Args:
        command: as it is typed, without options and the program's name.
    """
    _MAY_END[0] = command in LOOKING


class _Raw(io.FileIO):
    """A stream that somebody may stop to read."""

    def write(self, data: bytes | memoryview, /) -> int:  # type: ignore[override]  # as buffers come
        """Write; into nothing once nobody reads.

        Raises:
            SystemExit: this is a command that may end.
        """
        try:
            return super().write(data)
        except BrokenPipeError:
            nothing = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nothing, self.fileno())
            os.close(nothing)
            if _MAY_END[0]:
                raise SystemExit(GONE) from None
            return super().write(data)


def _told(stream: TextIO, descriptor: int) -> TextIO:
    """Return the stream as one that may be left; one that is none of a process stays as it is.

    What cannot be written in its encoding becomes a question mark: no text is worth an end.
    """
    if not isinstance(stream, io.TextIOWrapper) or stream.fileno() != descriptor:
        return stream
    stream.flush()
    return io.TextIOWrapper(
        io.BufferedWriter(_Raw(descriptor, "w", closefd=False)),  # type: ignore[type-var]  # write() as above
        encoding=stream.encoding,
        errors="replace",
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )
