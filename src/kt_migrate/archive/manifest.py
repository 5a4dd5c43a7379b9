"""The manifest: a digest per file, in the form of sha256sum, and one digest over all.

With it the data owner confirms that the copy is whole and unharmed (draaiboek, Bijlage B eis 2).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from kt_migrate.archive.names import BETWEEN, original, shown
from kt_migrate.archive.problems import without_bytes
from kt_migrate.errors import SourceError
from kt_migrate.model import SourceFile

_LINE = re.compile(
    rb"(?P<apart>#no-file )?(?P<escaped>\\?)(?P<sha256>[0-9a-f]{64}) [ *](?P<name>.+)"
)
_ESCAPES = {b"\\": b"\\\\", b"\n": b"\\n", b"\r": b"\\r"}
_ESCAPED = re.compile(rb"[\\\n\r]")
_UNESCAPES = {b"\\\\": b"\\", b"\\n": b"\n", b"\\r": b"\r"}
_UNESCAPED = re.compile(rb"\\[\\nr]")


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestDifference:
    """How files differ from a manifest: shown names, sorted.

    Attributes:
        changed: the digest is another.
        missing: in the manifest, not among the files.
        extra: among the files, not in the manifest.
    """

    changed: tuple[str, ...]
    missing: tuple[str, ...]
    extra: tuple[str, ...]

    def __bool__(self) -> bool:
        """Whether there is any difference."""
        return bool(self.changed or self.missing or self.extra)

    def listed(self, most: int = 10) -> str:
        """Return the files, one per line with its sign, and no more of each kind than so many."""
        lines: list[str] = []
        for sign, names in (("~", self.changed), ("-", self.missing), ("+", self.extra)):
            lines += [f"  {sign} {name}" for name in names[:most]]
            if names[most:]:
                lines.append(f"  {sign} … {len(names) - most}")
        return "\n".join(lines)


def difference(
    before: Iterable[tuple[str, str]], now: Iterable[tuple[str, str]]
) -> ManifestDifference:
    """Compare (name, SHA-256) of every file with those of before."""
    was, extra, changed = dict(before), [], []
    for name, sha256 in now:
        known = was.pop(name, None)
        if known is None:
            extra.append(name)
        elif known != sha256:
            changed.append(name)
    return ManifestDifference(
        changed=tuple(sorted(changed)), missing=tuple(sorted(was)), extra=tuple(sorted(extra))
    )


def manifest_digest(files: Iterable[tuple[str, str]]) -> str:
    """Return one digest over (name, SHA-256) of every file, in any order.

    Source: draaiboek, Bijlage B eis 2 (bound input).
    """
    hasher = hashlib.sha256()
    for name, sha256 in sorted(files):
        hasher.update(f"{sha256}  {name}\n".encode())
    return hasher.hexdigest()


def write_manifest(path: Path, files: Iterable[SourceFile]) -> str:
    """Write a manifest, sorted by name.

    `sha256sum -c` checks it in the root's folder: names stand there as the bytes they are, a
    backslash or a line end escaped as GNU coreutils does. What is no file of its own (inside a
    container) or has no bytes to read (a pipe, a dead link) stands in comment lines, which
    sha256sum passes over and `check_manifest` does not.

    Args:
        path: the manifest; replaced in one step, readable by its owner only.
        files: of `files.delivered` (as they lie there) or `files.walk` (as they are read).

    Returns:
        The digest over the whole.
    """
    lines = sorted((file.name, file.sha256, _is_apart(file)) for file in files)
    unfinished = path.with_name(path.name + ".unfinished")
    unfinished.touch(mode=0o600)
    try:
        with unfinished.open("wb") as out:
            for name, sha256, apart in lines:
                out.write(_line(name, sha256, apart=apart))
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return manifest_digest((name, sha256) for name, sha256, _apart in lines)


def _is_apart(file: SourceFile) -> bool:
    return BETWEEN in file.name or without_bytes(file)


def _line(name: str, sha256: str, *, apart: bool) -> bytes:
    own = _ESCAPED.sub(lambda m: _ESCAPES[m[0]], original(name) if not apart else name.encode())
    mark = b"\\" if b"\\" in own else b""
    return (b"#no-file " if apart else b"") + mark + sha256.encode() + b"  " + own + b"\n"


def check_manifest(path: Path, files: Iterable[SourceFile]) -> ManifestDifference:
    """Compare files with a manifest, our own or one that `sha256sum` wrote.

    Args:
        path: the manifest. A leading `./` of a name, as `find` gives it, does not matter.
        files: of `files.delivered` for a manifest of what lies on disk.

    Raises:
        SourceError: the manifest is not there, or a line of it is none.
    """
    said: dict[str, str] = {}
    for name, sha256 in _lines(path):
        said[name] = said.get(name, "") + sha256  # one that is named twice may be either
    return difference(said.items(), ((f.name, _either(f, said)) for f in files))


def _either(file: SourceFile, said: dict[str, str]) -> str:
    """Return what a manifest says of a file when that holds its digest, else the digest."""
    sums = said.get(file.name, "")
    found = any(sums[i : i + 64] == file.sha256 for i in range(0, len(sums), 64))
    return sums if found else file.sha256


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    try:
        content = path.read_bytes()
    except OSError:
        raise SourceError(
            "The manifest cannot be read.",
            where=str(path),
            fix="Name the file that the data owner made with sha256sum.",
        ) from None
    for number, line in enumerate(content.split(b"\n"), start=1):
        if not line.strip() or (line.startswith(b"#") and not line.startswith(b"#no-file ")):
            continue
        match = _LINE.fullmatch(line.removesuffix(b"\r"))
        if match is None:
            raise SourceError(
                "This is no line of a manifest.",
                where=f"{path}:{number}",
                fix="Make the manifest with sha256sum: 64 digits, two spaces, the name.",
            )
        yield _name(match), match["sha256"].decode()


def _name(match: re.Match[bytes]) -> str:
    own = match["name"]
    if match["escaped"]:
        own = _UNESCAPED.sub(lambda m: _UNESCAPES[m[0]], own)
    return own.decode() if match["apart"] else shown(own.removeprefix(b"./"))
