"""What an archive says of its messages: events, senders, months, and the control list (P.5).

A message is counted once, whatever its copies. A search for definitions is a document and no
message: it has no event, sender or moment of its own.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from kt_migrate.history.intake import REFUSED
from kt_migrate.model import Form

REST = "…"
"""Stands for all names beyond the number that is shown: an archive may hold any number."""

NAMES, MONTHS = 100, 240
"""So many senders, domains and events, and so many months, are counted by name."""

WAITING = ("New", "Claimed")
"""A message of which no receiver had finished the delivery. Source: kt13.md §5.3."""

FAILED = ("Failed", "MaximumRetriesExceeded")
"""A message that a receiver gave up."""

DONE = ("Success", "ReplacedByNewVersion")
"""A message that needs no more work."""

_DAY = "[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]"


def day(column: str) -> str:
    """Return the SQL for the day of a version or a timestamp: NULL when it is neither."""
    return (
        f"CASE WHEN {column} GLOB '{_DAY}T*' OR {column} GLOB '{_DAY}'"
        f" THEN substr({column}, 1, 10) END"
    )


# One delivery is one counter (IID) of one message; an archive may hold it at several moments.
_FURTHEST = (
    "New",
    "Claimed",
    "Failed",
    "MaximumRetriesExceeded",
    "ReplacedByNewVersion",
    "Success",
)
_RANK = " ".join(f"WHEN '{code}' THEN '{place}'" for place, code in enumerate(_FURTHEST, start=1))

_TABLES = f"""
CREATE TEMP TABLE seen_message AS
SELECT identifier, min(event) AS event, max(sender) AS sender, max(domain) AS domain,
  min({day("timestamp")}) AS day,
  max(status != '') AS told
