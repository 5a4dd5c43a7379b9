"""Writes plan.sqlite: once, in one transaction, so that the same input gives the same bytes."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from kt_migrate.plan.schema import SCHEMA, TABLES
from kt_migrate.scratch import unfinished


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanContent:
    """Everything that goes into plan.sqlite; each iterable is already in its stable order.

    The columns of each are those of its table in `schema`, ids of issues left out.
    """

    meta: Iterable[tuple[str, str]]
    writes: Iterable[tuple[int, str, str, str, int, str, str, str, bytes]]
    references: Iterable[tuple[int, int, str]]
    sightings: Iterable[tuple[int, str, str, str, str, str, int | None, str]] = ()
    objects: Iterable[tuple[str, str, int, str, str, str, int | None]] = ()
    sighting_counts: Iterable[tuple[str, str, int]] = ()
    census: Iterable[tuple[str, int]] = ()
    issues: Iterable[tuple[str, str, str, str, str, str, str]] = ()
    losses: Iterable[tuple[str, str, str, int]] = ()
    documents: Iterable[tuple[str, int]] = ()
    hash_totals: Iterable[tuple[str, int, str]]


def write_plan(path: Path, content: PlanContent) -> None:
    """Write plan.sqlite anew; it appears under its name only when it is whole."""
    new = unfinished(path)
    new.unlink(missing_ok=True)
    os.close(os.open(new, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        _write(new, content)
    except BaseException:
        new.unlink()  # half a plan holds patients' data too
        raise
    new.replace(path)


def _write(path: Path, content: PlanContent) -> None:
    db = sqlite3.connect(path)
    try:
        db.executescript("PRAGMA page_size = 4096; PRAGMA journal_mode = OFF; BEGIN;" + TABLES)
        db.execute("INSERT INTO meta VALUES ('schema', ?)", (SCHEMA,))
        _fill(db, content)
        db.execute("COMMIT")
    finally:
        db.close()


def _fill(db: sqlite3.Connection, content: PlanContent) -> None:
    for table, rows in (
        ("meta", content.meta),
        ("write", content.writes),
        ("write_reference", content.references),
        ("sighting", content.sightings),
        ("object", content.objects),
        ("sighting_count", content.sighting_counts),
        ("census", content.census),
        ("loss", content.losses),
        ("document", content.documents),
        ("hash_total", content.hash_totals),
    ):
        width = len(db.execute(f"SELECT name FROM pragma_table_info('{table}')").fetchall())
        db.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * width)})", rows)
    db.executemany(
        "INSERT INTO issue (source_type, event, link, code, path, rule, detail)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        content.issues,
    )
