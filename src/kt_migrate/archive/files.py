"""Walks the archive's roots, in one stable order, one file in memory at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from kt_migrate.archive.limits import Limits
from kt_migrate.archive.zips import walk_zip
from kt_migrate.errors import SourceError
from kt_migrate.model import Issue, SourceFile, Unreadable


def walk(roots: Sequence[Path], limits: Limits | None = None) -> Iterator[SourceFile]:
    """Yield every file below the roots, each with its digest.

    Names that start with a dot are left out: they belong to a tool or an operating system. A
    file that may not be read comes out too, with the reason in the place of its bytes.

    Args:
        roots: folders, zips or single files.
        limits: bounds; the defaults fit any archive of real messages.

    Raises:
        SourceError: a root that is not there.
    """
    bounds = limits or Limits()
    for root in roots:
        if not root.exists():
            raise SourceError(
                "There is no such archive.",
                where=str(root),
                fix="Correct archives in kt-migrate.yaml, or --archive.",
            )
        for path in _files(root):
            name = path.relative_to(root if root.is_dir() else root.parent).as_posix()
            if path.suffix.lower() == ".zip":
                yield from walk_zip(path, name, bounds)
            else:
                yield _read(path, name, bounds)


def _files(root: Path) -> Iterator[Path]:
    if root.is_file():
        yield root
        return
    for path in sorted(root.iterdir(), key=lambda p: p.name):
        if path.name.startswith("."):
            continue
        if path.is_dir() and not path.is_symlink():
            yield from _files(path)
        elif path.is_file():
            yield path


def _read(path: Path, name: str, limits: Limits) -> SourceFile:
    size = path.stat().st_size
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    content: bytes | Unreadable
    if size > limits.max_file_bytes:
        content = Unreadable(issue=Issue(code="file-too-large", detail=str(size)))
    else:
        content = path.read_bytes()
    return SourceFile(name=name, sha256=sha256, size=size, content=content)
