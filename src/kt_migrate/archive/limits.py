"""Bounds on what an archive may hold: a message is kilobytes, never gigabytes."""

from __future__ import annotations

from dataclasses import dataclass

from kt_migrate.archive.problems import RefusedError


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds for files, folders and containers. docs/archives.md says what each keeps out.

    Sizes and ratios are those of what really comes out, never of what a header claims.

    Attributes:
        max_file_bytes: one document (a message of several MB has been seen, kt13.md R11).
        max_entries: files in one container, or below one root.
        max_container_bytes: everything that comes out of one container.
        max_container_memory: what one container may take in memory: the list of a zip's entries,
            the whole of an age file with a password, a 7z's dictionary.
        max_ratio: bytes out per byte in of one compressed document.
        max_stream_ratio: the same of many documents compressed as one, which are alike.
        ratio_floor: below this many bytes out no ratio is looked at.
        max_depth: folders within folders.
    """

    max_file_bytes: int = 32 * 1024 * 1024
    max_entries: int = 2_000_000
    max_container_bytes: int = 64 * 1024 * 1024 * 1024
    max_container_memory: int = 1024 * 1024 * 1024
    max_ratio: int = 200
    max_stream_ratio: int = 1000
    ratio_floor: int = 64 * 1024
    max_depth: int = 64


class Tally:
    """Counts what comes out of one container, and stops it at a bound.

    `alike` says that it holds many documents, compressed as one: those shrink more.
    """

    def __init__(self, limits: Limits, *, alike: bool) -> None:
        self._limits = limits
        self._ratio = limits.max_stream_ratio if alike else limits.max_ratio
        self._reason = "stream-ratio" if alike else "ratio"
        self.entries = 0
        self.bytes_in = 0
        self.bytes_out = 0

    def entry(self) -> None:
        """Count a file.

        Raises:
            RefusedError: `too-many-entries`.
        """
        self.entries += 1
        if self.entries > self._limits.max_entries:
            raise RefusedError("too-many-entries")

    def out(self, size: int) -> None:
        """Count bytes that came out.

        Raises:
            RefusedError: `too-large`, `ratio` or `stream-ratio`.
        """
        self.bytes_out += size
        if self.bytes_out > self._limits.max_container_bytes:
            raise RefusedError("too-large")
        floor = max(self._limits.ratio_floor, self._ratio * self.bytes_in)
        if self.bytes_in and self.bytes_out > floor:
            raise RefusedError(self._reason)
