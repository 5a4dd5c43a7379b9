"""What goes into plan.sqlite: the history's and the ledger's rows, in an order of content alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kt_migrate.books import HashTotal, canonical, digest
from kt_migrate.history.census import Census
from kt_migrate.history.intake import DOCUMENT
from kt_migrate.history.store import History
from kt_migrate.plan.ledger import Ledger, load_resource
from kt_migrate.plan.writing import PlanContent

_NUMBER = f"""
CREATE TABLE numbered AS
SELECT s.id AS sighting, row_number() OVER (ORDER BY s.source_type, s.link, s.version,
  CASE s.source_type WHEN '{DOCUMENT}' THEN '' ELSE c.identifier END, c.event,
  p.successor IS NOT NULL, p.reason) AS id
FROM sighting s JOIN copy c ON c.id = s.copy LEFT JOIN superseded p ON p.sighting = s.id;
CREATE UNIQUE INDEX numbered_sighting ON numbered (sighting);
"""
_SIGHTINGS = f"""
SELECT n.id, s.source_type, c.event, s.link, s.version,
  CASE s.source_type WHEN '{DOCUMENT}' THEN '' ELSE c.identifier END,
  (SELECT id FROM numbered WHERE sighting = p.successor), coalesce(p.reason, '')
FROM numbered n JOIN sighting s ON s.id = n.sighting JOIN copy c ON c.id = s.copy
LEFT JOIN superseded p ON p.sighting = s.id ORDER BY n.id
"""
_OBJECTS = """
SELECT o.source_type, o.link, n.id, c.event, f.outcome, f.reason,
  CASE f.outcome WHEN 'migrated' THEN (SELECT min(d.seq) FROM draft d
    WHERE d.source_type = coalesce(w.of_type, o.source_type)
    AND d.link = coalesce(w.of_link, o.link) AND d.alive) END
FROM object o JOIN sighting s ON s.id = o.sighting JOIN copy c ON c.id = s.copy
JOIN numbered n ON n.sighting = o.sighting
JOIN fate f ON f.source_type = o.source_type AND f.link = o.link
LEFT JOIN follows w ON w.source_type = o.source_type AND w.link = o.link ORDER BY 1, 2
"""
_REFERENCES = """
SELECT d.seq, t.seq, r.path FROM draft_reference r JOIN draft d ON d.id = r.draft
JOIN draft t ON t.id = r.target WHERE d.alive AND NOT r.dropped ORDER BY 1, 3
"""
_WRITES = """
SELECT seq, r4_type, system, value, stage, source_type, link, final FROM draft
WHERE alive ORDER BY seq
"""


def content_of(
    meta: Sequence[tuple[str, str]], history: History, ledger: Ledger, census: Census
) -> PlanContent:
    """Return everything that a plan holds. Every draft and every fate is settled."""
    for statement in _NUMBER.split(";"):
        history.db.execute(statement)
    totals: dict[str, HashTotal] = {}
    return PlanContent(
        meta=meta,
        writes=_writes(ledger, totals),
        references=ledger.db.execute(_REFERENCES),
        sightings=history.db.execute(_SIGHTINGS),
        objects=history.db.execute(_OBJECTS),
        sighting_counts=history.counted(),
        census=census.counts().items(),
        issues=ledger.problems(),
        losses=ledger.losses(),
        documents=sorted(history.documents().items()),
        hash_totals=_totals(totals),
    )


def _writes(
    ledger: Ledger, totals: dict[str, HashTotal]
) -> Iterator[tuple[int, str, str, str, int, str, str, str, bytes]]:
    """Yield the writes in order, and add up their digests on the way."""
    for seq, r4_type, system, value, stage, source_type, link, body in ledger.db.execute(_WRITES):
        hex_digest = digest(canonical(load_resource(body)))
        totals[r4_type] = totals.get(r4_type, HashTotal()).plus(hex_digest)
        yield seq, r4_type, system, value, stage, source_type, link, hex_digest, body


def _totals(totals: dict[str, HashTotal]) -> Iterator[tuple[str, int, str]]:
    """Yield the hash totals; to be read after the writes."""
    for r4_type, total in sorted(totals.items()):
        yield r4_type, total.count, total.hex
