"""The rows of plan.sqlite that a sample is drawn from, in the order of writing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kt_migrate.catalogue import CATALOGUE, ErrorClass
from kt_migrate.plan.opened import Opened

_WRITES = """
SELECT w.seq, w.r4_type, w.system, w.value, w.stage, w.source_type, w.link,
  coalesce(o.event, ''), coalesce(json_extract(CAST(w.body AS TEXT), '$.status'),
    CASE json_extract(CAST(w.body AS TEXT), '$.active') WHEN 1 THEN 'active' WHEN 0 THEN 'inactive'
    ELSE '' END)
FROM write w LEFT JOIN object o ON o.source_type = w.source_type AND o.link = w.link ORDER BY w.seq
"""
_REFERENCES = """
SELECT seq, target_seq FROM write_reference UNION SELECT seq, target_seq FROM version_reference
ORDER BY 1, 2
"""
_REJECTED = """
SELECT o.source_type, o.link, o.event, o.reason, coalesce(d.patient, '') FROM object o
LEFT JOIN dossier d ON d.source_type = o.source_type AND d.link = o.link
WHERE o.outcome = 'rejected' ORDER BY 1, 2
"""
_CODES = """
SELECT DISTINCT i.source_type, i.link, i.code FROM issue i
JOIN object o ON o.source_type = i.source_type AND o.link = i.link
WHERE o.outcome = 'rejected' ORDER BY 1, 2, 3
"""


@dataclass(frozen=True, slots=True)
class WriteRow:
    """One write, without what is in it.

    Attributes:
        seq, r4_type, system, value, stage, source_type, link: as in `rows.PlannedWrite`.
        event: KT 1.3 event that brought its object's last state; empty: not known.
        status: its `status`, else `active` or `inactive`; empty: it has neither.
    """

    seq: int
    r4_type: str
    system: str
    value: str
    stage: int
    source_type: str
    link: str
    event: str
    status: str


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """One object that the plan rejects.

    Attributes:
        source_type, link, event: which object.
        reason: why; the first code.
        patient: whose dossier it belongs to; empty: nobody's.
    """

    source_type: str
    link: str
    event: str
    reason: str
    patient: str


class Rows(Opened):
    """Reads a plan to draw from it."""

    def count(self) -> int:
        """Return the number of the last write: what tables by number need."""
        return int(self._db.execute("SELECT coalesce(max(seq), 0) FROM write").fetchone()[0])

    def writes(self) -> Iterator[WriteRow]:
        """Yield every write, in the order of writing."""
        return (WriteRow(*row) for row in self._db.execute(_WRITES))

    def references(self) -> Iterator[tuple[int, int]]:
        """Yield (write, what it or an earlier version of it refers to), each pair once, sorted."""
        yield from self._db.execute(_REFERENCES)

    def rejected(self) -> Iterator[RejectedRow]:
        """Yield every object that is rejected, sorted."""
        return (RejectedRow(*row) for row in self._db.execute(_REJECTED))

    def codes(self) -> dict[tuple[str, str], frozenset[str]]:
        """Return the error codes of every object that is rejected; notices left out."""
        found: dict[tuple[str, str], frozenset[str]] = {}
        for source_type, link, code in self._db.execute(_CODES):
            if CATALOGUE[code].error_class is not ErrorClass.NOTICE:
                mine = (source_type, link)
                found[mine] = found.get(mine, frozenset()) | {code}
        return found
