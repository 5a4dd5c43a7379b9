"""inspect --manifest: is the archive what was delivered (draaiboek, Bijlage B eis 2)?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from kt_migrate.archive.delivery import Delivered, Delivery, make_or_check
from kt_migrate.archive.limits import Limits
from kt_migrate.cli.screen import Screen
from kt_migrate.config import Workspace
from kt_migrate.errors import ExitCode
from kt_migrate.language import tr

Manifest = Annotated[
    bool,
    typer.Option(
        "--manifest",
        help=tr(
            "Check the archive against its manifest.sha256; make it when there is none "
            "(Bijlage B eis 2)."
        ),
    ),
]


def delivery(
    screen: Screen, roots: Sequence[Path], working: Workspace | None, limits: Limits
) -> Delivery:
    """Make or check the manifests, and say what came of it.

    Raises:
        SourceError, ConfigurationError: see `make_or_check`.
    """
    found = make_or_check(roots, working.root if working else None, limits)
    for root in found.roots:
        screen.line(_line(root))
        if root.difference:
            screen.line(root.difference.listed())
    whole = tr("Digest over the whole")
    screen.line(f"{whole}: {found.digest}")
    return found


def _line(root: Delivered) -> str:
    path, files, found = root.manifest, root.files, root.difference
    if root.made:
        return tr("Manifest made: {path}, {files} files.", path=path, files=files)
    if not found:
        return tr("The archive is what {path} says: {files} files.", path=path, files=files)
    changed, missing, extra = map(len, (found.changed, found.missing, found.extra))
    return tr(
        "The archive is not what {path} says: {changed} changed (~), {missing} "
        "missing (-), {extra} extra (+).",
        path=path,
        changed=changed,
        missing=missing,
        extra=extra,
    )


def as_json(found: Delivery | None) -> dict[str, object]:
    """Return what `--json` has of it: every file by its name; nothing when it was not asked for."""
    if found is None:
        return {}
    roots = [
        {
            "root": str(root.root),
            "path": str(root.manifest),
            "made": root.made,
            "files": root.files,
            "changed": root.difference.changed,
            "missing": root.difference.missing,
            "extra": root.difference.extra,
        }
        for root in found.roots
    ]
    return {"manifest": {"digest": found.digest, "roots": roots}}


def end_with(found: Delivery | None) -> None:
    """End the command with the exit code of an archive that is not what was delivered.

    Raises:
        typer.Exit: there is a difference.
    """
    if found is not None and found.differs:
        raise typer.Exit(ExitCode.MANIFEST)


def manifests_text(manifests: int) -> str:
    """Return what a plan says of the archive's manifests."""
    if manifests:
        return tr("The archive is what its manifest says.")
    return tr("The archive has no manifest; kt-migrate inspect --manifest makes one.")
