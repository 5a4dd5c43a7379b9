"""Writes a sandbox's store as NDJSON, one file per type."""

from __future__ import annotations

from pathlib import Path

from kt_migrate.errors import ConfigurationError
from kt_migrate.sandbox.sqlite_store import SqliteStore


def export(store: Path, folder: Path) -> dict[str, int]:
    """Write `<folder>/<Type>.ndjson` for every type; returns how many of each.

    Raises:
        ConfigurationError: there is no store.
    """
    if not store.is_file():
        raise ConfigurationError(
            "This sandbox has no store yet.",
            where=str(store),
            fix="Start it with kt-migrate sandbox, and write something to it.",
        )
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    counts: dict[str, int] = {}
    lines: dict[str, list[bytes]] = {}
    for r4_type, body in SqliteStore(store).dump():
        counts[r4_type] = counts.get(r4_type, 0) + 1
        lines.setdefault(r4_type, []).append(body + b"\n")
    for r4_type, rows in sorted(lines.items()):
        target = folder / f"{r4_type}.ndjson"
        unfinished = target.with_suffix(".unfinished")
        unfinished.write_bytes(b"".join(rows))
        unfinished.chmod(0o600)
        unfinished.replace(target)
    return counts
