"""Reads a domain back: every resource with a temporary identifier of the plan's systems.

What is read lies in a temporary file until it is compared; nothing holds a domain in memory.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson

from kt_migrate.kt2.client import FhirClient
from kt_migrate.model import Json, Key, Resource

_TABLE = """
CREATE TABLE there (
  r4_type TEXT, id TEXT, system TEXT, value TEXT, version TEXT, body BLOB,
  PRIMARY KEY (r4_type, id, system, value)) WITHOUT ROWID;
CREATE INDEX there_key ON there (r4_type, system, value);
"""


class ReadBack:
    """What is on the server, by key and by logical id."""

    def __init__(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        self._path = path
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + _TABLE)
        path.chmod(0o600)

    def close(self) -> None:
        """Close and delete the file: it holds patient data."""
        self._db.close()
        self._path.unlink(missing_ok=True)

    async def read(
        self, client: FhirClient, r4_type: str, system: str, progress: Callable[[int], None]
    ) -> None:
        """Read every resource of one type that carries an identifier of one system.

        Args:
            client: reads only.
            r4_type: `Patient`, `Task`, …
            system: the temporary identifiers' system.
            progress: is told how many resources each page held.
        """
        async for page in client.pages(r4_type, {"identifier": f"{system}|", "_sort": "_id"}):
            self._db.execute("BEGIN")
            for resource in page:
                self._keep(resource, system)
            self._db.execute("COMMIT")
            progress(len(page))

    def _keep(self, resource: Resource, system: str) -> None:
        meta = resource.get("meta")
        version = meta.get("versionId", "") if isinstance(meta, dict) else ""
        for value in _values(resource, system):
            self._db.execute(
                "INSERT OR REPLACE INTO there VALUES (?, ?, ?, ?, ?, ?)",
                (
                    resource["resourceType"],
                    resource["id"],
                    system,
                    value,
                    version,
                    orjson.dumps(resource),
                ),
            )

    def resources(self, r4_type: str) -> Iterator[tuple[Key, Resource]]:
        """Yield (key, resource) of one type, sorted by key."""
        rows = self._db.execute(
            "SELECT system, value, body FROM there WHERE r4_type = ? ORDER BY system, value, id",
            (r4_type,),
        )
        for system, value, body in rows:
            yield Key(r4_type=r4_type, system=system, value=value), orjson.loads(body)

    def found(self, key: Key) -> tuple[Resource, ...]:
        """Return the resources with this key: one is right, none or more is not."""
        rows = self._db.execute(
            "SELECT body FROM there WHERE r4_type = ? AND system = ? AND value = ? ORDER BY id",
            (key.r4_type, key.system, key.value),
        )
        return tuple(orjson.loads(body) for (body,) in rows)

    def conditional(self, reference: str) -> str:
        """Turn `Type/<id>` into the conditional reference of what was read under that id."""
        r4_type, _, rest = reference.partition("/")
        row = self._db.execute(
            "SELECT system, value FROM there WHERE r4_type = ? AND id = ?"
            " ORDER BY system, value LIMIT 1",
            (r4_type, rest.partition("/")[0]),
        ).fetchone()
        if row is None:
            return reference
        return Key(r4_type=r4_type, system=row[0], value=row[1]).reference


def _values(resource: Resource, system: str) -> tuple[str, ...]:
    identifiers = resource.get("identifier")
    found: list[str] = []
    for identifier in identifiers if isinstance(identifiers, list) else []:
        value = _value(identifier, system)
        if value is not None:
            found.append(value)
    return tuple(found)


def _value(identifier: Json, system: str) -> str | None:
    if not isinstance(identifier, dict) or identifier.get("system") != system:
        return None
    value = identifier.get("value")
    return value if isinstance(value, str) else None
