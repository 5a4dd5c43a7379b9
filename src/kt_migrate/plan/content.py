"""What goes into plan.sqlite: the history's and the ledger's rows, in an order of content alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from kt_migrate.books import hash_totals
from kt_migrate.history.census import Census
from kt_migrate.history.intake import DOCUMENT, REFUSED
from kt_migrate.history.store import History
from kt_migrate.plan import supplied_rows
from kt_migrate.plan.ledger import Ledger
from kt_migrate.plan.writing import PlanContent, Source

_NUMBERED = """
CREATE TABLE numbered (
  id INTEGER PRIMARY KEY, sighting INTEGER, source_type TEXT, event TEXT, link TEXT, version TEXT,
  message TEXT, successor INTEGER, reason TEXT)
"""
# By the whole table and not by an index of it: a domain has millions of sightings, and one sort
# of all reads each once, in the order in which they lie on disk.
_NUMBER = f"""
INSERT INTO numbered (sighting, source_type, event, link, version, message, successor, reason)
SELECT s.id, s.source_type, c.event, s.link, s.version,
  CASE s.source_type WHEN '{DOCUMENT}' THEN '' ELSE c.identifier END AS message,
  p.successor, coalesce(p.reason, '')
FROM sighting s NOT INDEXED JOIN copy c ON c.id = s.copy
LEFT JOIN superseded p ON p.sighting = s.id
ORDER BY s.source_type, s.link, s.version, message, c.event, p.successor IS NOT NULL, p.reason
"""
_NUMBERED_INDEX = "CREATE UNIQUE INDEX numbered_sighting ON numbered (sighting)"
_SIGHTINGS = """
SELECT n.id, n.source_type, n.event, n.link, n.version, n.message,
  (SELECT id FROM numbered WHERE sighting = n.successor), n.reason
FROM numbered n ORDER BY n.id
"""
# Copies of a message differ in neither; if they do, whichever comes first.
_MESSAGES = f"""
SELECT identifier, min(timestamp), min(sender) FROM copy
WHERE identifier <> '' AND form <> '{REFUSED}' GROUP BY identifier ORDER BY identifier
"""
_OBJECTS = """
SELECT o.source_type, o.link, n.id, n.event, f.outcome, f.reason,
  CASE f.outcome WHEN 'migrated' THEN (SELECT min(d.seq) FROM draft d
    WHERE d.source_type = coalesce(w.of_type, o.source_type)
    AND d.link = coalesce(w.of_link, o.link) AND d.alive) END
FROM object o JOIN numbered n ON n.sighting = o.sighting
JOIN fate f ON f.source_type = o.source_type AND f.link = o.link
LEFT JOIN follows w ON w.source_type = o.source_type AND w.link = o.link ORDER BY 1, 2
"""
_DOSSIERS = """
WITH whose AS (
  SELECT source_type, link, link AS patient FROM fate
  WHERE source_type = 'Patient' AND outcome = 'rejected'
  UNION ALL SELECT source_type, link, patient FROM named
  UNION ALL SELECT d.source_type, d.link, coalesce(t.link, r.value) FROM draft d
  JOIN draft_reference r ON r.draft = d.id AND r.r4_type = 'Patient'
  LEFT JOIN draft t ON (t.r4_type, t.system, t.value) = (r.r4_type, r.system, r.value)
  WHERE NOT d.alive)
SELECT f.source_type, f.link, min(w.patient) FROM fate f
LEFT JOIN follows o ON o.source_type = f.source_type AND o.link = f.link
JOIN whose w ON w.source_type = coalesce(o.of_type, f.source_type)
  AND w.link = coalesce(o.of_link, f.link)
WHERE f.outcome = 'rejected' GROUP BY 1, 2 ORDER BY 1, 2
"""
_REFERENCES = """
SELECT d.seq, t.seq, r.path FROM draft_reference r JOIN draft d ON d.id = r.draft
JOIN draft t ON t.id = r.target WHERE d.alive AND t.alive = 1 AND NOT r.dropped ORDER BY 1, 3
"""
_EXPECTING = """
CREATE TABLE expecting AS SELECT id AS draft, row_number() OVER (ORDER BY r4_type, system, value)
  AS id FROM draft WHERE alive = 2
