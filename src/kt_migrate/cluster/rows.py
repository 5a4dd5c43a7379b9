"""What each domain of a cluster came to, from its newest run folder; and all of them together."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from kt_migrate.cluster.file import Domain, words_of
from kt_migrate.errors import KtMigrateError, Said, said
from kt_migrate.model import Outcome
from kt_migrate.plan.binding import read_binding
from kt_migrate.plan.runs import is_undone, newest_run
from kt_migrate.reports.error_list import is_error
from kt_migrate.reports.result import run_result
from kt_migrate.reports.starts import starts_of, together
from kt_migrate.verify.record import read_verified

_THOUSAND = 1_000
UNREADABLE = (KtMigrateError, OSError, sqlite3.Error)
"""How a run folder says that it cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainRow:
    """What one domain came to, or all of them together.

    Attributes:
        domain: its name; of all together the cluster's.
        run: the newest run; empty: there is none.
        objects, migrated, not_migrated, rejected, out_of_scope: of the books.
        writes: of the plan; done: with an outcome; failed: not on the server.
        seconds: that it wrote; None: nothing was written.
        verified: what the last verification said; None: there was none.
        sample: what was asked of a sample, of which all of this is; empty: the whole plan.
        undone: undoing it was begun.
        errors: lines of the error list per reason.
        problem: why its run folder could not be read; empty: it could.
    """

    domain: str
    run: str = ""
    objects: int = 0
    migrated: int = 0
    not_migrated: int = 0
    rejected: int = 0
    out_of_scope: int = 0
    writes: int = 0
    done: int = 0
    failed: int = 0
    seconds: float | None = None
    verified: bool | None = None
    sample: str = ""
    undone: bool = False
    errors: Mapping[str, int] = field(default_factory=dict)
    problem: str = ""

    @property
    def per_thousand(self) -> float | None:
        """Seconds per thousand writes; None: nothing was written."""
        if self.seconds is None or not self.done:
            return None
        return self.seconds / self.done * _THOUSAND

    @property
    def proven(self) -> bool:
        """Whether all of it was read back and is equal, and is there still."""
        return self.verified is True and not (self.sample or self.undone or self.problem)

    @property
    def remark(self) -> str:
        """What must be known beside its numbers; empty: nothing."""
        if self.problem:
            return self.problem
        if self.undone:
            return said("undone")
        return said("a sample: {asked}", asked=self.sample) if self.sample else ""

    def as_json(self) -> dict[str, object]:
        """Return it as the report has it."""
        thousand = self.per_thousand
        return {
            **asdict(self),
            "errors": dict(self.errors),
            "seconds": None if self.seconds is None else round(self.seconds, 3),
            "seconds_per_thousand": None if thousand is None else round(thousand, 3),
        }


def row_of(domain: Domain, environment: str) -> DomainRow:
    """Read what one domain came to; a run folder that cannot be read is told in its row."""
    folder = newest_run(domain.folder, environment)
    if folder is None:
        return DomainRow(domain=domain.name)
    try:
        return _of_run(domain.name, folder)
    except UNREADABLE as error:
        return DomainRow(domain=domain.name, run=folder.name, problem=why(error))


def why(error: BaseException) -> str:
    """Return why something could not be read, without what stood in it."""
    if isinstance(error, KtMigrateError):
        return words_of(error)
    return _DAMAGED if isinstance(error, sqlite3.Error) else type(error).__name__


_DAMAGED: Said = said("A database in the run folder is damaged.")


def _of_run(name: str, folder: Path) -> DomainRow:
    read_binding(folder)  # without it nobody knows of what all the rest is
    result, verified = run_result(folder), read_verified(folder)
    starts = together(starts_of(folder))
    rows = result.books.per_type().values()
    ended: Counter[Outcome] = Counter()
    for row in rows:
        ended.update({outcome: row.ended[outcome] for outcome in Outcome})
    return DomainRow(
        domain=name,
        run=folder.name,
        objects=sum(row.objects for row in rows),
        migrated=ended[Outcome.MIGRATED],
        not_migrated=ended[Outcome.NOT_MIGRATED],
        rejected=ended[Outcome.REJECTED],
        out_of_scope=ended[Outcome.OUT_OF_SCOPE],
        writes=result.total,
        done=0 if starts is None else starts.done,
        failed=0 if starts is None else starts.failed,
        seconds=None if starts is None else starts.seconds,
        verified=None if verified is None else verified.passed,
        sample="" if result.sample is None else result.sample.asked,
        undone=is_undone(folder),
        errors=Counter(issue.code for issue in result.issues if is_error(issue)),
    )


def all_together(name: str, rows: tuple[DomainRow, ...]) -> DomainRow:
    """Return all domains as one; verified only when each is."""
    seconds = [row.seconds for row in rows if row.seconds is not None]
    errors: Counter[str] = Counter()
    for row in rows:
        errors.update(row.errors)
    said_so = [row.verified for row in rows]
    return DomainRow(
        domain=name,
        objects=sum(row.objects for row in rows),
        migrated=sum(row.migrated for row in rows),
        not_migrated=sum(row.not_migrated for row in rows),
        rejected=sum(row.rejected for row in rows),
        out_of_scope=sum(row.out_of_scope for row in rows),
        writes=sum(row.writes for row in rows),
        done=sum(row.done for row in rows),
        failed=sum(row.failed for row in rows),
        seconds=sum(seconds) if seconds else None,
        verified=False if False in said_so else None if None in said_so else True,
        errors=errors,
    )
