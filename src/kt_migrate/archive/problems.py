"""What cannot be read comes out as a file all the same: with its name, a digest and the reason."""

from __future__ import annotations

import errno
import hashlib

from kt_migrate.model import Issue, SourceFile, Unreadable

REFUSED = "archive-refused"
UNREACHABLE = "file-unreachable"
NOT_REGULAR = "file-not-regular"
TOO_LARGE = "file-too-large"

LIMITED = {
    "too-large": "max_container_bytes",
    "too-many-entries": "max_entries",
    "too-deep": "max_depth",
    "memory": "max_container_memory",
    "ratio": "max_ratio",
    "stream-ratio": "max_stream_ratio",
}
"""Which limit a reason is of: what may be raised, when the file is known to be good."""


class RefusedError(Exception):
    """A container or file goes no further; caught where its name is known, never by a person.

    Attributes:
        detail: the reason, one of docs/archives.md.
        code: of the catalogue.
    """

    def __init__(self, detail: str, code: str = REFUSED) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code


def refused(
    name: str, detail: str, *, code: str = REFUSED, sha256: str = "", size: int = 0
) -> SourceFile:
    """Return the line of what is refused.

    Args:
        name: its shown name.
        detail: the reason.
        code: of the catalogue.
        sha256: digest of its bytes as stored; empty when they could not be read: then the digest
            is that of the reason, so that the manifest still tells one trouble from another.
        size: of those bytes.
    """
    digest = sha256 or reason_digest(name, code, detail)
    issue = Issue(code=code, path=_limit(code, detail), detail=detail)
    return SourceFile(name=name, sha256=digest, size=size, content=Unreadable(issue=issue))


def _limit(code: str, detail: str) -> str:
    """Return where the limit stands in kt-migrate.yaml that a file is refused by, or nothing."""
    name = "max_file_bytes" if code == TOO_LARGE else LIMITED.get(detail, "")
    return f"limits.{name}" if name else ""


def reason_digest(name: str, code: str, detail: str) -> str:
    """Return the digest of what has no bytes to digest."""
    return hashlib.sha256(f"{code}:{detail}:{name}".encode()).hexdigest()


def without_bytes(file: SourceFile) -> bool:
    """Say whether a file's digest is that of the reason, for want of bytes."""
    code, detail = REFUSED, "link"  # a link to a folder inside, which is no trouble
    if isinstance(file.content, Unreadable):
        code, detail = file.content.issue.code, file.content.issue.detail
    return file.sha256 == reason_digest(file.name, code, detail)


def unreachable(name: str, error: OSError) -> SourceFile:
    """Return the line of what the operating system does not give."""
    return refused(name, os_reason(error), code=UNREACHABLE)


def os_reason(error: OSError) -> str:
    """Return the reason of an operating system's error, as a detail."""
    match error.errno:
        case errno.EACCES | errno.EPERM:
            return "no-permission"
        case errno.ENOENT | errno.ENOTDIR:
            return "vanished"
        case _:
            return errno.errorcode.get(error.errno or 0, "unknown")