FROM copy WHERE form NOT IN ('{REFUSED}', '{Form.SEARCH}') GROUP BY identifier;
CREATE TEMP TABLE seen_delivery AS
SELECT identifier, substr(max(CASE status {_RANK} ELSE '0' END || status), 2) AS status
FROM copy WHERE status != '' AND form NOT IN ('{REFUSED}', '{Form.SEARCH}')
GROUP BY identifier, coalesce(iid, status);
CREATE TEMP TABLE control AS
SELECT DISTINCT d.status, m.identifier, m.event, m.day FROM seen_delivery d
JOIN seen_message m ON m.identifier = d.identifier
WHERE d.status NOT IN ('{DONE[0]}', '{DONE[1]}');
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Messages:
    """The messages of an archive, each once.

    Attributes:
        total: how many.
        copies: how many copies of them there are beyond the first of each.
        oldest, newest: day of the first and the last, `YYYY-MM-DD`, by the senders' clocks;
            empty when no message has one.
        events, senders, domains: messages per name; an empty name is a message that has none,
            `…` stands for all names after the hundred that occur most.
        months: messages per month, `YYYY-MM`; empty: without a moment.
        events_per_month: month → event → messages.
    """

    total: int
    copies: int
    oldest: str
    newest: str
    events: dict[str, int]
    senders: dict[str, int]
    domains: dict[str, int]
    months: dict[str, int]
    events_per_month: dict[str, dict[str, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlList:
    """Which messages a receiver had not finished when the copies were made (draaiboek P.5).

    A message has a delivery, with a status of its own, for each receiver. Of one delivery the
    furthest status counts; a message counts once for each status of its deliveries.

    Attributes:
        buffer_empty: False: some message is on the list. None: cannot be said, for the archive
            does not say of every message what became of it. True: it says so, and none is.
        statuses: messages per status; the four of the list are always there.
        waiting: messages with a delivery that is New or Claimed.
        failed: messages with a delivery that is Failed or MaximumRetriesExceeded.
        without_status: messages of which no copy has a status.
        per_event, per_month: event or month → status → messages on the list.
    """

    buffer_empty: bool | None
    statuses: dict[str, int]
    waiting: int
    failed: int
    without_status: int
    per_event: dict[str, dict[str, int]]
    per_month: dict[str, dict[str, int]]


def look_at_messages(db: sqlite3.Connection) -> tuple[Messages, ControlList]:
    """Count the messages of a history."""
    for statement in _TABLES.split(";"):
        db.execute(statement)
    return _messages(db), _control_list(db)


def _messages(db: sqlite3.Connection) -> Messages:
    total, oldest, newest = db.execute(
        "SELECT count(*), coalesce(min(day), ''), coalesce(max(day), '') FROM seen_message"
    ).fetchone()
    copies = db.execute(
        "SELECT count(*) FROM copy WHERE form NOT IN (?, ?)", (REFUSED, Form.SEARCH)
    ).fetchone()[0]
    events = _named(db, "event")
    months = _months(db)
    return Messages(
        total=total,
        copies=copies - total,
        oldest=oldest,
        newest=newest,
        events=events,
        senders=_named(db, "sender"),
        domains=_named(db, "domain"),
        months=months,
        events_per_month=_crossed(
            (month if month in months else REST, event if event in events else REST, count)
            for month, event, count in db.execute(
                "SELECT coalesce(substr(day, 1, 7), ''), event, count(*) FROM seen_message"
                " GROUP BY 1, 2 ORDER BY 1, 2"
            )
        ),
    )


def _named(db: sqlite3.Connection, column: str) -> dict[str, int]:
    """Count messages per name, the most frequent first; at most `NAMES`, and the rest."""
    rows = db.execute(
        f"SELECT coalesce({column}, ''), count(*) FROM seen_message GROUP BY 1 ORDER BY 2 DESC, 1"
    )
    return _cut(rows, NAMES)


def _months(db: sqlite3.Connection) -> dict[str, int]:
    """Count messages per month, sorted; of more than `MONTHS` the newest."""
    rows = db.execute(
        "SELECT coalesce(substr(day, 1, 7), ''), count(*) FROM seen_message GROUP BY 1"
        " ORDER BY 1 DESC"
    )
    return dict(sorted(_cut(rows, MONTHS).items()))


def _cut(rows: Iterable[tuple[str, int]], most: int) -> dict[str, int]:
    found: dict[str, int] = {}
    for place, (name, count) in enumerate(rows):
        shown = name if place < most else REST
        found[shown] = found.get(shown, 0) + count
    return found


def _crossed(rows: Iterable[tuple[str, str, int]]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for outer, inner, count in rows:
        row = found.setdefault(outer, {})
        row[inner] = row.get(inner, 0) + count
    return dict(sorted(found.items()))


def _control_list(db: sqlite3.Connection) -> ControlList:
    found = dict(db.execute("SELECT status, count(*) FROM control GROUP BY 1 ORDER BY 1"))
    statuses = {**dict.fromkeys((*WAITING, *FAILED), 0), **found}
    without = db.execute("SELECT count(*) FROM seen_message WHERE NOT told").fetchone()[0]
    told = db.execute("SELECT count(*) FROM seen_message WHERE told").fetchone()[0]
    unfinished = _with_status(db, *WAITING, *FAILED)
    sure = told and not without and not found
    return ControlList(
        buffer_empty=False if unfinished else (True if sure else None),
        statuses=statuses,
        waiting=_with_status(db, *WAITING),
        failed=_with_status(db, *FAILED),
        without_status=without,
        per_event=_crossed(
            db.execute("SELECT event, status, count(*) FROM control GROUP BY 1, 2 ORDER BY 1, 2")
        ),
        per_month=_crossed(
            db.execute(
                "SELECT coalesce(substr(day, 1, 7), ''), status, count(*) FROM control"
                " GROUP BY 1, 2 ORDER BY 1, 2"
            )
        ),
    )


def _with_status(db: sqlite3.Connection, *statuses: str) -> int:
    marks = ", ".join("?" * len(statuses))
    row = db.execute(
        f"SELECT count(DISTINCT identifier) FROM control WHERE status IN ({marks})", statuses
    ).fetchone()
    return int(row[0])
