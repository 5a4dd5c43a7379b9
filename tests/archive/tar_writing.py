"""Makes tars byte by byte, and says what comes of them."""

from __future__ import annotations

from hypothesis import settings

from archive.reading import Trickle, outcome, until_refused
from kt_migrate.archive.limits import Limits
from kt_migrate.archive.tars import walk_tar
from kt_migrate.model import SourceFile

QUICK = settings(max_examples=40, deadline=None)
END = bytes(1024)
PIECES = [1 << 20, 100]


def summed(block: bytes) -> bytes:
    """Return a header with its checksum."""
    total = sum(block[:148]) + sum(block[156:]) + 8 * ord(" ")
    return block[:148] + b"%06o\0 " % total + block[156:]


def header(
    name: bytes = b"a.xml",
    size: bytes | int = 0,
    kind: bytes = b"0",
    *,
    magic: bytes = b"ustar\x0000",
    prefix: bytes = b"",
) -> bytes:
    """Return one header; a size that is bytes is written as it is."""
    field = b"%011o\0" % size if isinstance(size, int) else size
    block = name.ljust(100, b"\0") + b"0000600\0" * 3 + field.ljust(12, b"\0") + b"0" * 12
    block += bytes(8) + kind + bytes(100) + magic.ljust(8, b"\0") + bytes(80) + prefix
    return summed(block.ljust(512, b"\0"))


def entry(
    name: bytes = b"a.xml", content: bytes = b"<feed/>", kind: bytes = b"0", **more: bytes
) -> bytes:
    """Return a header and its content."""
    size = more.pop("size", None)
    head = header(name, len(content) if size is None else size, kind, **more)
    return head + content + bytes(-len(content) % 512)


def record(key: bytes, value: bytes) -> bytes:
    """Return a record of a pax header."""
    length = len(key) + len(value) + 3
    length += len(str(length + len(str(length))))
    return b"%d %s=%s\n" % (length, key, value)


def pax(records: bytes, kind: bytes = b"x") -> bytes:
    """Return an extended header."""
    return entry(b"pax", records, kind)


def walked(
    content: bytes, limits: Limits | None = None, most: int = 1 << 20
) -> tuple[list[SourceFile], str]:
    """Return what comes out, and why it goes no further."""
    return until_refused(walk_tar("t", Trickle(content, most), limits or Limits()))


def told(content: bytes, limits: Limits | None = None) -> dict[str, str]:
    """Return what comes of each name; the whole has the empty name."""
    both = [walked(content, limits, most) for most in PIECES]
    assert both[0] == both[1]
    found, why = both[0]
    said = {file.name.removeprefix("t!"): outcome(file) for file in found}
    return said | ({"": why} if why else {})
