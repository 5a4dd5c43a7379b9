"""Reads one document from a stream: bounded, with its digest; and says what comes of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from kt_migrate.archive.forms import no_message_kind, starts_as_container, starts_as_input
from kt_migrate.archive.names import BETWEEN
from kt_migrate.archive.problems import TOO_LARGE, RefusedError, refused
from kt_migrate.model import NoMessage, SourceFile

CHUNK = 64 * 1024
_HEAD = 4096


class Stream(Protocol):
    """Bytes to read, once, forward."""

    def read(self, size: int, /) -> bytes:
        """Return at most so many bytes; nothing at the end."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """What was read of a stream to its end.

    Attributes:
        sha256: digest of all of it.
        size: length of all of it.
        head: its beginning.
        content: all of it; None when there is more than one document may be.
    """

    sha256: str
    size: int
    head: bytes = b""
    content: bytes | None


def chunks(stream: Stream, size: int | None = None) -> Iterator[bytes]:
    """Yield a stream in pieces.

    Args:
        stream: what to read.
        size: how many bytes; None: to the end.

    Raises:
        RefusedError: `truncated`: there is less than the size asked for.
    """
    left = size
    while left is None or left:
        piece = stream.read(CHUNK if left is None else min(CHUNK, left))
        if not piece:
            break
        if left is not None:
            left -= len(piece)
        yield piece
    if left:
        raise RefusedError("truncated")


def gather(stream: Stream, keep: int, size: int | None = None) -> Gathered:
    """Read a stream, keeping at most so many bytes of it.

    Raises:
        RefusedError: `truncated`.
    """
    hasher, kept, total, head = hashlib.sha256(), bytearray(), 0, b""
    for piece in chunks(stream, size):
        hasher.update(piece)
        head = head or piece[:_HEAD]
        total += len(piece)
        if total <= keep:
            kept += piece
        else:
            kept.clear()
    content = bytes(kept) if total <= keep else None
    return Gathered(sha256=hasher.hexdigest(), size=total, head=head, content=content)


def stored(file: BinaryIO) -> tuple[str, int]:
    """Return digest and size of a whole file, as it is stored."""
    file.seek(0)
    read = gather(file, 0)
    return read.sha256, read.size


def document(name: str, own_name: str, read: Gathered) -> SourceFile:
    """Return what was read as input, as what no message can be, or as refused.

    Args:
        name: shown name.
        own_name: its path as it is, for its extension and its dots.
        read: what was read.
    """
    if not starts_as_input(read.head):
        kind = no_message_kind(own_name)
        if kind:
            return SourceFile(
                name=name, sha256=read.sha256, size=read.size, content=NoMessage(kind=kind)
            )
        if starts_as_container(read.head):
            detail = "nested" if BETWEEN in name else "container-unnamed"
            return refused(name, detail, sha256=read.sha256, size=read.size)
    if read.content is None:
        return too_large(name, read)
    return SourceFile(name=name, sha256=read.sha256, size=read.size, content=read.content)


def too_large(name: str, read: Gathered) -> SourceFile:
    """Return the line of a document that is larger than a message can be."""
    detail = str(read.size)
    return refused(name, detail, code=TOO_LARGE, sha256=read.sha256, size=read.size)