"""
_EXPECTING_INDEX = "CREATE UNIQUE INDEX expecting_draft ON expecting (draft)"
_EXPECTED = """
SELECT e.id, t.r4_type, t.system, t.value, f.supplier, f.basis, f.announced, t.source_type, t.link
FROM expecting e JOIN draft t ON t.id = e.draft JOIN foreign_draft f ON f.draft = e.draft
ORDER BY e.id
"""
_EXPECTED_REFERENCES = """
SELECT d.seq, e.id FROM draft_reference r JOIN draft d ON d.id = r.draft
JOIN expecting e ON e.draft = r.target WHERE d.alive = 1 AND NOT r.dropped
UNION SELECT d.seq, e.id FROM version_target r JOIN version_draft v ON v.id = r.version
JOIN draft d ON d.id = v.draft JOIN expecting e ON e.draft = r.target
WHERE v.ordinal IS NOT NULL ORDER BY 1, 2
"""
_CLIENTS = """
SELECT d.seq, c.client FROM client_draft c JOIN draft d ON d.id = c.draft WHERE d.alive = 1
ORDER BY 1
"""
_WRITES = """
SELECT d.seq, d.r4_type, d.system, d.value, d.stage, d.source_type, d.link, s.digest,
  coalesce(s.final, m.resource)
FROM draft d JOIN made m ON m.draft = d.id JOIN sound s ON s.draft = d.id
WHERE d.alive ORDER BY d.seq
"""
_VERSIONS = """
SELECT d.seq, v.ordinal, s.version, c.identifier, v.digest, v.resource
FROM version_draft v JOIN draft d ON d.id = v.draft JOIN sighting s ON s.id = v.sighting
JOIN copy c ON c.id = s.copy
WHERE v.ordinal IS NOT NULL ORDER BY 1, 2
"""
_VERSION_REFERENCES = """
SELECT DISTINCT d.seq, t.seq FROM version_target r JOIN version_draft v ON v.id = r.version
JOIN draft d ON d.id = v.draft JOIN draft t ON t.id = r.target
WHERE v.ordinal IS NOT NULL AND t.alive = 1
ORDER BY 1, 2
"""
_DIGESTS = "SELECT d.r4_type, s.digest FROM draft d JOIN sound s ON s.draft = d.id WHERE d.alive"


def content_of(
    meta: Sequence[tuple[str, str]],
    history: History,
    ledger: Ledger,
    census: Census,
    elements: Iterable[tuple[str, str, str, str, str, int]],
) -> PlanContent:
    """Return everything that a plan holds. Every draft and every fate is settled."""
    for statement in (_NUMBERED, _NUMBER, _NUMBERED_INDEX, _EXPECTING, _EXPECTING_INDEX):
        history.db.execute(statement)
    return PlanContent(
        source=Source(
            db=history.db,
            selects={
                "write": _WRITES,
                "write_reference": _REFERENCES,
                "sighting": _SIGHTINGS,
                "message": _MESSAGES,
                "object": _OBJECTS,
                "dossier": _DOSSIERS,
                "enrichment": supplied_rows.SELECT,
                "version_write": _VERSIONS,
                "version_reference": _VERSION_REFERENCES,
                "expected": _EXPECTED,
                "expected_reference": _EXPECTED_REFERENCES,
                "client_write": _CLIENTS,
            },
        ),
        meta=meta,
        sighting_counts=history.counted(),
        census=census.counts().items(),
        version_counts=ledger.version_counts(),
        issues=ledger.problems(),
        elements=elements,
        documents=sorted(history.documents().items()),
        hash_totals=_totals(ledger),
    )


def _totals(ledger: Ledger) -> Iterator[tuple[str, int, str]]:
    """Yield the hash totals of what will be written."""
    for r4_type, total in hash_totals(ledger.db.execute(_DIGESTS)).items():
        yield r4_type, total.count, total.hex
