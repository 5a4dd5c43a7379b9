"""The sandbox's own store: SQLite, one file, survives a restart."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from http import HTTPStatus
from pathlib import Path
from urllib.parse import parse_qs

import orjson

from kt_migrate.books import canonical
from kt_migrate.model import Resource
from kt_migrate.sandbox.audit_events import Call
from kt_migrate.sandbox.fhir_json import (
    client_device,
    identifiers,
    origin_of,
    place_of,
    references,
    stamped,
)
from kt_migrate.sandbox.responses import history_of
from kt_migrate.sandbox.search_terms import instant, read_terms, satisfies
from kt_migrate.sandbox.settings import SEARCH_LIMIT
from kt_migrate.sandbox.sqlite_audits import INSERT, audits, row_of
from kt_migrate.sandbox.sqlite_search import page_of, rows_of
from kt_migrate.sandbox.sqlite_tables import latest_change, opened
from kt_migrate.sandbox.store import Page, Query, Saved, Trouble

_COMMIT_SECONDS = 0.05


class SqliteStore:
    """Keeps resources in SQLite; see `store.Store`."""

    validates = False

    def __init__(
        self,
        path: Path,
        *,
        clock: Callable[[], float] = time.time,
        search_limit: int = SEARCH_LIMIT,
    ) -> None:
        self._db = opened(path)
        self._clock = clock
        self._search_limit = search_limit
        self._latest = latest_change(self._db)
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

    def _now(self) -> int:
        """Return the time of a change in milliseconds; it never goes back."""
        self._latest = max(self._latest, int(self._clock() * 1000))
        return self._latest

    def settle(self) -> None:
        """Commit before the answer leaves: what was answered survives a killed sandbox."""
        if self._open:
            self.commit()

    async def device(self, client_id: str) -> str:
        """The Device's id is the client's (TOP-KT-005c)."""
        if self._row("Device", client_id) is None:
            self._insert(client_device(client_id), client_id)
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
            there = self._there(r4_type, if_none_exist, resource)
            if there is not None:
                return there
        missing = self._dangling(resource)
        if missing:
            return missing
        saved = self._insert(resource, str(uuid.uuid4()))
        self.settle()
        return saved

    def _there(self, r4_type: str, condition: str, resource: Resource) -> Saved | Trouble | None:
        """Return what matches a condition already; None: nothing, so that a create may follow."""
        terms = read_terms(parse_qs(condition), conditional=True)
        if isinstance(terms, Trouble):
            return terms
        rows = rows_of(self._db, r4_type, terms, 2)
        if len(rows) > 1:
            return Trouble(status=HTTPStatus.PRECONDITION_FAILED, why="several matches")
        if rows:
            body, version = self._db.execute(
                "SELECT body, version FROM resource WHERE row = ?", rows
            ).fetchone()
            return Saved(resource=orjson.loads(body), created=False, version=str(version))
        if not satisfies(identifiers(resource), terms):
            return Trouble(
                status=HTTPStatus.BAD_REQUEST,
                why="HAPI-0929: the resource does not satisfy its own condition",
            )
        return None

    def _insert(self, resource: Resource, logical_id: str) -> Saved:
        now = self._now()
        stored = stamped(resource, logical_id, 1, instant(now))
        r4_type = str(resource["resourceType"])
        body = orjson.dumps(stored)
        self._write(
            "INSERT INTO resource (r4_type, id, version, updated, origin, body)"
            " VALUES (?, ?, 1, ?, ?, ?)",
            (r4_type, logical_id, now, origin_of(stored), body),
        )
        row = self._db.execute("SELECT last_insert_rowid()").fetchone()[0]
        self._index(stored, r4_type, row)
        return Saved(resource=stored, created=True, version="1")

    def _index(self, resource: Resource, r4_type: str, row: int) -> None:
        self._write(
            "INSERT OR IGNORE INTO identifier (r4_type, system, value, row) VALUES (?, ?, ?, ?)",
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
                place = place_of(resource, target, str(resource["resourceType"]))
                what = f"Resource {target} not found, specified in path: {place}"
                return Trouble(status=HTTPStatus.BAD_REQUEST, why=f"HAPI-1094: {what}")
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
            return Trouble(status=HTTPStatus.NOT_FOUND, why="not known")
        body: bytes = row[3]
        if version and (row[2] or version != str(row[1])):
            found = self._db.execute(
                "SELECT body FROM history WHERE r4_type = ? AND id = ? AND version = ?",
                (r4_type, logical_id, version),
            ).fetchone()
            if found is None:
                return Trouble(status=HTTPStatus.NOT_FOUND, why="no such version")
            body = found[0]
        elif row[2]:
            return Trouble(status=HTTPStatus.GONE, why="deleted")
        resource: Resource = orjson.loads(body)
        return resource

    async def history(self, r4_type: str, logical_id: str) -> Resource | Trouble:
        """Return all versions of a resource, on one page; see `store.Store`."""
        rows = self._db.execute(
            "SELECT version, body FROM resource WHERE r4_type = ?1 AND id = ?2 AND NOT deleted"
            " UNION ALL SELECT version, body FROM history WHERE r4_type = ?1 AND id = ?2"
            " ORDER BY version DESC",
            (r4_type, logical_id),
        )
        return history_of([orjson.loads(body) for _version, body in rows])

    async def update(self, resource: Resource, version: str) -> Saved | Trouble:
        """Replace a resource; see `store.Store`."""
        r4_type, logical_id = str(resource["resourceType"]), str(resource["id"])
        row = self._row(r4_type, logical_id)
        if row is None:
            return Trouble(status=HTTPStatus.NOT_FOUND, why="not known")
        number, current, deleted, body = row
        if deleted:
            return Trouble(status=HTTPStatus.GONE, why="deleted")
        if version != str(current):
            return _not_current(version, current)
        if canonical(orjson.loads(body)) == canonical(resource):
            return Saved(resource=orjson.loads(body), created=False, version=str(current))
        return self._dangling(resource) or self._replace(resource, number, current + 1)

    def _replace(self, resource: Resource, number: int, version: int) -> Saved:
        now = self._now()
        stored = stamped(resource, str(resource["id"]), version, instant(now))
        self._put_by(number)
        self._write(
            "UPDATE resource SET version = ?, updated = ?, body = ? WHERE row = ?",
            (version, now, orjson.dumps(stored), number),
        )
        self._index(stored, str(resource["resourceType"]), number)
        self.settle()
        return Saved(resource=stored, created=False, version=str(version))

    def _put_by(self, number: int) -> None:
        """Keep the last version as history, and take it out of the indexes."""
        self._write(
            "INSERT INTO history SELECT r4_type, id, version, body FROM resource WHERE row = ?",
            (number,),
        )
        self._write("DELETE FROM identifier WHERE row = ?", (number,))
        self._write("DELETE FROM refers WHERE row = ?", (number,))

    async def delete(self, r4_type: str, logical_id: str) -> Trouble | None:
        """Delete a resource; see `store.Store`."""
        row = self._row(r4_type, logical_id)
        if row is None:
            return Trouble(status=HTTPStatus.NOT_FOUND, why="not known")
        if row[2]:
            return Trouble(status=HTTPStatus.GONE, why="deleted")
        if self._db.execute(
            "SELECT 1 FROM refers WHERE target = ?", (f"{r4_type}/{logical_id}",)
        ).fetchone():
            return Trouble(status=HTTPStatus.CONFLICT, why="others refer to it")
        self._put_by(row[0])
        self._write(
            "UPDATE resource SET deleted = 1, version = version + 1, updated = ? WHERE row = ?",
            (self._now(), row[0]),
        )
        self.settle()
        return None

    async def search(self, query: Query) -> Page | Trouble:
        """Search one type; see `store.Store`."""
        if query.r4_type == "AuditEvent":
            return audits(self._db, query, self._search_limit)
        terms = read_terms(query.parameters, query.origins)
        if isinstance(terms, Trouble):
            return terms
        return page_of(self._db, query.r4_type, terms, query.parameters, self._search_limit)

    def audit(self, call: Call) -> None:
        """Note one call; durable with the next write."""
        self._write(INSERT, row_of(self._now(), call))
        if time.monotonic() - self._last_commit > _COMMIT_SECONDS:
            self.commit()

    def dump(self) -> Iterator[tuple[str, bytes]]:
        """Yield (type, body) of everything that is not deleted, sorted by type and id."""
        yield from self._db.execute(
            "SELECT r4_type, body FROM resource WHERE NOT deleted ORDER BY r4_type, id"
        )


def _not_current(version: str, current: int) -> Trouble:
    """server.md §1: a version that never was is 404, an older one 409."""
    if version.isdigit() and 0 < int(version) < current:
        return Trouble(status=HTTPStatus.CONFLICT, why="an older version")
    return Trouble(status=HTTPStatus.NOT_FOUND, why=f'Version "{version[:12]}" is not valid')
