"""What an archive holds (draaiboek K.3, P.5): counts, ages, senders, what was never processed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from kt_migrate.kt13.careplan import activities, activity_status
from kt_migrate.plan.fold import Fold
from kt_migrate.plan.reading import nothing, read_archive

_OPEN = ("Waiting", "Available", "InProgress")
_PROCESSED = ("Success", "ReplacedByNewVersion")


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What was found.

    Attributes:
        documents: files per kind, `unreadable` among them.
        events: messages per event, copies counted once.
        objects: per type (objects, versions).
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
            "objects": {t: {"objects": n, "versions": v} for t, (n, v) in self.objects.items()},
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
) -> Inspection:
    """Read an archive and say what is in it. Writes nothing that stays.

    Raises:
        SourceError: an absent or empty archive.
    """
    with TemporaryDirectory(prefix="kt-migrate-") as folder:
        fold = Fold(Path(folder) / "fold.sqlite")
        try:
            read_archive(roots, fold, source_domains, progress)
            return _look(fold)
        finally:
            fold.close()


def _look(fold: Fold) -> Inspection:
    count = _Counter(fold)
    span = fold.db.execute(
        "SELECT coalesce(min(timestamp), ''), coalesce(max(timestamp), '') FROM copy"
        " WHERE timestamp != ''"
    ).fetchone()
    odd = count.pairs("SELECT code, count(*) FROM failed GROUP BY 1")
    odd |= count.pairs("SELECT code, count(*) FROM entry_issue GROUP BY 1")
    conflicts = sum(1 for _conflict in fold.conflicts())
    if conflicts:
        odd["version-conflict"] = conflicts
    copies = fold.db.execute("SELECT count(*) FROM copy WHERE NOT chosen").fetchone()[0]
    if copies:
        odd["copy"] = copies
    marks = ", ".join(f"'{status}'" for status in _PROCESSED)
    return Inspection(
        documents=fold.documents(),
        events=count.pairs("SELECT event, count(*) FROM copy WHERE chosen GROUP BY 1"),
        objects={
            t: (n, v)
            for t, n, v in fold.db.execute(
                "SELECT source_type, sum(last), count(*) FROM version GROUP BY 1 ORDER BY 1"
            )
        },
        activities=_activities(fold),
        oldest=span[0],
        newest=span[1],
        senders=count.pairs("SELECT sender, count(*) FROM copy WHERE chosen GROUP BY 1"),
        domains=count.pairs("SELECT domain, count(*) FROM copy WHERE chosen GROUP BY 1"),
        unprocessed=count.pairs(
            "SELECT status, count(*) FROM copy WHERE chosen AND status != ''"
            f" AND status NOT IN ({marks}) GROUP BY 1"
        ),
        decided_by=count.pairs("SELECT decided_by, count(*) FROM version WHERE last GROUP BY 1"),
        odd=odd,
    )


class _Counter:
    def __init__(self, fold: Fold) -> None:
        self._fold = fold

    def pairs(self, sql: str) -> dict[str, int]:
        return {str(k): int(n) for k, n in sorted(self._fold.db.execute(sql))}


def _activities(fold: Fold) -> tuple[int, int]:
    opened = closed = 0
    for row in fold.versions(source_type="CarePlan", last=True):
        for activity in activities(row.body, row.link):
            if activity_status(activity.node) in _OPEN:
                opened += 1
            else:
                closed += 1
    return opened, closed
