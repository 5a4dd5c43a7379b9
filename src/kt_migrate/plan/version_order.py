"""The order of writing when earlier versions count too (mode `every-version`).

An object is written in one row, from its first version to its last. So it goes after everything
that any of its versions refers to. Where that would go round in a ring, versions give way, never
a last state: those have an order without them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from kt_migrate.plan.ledger import Subject
from kt_migrate.plan.resolve import IN_NO_STAGE, NEXT_STAGE, NUMBER, WAITING, clear_stages
from kt_migrate.plan.rings import rings

_NEXT = f"""
{NEXT_STAGE} AND NOT EXISTS (SELECT 1 FROM version_draft v JOIN version_target t
  ON t.version = v.id WHERE v.draft = d.id AND {IN_NO_STAGE.format("t.target")})
"""
_WAITING = f"""
{WAITING} UNION SELECT v.draft, t.target FROM version_draft v JOIN version_target t
ON t.version = v.id WHERE {IN_NO_STAGE.format("v.draft")} AND {IN_NO_STAGE.format("t.target")}
"""


def put_in_order(db: sqlite3.Connection) -> Iterator[tuple[Subject, int]]:
    """Give every draft the stage and number that its versions allow.

    Yields:
        (object, how many of its versions were taken away since they refer into a ring).
    """
    while waiting := _put_in_stages(db):
        for ring in waiting:
            yield _open(db, ring)
    db.execute(NUMBER)


def _put_in_stages(db: sqlite3.Connection) -> list[set[int]]:
    clear_stages(db)
    stage = 0
    while db.execute(_NEXT, (stage,)).rowcount:
        stage += 1
    return list(rings(db.execute(_WAITING)))


def _open(db: sqlite3.Connection, ring: set[int]) -> tuple[Subject, int]:
    """Take away the versions of the first of a ring that refer into it, by type and key."""
    members = ", ".join(map(str, sorted(ring)))
    into = (
        "SELECT v.id FROM version_draft v JOIN version_target t ON t.version = v.id"
        f" WHERE v.draft = {{}} AND t.target IN ({members})"
    )
    draft, source_type, link, event = db.execute(
        f"SELECT id, source_type, link, event FROM draft d WHERE id IN ({members})"
        f" AND EXISTS ({into.format('d.id')}) ORDER BY r4_type, system, value LIMIT 1"
    ).fetchone()
    gone = [row[0] for row in db.execute(f"SELECT DISTINCT id FROM ({into.format(draft)})")]
    for table, column in (("version_target", "version"), ("version_draft", "id")):
        db.executemany(f"DELETE FROM {table} WHERE {column} = ?", [(number,) for number in gone])
    return Subject(source_type=source_type, link=link, event=event), len(gone)
