"""The list of what is in a pack: `sha256sum -c manifest.sha256` checks it anywhere."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from kt_migrate.errors import ForgedError, said

FORMAT = "kt-migrate-evidence-manifest/1"
MANIFEST, SIGNATURE = "manifest.sha256", "signature.jws"
_FIRST = f"# {FORMAT}"
_LINE = re.compile(r"([0-9a-f]{64})  (\S{1,60})", re.ASCII)


def manifest_of(members: Mapping[str, bytes]) -> bytes:
    """List members: a line with the format, then in `sha256sum`'s form one per member, sorted."""
    lines = [f"{hashlib.sha256(members[name]).hexdigest()}  {name}" for name in sorted(members)]
    return "".join(f"{line}\n" for line in (_FIRST, *lines)).encode()


def require_listed(members: Mapping[str, bytes], where: str) -> None:
    """Hold the members of a pack against its own list.

    Args:
        members: all of them, the list and the signature too.
        where: how to call the file to a person.

    Raises:
        ForgedError: no list, or another; names what is missing, changed or extra.
    """
    known = _listed(members.get(MANIFEST, b""), where)
    rest = {n: content for n, content in members.items() if n not in (MANIFEST, SIGNATURE)}
    missing = sorted(known.keys() - rest.keys())
    extra = sorted(rest.keys() - known.keys())
    changed = sorted(
        name
        for name in rest.keys() & known.keys()
        if hashlib.sha256(rest[name]).hexdigest() != known[name]
    )
    if SIGNATURE not in members:
        missing.append(SIGNATURE)
    for word, names in (
        (said("missing"), missing),
        (said("changed"), changed),
        (said("extra"), extra),
    ):
        if names:
            raise ForgedError(
                said(
                    "The evidence pack is not what its list says: {word}: {names}.",
                    word=word,
                    names=", ".join(names),
                ),
                where=where,
                fix="Ask who made it for the file as it was made, and trust nothing in this one.",
            )


def _listed(content: bytes, where: str) -> dict[str, str]:
    lines = content.decode("ascii", "replace").split("\n")
    found = [_LINE.fullmatch(line) for line in lines[1:-1]]
    listed = {match[2]: match[1] for match in found if match}
    if lines[0] != _FIRST or lines[-1] or len(listed) != len(found):
        raise ForgedError(
            said("The evidence pack has no list of the form {format}.", format=FORMAT),
            where=where,
            fix="Ask who made it for the file as it was made, or use the kt-migrate that made it.",
        )
    return listed
