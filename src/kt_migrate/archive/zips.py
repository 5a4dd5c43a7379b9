"""Reads a zip without trusting it: no path, size, ratio or kind of entry is taken on its word.

Entries are read in memory, one at a time, never unpacked to disk. An encrypted one is read when
it is AES and there is a password; the old ZipCrypto is broken, so that what it "protected" has
to be delivered anew.
"""

from __future__ import annotations

import hashlib
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from kt_migrate.archive.content import Stream, chunks, document, gather, stored
from kt_migrate.archive.forms import form_of
from kt_migrate.archive.limits import Limits, Tally
from kt_migrate.archive.names import UniqueNames, inside, suspect
from kt_migrate.archive.ndjson import walk_ndjson
from kt_migrate.archive.passwords import Passwords
from kt_migrate.archive.problems import NOT_REGULAR, REFUSED, RefusedError, refused
from kt_migrate.model import SourceFile

_ENCRYPTED, _STRONG = 0x1, 0x40
_AES = 99
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Only what zlib bounds: a few bytes of bzip2 or LZMA come out of zipfile as megabytes at once."""
_LOCAL, _END, _LARGE_LOCATOR, _LARGE_END = 30, 22, 20, 56
_DAMAGE: tuple[type[Exception], ...]
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    NotImplementedError,
    ValueError,
    struct.error,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Zip:
    """An open zip: how it is read, and what was found out about it beforehand."""

    name: str
    file: BinaryIO
    archive: zipfile.ZipFile
    limits: Limits
    tally: Tally
    names: UniqueNames = field(default_factory=UniqueNames)
    overlapping: frozenset[int]
    damage: tuple[type[Exception], ...]


def walk_zip(
    name: str, file: BinaryIO, limits: Limits, passwords: Passwords
) -> Iterator[SourceFile]:
    """Yield every entry of a zip, sorted by name; refused ones with the reason.

    Raises:
        RefusedError: the zip as a whole is refused.
    """
    _directory_fits(file, limits)
    archive = _opened(file)
    entries = [e for e in archive.infolist() if not _is_folder(e)]
    if len(entries) > limits.max_entries:
        raise RefusedError("too-many-entries")
    damage = _DAMAGE
    try:
        secret = _secret(name, entries, passwords)
        if secret:
            archive, damage = _decrypting(file, secret)
            entries = [e for e in archive.infolist() if not _is_folder(e)]
    except RefusedError as refusal:
        sha256, size = stored(file)
        yield refused(name, refusal.detail, sha256=sha256, size=size)
        entries = [e for e in entries if not e.flag_bits & _ENCRYPTED]
    opened = _Zip(
        name=name,
        file=file,
        archive=archive,
        limits=limits,
        tally=Tally(limits, alike=False),
        overlapping=_overlapping(archive),
        damage=damage,
    )
    for entry in sorted(entries, key=lambda e: (e.filename, e.header_offset)):
        yield from _entry(opened, entry)


def _opened(file: BinaryIO) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except UnicodeDecodeError:
        raise RefusedError("names") from None
    except _DAMAGE:
        raise RefusedError("not-a-zip") from None


def _directory_fits(file: BinaryIO, limits: Limits) -> None:
    """Refuse a list of entries that would fill the memory, before it is read."""
    end = file.seek(0, 2)
    file.seek(max(0, end - 66_000))
    tail = bytes(_LARGE_END + _LARGE_LOCATOR) + file.read()
    place = tail.rfind(b"PK\x05\x06")
    if place < 0 or len(tail) < place + _END:
        raise RefusedError("not-a-zip")
    locator = place - _LARGE_LOCATOR  # where zipfile looks for it, and nowhere else
    large = locator - _LARGE_END
    if tail.startswith(b"PK\x06\x07", locator) and tail.startswith(b"PK\x06\x06", large):
        count, size = struct.unpack_from("<QQ", tail, large + 32)
    else:
        count, size = struct.unpack_from("<HI", tail, place + 10)
    # An entry takes some 700 bytes in Python, at least 46 in the list and 100 as a rule.
    if count > limits.max_entries:
        raise RefusedError("too-many-entries")
    if size * 7 > limits.max_container_memory:
        raise RefusedError("memory")


def _is_folder(entry: zipfile.ZipInfo) -> bool:
    return entry.filename.endswith("/") and not entry.file_size and not entry.compress_size


def _overlapping(archive: zipfile.ZipFile) -> frozenset[int]:
    """Return where entries start that share bytes with another or with the list of entries.

    That is how a small zip unpacks to terabytes.
    """
    entries = sorted(archive.infolist(), key=lambda e: e.header_offset)
    found: set[int] = set()
    reach, reaching = 0, 0
    for entry in entries:
        if entry.header_offset < reach:
            found |= {entry.header_offset, reaching}
        end = entry.header_offset + _LOCAL + entry.compress_size
        if end > archive.start_dir:
            found.add(entry.header_offset)
        if end > reach:
            reach, reaching = end, entry.header_offset
    return frozenset(found)


def _secret(name: str, entries: Sequence[zipfile.ZipInfo], passwords: Passwords) -> str:
    """Return the password; empty when nothing is encrypted.

    Raises:
        RefusedError: what is encrypted cannot be read.
    """
    encrypted = [e for e in entries if e.flag_bits & _ENCRYPTED]
    if not encrypted:
        return ""
    if any(e.flag_bits & _STRONG for e in encrypted):
        raise RefusedError("encryption-unknown")
    if any(e.compress_type != _AES for e in encrypted):
        raise RefusedError("zipcrypto")
    secret = passwords(name)
    if not secret:
        raise RefusedError("encrypted")
    return secret


def _decrypting(file: BinaryIO, secret: str) -> tuple[zipfile.ZipFile, tuple[type[Exception], ...]]:
    """Return the zip as pyzipper reads it, and what it raises when that is damaged."""
    try:
        import pyzipper  # noqa: PLC0415  # an extra: only who has encrypted zips needs it
    except ImportError:
        raise RefusedError("needs-pyzipper") from None
    damage = (*_DAMAGE, pyzipper.BadZipFile)
    try:
        archive = pyzipper.AESZipFile(file)
        archive.setpassword(secret.encode())
        first = next(e for e in archive.infolist() if e.flag_bits & _ENCRYPTED)
    except damage:
        raise RefusedError("damaged") from None
    try:
        archive.open(first).close()
    except RuntimeError:  # how pyzipper says that the password is another
        raise RefusedError("wrong-password") from None
    except damage:
        return archive, damage  # the entry's own line says so
    return archive, damage


def _entry(opened: _Zip, entry: zipfile.ZipInfo) -> Iterator[SourceFile]:
    opened.tally.entry()
    name = opened.names.give(inside(opened.name, entry.filename))
    reason = _suspect(entry, opened)
    if reason:
        code, detail = reason
        yield _refused(opened, entry, name, detail, code)
        return
    own = Tally(opened.limits, alike=False)
    own.bytes_in = entry.compress_size
    try:
        with opened.archive.open(entry) as file:
            stream = _Counted(file, opened.tally, own)
            if form_of(entry.filename).inner == "ndjson":
                yield from walk_ndjson(name, stream, opened.limits)
            else:
                read = gather(stream, opened.limits.max_file_bytes)
                yield document(name, entry.filename, read)
    except RefusedError as refusal:
        if opened.tally.bytes_out > opened.limits.max_container_bytes:
            raise
        yield _refused(opened, entry, name, refusal.detail)
    except RuntimeError:
        yield _refused(opened, entry, name, "wrong-password")
    except opened.damage:
        yield _refused(opened, entry, name, "damaged")


class _Counted:
    """An entry that is stopped where a bound is, not where its header says."""

    def __init__(self, file: Stream, *tallies: Tally) -> None:
        self._file = file
        self._tallies = tallies

    def read(self, size: int, /) -> bytes:
        """Read on."""
        piece = self._file.read(size)
        for tally in self._tallies:
            tally.out(len(piece))
        return piece


def _suspect(entry: zipfile.ZipInfo, opened: _Zip) -> tuple[str, str] | None:
    mode = entry.external_attr >> 16
    kind = stat.S_IFMT(mode)
    checks = (
        (suspect(entry.orig_filename, opened.limits), REFUSED),
        ("link" if stat.S_ISLNK(mode) else "", REFUSED),
        ("special" if kind and not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)) else "", NOT_REGULAR),
        ("folder-with-content" if entry.filename.endswith("/") else "", REFUSED),
        ("nested" if form_of(entry.filename).is_container else "", REFUSED),
        ("overlap" if entry.header_offset in opened.overlapping else "", REFUSED),
        ("method" if entry.compress_type not in _METHODS else "", REFUSED),
    )
    return next(((code, detail) for detail, code in checks if detail), None)


def _refused(
    opened: _Zip, entry: zipfile.ZipInfo, name: str, detail: str, code: str = REFUSED
) -> SourceFile:
    """Return an entry's line, with the digest of its packed bytes: those can always be read.

    Not of entries that overlap: a small zip would then take days to digest.
    """
    if entry.header_offset in opened.overlapping:
        return refused(name, detail, code=code)
    hasher, file = hashlib.sha256(), opened.file
    try:
        file.seek(entry.header_offset)
        header = file.read(_LOCAL)
        file.seek(sum(struct.unpack("<HH", header[26:_LOCAL])), 1)
        for piece in chunks(file, entry.compress_size):
            hasher.update(piece)
    except (RefusedError, OSError, ValueError, struct.error):
        return refused(name, detail, code=code)
    return refused(name, detail, code=code, sha256=hasher.hexdigest(), size=entry.compress_size)
