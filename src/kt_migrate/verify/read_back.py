"""What was read back: every resource with a temporary identifier of the plan's systems.

It lies in a temporary database until it is compared; nothing holds a domain in memory. Every
look-up goes straight to its row: a domain twice as large takes twice as long.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import orjson

from kt_migrate.books import origin_of
from kt_migrate.model import Json, Key, Resource
from kt_migrate.scratch import open_scratch

_TABLES = """
PRAGMA cache_size = -65536;
CREATE TABLE there (
  row INTEGER PRIMARY KEY, r4_type TEXT, id TEXT, version TEXT, origin TEXT, system TEXT,
  planned INTEGER DEFAULT 0, body BLOB, UNIQUE (r4_type, id));
CREATE TABLE there_key (
  r4_type TEXT, system TEXT, value TEXT, row INTEGER, PRIMARY KEY (r4_type, system, value, row))
  WITHOUT ROWID;
CREATE INDEX there_key_row ON there_key (row, system, value);
"""

FOUND = """
SELECT t.row, t.id, t.version, t.body FROM there_key k JOIN there t ON t.row = k.row
WHERE k.r4_type = ? AND k.system = ? AND k.value = ? ORDER BY k.row
"""
CONDITIONAL = """
SELECT k.system, k.value FROM there t JOIN there_key k ON k.row = t.row
WHERE t.r4_type = ? AND t.id = ? ORDER BY k.system, k.value LIMIT 1
"""
_UNASKED = """
SELECT t.r4_type, t.id, t.origin,
  (SELECT k.value FROM there_key k WHERE k.row = t.row ORDER BY k.system, k.value LIMIT 1)
FROM there t WHERE NOT t.planned ORDER BY t.r4_type, t.id
"""
_NEW = """
INSERT INTO there (version, origin, system, body, r4_type, id) VALUES (?, ?, ?, ?, ?, ?)
"""
_NEWER = """
UPDATE there SET version = ?, origin = ?, system = ?, body = ? WHERE r4_type = ? AND id = ?
"""
MARK_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class There:
    """One resource as the server has it."""

    id: str
    version: str
    resource: Resource


@dataclass(frozen=True, slots=True, kw_only=True)
class Unasked:
    """One resource that no key of the plan asked for.

    Attributes:
        r4_type: its type.
        id: logical id.
        origin: `Device/<id>` of whoever posted it; empty when the server does not say.
        value: its first temporary identifier's value.
    """

    r4_type: str
    id: str
    origin: str
    value: str


class ReadBack:
    """What is on the server, by key and by logical id."""

    def __init__(self, folder: Path) -> None:
        self._db = open_scratch(folder, "read-back")
        self._db.executescript(_TABLES)
        self._asked: list[tuple[int]] = []
        self.conditional = lru_cache(maxsize=65_536)(self._conditional)

    def close(self) -> None:
        """Let go of it; it has no name on disk."""
        self._db.close()

    def keep(self, resources: Sequence[Resource], system: str) -> int:
        """Keep a page of what was read for one system; a newer version replaces an older one.

        Returns:
            How many of them had not been read for this system yet.
        """
        self._db.execute("BEGIN")
        new = sum(self._keep(resource, system) for resource in resources)
        self._db.execute("COMMIT")
        return new

    def _keep(self, resource: Resource, system: str) -> bool:
        r4_type, logical_id = resource["resourceType"], resource["id"]
        known = self._db.execute(
            "SELECT row, system FROM there WHERE r4_type = ? AND id = ?", (r4_type, logical_id)
        ).fetchone()
        meta = resource.get("meta")
        version = meta.get("versionId", "") if isinstance(meta, dict) else ""
        values = (version, origin_of(resource), system, orjson.dumps(resource), r4_type, logical_id)
        if known is None:
            row = self._db.execute(_NEW, values).lastrowid
        else:
            row = known[0]
            self._db.execute(_NEWER, values)
            self._db.execute("DELETE FROM there_key WHERE row = ? AND system = ?", (row, system))
        self._db.executemany(
            "INSERT INTO there_key VALUES (?, ?, ?, ?)",
            [(r4_type, system, value, row) for value in _values(resource, system)],
        )
        return known is None or known[1] != system

    def found(self, key: Key) -> tuple[There, ...]:
        """Return the resources with this key: one is right, none or more is not.

        Who is asked for is planned; the others are `unasked`.
        """
        rows = self._db.execute(FOUND, (key.r4_type, key.system, key.value)).fetchall()
        self._asked.extend((row[0],) for row in rows)
        if len(self._asked) >= MARK_AT_ONCE:
            self._mark()
        return tuple(There(id=i, version=v, resource=orjson.loads(b)) for _row, i, v, b in rows)

    def _mark(self) -> None:
        self._db.execute("BEGIN")
        self._db.executemany("UPDATE there SET planned = 1 WHERE row = ?", self._asked)
        self._db.execute("COMMIT")
        self._asked.clear()

    def unasked(self) -> Iterator[Unasked]:
        """Yield the resources that no `found` returned, sorted by type and id.

        Those without a temporary identifier are left out: not every server can be asked for them
        apart, and they are none of ours.
        """
        self._mark()
        for r4_type, logical_id, origin, value in self._db.execute(_UNASKED):
            if value is not None:
                yield Unasked(r4_type=r4_type, id=logical_id, origin=origin, value=value)

    def _conditional(self, reference: str) -> str:
        """Turn `Type/<id>` into the conditional reference of what was read under that id."""
        r4_type, _, rest = reference.partition("/")
        row = self._db.execute(CONDITIONAL, (r4_type, rest.partition("/")[0])).fetchone()
        if row is None:
            return reference
        return Key(r4_type=r4_type, system=row[0], value=row[1]).reference


def _values(resource: Resource, system: str) -> set[str]:
    identifiers = resource.get("identifier")
    found = (
        _value(identifier, system)
        for identifier in (identifiers if isinstance(identifiers, list) else [])
    )
    return {value for value in found if value is not None}


def _value(identifier: Json, system: str) -> str | None:
    if not isinstance(identifier, dict) or identifier.get("system") != system:
        return None
    value = identifier.get("value")
    return value if isinstance(value, str) else None
