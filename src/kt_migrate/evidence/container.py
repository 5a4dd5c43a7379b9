"""The zip of an evidence pack: one way to write it, and nothing else is read.

Members are stored, not compressed: the same members give the same bytes with every zlib, and no
small file unpacks to a large one. Names are sorted, times fixed. Because there is one way to
write it, a file that comes out differently when its members are written again is refused,
whatever it is that somebody put between, before or behind them.
"""

from __future__ import annotations

import io
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from kt_migrate.errors import ForgedError, said

MOST_BYTES = 512 * 1024 * 1024
"""A pack holds figures, and a line of a hundred bytes per error."""
MOST_MEMBERS = 64
_NAME = re.compile(r"[a-z][a-z0-9-]{0,40}\.[a-z0-9]{1,10}|README\.txt", re.ASCII)
_TIME = (1980, 1, 1, 0, 0, 0)
_UNIX, _MODE = 3, stat.S_IFREG | 0o600
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    OSError,
    RuntimeError,
    UnicodeDecodeError,
    ValueError,
    struct.error,
)


def packed(members: Mapping[str, bytes]) -> bytes:
    """Put members in a zip; the same members give the same bytes.

    Args:
        members: content by name.

    Raises:
        ValueError: a name that no member can have.
    """
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(members):
            if not _NAME.fullmatch(name):
                raise ValueError(name)
            info = zipfile.ZipInfo(name, _TIME)
            info.create_system, info.external_attr = _UNIX, _MODE << 16
            archive.writestr(info, members[name])
    return out.getvalue()


def read_pack(path: Path) -> bytes:
    """Read the file of a pack.

    Raises:
        ForgedError: it is larger than a pack can be.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise _refused("too-large", path.name)
    return content


def unpacked(content: bytes, name: str) -> dict[str, bytes]:
    """Return the members of a pack's zip.

    Args:
        content: the zip.
        name: how to call the file to a person.

    Raises:
        ForgedError: it is not as `packed` makes it; says what is wrong.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            for reason in _reasons(entries):
                raise _refused(reason, name)
            members = {entry.filename: archive.read(entry) for entry in entries}
    except _DAMAGE:
        raise _refused("not-a-zip", name) from None
    if packed(members) != content:
        raise _refused("other-bytes", name)
    return members


def _reasons(entries: list[zipfile.ZipInfo]) -> Iterator[str]:
    """Yield what is wrong with the list of members, before any of them is read."""
    if len(entries) > MOST_MEMBERS:
        yield "too-many"
    if len({entry.filename for entry in entries}) != len(entries):
        yield "double"
    for entry in entries:
        yield from _wrong(entry)
    if sum(entry.file_size for entry in entries) > MOST_BYTES:
        yield "too-large"


def _wrong(entry: zipfile.ZipInfo) -> Iterator[str]:
    if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG):
        yield "not-a-file"
    if not _NAME.fullmatch(entry.filename) or entry.filename != entry.orig_filename:
        yield "name"
    if entry.flag_bits & 1:
        yield "encrypted"
    if entry.compress_type != zipfile.ZIP_STORED or entry.file_size != entry.compress_size:
        yield "compressed"


REASONS = {
    "too-large": said("it is larger than a pack can be"),
    "too-many": said("it has more members than a pack can have"),
    "double": said("two members have one name"),
    "not-a-file": said("a member is a link or a folder"),
    "name": said("a member has a name that none can have"),
    "encrypted": said("a member is encrypted"),
    "compressed": said("a member is compressed"),
    "not-a-zip": said("it is damaged or no zip"),
    "other-bytes": said("there are other bytes in it than those of its members"),
}
"""Why a zip is no evidence pack."""


def _refused(reason: str, name: str) -> ForgedError:
    return ForgedError(
        said("This is not an evidence pack as it was made: {reasons}.", reasons=REASONS[reason]),
        where=name,
        fix="Ask who made it for the file as it was made, and trust nothing in this one.",
    )
