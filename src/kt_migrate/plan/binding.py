"""What a plan is bound to. A run refuses on any difference, and names what changed."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import orjson

from kt_migrate.archive.manifest import ManifestDifference, difference
from kt_migrate.errors import JournalError, PlanStaleError, Said, said
from kt_migrate.model import Mode

SCHEMA = "kt-migrate-binding/1"

NAMES = {
    "environment": said("the environment"),
    "archive": said("the archive"),
    "algorithm": said("the algorithm"),
    "enrichment": said("the enrichment"),
    "domain_file": said("kt-migrate.yaml"),
    "environment_file": said("the environment's settings"),
    "limits": said("the limits on the archive"),
    "tool": said("the version of kt-migrate"),
    "profile": said("the version of the KT 2.0 profiles"),
    "mode": said("the mode"),
    "others": said("the lists of the other suppliers"),
    "plan": said("the plan itself"),
}
"""How to call each component to a person."""
_DIGEST = re.compile(r"[0-9a-f]{64}")
_SHOWN = 12
"""Digits of a digest on a screen: enough to hold against another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """Digests (SHA-256) and versions of everything that makes a plan what it is.

    `plan` is the digest of plan.sqlite itself; empty while it is not made yet.
    """

    environment: str
    archive: str
    algorithm: str
    enrichment: str
    domain_file: str
    environment_file: str
    limits: str
    tool: str
    profile: str
    mode: str = Mode.LATEST.value
    others: str = ""
    plan: str = ""

    def differences(self, other: Binding) -> tuple[str, ...]:
        """Return the names of the components that differ (`plan` only when both have it)."""
        return tuple(
            field.name
            for field in fields(self)
            if getattr(self, field.name) != getattr(other, field.name)
            and not (field.name == "plan" and not (self.plan and other.plan))
        )


def short(value: str) -> str:
    """Return a digest as a person sees it; versions and words stay whole.

    >>> short("ab" * 32), short("0.12.0"), short("")
    ('abababababab', '0.12.0', '-')
    """
    return value[:_SHOWN] if _DIGEST.fullmatch(value) else value or "-"


def changed(name: str, before: str, after: str) -> Said:
    """Say of one component that it changed, and from what to what.

    >>> changed("tool", "0.11.0", "0.12.0")
    'the version of kt-migrate (0.11.0 → 0.12.0)'
    """
    return said(
        "{component} ({before} → {after})",
        component=NAMES[name],
        before=short(before),
        after=short(after),
    )


def write_files(folder: Path, files: Iterable[tuple[str, str]]) -> str:
    """Write manifest.txt (sha256sum's format) into a run folder, a line at a time.

    Args:
        folder: the run folder.
        files: (name, SHA-256) of every file, sorted.

    Returns:
        The digest over all, as `archive.manifest.manifest_digest` gives it.
    """
    hasher = hashlib.sha256()

    def lines() -> Iterator[bytes]:
        for name, sha256 in files:
            line = f"{sha256}  {name}\n".encode()
            hasher.update(line)
            yield line

    _write(folder / "manifest.txt", lines())
    return hasher.hexdigest()


def write_binding(folder: Path, binding: Binding) -> None:
    """Write binding.json into a run folder: with that, its plan counts."""
    content = orjson.dumps({"schema": SCHEMA, **asdict(binding)}, option=orjson.OPT_INDENT_2)
    _write(folder / "binding.json", (content, b"\n"))


def _write(path: Path, content: Iterable[bytes]) -> None:
    unfinished = path.with_suffix(".unfinished")
    with unfinished.open("wb") as out:
        unfinished.chmod(0o600)
        out.writelines(content)
    unfinished.replace(path)


def read_binding(folder: Path) -> Binding:
    """Read binding.json of a run folder.

    Raises:
        JournalError: it is not there, or not ours.
    """
    path = folder / "binding.json"
    try:
        content = orjson.loads(path.read_bytes())
        known = content.pop("schema") == SCHEMA
        binding = Binding(**content)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise JournalError(
            "The run folder does not say what its plan is bound to.",
            where=str(path),
            fix="Make a new plan with kt-migrate plan.",
        ) from None
    if not known:
        raise JournalError(
            "The run folder was made by another version of kt-migrate.",
            where=str(path),
            fix="Make a new plan with kt-migrate plan.",
        )
    return binding


def require_same(
    bound: Binding, now: Binding, folder: Path, files: Iterable[tuple[str, str]] = ()
) -> None:
    """Refuse a plan of which something has changed.

    Args:
        bound: what the plan was made of.
        now: what there is now.
        folder: the run folder.
        files: (name, SHA-256) of every file of the archive now.

    Raises:
        PlanStaleError: names every component that differs, from what to what, and of the archive
            the files.
    """
    names = bound.differences(now)
    if not names:
        return
    what = tuple(changed(name, getattr(bound, name), getattr(now, name)) for name in names)
    fix = said("Make a new plan with kt-migrate plan, and look at what it changes.")
    found = _changed_files(folder, files) if "archive" in names else None
    if not found:
        raise PlanStaleError(
            said("Changed since the plan was made: {what}.", what=what), where=str(folder), fix=fix
        )
    raise PlanStaleError(
        said(
            "Changed since the plan was made: {what}. Files: {changed} changed (~), "
            "{missing} missing (-), {extra} extra (+).\n"
            "{listed}",
            what=what,
            changed=len(found.changed),
            missing=len(found.missing),
            extra=len(found.extra),
            listed=found.listed(),
        ),
        where=str(folder),
        fix=fix,
    )


def _changed_files(folder: Path, files: Iterable[tuple[str, str]]) -> ManifestDifference | None:
    """Compare the archive with manifest.txt; None when that was lost or damaged."""
    try:
        text = (folder / "manifest.txt").read_text("utf-8")
        lines = [line.split("  ", 1) for line in text.split("\n") if line]
        return difference(((name, sha256) for sha256, name in lines), files)
    except (OSError, ValueError):
        return None
