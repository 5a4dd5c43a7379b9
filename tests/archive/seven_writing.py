"""Makes 7z files, also such as no honest program makes."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Mapping, Sequence
from typing import Any
from unittest import mock

import py7zr
from py7zr.compressor import AESCompressor

_REGULAR = 0o100600 << 16 | 0x8000 | 0x20
"""The attributes that py7zr gives: a file of Unix."""


def seven(
    entries: Sequence[tuple[str, bytes]],
    password: str | None = None,
    *,
    names_too: bool = False,
    filters: list[dict[str, Any]] | None = None,
) -> bytes:
    """Return a (solid) 7z; to try its password costs little."""
    out = io.BytesIO()
    cheap = mock.patch.object(
        AESCompressor, "cycles", property(lambda _me: 4, lambda _me, _n: None), create=True
    )
    with (
        cheap,
        py7zr.SevenZipFile(
            out, "w", password=password, header_encryption=names_too, filters=filters
        ) as archive,
    ):
        if not names_too:
            archive.set_encoded_header_mode(False)
        for name, content in entries:
            archive.writestr(content, name)
    return out.getvalue()


def changed(
    made: bytes,
    names: Mapping[str, str] = {},
    attributes: int | None = None,
    *,
    first: bool = False,
) -> bytes:
    """Return a 7z with other names (as long), or other attributes of all (or the first), and sums that are right.

    Its list of entries must not be compressed: `seven` leaves it so.
    """
    place, size = struct.unpack_from("<QQ", made, 12)
    head = made[32 + place : 32 + place + size]
    for old, new in names.items():
        assert len(old) == len(new)
        assert old.encode("utf-16-le") in head
        head = head.replace(old.encode("utf-16-le"), new.encode("utf-16-le"))
    if attributes is not None:
        usual = struct.pack("<I", _REGULAR)
        assert usual in head
        head = head.replace(usual, struct.pack("<I", attributes), 1 if first else -1)
    start = struct.pack("<QQI", place, size, zlib.crc32(head))
    return made[:8] + struct.pack("<I", zlib.crc32(start)) + start + made[32 : 32 + place] + head


def listed(head: bytes) -> bytes:
    """Return a 7z of nothing but a list of entries, written by hand, with sums that are right."""
    start = struct.pack("<QQI", 0, len(head), zlib.crc32(head))
    magic = b"7z\xbc\xaf\x27\x1c\x00\x04"
    return magic + struct.pack("<I", zlib.crc32(start)) + start + head
