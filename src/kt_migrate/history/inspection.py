"""What an archive holds (draaiboek K.3, P.5): counts, ages, senders, what was never processed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from kt_migrate.archive.limits import Limits
from kt_migrate.archive.passwords import Passwords, no_passwords
from kt_migrate.history.careplans import PARTS
from kt_migrate.history.census import Census
from kt_migrate.history.intake import DOCUMENT, HEADER, REFUSED
from kt_migrate.history.reading import nothing, read_archive
from kt_migrate.history.store import History
from kt_migrate.kt13.careplan import activities, activity_status
from kt_migrate.scratch import room_on

_OPEN = ("Waiting", "Available", "InProgress")
_PROCESSED = ("Success", "ReplacedByNewVersion")
_NO_OBJECTS = (*PARTS, HEADER, DOCUMENT)
_MESSAGES = f"(SELECT identifier, min(event) AS event, max(sender) AS sender, max(domain) AS domain FROM copy WHERE form != '{REFUSED}' GROUP BY identifier)"  # noqa: E501 (a constant)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What was found.

    Attributes:
        documents: files per kind, `unreadable` among them.
        events: messages per event, copies counted once.
        objects: per type (objects, sightings).
        activities: (open, closed), by the care plans' last states.
        oldest, newest: senders' timestamps; empty when there are none.
        senders: messages per sending software.
        domains: messages per domain label.
        unprocessed: messages per processing status that no receiver finished: the control list
            of P.5.
        decided_by: per kind of key how many last states it decided.
        odd: lines about what is out of the ordinary: (what, count).
    """

    documents: dict[str, int]
    events: dict[str, int]
    objects: dict[str, tuple[int, int]]
    activities: tuple[int, int]
    oldest: str
    newest: str
    senders: dict[str, int]
    domains: dict[str, int]
    unprocessed: dict[str, int]
    decided_by: dict[str, int]
    odd: dict[str, int]

    def as_json(self) -> dict[str, object]:
        """Return it as `--json` prints it."""
        return {
            "documents": self.documents,
            "events": self.events,
            "objects": {t: {"objects": n, "sightings": v} for t, (n, v) in self.objects.items()},
            "activities": {"open": self.activities[0], "closed": self.activities[1]},
            "oldest": self.oldest,
            "newest": self.newest,
            "senders": self.senders,
            "domains": self.domains,
            "unprocessed": self.unprocessed,
            "decided_by": self.decided_by,
            "odd": self.odd,
        }


def inspect(
    roots: Sequence[Path],
    source_domains: Sequence[str] = (),
    progress: Callable[[int], None] = nothing,
    passwords: Passwords = no_passwords,
    limits: Limits | None = None,
) -> Inspection:
    """Read an archive and say what is in it. Writes nothing that stays.

    Raises:
        SourceError: an absent or empty archive.
        ConfigurationError: there is no room on the disk.
    """
    with TemporaryDirectory(prefix="kt-migrate-") as folder, room_on(Path(folder)):
        history = History(Path(folder))
        try:
            census = Census(history.db)
            read_archive(roots, history, census, source_domains, progress, passwords, limits=limits)
            return _look(history)
        finally:
            history.close()


def _look(history: History) -> Inspection:
    db = history.db

    def pairs(sql: str, *values: object) -> dict[str, int]:
        return {str(key): int(number) for key, number in sorted(db.execute(sql, values))}

    def messages(column: str) -> dict[str, int]:
        return pairs(f"SELECT coalesce({column}, ''), count(*) FROM {_MESSAGES} GROUP BY 1")

    oldest, newest = db.execute(
        "SELECT coalesce(min(timestamp), ''), coalesce(max(timestamp), '') FROM copy"
        " WHERE timestamp != ''"
    ).fetchone()
    marks = ", ".join("?" * len(_NO_OBJECTS))
    return Inspection(
        documents=history.documents(),
        events=messages("event"),
        objects=_objects(history),
        activities=_activities(history),
        oldest=oldest,
        newest=newest,
        senders=messages("sender"),
        domains=messages("domain"),
        unprocessed=pairs(
            "SELECT status, count(DISTINCT identifier) FROM copy WHERE status != ''"
            f" AND status NOT IN ({', '.join('?' * len(_PROCESSED))}) GROUP BY 1",
            *_PROCESSED,
        ),
        decided_by=pairs(
            f"SELECT decided_by, count(*) FROM object WHERE source_type NOT IN ({marks})"
            " GROUP BY 1",
            *_NO_OBJECTS,
        ),
        odd=pairs(
            "SELECT code, count(*) FROM refusal r JOIN object o ON o.sighting = r.sighting"
            " GROUP BY 1 UNION ALL SELECT 'copy', count(*) - count(DISTINCT identifier) FROM copy"
            " WHERE form != ? HAVING count(*) > count(DISTINCT identifier)",
            REFUSED,
        ),
    )


def _objects(history: History) -> dict[str, tuple[int, int]]:
    sightings: Counter[str] = Counter()
    for source_type, _event, number in history.counted():
        sightings[source_type] += number
    rows = history.db.execute("SELECT source_type, count(*) FROM object GROUP BY 1 ORDER BY 1")
    return {str(t): (int(n), sightings[t]) for t, n in rows if t != DOCUMENT}


def _activities(history: History) -> tuple[int, int]:
    opened = closed = 0
    for state in history.last_states("CarePlan"):
        for activity in activities(state.body, state.link):
            if activity_status(activity.node) in _OPEN:
                opened += 1
            else:
                closed += 1
    return opened, closed
