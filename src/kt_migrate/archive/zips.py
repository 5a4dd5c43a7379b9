"""Reads a zip without trusting it: no path, size, ratio or kind of entry is taken on its word.

Entries are read in memory, never unpacked to disk, so that a path cannot hurt; it is refused all
the same, for whoever made it had something in mind.
"""

from __future__ import annotations

import hashlib
import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from kt_migrate.archive.limits import Limits
from kt_migrate.model import Issue, SourceFile, Unreadable

_ENCRYPTED = 0x1


def walk_zip(path: Path, name: str, limits: Limits) -> Iterator[SourceFile]:
    """Yield every entry of one zip, sorted by name; refused ones with the reason."""
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        yield _refused(name, sha256, path.stat().st_size, "not-a-zip")
        return
    with archive:
        entries = [e for e in archive.infolist() if not e.is_dir()]
        reason = _whole(entries, limits)
        if reason:
            yield _refused(name, sha256, path.stat().st_size, reason)
            return
        for entry in sorted(entries, key=lambda e: e.filename):
            if not PurePosixPath(entry.filename).name.startswith("."):
                yield _entry(archive, entry, f"{name}!{entry.filename}", limits)


def _whole(entries: list[zipfile.ZipInfo], limits: Limits) -> str:
    if len(entries) > limits.max_zip_entries:
        return "too-many-entries"
    if sum(e.file_size for e in entries) > limits.max_zip_bytes:
        return "too-large"
    return ""


def _entry(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str, limits: Limits
) -> SourceFile:
    reason = _suspect(entry, limits)
    if reason:
        return _refused(name, f"{entry.CRC:08x}".zfill(64), entry.file_size, reason)
    try:
        with archive.open(entry) as file:
            # One byte more than the entry claims: a liar is found out without unpacking it all.
            content = file.read(entry.file_size + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError):
        return _refused(name, f"{entry.CRC:08x}".zfill(64), entry.file_size, "damaged")
    sha256 = hashlib.sha256(content).hexdigest()
    return SourceFile(name=name, sha256=sha256, size=len(content), content=content)


def _suspect(entry: zipfile.ZipInfo, limits: Limits) -> str:
    path = PurePosixPath(entry.filename.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
        return "path"
    if stat.S_ISLNK(entry.external_attr >> 16):
        return "link"
    if entry.flag_bits & _ENCRYPTED:
        return "encrypted"
    if path.suffix.lower() == ".zip":
        return "nested"
    if entry.file_size > limits.max_file_bytes:
        return "too-large"
    if entry.file_size > limits.max_ratio * max(entry.compress_size, 1):
        return "ratio"
    return ""


def _refused(name: str, sha256: str, size: int, detail: str) -> SourceFile:
    problem = Unreadable(issue=Issue(code="archive-refused", detail=detail))
    return SourceFile(name=name, sha256=sha256, size=size, content=problem)
