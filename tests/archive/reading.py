"""What tests of the archive share: streams that give little at a time, and what comes of a root."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from kt_migrate.archive.content import Stream
from kt_migrate.archive.files import walk
from kt_migrate.archive.limits import Limits
from kt_migrate.archive.passwords import Passwords, no_passwords
from kt_migrate.archive.problems import REFUSED, RefusedError
from kt_migrate.model import NoMessage, SourceFile, Unreadable


class Trickle:
    """A stream that gives at most so much at a time, and knows what it was asked for."""

    def __init__(self, content: bytes, most: int = 1 << 30) -> None:
        self._content = content
        self._most = most
        self._place = 0
        self.asked: list[int] = []

    def read(self, size: int, /) -> bytes:
        """Give the next piece."""
        self.asked.append(size)
        piece = self._content[self._place : self._place + min(size, self._most)]
        self._place += len(piece)
        return piece

    @property
    def left(self) -> int:
        """How much was not given yet."""
        return len(self._content) - self._place


def whole(stream: Stream, size: int = 4096) -> bytes:
    """Return all that a stream gives; no piece is larger than was asked for."""
    pieces = []
    while piece := stream.read(size):
        assert len(piece) <= size
        pieces.append(piece)
    assert stream.read(size) == b""
    return b"".join(pieces)


def sha256(content: bytes) -> str:
    """Return a digest."""
    return hashlib.sha256(content).hexdigest()


def outcome(file: SourceFile) -> str:
    """Return why a file is refused, of which kind it is, or nothing when it is input."""
    match file.content:
        case Unreadable():
            return f"{file.content.issue.code}:{file.content.issue.detail}"
        case NoMessage():
            return f"no-message {file.content.kind}"
        case _:
            return ""


def told(
    root: Path, limits: Limits | None = None, passwords: Passwords = no_passwords
) -> dict[str, str]:
    """Return what comes of every file below a root; each has one line."""
    files = list(walk([root], limits, passwords))
    found = {file.name: outcome(file) for file in files}
    assert len(found) == len(files)
    return found


def until_refused(files: Iterable[SourceFile]) -> tuple[list[SourceFile], str]:
    """Return what comes out of a container, and the reason for which it goes no further."""
    found: list[SourceFile] = []
    with suppress(StopIteration):
        walking = iter(files)
        while True:
            try:
                found.append(next(walking))
            except RefusedError as refusal:
                return found, refusal.detail if refusal.code == REFUSED else refusal.code
    return found, ""


def input_of(files: Iterable[SourceFile]) -> dict[str, bytes]:
    """Return the bytes of what is input, by name; its digest and size are those of the bytes."""
    found = {}
    for file in files:
        if isinstance(file.content, bytes):
            assert (file.sha256, file.size) == (sha256(file.content), len(file.content))
            found[file.name] = file.content
    return found
