"""The sandbox's own store: SQLite, one file, survives a restart."""

from __future__ import annotations

import re
import sqlite3
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import parse_qs

import orjson

from kt_migrate.books import canonical
from kt_migrate.model import Resource
from kt_migrate.sandbox.fhir_json import (
    audit_event,
    identifiers,
    origin_of,
    query_text,
    references,
    stamped,
    token,
)
from kt_migrate.sandbox.store import Page, Query, Saved, Trouble

_TABLES = """
CREATE TABLE IF NOT EXISTS resource (
  row INTEGER PRIMARY KEY, r4_type TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL,
  origin TEXT NOT NULL, deleted INTEGER NOT NULL DEFAULT 0, body BLOB NOT NULL,
  UNIQUE (r4_type, id)) STRICT;
CREATE TABLE IF NOT EXISTS history (
  r4_type TEXT, id TEXT, version INTEGER, body BLOB, PRIMARY KEY (r4_type, id, version))
  WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS identifier (
  r4_type TEXT, system TEXT, value TEXT, row INTEGER, PRIMARY KEY (r4_type, system, value, row))
  WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS refers (target TEXT, row INTEGER, PRIMARY KEY (target, row))
  WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS audit (id INTEGER PRIMARY KEY, trace TEXT, what TEXT);
CREATE TABLE IF NOT EXISTS burned (jti TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS refers_row ON refers (row);
CREATE INDEX IF NOT EXISTS identifier_row ON identifier (row);
CREATE INDEX IF NOT EXISTS audit_trace ON audit (trace);
"""

_COMMIT_SECONDS = 0.05
_OR = re.compile(r"(?<!\\),")
_KNOWN = frozenset(
    {
        "identifier",
        "_id",
        "_count",
        "_summary",
        "_total",
        "_elements",
        "_sort",
        "_page",
        "resource-origin",
        "traceId",
        "_lastUpdated",
    }
)
DEFAULT_PAGE, MAX_PAGE = 20, 200


