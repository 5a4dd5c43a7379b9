"""plan.sqlite: what was decided, in one file that the load executes and the verification reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property

import orjson

from kt_migrate.books import HashTotal
from kt_migrate.model import Key, Mode, Resource
from kt_migrate.plan.accounts import Accounts
from kt_migrate.plan.expecting import Expecting
from kt_migrate.plan.rows import (
    PlannedWrite,
    VersionCount,
    WriteGroup,
)


class Plan(Accounts, Expecting):
    """A plan that lies on disk; reads only. Here: its writes, in their order."""

    def count(self) -> int:
        """Return the number of writes."""
        return int(self._db.execute("SELECT count(*) FROM write").fetchone()[0])

    def last(self) -> int:
        """Return the highest number of a write; 0: there is none."""
        return int(self._db.execute("SELECT coalesce(max(seq), 0) FROM write").fetchone()[0])

    def stages(self) -> int:
        """Return the number of stages."""
        row = self._db.execute("SELECT coalesce(max(stage) + 1, 0) FROM write").fetchone()
        return int(row[0])

    def writes(self, stage: int | None = None) -> Iterator[PlannedWrite]:
        """Yield the writes in order; of one stage, or all."""
        where, values = ("", ()) if stage is None else (" WHERE stage = ?", (stage,))
        rows = self._db.execute(
            "SELECT seq, r4_type, system, value, stage, source_type, link, digest, body"
            f" FROM write{where} ORDER BY seq",
            values,
        )
        for row in rows:
            yield _planned(row)

    def write(self, key: Key) -> PlannedWrite | None:
        """Return the write with this key, or None."""
        row = self._db.execute(
            "SELECT seq, r4_type, system, value, stage, source_type, link, digest, body"
            " FROM write WHERE r4_type = ? AND system = ? AND value = ?",
            (key.r4_type, key.system, key.value),
        ).fetchone()
        return None if row is None else _planned(row)

    def write_at(self, seq: int) -> PlannedWrite | None:
        """Return the write with this number, or None."""
        row = self._db.execute(
            "SELECT seq, r4_type, system, value, stage, source_type, link, digest, body"
            " FROM write WHERE seq = ?",
            (seq,),
        ).fetchone()
        return None if row is None else _planned(row)

    def bodies(self, r4_type: str) -> Iterator[Resource]:
        """Yield what is written of a type, earlier versions too: one per writing request."""
        rows = self._db.execute(
            "SELECT body FROM write WHERE r4_type = ?1 UNION ALL"
            " SELECT v.body FROM version_write v JOIN write w ON w.seq = v.seq"
            " WHERE w.r4_type = ?1",
            (r4_type,),
        )
        yield from (orjson.loads(body) for (body,) in rows)

    def seqs(self) -> Iterator[int]:
        """Yield the number of every write, and nothing else of it."""
        return (seq for (seq,) in self._db.execute("SELECT seq FROM write ORDER BY seq"))

    def references(self) -> Iterator[tuple[int, int]]:
        """Yield (number of a write, number of what it or an earlier version of it refers to).

        The same pair may come more than once: per path, and per kind of version.
        """
        yield from self._db.execute("SELECT seq, target_seq FROM write_reference")
        if self.mode is Mode.EVERY_VERSION:
            yield from self._db.execute("SELECT seq, target_seq FROM version_reference")

    def key(self, seq: int) -> Key | None:
        """Return the key of one write, or None."""
        row = self._db.execute(
            "SELECT r4_type, system, value FROM write WHERE seq = ?", (seq,)
        ).fetchone()
        return None if row is None else Key(r4_type=row[0], system=row[1], value=row[2])

    def targets(self, seq: int) -> tuple[int, ...]:
        """Return the seqs of the writes that one write, or an earlier version, refers to."""
        rows = self._db.execute(
            "SELECT target_seq FROM write_reference WHERE seq = ?1"
            " UNION SELECT target_seq FROM version_reference WHERE seq = ?1 ORDER BY 1",
            (seq,),
        )
        return tuple(int(row[0]) for row in rows)

    @cached_property
    def mode(self) -> Mode:
        """Whether objects are written in their last state only."""
        return Mode(self.meta("mode") or Mode.LATEST)

    def versions(self, seq: int) -> tuple[PlannedWrite, ...]:
        """Return the earlier versions of one write, the oldest first; itself left out."""
        rows = self._db.execute(
            "SELECT w.seq, w.r4_type, w.system, w.value, w.stage, w.source_type, w.link, v.digest,"
            " v.body FROM version_write v JOIN write w ON w.seq = v.seq WHERE v.seq = ?"
            " ORDER BY v.ordinal",
            (seq,),
        )
        return tuple(_planned(row) for row in rows)

    def count_versions(self, seq: int) -> int:
        """Return how many earlier versions one write has."""
        if self.mode is Mode.LATEST:
            return 0
        row = self._db.execute("SELECT count(*) FROM version_write WHERE seq = ?", (seq,))
        return int(row.fetchone()[0])

    def version(self, write: PlannedWrite, ordinal: int) -> PlannedWrite:
        """Return one earlier version of a write, from 1."""
        digest, body = self._db.execute(
            "SELECT digest, body FROM version_write WHERE seq = ? AND ordinal = ?",
            (write.seq, ordinal),
        ).fetchone()
        return replace(write, digest=digest, resource=orjson.loads(body))

    def version_digests(self, seq: int) -> tuple[str, ...]:
        """Return the digests of the earlier versions of one write, the oldest first."""
        rows = self._db.execute(
            "SELECT digest FROM version_write WHERE seq = ? ORDER BY ordinal", (seq,)
        )
        return tuple(str(row[0]) for row in rows)

    def with_versions(self) -> Iterator[int]:
        """Yield the number of every write that has earlier versions, in order."""
        rows = self._db.execute("SELECT DISTINCT seq FROM version_write ORDER BY seq")
        return (int(seq) for (seq,) in rows)

    def version_counts(self) -> dict[str, VersionCount]:
        """Return what became of earlier versions, per KT 1.3 type; empty in mode `latest`."""
        counts: dict[str, dict[str, int]] = {}
        for source_type, outcome, count in self._db.execute("SELECT * FROM version_count"):
            counts.setdefault(str(source_type), {})[str(outcome)] = int(count)
        return {source_type: VersionCount(**found) for source_type, found in sorted(counts.items())}

    def kinds(self) -> Iterator[tuple[int, str, str]]:
        """Yield (seq, R4 type, identifier system) of every write, in order."""
        rows = self._db.execute("SELECT seq, r4_type, system FROM write ORDER BY seq")
        yield from ((int(seq), str(r4_type), str(system)) for seq, r4_type, system in rows)

    def systems(self) -> tuple[tuple[str, str], ...]:
        """Return the (R4 type, identifier system) pairs that occur, in the order of writing."""
        rows = self._db.execute("SELECT r4_type, system FROM write GROUP BY 1, 2 ORDER BY min(seq)")
        return tuple((str(a), str(b)) for a, b in rows)

    def requests(self) -> dict[tuple[str, str], int]:
        """Return how many writes there are, earlier versions too, per (R4 type, its status).

        The status is empty where a type has none.
        """
        found: dict[tuple[str, str], int] = {}
        rows = self._db.execute(
            "SELECT r4_type, json_extract(CAST(body AS TEXT), '$.status') FROM write UNION ALL"
            " SELECT w.r4_type, json_extract(CAST(v.body AS TEXT), '$.status')"
            " FROM version_write v JOIN write w ON w.seq = v.seq"
        )
        for r4_type, status in rows:
            kind = (str(r4_type), str(status or ""))
            found[kind] = found.get(kind, 0) + 1
        return dict(sorted(found.items()))

    def sources(self) -> tuple[tuple[str, str], ...]:
        """Return the (KT 1.3 type, R4 type) pairs that occur in the writes."""
        rows = self._db.execute("SELECT DISTINCT source_type, r4_type FROM write ORDER BY 1, 2")
        return tuple((str(a), str(b)) for a, b in rows)

    def groups(self) -> tuple[WriteGroup, ...]:
        """Return the runs of writes of one stage, R4 type and identifier system, in order.

        Writes are numbered in that order, so that each is one range of numbers.
        """
        rows = self._db.execute(
            "SELECT first, last, stage, r4_type, system, sources, (SELECT count(*) FROM"
            " version_write v WHERE v.seq BETWEEN first AND last) FROM (SELECT min(seq) AS first,"
            " max(seq) AS last, stage, r4_type, system, json_group_array(DISTINCT source_type)"
            " AS sources FROM write GROUP BY stage, r4_type, system) ORDER BY 1"
        )
        return tuple(
            WriteGroup(
                first=first,
                last=last,
                stage=stage,
                r4_type=r4_type,
                system=system,
                source_types=tuple(sorted(orjson.loads(sources))),
                versions=versions,
            )
            for first, last, stage, r4_type, system, sources, versions in rows
        )

    def hash_totals(self) -> dict[str, HashTotal]:
        """Return the source side's totals per R4 type."""
        rows = self._db.execute("SELECT r4_type, count, sum FROM hash_total ORDER BY 1")
        return {str(t): HashTotal(int(n), int(s, 16)) for t, n, s in rows}

    def origins(self) -> Iterator[tuple[int, str, str]]:
        """Yield (seq, KT 1.3 type, link) of every write, in order."""
        rows = self._db.execute("SELECT seq, source_type, link FROM write ORDER BY seq")
        yield from ((int(seq), str(source_type), str(link)) for seq, source_type, link in rows)


def _planned(row: tuple[int, str, str, str, int, str, str, str, bytes]) -> PlannedWrite:
    seq, r4_type, system, value, stage, source_type, link, hex_digest, body = row
    return PlannedWrite(
        seq=seq,
        key=Key(r4_type=r4_type, system=system, value=value),
        stage=stage,
        source_type=source_type,
        link=link,
        digest=hex_digest,
        resource=orjson.loads(body),
    )
