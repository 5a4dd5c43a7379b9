"""Settles in SQL which sighting is the last where versions alone say so: nearly everywhere.

Every sighting of an object has a moment that the server gave: its own version, or what another
copy of its message knows. When one content has the latest moment, that is the last state, and
no body need be looked into. Everything else (no version, a counter, two contents of one version,
two updates of one base) is left to `last_states`, which gives the same answer for these too.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter

from kt_migrate.history.copies import FIRST_COPY, Known, Seen
from kt_migrate.history.order import moment

_ASKING = """
CREATE TABLE asking AS SELECT DISTINCT s.source_type, s.link, c.identifier
FROM sighting s JOIN copy c ON c.id = s.copy WHERE s.moment IS NULL AND s.content IS NOT NULL
"""
_TOLD = """
SELECT a.rowid, s.moment, s.source_type, s.link, s.id, s.version,
  (SELECT max(version) FROM response r WHERE r.request = a.identifier AND r.link = a.link),
  c.form, a.identifier, NULL, '', '', '', ''
FROM asking a CROSS JOIN copy c ON c.identifier = a.identifier
CROSS JOIN sighting s ON s.copy = c.id AND s.link = a.link AND s.source_type = a.source_type
WHERE s.content IS NOT NULL ORDER BY a.rowid
"""
_SETTLED = f"""
CREATE TABLE latest AS
SELECT source_type, link, count(*) AS many, count(moment) AS known, max(moment) AS moment
FROM sighting WHERE content IS NOT NULL GROUP BY source_type, link;
CREATE TABLE tied AS
SELECT l.rowid AS object, min(s.id) AS sighting, count(*) AS many,
  min(s.content) = max(s.content) AND l.moment % 2 = 0 AS alike
FROM latest l CROSS JOIN sighting s
ON s.source_type = l.source_type AND s.link = l.link AND s.moment = l.moment
WHERE l.many > 1 AND l.known = l.many AND s.content IS NOT NULL GROUP BY l.rowid;
CREATE TABLE settled (
  object INTEGER PRIMARY KEY, sighting INTEGER);
INSERT INTO settled SELECT l.rowid, s.id FROM latest l CROSS JOIN sighting s
ON s.source_type = l.source_type AND s.link = l.link
WHERE l.many = 1 AND s.content IS NOT NULL;
INSERT INTO settled SELECT object, sighting FROM tied WHERE many = 1;
INSERT INTO settled SELECT object, id FROM (
  SELECT t.object, s.id,
    row_number() OVER (PARTITION BY t.object ORDER BY {FIRST_COPY}) AS place
  FROM tied t CROSS JOIN latest l ON l.rowid = t.object
  CROSS JOIN sighting s
  ON s.source_type = l.source_type AND s.link = l.link AND s.moment = l.moment
  CROSS JOIN copy c ON c.id = s.copy CROSS JOIN message m ON m.identifier = c.identifier
  WHERE t.many > 1 AND t.alike AND s.content IS NOT NULL) WHERE place = 1;
INSERT INTO object SELECT l.source_type, l.link, w.sighting,
  CASE l.many WHEN 1 THEN 'only' ELSE 'version' END, 0
FROM latest l JOIN settled w ON w.object = l.rowid ORDER BY l.rowid;
INSERT INTO superseded SELECT s.id, w.sighting,
  CASE s.moment WHEN l.moment THEN 'copy' ELSE 'older-version' END
FROM latest l CROSS JOIN settled w ON w.object = l.rowid
CROSS JOIN sighting s ON s.source_type = l.source_type AND s.link = l.link
WHERE l.many > 1 AND s.content IS NOT NULL AND s.id != w.sighting ORDER BY s.id;
CREATE TABLE unsettled (source_type TEXT, link TEXT);
INSERT INTO unsettled SELECT source_type, link FROM latest
WHERE rowid NOT IN (SELECT object FROM settled) ORDER BY 1, 2;
DROP TABLE latest;
DROP TABLE tied;
DROP TABLE settled
"""
_object = itemgetter(0)


def settle(db: sqlite3.Connection) -> None:
    """Decide on every object that versions alone decide on, and list the others in `unsettled`.

    Args:
        db: of a history that was indexed, with its `message` table.
    """
    db.execute(_ASKING)
    rows = list(_told(db))
    db.executemany("UPDATE sighting SET moment = ? WHERE id = ?", rows)
    db.execute("DROP TABLE asking")
    for statement in _SETTLED.split(";"):
        db.execute(statement)


def _told(db: sqlite3.Connection) -> Iterator[tuple[int, int]]:
    """Yield (moment, sighting) of what only another copy of its message has a version for."""
    for _asking, rows in groupby(db.execute(_TOLD), _object):
        group = [(row[1], Seen._make(row[2:])) for row in rows]
        known = Known([seen for _moment, seen in group])
        for own, seen in group:
            if own is None:
                told = known.candidate(seen)
                found = moment(told.version or "", assigned=told.assigned)
                if found is not None:
                    yield found, seen.sighting
