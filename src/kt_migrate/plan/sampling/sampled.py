"""A plan as its sample has it: every question about its writes is answered of those drawn.

Views of the tables with the same names stand before the tables: SQLite looks for a name among the
temporary ones first. So what executes, verifies and reports a plan needs to know of no sample.
What is of the whole archive (sightings, census, elements, enrichment) stays as it is.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from kt_migrate.errors import JournalError
from kt_migrate.plan.accounts import NOT_DRAWN
from kt_migrate.plan.sampling.record import NAME, TABLE, Sample, keys_digest, read_sample
from kt_migrate.plan.store import Plan
from kt_migrate.read_only import read_only_address

_SEQ = "seq IN (SELECT seq FROM sample.drawn)"
_OBJECT = f"""
SELECT o.source_type, o.link, o.sighting, o.event, CASE
  WHEN o.outcome = 'migrated' AND o.write_seq NOT IN (SELECT seq FROM sample.drawn)
    THEN '{NOT_DRAWN}'
  WHEN o.outcome = 'rejected' AND NOT EXISTS (SELECT 1 FROM sample.drawn_object d
    WHERE d.source_type = o.source_type AND d.link = o.link) THEN '{NOT_DRAWN}'
  ELSE o.outcome END AS outcome, o.reason, o.write_seq
FROM main.object o
"""
_ISSUE = f"""
SELECT i.* FROM main.issue i WHERE NOT EXISTS (SELECT 1 FROM temp.object o
  WHERE o.source_type = i.source_type AND o.link = i.link AND o.outcome = '{NOT_DRAWN}')
"""
VIEWS = {
    "write": f"SELECT * FROM main.write WHERE {_SEQ}",
    "write_reference": f"SELECT * FROM main.write_reference WHERE {_SEQ}",
    "version_write": f"SELECT * FROM main.version_write WHERE {_SEQ}",
    "version_reference": f"SELECT * FROM main.version_reference WHERE {_SEQ}",
    "expected_reference": f"SELECT * FROM main.expected_reference WHERE {_SEQ}",
    "client_write": f"SELECT * FROM main.client_write WHERE {_SEQ}",
    "hash_total": "SELECT * FROM sample.hash_total",
    "object": _OBJECT,
    "issue": _ISSUE,
}


class SampledPlan(Plan):
    """A plan of which only a sample counts; reads only."""

    sampled = True

    def __init__(self, path: Path, table: Path) -> None:
        super().__init__(path)
        try:
            self._db.execute("ATTACH ? AS sample", (read_only_address(table),))
            for name, select in VIEWS.items():
                self._db.execute(f"CREATE TEMP VIEW {name} AS {select}")
        except sqlite3.Error:
            self.close()
            raise damaged(table) from None

    def places(self) -> Iterator[tuple[int, int, int]]:
        """Yield (write, place of its stratum from 1, what it was drawn with), in order."""
        yield from self._db.execute("SELECT seq, stratum, cluster FROM sample.drawn ORDER BY seq")

    def keys(self) -> Iterator[tuple[str, str, str]]:
        """Yield (R4 type, system, value) of every write, in order."""
        yield from self._db.execute("SELECT r4_type, system, value FROM write ORDER BY seq")

    def drawn_digests(self) -> Iterator[tuple[str, str]]:
        """Yield (R4 type, digest) of every write."""
        yield from self._db.execute("SELECT r4_type, digest FROM write")


def planned_in(folder: Path) -> Plan:
    """Open a run folder's plan as it counts there: whole, or as its sample has it.

    Raises:
        JournalError: there is no plan, or what was drawn of it cannot be read.
    """
    sample, path = read_sample(folder), folder / "plan.sqlite"
    if sample is None:
        return Plan(path)
    plan = SampledPlan(path, folder / TABLE)
    if plan.count() != sample.writes:
        plan.close()
        raise damaged(folder / NAME)
    return plan


def damaged(path: Path) -> JournalError:
    """Return what stops a run whose sample is not the one that was drawn."""
    return JournalError(
        "The sample is not the one that was drawn.",
        where=str(path),
        fix="Write the whole plan with --whole, or make a new plan.",
    )


def require_drawn(folder: Path, plan: Plan, sample: Sample) -> None:
    """Refuse a sample that is of another plan, or of which the table has changed.

    Raises:
        JournalError: it is not the one that was drawn.
    """
    of_it = isinstance(plan, SampledPlan) and keys_digest(plan.keys()) == sample.digest
    if not of_it or plan.sha256() != sample.plan:
        raise damaged(folder / NAME)
