"""Makes zips, also such as no honest program makes, and says what comes of them."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Sequence

import pyzipper
from hypothesis import settings

from archive.hostile import info
from archive.reading import outcome, until_refused
from kt_migrate.archive.limits import Limits
from kt_migrate.archive.passwords import Passwords, no_passwords
from kt_migrate.archive.zips import walk_zip
from kt_migrate.model import SourceFile

QUICK = settings(max_examples=40, deadline=None)
SECRET = "vier willekeurige woorden"
GOOD = b"<feed/>"
WHOLE = "z"
CENTRAL, LOCAL, END = b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06"


def walked(
    content: bytes, limits: Limits | None = None, passwords: Passwords = no_passwords
) -> tuple[list[SourceFile], str]:
    """Return what comes out, and why it goes no further."""
    return until_refused(walk_zip(WHOLE, io.BytesIO(content), limits or Limits(), passwords))


def told(
    content: bytes, limits: Limits | None = None, passwords: Passwords = no_passwords
) -> dict[str, str]:
    """Return what comes of each name; a refusal of the whole has the empty name."""
    found, why = walked(content, limits, passwords)
    said = {file.name.removeprefix("z!"): outcome(file) for file in found}
    assert len(said) == len(found)
    return said | ({"": why} if why else {})


def plain(name: str, content: bytes = GOOD, mode: int = 0) -> tuple[zipfile.ZipInfo, bytes]:
    """Return an entry that is stored as it is."""
    made = info(name, mode)
    made.compress_type = zipfile.ZIP_STORED
    return made, content


def flagged(content: bytes, flags: int, *names: bytes) -> bytes:
    """Return a zip with flags set, in both headers of these entries."""
    changed = bytearray(content)
    for signature, flag, name in ((LOCAL, 6, 30), (CENTRAL, 8, 46)):
        place = -1
        while (place := content.find(signature, place + 1)) >= 0:
            if content[place + name :].startswith(names):
                changed[place + flag] |= flags
    return bytes(changed)


def aes(entries: Sequence[tuple[str, bytes, str]]) -> bytes:
    """Return a zip of which each entry has a password of its own; empty: none."""
    out = io.BytesIO()
    with pyzipper.AESZipFile(out, "w", compression=pyzipper.ZIP_DEFLATED) as archive:
        for name, content, password in entries:
            archive.setencryption(pyzipper.WZ_AES if password else None)
            archive.setpassword(password.encode() or None)
            archive.writestr(name, content)
    return out.getvalue()


def with_comment(content: bytes, comment: bytes) -> bytes:
    """Return a zip with a comment at its end."""
    return content[:-2] + struct.pack("<H", len(comment)) + comment


def large_end(content: bytes) -> bytes:
    """Return a zip whose list of entries is told in the way of zip64 only."""
    place = content.rindex(END)
    count, size, start = struct.unpack_from("<HII", content, place + 10)
    record = struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, size, start)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, place, 1)
    end = struct.pack("<4sHHHHIIH", END, 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return content[:place] + record + locator + end
