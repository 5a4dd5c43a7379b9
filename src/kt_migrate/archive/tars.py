"""Reads a tar as a stream, front to back, one document in memory.

The parser is our own and knows only what archives of messages use (ustar, pax paths and sizes,
GNU long names): tarfile keeps every header in memory, reads extended headers of any size, and
has had regular expressions and loops that a header can hang (CVE-2024-6232, CVE-2025-8194).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kt_migrate.archive.content import Stream, chunks, document, gather
from kt_migrate.archive.forms import form_of
from kt_migrate.archive.limits import Limits, Tally
from kt_migrate.archive.names import UniqueNames, inside, suspect
from kt_migrate.archive.ndjson import walk_ndjson
from kt_migrate.archive.problems import NOT_REGULAR, REFUSED, RefusedError, refused
from kt_migrate.model import SourceFile

BLOCK = 512
_MAX_EXTENDED = 64 * 1024
"""A path is at most kilobytes; an extended header of megabytes is none."""

_REFUSED = {
    b"1": (REFUSED, "link"),
    b"2": (REFUSED, "link"),
    b"3": (NOT_REGULAR, "device"),
    b"4": (NOT_REGULAR, "device"),
    b"6": (NOT_REGULAR, "fifo"),
    b"S": (REFUSED, "sparse"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One header: what follows it in the stream.

    Attributes:
        name: bytes, extended headers applied.
        kind: type flag.
        size: bytes of content.
        sparse: whether the content is only a part of the file.
    """

    name: bytes
    kind: bytes
    size: int
    sparse: bool


class _Content:
    """One entry's content: ends where the entry does, and knows whether it was cut off."""

    def __init__(self, stream: Stream, size: int) -> None:
        self._stream = stream
        self._left = size

    def read(self, size: int, /) -> bytes:
        """Read within the entry."""
        wanted = min(size, self._left)
        piece = self._stream.read(wanted) if wanted else b""
        if wanted and not piece:
            raise RefusedError("truncated")
        self._left -= len(piece)
        return piece


def walk_tar(name: str, stream: Stream, limits: Limits) -> Iterator[SourceFile]:
    """Yield every entry of a tar, in its own order; refused ones with the reason.

    Raises:
        RefusedError: the tar is damaged, cut off or too much; what came before it stands.
    """
    tally, names = Tally(limits, alike=True), UniqueNames()
    for entry in _entries(stream):
        content = _Content(stream, entry.size)
        if not _is_folder(entry):
            tally.entry()
            own = entry.name.decode("utf-8", "surrogateescape")
            yield from _entry(names.give(inside(name, entry.name)), own, entry, content, limits)
        for _rest in chunks(content):
            pass
        _skip(stream, -entry.size % BLOCK)
        tally.out(entry.size)


def _is_folder(entry: Entry) -> bool:
    old_style = entry.kind in (b"0", b"\0") and entry.name.endswith(b"/")
    return entry.size == 0 and (entry.kind == b"5" or old_style)


def _entry(
    name: str, own: str, entry: Entry, content: _Content, limits: Limits
) -> Iterator[SourceFile]:
    reason = _suspect(own, entry, limits)
    if reason is None and form_of(own).inner == "ndjson":
        yield from walk_ndjson(name, content, limits)
        return
    if reason is not None:
        read = gather(content, 0)
        code, detail = reason
        sha256 = read.sha256 if entry.size else ""
        yield refused(name, detail, code=code, sha256=sha256, size=read.size)
    else:
        yield document(name, own, gather(content, limits.max_file_bytes))


def _suspect(own: str, entry: Entry, limits: Limits) -> tuple[str, str] | None:
    detail = suspect(own, limits)
    if detail:
        return REFUSED, detail
    if entry.kind in _REFUSED:
        return _REFUSED[entry.kind]
    if entry.sparse:
        return REFUSED, "sparse"
    if entry.kind == b"5":
        return REFUSED, "folder-with-content"
    if entry.kind not in (b"0", b"\0", b"7"):
        return NOT_REGULAR, "unknown"
    return (REFUSED, "nested") if form_of(own).is_container else None


def _entries(stream: Stream) -> Iterator[Entry]:
    """Yield headers; whoever gets one reads its content before the next."""
    extended: dict[bytes, bytes] = {}
    whole: dict[bytes, bytes] = {}
    while header := _block(stream):
        size = _number(header[124:136])
        kind = header[156:157]
        if kind in (b"x", b"g", b"L", b"K"):
            (whole if kind == b"g" else extended).update(_extended(stream, kind, size))
            continue
        known = {**whole, **extended}
        extended = {}
        yield Entry(
            name=known.get(b"path") or _name(header),
            kind=kind,
            size=_decimal(known[b"size"]) if b"size" in known else size,
            sparse=any(key.startswith(b"GNU.sparse") for key in known),
        )


def _block(stream: Stream) -> bytes:
    """Return the next header; nothing at the end.

    Raises:
        RefusedError: `damaged`, `truncated`, or `trailing-data` after the end.
    """
    block = b"".join(chunks(stream, BLOCK))
    if block.strip(b"\0"):
        total = sum(block[:148]) + sum(block[156:]) + 8 * ord(" ")
        if _number(block[148:156]) != total:
            raise RefusedError("damaged")
        return block
    for piece in chunks(stream):
        if piece.strip(b"\0"):
            raise RefusedError("trailing-data")
    return b""


def _name(header: bytes) -> bytes:
    name = header[:100].partition(b"\0")[0]
    prefix = header[345:500].partition(b"\0")[0] if header[257:263] == b"ustar\0" else b""
    return prefix + b"/" + name if prefix else name


def _number(field: bytes) -> int:
    if field[:1] == b"\x80":
        return int.from_bytes(field[1:])
    text = field.strip(b" \0")
    if text.strip(b"01234567"):
        raise RefusedError("damaged")
    return int(text or b"0", 8)


def _decimal(text: bytes) -> int:
    if not text.isdigit() or len(text) > len(str(2**64)):
        raise RefusedError("damaged")
    return int(text)


def _extended(stream: Stream, kind: bytes, size: int) -> dict[bytes, bytes]:
    if size > _MAX_EXTENDED:
        raise RefusedError("damaged")
    content = b"".join(chunks(stream, size))
    _skip(stream, -size % BLOCK)
    match kind:
        case b"L":
            return {b"path": content.partition(b"\0")[0]}
        case b"K":
            return {}
        case _:
            return dict(_records(content))


def _records(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield a pax header's records: length, space, key, `=`, value, newline."""
    start = 0
    while start < len(content):
        space = content.find(b" ", start)
        end = start + _decimal(content[start : max(space, start)])
        key, equals, value = content[space + 1 : end].partition(b"=")
        if not equals or not value.endswith(b"\n"):
            raise RefusedError("damaged")
        yield key, value[:-1]
        start = end


def _skip(stream: Stream, size: int) -> None:
    for _piece in chunks(stream, size):
        pass
