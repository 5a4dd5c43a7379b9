"""Writes plan.sqlite: once, in one transaction, so that the same input gives the same bytes.

Most rows lie in the planner's own temporary database. That database has the new file attached to
it, and SQLite copies them from one to the other: none of them passes through Python.
"""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from kt_migrate.plan.schema import SCHEMA, TABLES
from kt_migrate.scratch import unfinished

_SETTINGS = """
PRAGMA plan.page_size = 4096; PRAGMA plan.journal_mode = OFF; PRAGMA plan.cache_size = -32768;
"""
"""No journal: the file has no name that counts until it is whole. SQLite syncs it on COMMIT."""

_NUMBERED = {("issue", "id"), ("enrichment", "id")}

_TABLES = re.sub(r"(?m)^CREATE (UNIQUE INDEX|INDEX|TABLE) ", r"\g<0>plan.", TABLES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Rows that lie in a database already.

    Attributes:
        db: where; in no transaction that will have to be undone.
        selects: per table of the plan the SELECT of all its columns, in their stable order.
    """

    db: sqlite3.Connection
    selects: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanContent:
    """Everything that goes into plan.sqlite; each iterable is already in its stable order.

    The columns of each are those of its table in `schema`, ids of issues left out. A table has
    its rows here or in `source`, not in both.
    """

    meta: Iterable[tuple[str, str]]
    writes: Iterable[tuple[int, str, str, str, int, str, str, str, bytes]] = ()
    references: Iterable[tuple[int, int, str]] = ()
    sightings: Iterable[tuple[int, str, str, str, str, str, int | None, str]] = ()
    messages: Iterable[tuple[str, str, str]] = ()
    objects: Iterable[tuple[str, str, int, str, str, str, int | None]] = ()
    dossiers: Iterable[tuple[str, str, str]] = ()
    sighting_counts: Iterable[tuple[str, str, int]] = ()
    census: Iterable[tuple[str, int]] = ()
    issues: Iterable[tuple[str, str, str, str, str, str, str]] = ()
    elements: Iterable[tuple[str, str, str, str, str, int]] = ()
    documents: Iterable[tuple[str, int]] = ()
    hash_totals: Iterable[tuple[str, int, str]]
    versions: Iterable[tuple[int, int, str, str, str, bytes]] = ()
    version_references: Iterable[tuple[int, int]] = ()
    version_counts: Iterable[tuple[str, str, int]] = ()
    expected: Iterable[tuple[int, str, str, str, str, str, int, str, str]] = ()
    expected_references: Iterable[tuple[int, int]] = ()
    clients: Iterable[tuple[int, str]] = ()
    source: Source | None = None


def write_plan(path: Path, content: PlanContent) -> None:
    """Write plan.sqlite anew; it appears under its name only when it is whole."""
    new = unfinished(path)
    new.unlink(missing_ok=True)
    os.close(os.open(new, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        with _attached(new, content.source) as db:
            # It also ends what the source had begun: the plan has a transaction of its own.
            db.executescript(_SETTINGS + "BEGIN;" + _TABLES)
            db.execute("INSERT INTO plan.meta VALUES ('schema', ?)", (SCHEMA,))
            _fill(db, content)
            db.execute("COMMIT")
    except BaseException:
        new.unlink()  # half a plan holds patients' data too
        raise
    new.replace(path)


@contextmanager
def _attached(path: Path, source: Source | None) -> Iterator[sqlite3.Connection]:
    """Give a connection in which the new file is `plan`, beside the rows of the source."""
    db = sqlite3.connect(":memory:", isolation_level=None) if source is None else source.db
    db.execute("ATTACH ? AS plan", (str(path.absolute()),))
    try:
        yield db
    finally:
        with suppress(sqlite3.Error):  # of a plan that failed, which is thrown away
            if db.in_transaction:
                db.execute("COMMIT")
            db.execute("DETACH plan")
        if source is None:
            db.close()


def _fill(db: sqlite3.Connection, content: PlanContent) -> None:
    for table, rows in (
        ("meta", content.meta),
        ("write", content.writes),
        ("write_reference", content.references),
        ("sighting", content.sightings),
        ("message", content.messages),
        ("version_write", content.versions),
        ("version_reference", content.version_references),
        ("version_count", content.version_counts),
        ("expected", content.expected),
        ("expected_reference", content.expected_references),
        ("client_write", content.clients),
        ("object", content.objects),
        ("dossier", content.dossiers),
        ("sighting_count", content.sighting_counts),
        ("census", content.census),
        ("element", content.elements),
        ("document", content.documents),
        ("hash_total", content.hash_totals),
        ("enrichment", ()),
        ("issue", content.issues),
    ):
        columns = _columns(db, table)
        insert = f"INSERT INTO plan.{table} ({', '.join(columns)})"
        if content.source is not None and table in content.source.selects:
            db.execute(f"{insert} {content.source.selects[table]}")
        else:
            db.executemany(f"{insert} VALUES ({', '.join('?' * len(columns))})", rows)


def _columns(db: sqlite3.Connection, table: str) -> list[str]:
    """Return the columns that are given; the id of some is given by their place."""
    rows = db.execute("SELECT name FROM pragma_table_info(?, 'plan')", (table,))
    return [name for (name,) in rows if (table, name) not in _NUMBERED]