class SqliteStore:
    """Keeps resources in SQLite; see `store.Store`."""

    validates = False

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;" + _TABLES)
        path.chmod(0o600)
        self._open = 0
        self._last_commit = time.monotonic()

    async def start(self) -> None:
        """Nothing to wait for."""

    async def stop(self) -> None:
        """Commit and close."""
        self.commit()
        self._db.close()

    def commit(self) -> None:
        """Make everything durable."""
        if self._db.in_transaction:
            self._db.execute("COMMIT")
        self._open, self._last_commit = 0, time.monotonic()

    def _write(self, sql: str, *rows: Sequence[object]) -> None:
        if not self._db.in_transaction:
            self._db.execute("BEGIN")
        self._db.executemany(sql, rows)
        self._open += 1

    def settle(self) -> None:
        """Commit before the answer leaves: what was answered survives a killed sandbox."""
        if self._open:
            self.commit()

    async def device(self, client_id: str) -> str:
        """The Device's id is the client's (TOP-KT-005c)."""
        if self._row("Device", client_id) is None:
            system = "http://vzvz.nl/fhir/NamingSystem/koppeltaal-client-id"
            device: Resource = {
                "resourceType": "Device",
                "meta": {"profile": ["http://koppeltaal.nl/fhir/StructureDefinition/KT2Device"]},
                "identifier": [{"system": system, "value": client_id}],
                "status": "active",
                "deviceName": [{"name": client_id, "type": "user-friendly-name"}],
            }
            self._insert(device, client_id)
            self.settle()
        return client_id

    def burn(self, jti: str) -> bool:
        """Note a jti; False when it was used before."""
        if self._db.execute("SELECT 1 FROM burned WHERE jti = ?", (jti,)).fetchone():
            return False
        self._write("INSERT INTO burned VALUES (?)", (jti,))
        self.settle()
        return True

    async def create(self, resource: Resource, if_none_exist: str | None) -> Saved | Trouble:
        """Keep a new resource; see `store.Store`."""
        r4_type = str(resource["resourceType"])
        if if_none_exist is not None:
            parameters = parse_qs(if_none_exist)
            rows = self._matching(r4_type, parameters, None)
            if len(rows) > 1:
                return Trouble(status=412, why="several matches")
            if rows:
                body = self._db.execute(
                    "SELECT body, version FROM resource WHERE row = ?", (rows[0],)
                ).fetchone()
                return Saved(resource=orjson.loads(body[0]), created=False, version=str(body[1]))
        missing = self._dangling(resource)
        if missing:
            return missing
        saved = self._insert(resource, str(uuid.uuid4()))
        self.settle()
        return saved

    def _insert(self, resource: Resource, logical_id: str) -> Saved:
        stored = stamped(resource, logical_id, 1)
        r4_type = str(resource["resourceType"])
        body = orjson.dumps(stored)
        self._write(
            "INSERT INTO resource (r4_type, id, version, origin, body) VALUES (?, ?, 1, ?, ?)",
            (r4_type, logical_id, origin_of(stored), body),
        )
        row = self._db.execute("SELECT last_insert_rowid()").fetchone()[0]
        self._index(stored, r4_type, row)
        self._write("INSERT INTO history VALUES (?, ?, 1, ?)", (r4_type, logical_id, body))
        return Saved(resource=stored, created=True, version="1")

    def _index(self, resource: Resource, r4_type: str, row: int) -> None:
        self._write(
            "INSERT OR IGNORE INTO identifier VALUES (?, ?, ?, ?)",
            *((r4_type, system, value, row) for system, value in identifiers(resource)),
        )
        self._write(
            "INSERT OR IGNORE INTO refers VALUES (?, ?)",
            *((target, row) for target in set(references(resource))),
        )

    def _dangling(self, resource: Resource) -> Trouble | None:
        for target in references(resource):
            r4_type, _, logical_id = target.partition("/")
            row = self._row(r4_type, logical_id)
            if row is None or row[2]:
                return Trouble(status=400, why="HAPI-1094: reference to an absent resource")
        return None

    def _row(self, r4_type: str, logical_id: str) -> tuple[int, int, int, bytes] | None:
        found: tuple[int, int, int, bytes] | None = self._db.execute(
            "SELECT row, version, deleted, body FROM resource WHERE r4_type = ? AND id = ?",
            (r4_type, logical_id),
        ).fetchone()
        return found

    async def read(self, r4_type: str, logical_id: str, version: str = "") -> Resource | Trouble:
        """Return a resource; see `store.Store`."""
        row = self._row(r4_type, logical_id)
        if row is None:
            return Trouble(status=404, why="not known")
        if version:
            found = self._db.execute(
                "SELECT body FROM history WHERE r4_type = ? AND id = ? AND version = ?",
                (r4_type, logical_id, version),
            ).fetchone()
            return orjson.loads(found[0]) if found else Trouble(status=404, why="no such version")
        if row[2]:
            return Trouble(status=410, why="deleted")
        resource: Resource = orjson.loads(row[3])
        return resource

    async def update(self, resource: Resource, version: str) -> Saved | Trouble:
        """Replace a resource; see `store.Store`."""
        r4_type, logical_id = str(resource["resourceType"]), str(resource["id"])
        row = self._row(r4_type, logical_id)
        if row is None:
            return Trouble(status=404, why="not known")
        number, current, deleted, body = row
        if deleted:
            return Trouble(status=410, why="deleted")
        if version != str(current):
            # server.md §1: a version that never was is 404, an older one 409.
            known = version.isdigit() and 0 < int(version) < current
            if known:
                return Trouble(status=409, why="an older version")
            return Trouble(status=404, why=f'Version "{version[:12]}" is not valid')
        if canonical(orjson.loads(body)) == canonical(resource):
            return Saved(resource=orjson.loads(body), created=False, version=str(current))
        missing = self._dangling(resource)
        if missing:
            return missing
        stored = stamped(resource, logical_id, current + 1)
        self._write("DELETE FROM identifier WHERE row = ?", (number,))
        self._write("DELETE FROM refers WHERE row = ?", (number,))
        self._write(
            "UPDATE resource SET version = ?, body = ? WHERE row = ?",
            (current + 1, orjson.dumps(stored), number),
        )
        self._index(stored, r4_type, number)
        self._write(
            "INSERT INTO history VALUES (?, ?, ?, ?)",
            (r4_type, logical_id, current + 1, orjson.dumps(stored)),
        )
        self.settle()
        return Saved(resource=stored, created=False, version=str(current + 1))

    async def delete(self, r4_type: str, logical_id: str) -> Trouble | None:
        """Delete a resource; see `store.Store`."""
        row = self._row(r4_type, logical_id)
        if row is None:
            return Trouble(status=404, why="not known")
        if row[2]:
            return Trouble(status=410, why="deleted")
        if self._db.execute(
            "SELECT 1 FROM refers WHERE target = ?", (f"{r4_type}/{logical_id}",)
        ).fetchone():
            return Trouble(status=409, why="others refer to it")
        self._write(
            "UPDATE resource SET deleted = 1, version = version + 1 WHERE row = ?", (row[0],)
        )
        self._write("DELETE FROM identifier WHERE row = ?", (row[0],))
        self._write("DELETE FROM refers WHERE row = ?", (row[0],))
        self.settle()
        return None

    async def search(self, query: Query) -> Page | Trouble:
        """Search one type; see `store.Store`."""
        names = {name.partition(":")[0] for name in query.parameters}
        if not names <= _KNOWN:
            return Trouble(status=400, why="unknown search parameter")
        if query.r4_type == "AuditEvent":
            return self._audits(query)
        rows = self._matching(query.r4_type, query.parameters, query.origins)
        first = {name: values[0] for name, values in query.parameters.items() if values}
        total = len(rows)
        if first.get("_summary") == "count":
            return Page(resources=(), total=total, rest="")
        count = min(int(first.get("_count", DEFAULT_PAGE)), MAX_PAGE)
        after = int(first.get("_page", 0))
        part = [row for row in rows if row > after][:count]
        more = bool(part) and part[-1] != rows[-1]
        rest = query_text({**query.parameters, "_page": [str(part[-1])]}) if more else ""
        elements = first.get("_elements", "")
        return Page(
            resources=[self._cut(row, elements) for row in part],
            total=total if first.get("_total") == "accurate" else None,
            rest=rest,
        )

    def _matching(
        self,
        r4_type: str,
        wanted: Mapping[str, Sequence[str]],
        origins: frozenset[str] | None,
    ) -> list[int]:
        where, values = ["r4_type = ?", "NOT deleted"], [r4_type]
        for text in wanted.get("_id", ()):
            ids = text.split(",")
            where.append(f"id IN ({', '.join('?' * len(ids))})")
            values.extend(ids)
        allowed = origins
        for text in wanted.get("resource-origin", ()):
            asked = frozenset(text.split(","))
            allowed = asked if allowed is None else allowed
        if allowed is not None:
            where.append(f"origin IN ({', '.join('?' * len(allowed))})")
            values.extend(sorted(allowed))
        for text in wanted.get("identifier", ()):
            clauses = []
            for part in _OR.split(text):
                clause, own = token(part)
                clauses.append(clause)
                values.extend([r4_type, *own])
            where.append(
                "row IN ("
                + " UNION ".join(
                    f"SELECT row FROM identifier WHERE r4_type = ? AND {c}" for c in clauses
                )
                + ")"
            )
        sql = f"SELECT row FROM resource WHERE {' AND '.join(where)} ORDER BY row"
        return [row for (row,) in self._db.execute(sql, values)]

    def _cut(self, row: int, elements: str) -> Resource:
        body = self._db.execute("SELECT body FROM resource WHERE row = ?", (row,)).fetchone()[0]
        resource: Resource = orjson.loads(body)
        if not elements:
            return resource
        kept = {"resourceType", "id", "meta", *elements.split(",")}
        return {name: value for name, value in resource.items() if name in kept}

    async def audit(self, trace_id: str, what: str) -> None:
        """Note one call; durable with the next write."""
        self._write("INSERT INTO audit (trace, what) VALUES (?, ?)", (trace_id, what))
        if time.monotonic() - self._last_commit > _COMMIT_SECONDS:
            self.commit()

    def _audits(self, query: Query) -> Page:
        traces = query.parameters.get("traceId", ())
        where = "WHERE trace = ?" if traces else ""
        total = self._db.execute(f"SELECT count(*) FROM audit {where}", traces[:1]).fetchone()[0]
        summary = "count" in query.parameters.get("_summary", ())
        rows = (
            ()
            if summary
            else self._db.execute(
                f"SELECT id, trace, what FROM audit {where} ORDER BY id DESC LIMIT 200",
                traces[:1],
            )
        )
        events = [audit_event(*row) for row in rows]
        return Page(resources=events, total=total, rest="")

    def dump(self) -> Iterator[tuple[str, bytes]]:
        """Yield (type, body) of everything that is not deleted, sorted by type and id."""
        yield from self._db.execute(
            "SELECT r4_type, body FROM resource WHERE NOT deleted ORDER BY r4_type, id"
        )
