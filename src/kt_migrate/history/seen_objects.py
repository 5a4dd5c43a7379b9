"""What an archive says of its objects: how many, how often, how new, what decided, what is odd."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace

from kt_migrate.history.careplans import ACTIVITY, PARTS
from kt_migrate.history.intake import DOCUMENT, HEADER
from kt_migrate.history.seen_messages import day
from kt_migrate.history.store import History
from kt_migrate.model import Form

_NO_OBJECTS = ", ".join(f"'{name}'" for name in (*PARTS, HEADER, DOCUMENT))

_LAST = f"""
SELECT o.source_type, o.decided_by, c.form = '{Form.SENDER}', count(*),
  coalesce(max(coalesce({day("s.version")}, {day("c.timestamp")})), '')
FROM object o JOIN sighting s ON s.id = o.sighting JOIN copy c ON c.id = s.copy
WHERE o.source_type NOT IN ('{HEADER}', '{DOCUMENT}')
GROUP BY 1, 2, 3
"""
# A queue copy of an object goes before its sender copies, but for updates of what it brought.
_SENDER_ONLY = f"""
SELECT o.source_type, count(*) FROM object o JOIN sighting s ON s.id = o.sighting
JOIN copy c ON c.id = s.copy
WHERE c.form = '{Form.SENDER}' AND o.source_type NOT IN ({_NO_OBJECTS})
AND o.link NOT IN (SELECT link FROM response) AND NOT EXISTS (
  SELECT 1 FROM sighting z JOIN copy d ON d.id = z.copy
  WHERE z.source_type = o.source_type AND z.link = o.link AND d.form != '{Form.SENDER}')
GROUP BY 1
"""
_VERSIONS = """
SELECT source_type, sum(versions) FROM (
  SELECT source_type, count(DISTINCT version) AS versions FROM sighting
  WHERE version != '' AND content IS NOT NULL GROUP BY source_type, link)
GROUP BY 1
"""
_ODD = f"""
SELECT r.code, count(*) FROM refusal r JOIN object o ON o.sighting = r.sighting GROUP BY 1
UNION ALL
SELECT 'activity-duplicate', count(DISTINCT s.link) FROM superseded p
JOIN sighting s ON s.id = p.sighting
WHERE p.reason = 'activity-duplicate' AND s.source_type = '{ACTIVITY}'
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectsOfType:
    """The objects of one type.

    Attributes:
        objects: how many.
        sightings: how often one was seen in a document.
        versions: distinct versions seen, over all objects; a sighting without a version adds
            none. None for a part of a care plan, which has no versions of its own.
        latest: day of the newest last state, by its version, else by its message's timestamp;
            empty when none has either.
        sender_only: objects of which the archive holds the sender's copies alone, and no answer
            of the server: whether it took them, and under which version, is not known.
        decided_by: what decided which state is the last → objects; `history.order.Last`.
    """

    objects: int
    sightings: int
    versions: int | None
    latest: str = ""
    sender_only: int = 0
    decided_by: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicates:
    """What is there more than once.

    Attributes:
        message_copies: copies of a message beyond its first.
        equal_files: files with the very bytes of another file.
        same_message: objects whose last state has another content in another copy of the same
            message: a stripped copy, mostly.
        same_version: objects whose last state has another content under the same version in
            another message.
    """

    message_copies: int
    equal_files: int
    same_message: int
    same_version: int


def look_at_objects(history: History) -> dict[str, ObjectsOfType]:
    """Count the objects of a history per type, sorted by type."""
    sightings: dict[str, int] = {}
    for source_type, _event, number in history.counted():
        sightings[source_type] = sightings.get(source_type, 0) + number
    versions = dict(history.db.execute(_VERSIONS))
    found: dict[str, ObjectsOfType] = {}
    for source_type, by, _sender, count, latest in history.db.execute(_LAST):
        so_far = found.get(source_type) or ObjectsOfType(
            objects=0,
            sightings=sightings[source_type],
            versions=None if source_type in PARTS else versions.get(source_type, 0),
            decided_by={},
        )
        found[source_type] = replace(
            so_far,
            objects=so_far.objects + count,
            latest=max(so_far.latest, latest),
            decided_by={**so_far.decided_by, by: so_far.decided_by.get(by, 0) + count},
        )
    for source_type, count in history.db.execute(_SENDER_ONLY):
        found[source_type] = replace(found[source_type], sender_only=count)
    return dict(sorted(found.items()))


def look_at_duplicates(db: sqlite3.Connection, message_copies: int) -> Duplicates:
    """Count what is there more than once."""
    equal = db.execute(
        "SELECT count(*) - count(DISTINCT sha256) FROM file WHERE kind NOT LIKE 'no-message%'"
    ).fetchone()[0]
    rows = db.execute(
        "SELECT mine.identifier = others.identifier, count(DISTINCT v.sighting)"
        " FROM same_version v JOIN sighting s ON s.id = v.sighting"
        " JOIN copy mine ON mine.id = s.copy JOIN sighting o ON o.id = v.other"
        " JOIN copy others ON others.id = o.copy GROUP BY 1"
    )
    found = dict(rows)
    return Duplicates(
        message_copies=message_copies,
        equal_files=equal,
        same_message=found.get(1, 0),
        same_version=found.get(0, 0),
    )


def look_at_oddities(history: History) -> dict[str, int]:
    """Count what is out of the ordinary, per code of `catalogue.CATALOGUE`, sorted."""
    found = {str(code): int(count) for code, count in history.db.execute(_ODD)}
    found["characters-removed"] = sum(1 for _row in history.cleaned())
    found["links-alike"] = sum(1 for _row in history.alike())
    return {code: found[code] for code in sorted(found) if found[code]}
