"""NDJSON: one JSON document per line, each a file of its own: `a.ndjson!000001`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from kt_migrate.archive.content import Gathered, Stream, chunks, too_large
from kt_migrate.archive.limits import Limits, Tally
from kt_migrate.archive.names import inside
from kt_migrate.model import SourceFile


class _Line:
    """One line, of which no more is kept than a document may be."""

    def __init__(self, keep: int) -> None:
        self._keep = keep
        self._hasher = hashlib.sha256()
        self._kept = bytearray()
        self._size = 0
        self._last = b""

    def add(self, piece: bytes) -> None:
        """Take the next piece, holding back a carriage return that may end the line."""
        piece = self._last + piece
        self._last = b"\r" if piece.endswith(b"\r") else b""
        piece = piece.removesuffix(b"\r")
        self._hasher.update(piece)
        self._size += len(piece)
        if self._size <= self._keep:
            self._kept += piece
        else:
            self._kept.clear()

    def end(self) -> Gathered:
        """Return the line without its end."""
        content = bytes(self._kept) if self._size <= self._keep else None
        return Gathered(sha256=self._hasher.hexdigest(), size=self._size, content=content)


def walk_ndjson(name: str, stream: Stream, limits: Limits) -> Iterator[SourceFile]:
    """Yield every line that is not blank, named after its number in the file.

    Raises:
        RefusedError: the stream is damaged or too much.
    """
    tally = Tally(limits, alike=True)
    for number, line in enumerate(_lines(stream, limits), start=1):
        if line.content is None:
            yield too_large(inside(name, f"{number:06d}"), line)
        elif line.content.strip():
            tally.entry()
            yield SourceFile(
                name=inside(name, f"{number:06d}"),
                sha256=line.sha256,
                size=line.size,
                content=line.content,
            )


def _lines(stream: Stream, limits: Limits) -> Iterator[Gathered]:
    line = _Line(limits.max_file_bytes)
    for piece in chunks(stream):
        *whole, rest = piece.split(b"\n")
        for part in whole:
            line.add(part)
            yield line.end()
            line = _Line(limits.max_file_bytes)
        line.add(rest)
    yield line.end()
