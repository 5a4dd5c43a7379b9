"""What a plan expects of other suppliers, and which client of ours writes what; reads only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kt_migrate.model import Key
from kt_migrate.plan.opened import Opened
from kt_migrate.plan.rows import Expected, ExpectedCount

_COLUMNS = "id, r4_type, system, value, supplier, basis, announced, source_type, link"
_COUNTS = """
SELECT e.supplier, e.r4_type, count(*), sum(r.seqs > 0), sum(r.seqs > 0 AND e.announced),
  (SELECT count(DISTINCT f.seq) FROM expected_reference f JOIN expected x ON x.id = f.expected
   WHERE x.supplier = e.supplier AND x.r4_type = e.r4_type)
FROM expected e JOIN (SELECT x.id, (SELECT count(*) FROM expected_reference f
  WHERE f.expected = x.id) AS seqs FROM expected x) r ON r.id = e.id
GROUP BY 1, 2 ORDER BY 1, 2
"""


class Expecting(Opened):
    """A plan that lies on disk. Here: what of it is not ours to create."""

    def expected(self, *, needed: bool = True) -> Iterator[Expected]:
        """Yield what others bring, in a stable order.

        Args:
            needed: only what a write of ours refers to; False: all of the archive.
        """
        where = " WHERE id IN (SELECT expected FROM expected_reference)" if needed else ""
        rows = self._db.execute(f"SELECT {_COLUMNS} FROM expected{where} ORDER BY id")
        return (_expected(row) for row in rows)

    def expected_at(self, number: int) -> Expected | None:
        """Return what another brings, by its number."""
        row = self._db.execute(
            f"SELECT {_COLUMNS} FROM expected WHERE id = ?", (number,)
        ).fetchone()
        return None if row is None else _expected(row)

    def expected_key(self, number: int) -> Key | None:
        """Return the key of what another brings, by its number."""
        found = self.expected_at(number)
        return None if found is None else found.key

    def expected_number(self, key: Key) -> int | None:
        """Return the number of what another brings, by its key; None: nobody brings it."""
        row = self._db.execute(
            "SELECT id FROM expected WHERE r4_type = ? AND system = ? AND value = ?",
            (key.r4_type, key.system, key.value),
        ).fetchone()
        return None if row is None else int(row[0])

    @property
    def expects(self) -> bool:
        """Whether a write of ours needs anything of another."""
        row = self._db.execute("SELECT 1 FROM expected_reference WHERE seq > 0 LIMIT 1").fetchone()
        return row is not None

    def expected_references(self) -> Iterator[tuple[int, int]]:
        """Yield (number of a write, number of what it needs of another)."""
        yield from self._db.execute("SELECT seq, expected FROM expected_reference ORDER BY 1, 2")

    def needs(self, seq: int) -> tuple[int, ...]:
        """Return the numbers of what one write needs of others."""
        rows = self._db.execute(
            "SELECT expected FROM expected_reference WHERE seq = ? ORDER BY 1", (seq,)
        )
        return tuple(int(number) for (number,) in rows)

    def expected_counts(self) -> Sequence[ExpectedCount]:
        """Return what is expected, per supplier and type."""
        return [
            ExpectedCount(
                supplier=supplier,
                r4_type=r4_type,
                objects=objects,
                needed=needed,
                announced=announced,
                waiting=waiting,
            )
            for supplier, r4_type, objects, needed, announced, waiting in self._db.execute(_COUNTS)
        ]

    def all_keys(self) -> Iterator[Key]:
        """Yield the temporary identifier of every write, in order."""
        rows = self._db.execute("SELECT r4_type, system, value FROM write ORDER BY seq")
        return (Key(r4_type=t, system=s, value=v) for t, s, v in rows)

    def sources_of_keys(self) -> Iterator[Expected]:
        """Yield what we bring ourselves, in order, as it would be expected of us."""
        rows = self._db.execute(
            "SELECT seq, r4_type, system, value, '', 'claimed', 1, source_type, link"
            " FROM write ORDER BY seq"
        )
        return (_expected(row) for row in rows)

    def client(self, seq: int) -> str:
        """Return which client of ours writes this; empty: the environment's own."""
        row = self._db.execute("SELECT client FROM client_write WHERE seq = ?", (seq,)).fetchone()
        return "" if row is None else str(row[0])

    def systems_of(self, client: str) -> tuple[tuple[str, str], ...]:
        """Return the (R4 type, identifier system) pairs that one client of ours writes."""
        rows = self._db.execute(
            "SELECT w.r4_type, w.system FROM write w LEFT JOIN client_write c ON c.seq = w.seq"
            " WHERE coalesce(c.client, '') = ? GROUP BY 1, 2 ORDER BY min(w.seq)",
            (client,),
        )
        return tuple((str(r4_type), str(system)) for r4_type, system in rows)

    def clients(self, first: int = 0, last: int = 1 << 62) -> tuple[str, ...]:
        """Return which clients write a row of writes, sorted; the environment's own is empty."""
        rows = self._db.execute(
            "SELECT DISTINCT coalesce(c.client, '') FROM write w LEFT JOIN client_write c"
            " ON c.seq = w.seq WHERE w.seq BETWEEN ? AND ? ORDER BY 1",
            (first, last),
        )
        return tuple(str(client) for (client,) in rows)


def _expected(row: tuple[int, str, str, str, str, str, int, str, str]) -> Expected:
    number, r4_type, system, value, supplier, basis, announced, source_type, link = row
    return Expected(
        id=number,
        key=Key(r4_type=r4_type, system=system, value=value),
        supplier=supplier,
        basis=basis,
        announced=bool(announced),
        source_type=source_type,
        link=link,
    )
