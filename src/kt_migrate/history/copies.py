"""What the copies of each message know together of what they carry.

What one copy of a message knows (a version, the server's answer), its other copies know as well:
so a copy without a body, or stripped of its versions, hides nothing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from kt_migrate.history.intake import REFUSED
from kt_migrate.history.order import Candidate, sent
from kt_migrate.kt13.links import version_instant, version_number
from kt_migrate.model import Form

_MESSAGES = f"""
CREATE TABLE message (
  identifier TEXT PRIMARY KEY, iid INTEGER, timestamp TEXT, focal TEXT, sent INTEGER) WITHOUT ROWID;
INSERT INTO message
SELECT identifier, min(iid), min(nullif(timestamp, '')), max(focal),
  sent(min(nullif(timestamp, '')))
FROM copy WHERE form != '{REFUSED}' GROUP BY identifier ORDER BY identifier;
"""

SEEN = """
SELECT s.source_type, s.link, s.id, s.version,
  (SELECT max(version) FROM response r WHERE r.request = c.identifier AND r.link = s.link),
  c.form, c.identifier, m.iid, coalesce(m.timestamp, ''), m.focal, t.digest, c.event
FROM sighting s JOIN copy c ON c.id = s.copy JOIN message m ON m.identifier = c.identifier
JOIN content t ON t.id = s.content
"""
FORMS = {form.value: form for form in Form}
SENDER = Form.SENDER.value
STABLE = "ORDER BY s.source_type, s.link, c.identifier, c.form, t.digest, s.version, c.event, s.id"
"""An order that is not that of reading, unless nothing tells two sightings apart."""

FIRST_COPY = (
    f"CASE c.form WHEN '{Form.QUEUE}' THEN 0 WHEN '{Form.SEARCH}' THEN 1 ELSE 2 END,"
    " m.sent DESC, coalesce(m.iid, 0) DESC, c.identifier, c.form, s.version, c.event, s.id"
)
"""Of sightings of one content of one version: the best first, as `order.last` has it."""


def know_messages(db: sqlite3.Connection) -> None:
    """Make the table of messages: what their copies know of each together."""
    db.create_function("sent", 1, sent, deterministic=True)
    for statement in _MESSAGES.split(";"):
        db.execute(statement)


class Seen(NamedTuple):
    """One sighting, as it competes."""

    source_type: str
    link: str
    sighting: int
    version: str
    answered: str | None
    form: str
    message: str
    iid: int | None
    timestamp: str
    focal: str
    content: str
    event: str


def stable(seen: Seen) -> tuple[str, ...]:
    """Return what sightings are sorted by, as `STABLE` does."""
    return (
        seen.source_type,
        seen.link,
        seen.message,
        seen.form,
        seen.content,
        seen.version,
        seen.event,
    )


class Known:
    """What the copies of each message know together of one object's version."""

    def __init__(self, group: Sequence[Seen]) -> None:
        self._assigned: dict[str, str] = {}
        self._base: dict[str, str] = {}
        for seen in group:
            own = self._base if seen.form == SENDER else self._assigned
            if seen.version:
                _keep_later(own, seen.message, seen.version)
            if seen.answered:
                _keep_later(self._assigned, seen.message, seen.answered)

    def of(self, message: str) -> tuple[str | None, bool]:
        """Return (version, whether it is the assigned one)."""
        assigned = self._assigned.get(message)
        return (self._base.get(message), False) if assigned is None else (assigned, True)

    def candidate(self, seen: Seen) -> Candidate:
        """Return one sighting with what all copies know; a queue copy's own version stands."""
        own = bool(seen.version) and seen.form != SENDER
        version, assigned = (seen.version, True) if own else self.of(seen.message)
        return Candidate(
            version, FORMS[seen.form], assigned, seen.iid, seen.timestamp, seen.content
        )


def _keep_later(known: dict[str, str], message: str, version: str) -> None:
    before = known.get(message, version)
    known[message] = version if before == version else max(version, before, key=_moment)


def _moment(version: str) -> tuple[bool, object, str]:
    instant = version_instant(version)
    return (instant is not None, instant or version_number(version) or 0, version)
