"""AuditEvents in SQLite: one per call, searched by trace id, and cut as every search is."""

from __future__ import annotations

import sqlite3

from kt_migrate.model import Resource
from kt_migrate.sandbox.audit_events import Call, audit_event
from kt_migrate.sandbox.fhir_json import query_text
from kt_migrate.sandbox.search_terms import Place, Terms, instant, read_terms
from kt_migrate.sandbox.store import Page, Query, Trouble

AUDIT_TABLE = """
CREATE TABLE IF NOT EXISTS audit (
  id INTEGER PRIMARY KEY, at INTEGER NOT NULL, trace TEXT NOT NULL, request TEXT NOT NULL,
  correlation TEXT NOT NULL, interaction TEXT NOT NULL, what TEXT NOT NULL, outcome TEXT NOT NULL,
  device TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS audit_trace ON audit (trace, at, id);
"""
_COLUMNS = tuple(Call.__dataclass_fields__)
INSERT = f"INSERT INTO audit (at, {', '.join(_COLUMNS)}) VALUES (?{', ?' * len(_COLUMNS)})"
_BY_SORT = {"": "id", "_id": "id", "_lastUpdated": "at"}


def row_of(at: int, call: Call) -> tuple[object, ...]:
    """Return what `INSERT` takes; `at` in milliseconds."""
    return (at, *(getattr(call, name) for name in _COLUMNS))


def audits(db: sqlite3.Connection, query: Query, limit: int) -> Page | Trouble:
    """Search AuditEvents: of a trace, or all.

    Args:
        db: where they are.
        query: as it was sent.
        limit: after so many hits the search ends without a word; 0: never.
    """
    terms = read_terms(query.parameters, query.origins)
    if isinstance(terms, Trouble):
        return terms
    where, values = _where(query, terms)
    total: int | None = None
    if terms.only_count or terms.accurate:
        total = db.execute(f"SELECT count(*) FROM audit {where}", values).fetchone()[0]
    if terms.only_count:
        return Page(resources=(), total=total, rest="")
    seen = terms.place.seen if terms.place else 0
    room = min(terms.count, max(limit - seen, 0)) if limit else terms.count
    order = f"ORDER BY {_BY_SORT[terms.sort]} {{0}}, id {{0}}".format(
        "DESC" if terms.descending else ""
    )
    columns = ", ".join(("id", "at", *_COLUMNS))
    text = f"SELECT {columns} FROM audit {where} {order} LIMIT ? OFFSET ?"
    rows = db.execute(text, (*values, room + 1, seen)).fetchall()
    found, more = rows[:room], len(rows) > room and (not limit or seen + room < limit)
    place = Place(seen + len(found), 0, "").text()
    return Page(
        resources=[_event(row) for row in found],
        total=total,
        rest=query_text({**query.parameters, "_page": [place]}) if more and found else "",
    )


def _event(row: tuple[int, int, str, str, str, str, str, str, str]) -> Resource:
    number, at, *told = row
    return audit_event(number, instant(at), Call(**dict(zip(_COLUMNS, told, strict=True))))


def _where(query: Query, terms: Terms) -> tuple[str, list[object]]:
    conditions: list[tuple[str, object]] = [
        ("trace = ?", trace) for trace in query.parameters.get("traceId", ())
    ]
    if terms.since is not None:
        conditions.append(("at >= ?", terms.since))
    if terms.until is not None:
        conditions.append(("at < ?", terms.until))
    text = " AND ".join(condition for condition, _value in conditions)
    return f"WHERE {text}" if text else "", [value for _condition, value in conditions]
