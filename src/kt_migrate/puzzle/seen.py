"""What is on the server of a migration, whoever brought it: a row per temporary identifier.

Others write meanwhile, so that no reading is of one moment. It is shown to hold everything that
was there when it began: read in the order of change, a newer thing only comes later. A row holds
digests, type and origin; nothing of what a resource says is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from kt_migrate.books import origin_of
from kt_migrate.kt2.complete import Finder, read_moving
from kt_migrate.kt2.search import system_token
from kt_migrate.model import MIGRATION_SYSTEM, Json, Key, Resource
from kt_migrate.plan.announced import digest_of
from kt_migrate.scratch import open_scratch

_TABLES = """
CREATE TABLE there (digest TEXT, r4_type TEXT, id TEXT, origin TEXT,
  PRIMARY KEY (digest, id)) WITHOUT ROWID;
CREATE TABLE referred (digest TEXT PRIMARY KEY, r4_type TEXT) WITHOUT ROWID;
"""
_THERE = "INSERT OR REPLACE INTO there VALUES (?, ?, ?, ?)"
_COUNTS = "SELECT origin, r4_type, count(DISTINCT id) FROM there GROUP BY 1, 2 ORDER BY 1, 2"
_ABSENT = """
SELECT r4_type, count(*) FROM referred r
WHERE NOT EXISTS (SELECT 1 FROM there t WHERE t.digest = r.digest) GROUP BY 1 ORDER BY 1
"""
_TWICE = """
SELECT r4_type, count(*) FROM (SELECT r4_type FROM there GROUP BY digest, r4_type
HAVING count(*) > 1) GROUP BY 1 ORDER BY 1
"""


class Seen:
    """What one look found; in a file without a name, that is gone afterwards."""

    def __init__(self, folder: Path, domain: str) -> None:
        self._db = open_scratch(folder, "domain-status")
        self._db.executescript(_TABLES)
        self._domain = domain

    def close(self) -> None:
        """Let go of it."""
        self._db.close()

    async def read(self, client: Finder, r4_type: str, system: str) -> None:
        """Read everything of one type and system.

        Raises:
            CouldNotLookError: it cannot be shown to be all that was there.
            LoginError, ServerUnavailableError: the server could not be asked.
        """
        kept: set[str] = set()

        def keep(resources: Sequence[Resource]) -> int:
            new = {str(resource["id"]) for resource in resources} - kept
            kept.update(new)
            self._keep(resources)
            return len(new)

        await read_moving(client, f"{r4_type}?identifier={system_token(system)}", keep)

    def _keep(self, resources: Sequence[Resource]) -> None:
        self._db.execute("BEGIN")
        for resource in resources:
            r4_type, origin = str(resource["resourceType"]), origin_of(resource)
            rows = [
                (digest_of(self._domain, key), r4_type, resource["id"], origin)
                for key in _keys(resource.get("identifier"), r4_type)
            ]
            self._db.executemany(_THERE, rows)
            self._db.executemany(
                "INSERT OR IGNORE INTO referred VALUES (?, ?)",
                [(digest_of(self._domain, key), key.r4_type) for key in _named(resource)],
            )
        self._db.execute("COMMIT")

    def origins(self, digest: str) -> tuple[str, ...]:
        """Return who brought what has this digest, `Device/<id>` each; none: it is not there."""
        rows = self._db.execute("SELECT origin FROM there WHERE digest = ?", (digest,))
        return tuple(sorted(str(origin) for (origin,) in rows))

    def counts(self) -> list[tuple[str, str, int]]:
        """Return (origin, type, how many), sorted."""
        return [(str(o), str(t), int(n)) for o, t, n in self._db.execute(_COUNTS)]

    def absent(self) -> list[tuple[str, int]]:
        """Return (type, how many) that something there names by identifier, and that is absent."""
        return [(str(t), int(n)) for t, n in self._db.execute(_ABSENT)]

    def twice(self) -> list[tuple[str, int]]:
        """Return (type, how many) temporary identifiers that more than one object there has."""
        return [(str(t), int(n)) for t, n in self._db.execute(_TWICE)]


def _keys(identifiers: Json, r4_type: str) -> Iterator[Key]:
    for identifier in identifiers if isinstance(identifiers, list) else [identifiers]:
        match identifier:
            case {"system": str(system), "value": str(value)} if _is_temporary(system):
                yield Key(r4_type=r4_type, system=system, value=value)
            case _:
                pass


def _is_temporary(system: str) -> bool:
    return system.startswith(MIGRATION_SYSTEM)


def _named(node: Json) -> Iterator[Key]:
    """Yield what a resource refers to by temporary identifier, without an id (TOP-KT-002)."""
    if isinstance(node, list):
        for item in node:
            yield from _named(item)
    elif isinstance(node, dict):
        if isinstance(r4_type := node.get("type"), str) and not node.get("reference"):
            yield from _keys(node.get("identifier"), r4_type)
        for name, item in node.items():
            if name != "identifier":
                yield from _named(item)
