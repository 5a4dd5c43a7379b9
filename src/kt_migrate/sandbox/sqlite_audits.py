"""AuditEvents of the sandbox's SQLite store: one per call, found by trace id."""

from __future__ import annotations

import sqlite3

from kt_migrate.sandbox.fhir_json import audit_event
from kt_migrate.sandbox.search_terms import MAX_PAGE
from kt_migrate.sandbox.store import Page, Query


def audits(db: sqlite3.Connection, query: Query) -> Page:
    """Return how many calls a trace has, and the last of them unless only the count is asked."""
    traces = query.parameters.get("traceId", ())[:1]
    where = "WHERE trace = ?" if traces else ""
    total = db.execute(f"SELECT count(*) FROM audit {where}", traces).fetchone()[0]
    if "count" in query.parameters.get("_summary", ()):
        return Page(resources=(), total=total, rest="")
    rows = db.execute(
        f"SELECT id, trace, what FROM audit {where} ORDER BY id DESC LIMIT {MAX_PAGE}", traces
    )
    return Page(resources=[audit_event(*row) for row in rows], total=total, rest="")
