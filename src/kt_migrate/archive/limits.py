"""Bounds on what an archive may hold: a message is kilobytes, never gigabytes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds for files and zips.

    Attributes:
        max_file_bytes: size of one document (a message of several MB has been seen, kt13.md R11).
        max_zip_entries: files in one zip.
        max_zip_bytes: unpacked size of one zip, by its own account.
        max_ratio: unpacked size over packed size of one entry.
    """

    max_file_bytes: int = 32 * 1024 * 1024
    max_zip_entries: int = 2_000_000
    max_zip_bytes: int = 64 * 1024 * 1024 * 1024
    max_ratio: int = 200
