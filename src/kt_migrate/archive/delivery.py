"""Is the archive what was delivered? Each root has a manifest of the files as they lie on disk.

Source: draaiboek, Bijlage B eis 2.
"""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from kt_migrate.archive.disk import MANIFEST, OWN_MANIFEST, distinct, labelled, manifest_in
from kt_migrate.archive.files import delivered
from kt_migrate.archive.limits import Limits
from kt_migrate.archive.manifest import (
    ManifestDifference,
    check_manifest,
    manifest_digest,
    write_manifest,
)
from kt_migrate.errors import ConfigurationError, ManifestError, said
from kt_migrate.model import SourceFile

BESIDE = "manifests"
"""Folder of the working folder for the manifests of roots that cannot be written."""

_READ_ONLY = (errno.EACCES, errno.EPERM, errno.EROFS)
_NONE = ManifestDifference(changed=(), missing=(), extra=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """What came of one root.

    Attributes:
        root: the folder or file.
        manifest: where its manifest lies.
        made: whether it was made just now.
        files: how many files there are.
        difference: how they differ from the manifest.
    """

    root: Path
    manifest: Path
    made: bool
    files: int
    difference: ManifestDifference


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What came of all roots, with one digest over the whole (names start with their root's)."""

    roots: tuple[Delivered, ...]
    digest: str

    @property
    def differs(self) -> bool:
        """Whether any root is not what its manifest says."""
        return any(root.difference for root in self.roots)


def manifest_of(root: Path, working: Path | None) -> Path | None:
    """Return a root's manifest, or None when it has none.

    Args:
        root: a folder (`manifest.sha256` in it) or a file (`<name>.sha256` beside it).
        working: the working folder, which keeps those of roots that cannot be written.
    """
    places = [_own_place(root), *([_beside(working, root)] if working else [])]
    return next((place for place in places if manifest_in(str(place))), None)


def _own_place(root: Path) -> Path:
    return root / MANIFEST if root.is_dir() else root.with_name(f"{root.name}.sha256")


def _beside(working: Path, root: Path) -> Path:
    mark = hashlib.sha256(bytes(root)).hexdigest()[:8]  # two roots may have one name
    return working / BESIDE / f"{root.name}-{mark}.sha256"


def make_or_check(
    roots: Sequence[Path], working: Path | None = None, limits: Limits | None = None
) -> Delivery:
    """Check every root that has a manifest, and make one for every root that has none.

    Raises:
        SourceError: a root is not there, or a manifest is none.
        ConfigurationError: a manifest cannot be written.
    """
    found, every = [], []
    for root, label in labelled(distinct(roots)):
        files = list(_files(root, limits))
        every += [(_among_all(f.name, root, label), f.sha256) for f in files]
        found.append(_one(root, working, files))
    return Delivery(roots=tuple(found), digest=manifest_digest(every))


def _among_all(name: str, root: Path, label: str) -> str:
    """Return the name that a file has when all roots are read together."""
    if not label:
        return name
    return f"{label}/{name}" if root.is_dir() else label


def _files(root: Path, limits: Limits | None) -> Iterator[SourceFile]:
    return (f for f in delivered([root], limits) if f.content != OWN_MANIFEST)


def _one(root: Path, working: Path | None, files: Sequence[SourceFile]) -> Delivered:
    manifest = manifest_of(root, working)
    if manifest is None:
        place, difference = _written(root, working, files), _NONE
    else:
        place, difference = manifest, _differs(manifest, files)
    return Delivered(
        root=root,
        manifest=place,
        made=manifest is None,
        files=len(files),
        difference=difference,
    )


def _differs(manifest: Path, files: Iterable[SourceFile]) -> ManifestDifference:
    """Compare; one that `find` made in its own folder names itself too, which is no matter."""
    found = check_manifest(manifest, files)
    missing = tuple(name for name in found.missing if name != MANIFEST)
    return ManifestDifference(changed=found.changed, missing=missing, extra=found.extra)


def _written(root: Path, working: Path | None, files: Sequence[SourceFile]) -> Path:
    places = [_own_place(root), *([_beside(working, root)] if working else [])]
    for place in places:
        if place.is_symlink() or place.exists():
            raise ConfigurationError(
                "Something that is no manifest has its name; it is not overwritten.",
                where=str(place),
                fix="Give it another name, and then make the manifest.",
            )
        try:
            if place != places[0]:
                place.parent.mkdir(mode=0o700, exist_ok=True)
            write_manifest(place, files)
        except OSError as error:
            if error.errno not in _READ_ONLY:
                raise
        else:
            return place
    raise ConfigurationError(
        "The manifest cannot be written in the archive.",
        where=str(places[0]),
        fix="Give the command without ARCHIVE in a working folder, which then keeps it.",
    )


def require_as_delivered(
    roots: Sequence[Path], working: Path | None = None, limits: Limits | None = None
) -> int:
    """Refuse an archive that is not what its manifests say.

    Returns:
        How many of the roots have a manifest.

    Raises:
        ManifestError: names the files that are changed, missing or extra.
    """
    checked = 0
    for root in distinct(roots):
        manifest = manifest_of(root, working)
        if manifest is None:
            continue
        checked += 1
        _require(_differs(manifest, _files(root, limits)), manifest)
    return checked


def _require(found: ManifestDifference, manifest: Path) -> None:
    if found:
        raise ManifestError(
            said(
                "The archive is not what its manifest says: {changed} changed (~), {missing} "
                "missing (-), {extra} extra (+).\n"
                "{listed}",
                changed=len(found.changed),
                missing=len(found.missing),
                extra=len(found.extra),
                listed=found.listed(),
            ),
            where=str(manifest),
            fix="Ask the data owner which is right; kt-migrate inspect --manifest --json has all.",
        )
