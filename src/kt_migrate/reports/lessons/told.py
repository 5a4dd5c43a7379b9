"""One run of a working folder, as far as something can be learned from it. Only reads."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from kt_migrate.config import ENVIRONMENTS
from kt_migrate.errors import JournalError
from kt_migrate.model import Outcome
from kt_migrate.plan.binding import Binding, read_binding
from kt_migrate.plan.runs import is_undone, runs_of
from kt_migrate.plan.store import Plan
from kt_migrate.read_only import open_read_only
from kt_migrate.reports.error_list import is_error
from kt_migrate.reports.held import Held, held
from kt_migrate.reports.result import RunResult, run_result
from kt_migrate.reports.starts import starts_of, together
from kt_migrate.verify.record import read_verified

_OF_A_RUN = ("plan.sqlite", "binding.json", "journal.sqlite")

Reason = tuple[str, str]
"""(code, KT 1.3 type)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slow:
    """How long the writes of one R4 type took.

    Attributes:
        r4_type: which.
        writes: how many got an outcome.
        seconds: between the first intent of each and its outcome, added up: work, not time.
    """

    r4_type: str
    writes: int
    seconds: float

    @property
    def per_thousand(self) -> float:
        """Seconds of work per thousand writes."""
        return 1000 * self.seconds / self.writes if self.writes else 0.0

    def as_json(self) -> dict[str, object]:
        """Return it as `--json` prints it."""
        return {
            "type": self.r4_type,
            "writes": self.writes,
            "seconds": round(self.seconds, 3),
            "seconds_per_thousand": round(self.per_thousand, 3),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one run tells.

    Attributes:
        env, run: which.
        binding: what its plan is bound to.
        began: the moment of its first start, as the event log has it; empty: nothing was sent.
        sample: what was asked of a sample; empty: the whole plan.
        migrated, rejected: objects.
        reasons: lines of the error list per (code, KT 1.3 type), notices too.
        errors: those of `reasons` that are errors.
        rules: lines per (rule of the algorithm, code).
        supplied: values of the enrichment per (KT 1.3 type, field, status).
        seconds: that it worked; None: nothing was sent.
        held: an earlier estimate beside what it came to; None: nobody estimated it.
        slow: per R4 type, the slowest per thousand first.
        verified: what the last verification said; None: there was none.
        undone: it was undone, whole or in part.
    """

    env: str
    run: str
    binding: Binding
    began: str = ""
    sample: str = ""
    migrated: int = 0
    rejected: int = 0
    reasons: Counter[Reason] = field(default_factory=Counter)
    errors: frozenset[Reason] = frozenset()
    rules: Counter[tuple[str, str]] = field(default_factory=Counter)
    supplied: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    seconds: float | None = None
    held: Held | None = None
    slow: tuple[Slow, ...] = ()
    verified: bool | None = None
    undone: bool = False

    @property
    def name(self) -> str:
        """`mgr2/002`."""
        return f"{self.env}/{self.run}"

    @property
    def sent(self) -> bool:
        """Whether anything was sent."""
        return self.seconds is not None

    def as_json(self) -> dict[str, object]:
        """Return it as `--json` prints it."""
        return {
            "env": self.env,
            "run": self.run,
            "began": self.began,
            "sample": self.sample,
            "algorithm": self.binding.algorithm,
            "enrichment": self.binding.enrichment,
            "tool": self.binding.tool,
            "profile": self.binding.profile,
            "migrated": self.migrated,
            "rejected": self.rejected,
            "seconds": self.seconds,
            "verified": self.verified,
            "undone": self.undone,
            "slow": [one.as_json() for one in self.slow],
        }


def every_run(root: Path) -> tuple[tuple[Told, ...], tuple[str, ...]]:
    """Read all runs of a working folder, in the order of their environments and numbers.

    Returns:
        The runs; and the names of those that cannot be read: another version's, or damaged.
    """
    found, unread = [], []
    for env in ENVIRONMENTS:
        for folder in runs_of(root, env):
            if not any((folder / name).exists() for name in _OF_A_RUN):
                continue  # a plan is being made in it, or somebody was killed at that
            try:
                found.append(told_by(folder))
            except (JournalError, OSError, sqlite3.Error):
                unread.append(f"{env}/{folder.name}")
    return tuple(found), tuple(unread)


def told_by(folder: Path) -> Told:
    """Read what one run tells.

    Raises:
        JournalError, OSError, sqlite3.Error: its plan or journal cannot be read.
    """
    result, starts = run_result(folder), together(starts_of(folder))
    verified = read_verified(folder)
    reasons = Counter((issue.code, issue.source_type) for issue in result.issues)
    with Plan(folder / "plan.sqlite") as plan:
        supplied = Counter((r.source_type, r.field, r.status) for r in plan.supplied())
        slow = tuple(_slow(folder, plan)) if result.journal is not None else ()
    return Told(
        env=folder.parent.name,
        run=folder.name,
        binding=read_binding(folder),
        began="" if starts is None else starts.began,
        sample="" if result.sample is None else result.sample.asked,
        migrated=_ended(result, Outcome.MIGRATED),
        rejected=_ended(result, Outcome.REJECTED),
        reasons=reasons,
        errors=frozenset((i.code, i.source_type) for i in result.issues if is_error(i)),
        rules=Counter((i.rule, i.code) for i in result.issues if i.rule),
        supplied=supplied,
        seconds=None
        if result.journal is None
        else round(0.0 if starts is None else starts.seconds, 3),
        held=held(folder, result),
        slow=slow,
        verified=None if verified is None else verified.passed,
        undone=is_undone(folder),
    )


def _ended(result: RunResult, outcome: Outcome) -> int:
    return sum(row.ended[outcome] for row in result.books.per_type().values())


def _slow(folder: Path, plan: Plan) -> Iterator[Slow]:
    """Yield how long each type took, the slowest per thousand first."""
    types = plan.kinds()
    seq, r4_type = 0, ""
    writes: Counter[str] = Counter()
    seconds: dict[str, float] = {}
    try:
        with closing(open_read_only(folder / "journal.sqlite")) as db:
            rows = db.execute(
                "SELECT seq, max(at) - min(at) FROM event GROUP BY seq HAVING count(*) > 1"
                " ORDER BY seq"
            )
            for number, took in rows:
                while seq < number:
                    seq, r4_type, _system = next(types, (number, "", ""))
                writes[r4_type] += 1
                seconds[r4_type] = seconds.get(r4_type, 0.0) + float(took)
    except sqlite3.Error:
        return  # it is told by what opens the journal itself
    found = [Slow(r4_type=t, writes=n, seconds=seconds[t]) for t, n in writes.items() if t]
    yield from sorted(found, key=lambda one: (-one.per_thousand, one.r4_type))
