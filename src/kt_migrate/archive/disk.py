"""Finds every file below the roots, and opens none that is not an ordinary one."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from kt_migrate.archive.content import Gathered, gather
from kt_migrate.archive.forms import starts_as_container, starts_as_input
from kt_migrate.archive.limits import Limits
from kt_migrate.archive.names import UniqueNames, shown
from kt_migrate.archive.problems import NOT_REGULAR, RefusedError, refused, unreachable
from kt_migrate.errors import SourceError
from kt_migrate.model import NoMessage, SourceFile

LINK = NoMessage(kind="link")
"""A link to what is in the archive itself: read there, under its own name."""

MANIFEST = "manifest.sha256"
"""A root's own manifest, in its folder: it says what is in the archive, and is no part of it."""

OWN_MANIFEST = NoMessage(kind=MANIFEST)

_KINDS = (
    (stat.S_ISFIFO, "fifo"),
    (stat.S_ISSOCK, "socket"),
    (stat.S_ISBLK, "device"),
    (stat.S_ISCHR, "device"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An ordinary file.

    Attributes:
        path: where it is.
        name: its shown name.
        own_name: its path below the root, as it is.
    """

    path: str
    name: str
    own_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Root:
    path: Path
    label: str
    limits: Limits
    inside: tuple[Path, ...]

    def name(self, own_name: str) -> str:
        return self.label + shown(own_name)


def below(roots: Sequence[Path], limits: Limits) -> Iterator[Found | SourceFile]:
    """Yield every file below the roots, sorted by name within a folder.

    With more than one root a file's name starts with that of its root. A root within another one
    is not read twice.

    Args:
        roots: folders or single files.
        limits: bounds.

    Returns:
        What can be opened; and the lines of what cannot, or need not be.

    Raises:
        SourceError: a root that is not there.
    """
    places = distinct(roots)
    for place, label in labelled(places):
        if place.is_dir():
            prefix = f"{label}/" if label else ""
            root = _Root(path=place, label=prefix, limits=limits, inside=tuple(places))
            yield from _counted(root)
        else:
            root = _Root(path=place, label="", limits=limits, inside=tuple(places))
            yield from _one(root, str(place), place.name, name=label or shown(place.name))


def distinct(roots: Sequence[Path]) -> list[Path]:
    """Return the roots as real paths, each once, without those that lie within another.

    Raises:
        SourceError: a root that is not there.
    """
    for root in roots:
        if not root.exists():
            raise SourceError(
                "There is no such archive.",
                where=str(root),
                fix="Correct archives in kt-migrate.yaml, or --archive.",
            )
    places = list(dict.fromkeys(root.resolve() for root in roots))
    return [p for p in places if not any(other in p.parents for other in places)]


def labelled(places: Sequence[Path]) -> Iterator[tuple[Path, str]]:
    """Yield each root with what its files' names start with; nothing when there is only one."""
    labels = UniqueNames()
    for place in places:
        yield place, labels.give(shown(place.name)) if len(places) > 1 else ""


def own_manifests(roots: Sequence[Path]) -> set[str]:
    """Return the names under which the roots' own manifests come out."""
    return {
        f"{label}/{MANIFEST}" if label else MANIFEST
        for place, label in labelled(distinct(roots))
        if manifest_in(str(place / MANIFEST))
    }


def manifest_in(path: str) -> Gathered | None:
    """Return what a manifest holds; None: there is none, or it is a message or a container."""
    try:
        with opened(path) as file:
            read = gather(file, 0)
    except (OSError, RefusedError):
        return None
    return None if starts_as_input(read.head) or starts_as_container(read.head) else read


def _counted(root: _Root) -> Iterator[Found | SourceFile]:
    for count, found in enumerate(_folder(root, "", 1), start=1):
        if count > root.limits.max_entries:
            yield refused(root.label or ".", "too-many-entries")
            return
        yield found


def _folder(root: _Root, own_name: str, depth: int) -> Iterator[Found | SourceFile]:
    path = os.path.join(root.path, own_name)  # noqa: PTH118  # names need not be UTF-8
    if depth > root.limits.max_depth:
        yield refused(root.name(own_name), "too-deep")
        return
    try:
        with os.scandir(path) as entries:
            # Only the names: a folder can hold a million.
            names = sorted(entry.name for entry in entries)
    except OSError as error:
        yield unreachable(root.name(own_name) or ".", error)
        return
    for name in names:
        inner = f"{own_name}{name}"
        place = f"{path.rstrip('/')}/{name}"
        if _is_folder(place):
            yield from _folder(root, f"{inner}/", depth + 1)
        else:
            yield from _one(root, place, inner)


def _is_folder(path: str) -> bool:
    try:
        return stat.S_ISDIR(os.lstat(path).st_mode)
    except OSError:
        return False  # asked again as a file, which says why


def _one(root: _Root, path: str, own_name: str, name: str = "") -> Iterator[Found | SourceFile]:
    name = name or root.name(own_name)
    try:
        mode = os.lstat(path).st_mode
        in_root = own_name == MANIFEST and path != str(root.path)
        own = manifest_in(path) if in_root else None
        if own is not None:
            yield SourceFile(name=name, sha256=own.sha256, size=own.size, content=OWN_MANIFEST)
        elif stat.S_ISREG(mode):
            yield Found(path=path, name=name, own_name=own_name)
        elif stat.S_ISLNK(mode):
            yield _link(root, path, name)
        else:
            yield refused(name, _kind(mode), code=NOT_REGULAR)
    except OSError as error:
        yield unreachable(name, error)


def _kind(mode: int) -> str:
    return next((kind for test, kind in _KINDS if test(mode)), "unknown")


def _link(root: _Root, path: str, name: str) -> SourceFile:
    """A link is never followed: what is inside is met there, what is outside is not ours."""
    try:
        target = Path(path).resolve(strict=True)
    except (OSError, RuntimeError):  # RuntimeError: how 3.11 says that it leads to itself
        return refused(name, "link-broken")
    if not any(place == target or place in target.parents for place in root.inside):
        return refused(name, "link-outside")
    if target.is_file():
        with opened(str(target)) as file:
            read = gather(file, 0)
        return SourceFile(name=name, sha256=read.sha256, size=read.size, content=LINK)
    line = refused(name, "link")
    return SourceFile(name=name, sha256=line.sha256, size=0, content=LINK)


@contextmanager
def opened(path: str) -> Iterator[BinaryIO]:
    """Open an ordinary file, without hanging on what has become something else meanwhile.

    Raises:
        RefusedError: it is no ordinary file any more.
        OSError: it cannot be opened.
    """
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(path, flags), "rb") as file:
        mode = os.fstat(file.fileno()).st_mode
        if not stat.S_ISREG(mode):
            raise RefusedError(_kind(mode), NOT_REGULAR)
        yield file


def stamp(file: BinaryIO) -> tuple[int, int]:
    """Return what changes when somebody writes in a file."""
    status = os.fstat(file.fileno())
    return status.st_size, status.st_mtime_ns
