"""Whether an earlier sample was right: a whole run beside the estimate that was made before it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kt_migrate.errors import JournalError
from kt_migrate.load.execute import open_journal
from kt_migrate.load.journal import FAILED
from kt_migrate.plan.binding import read_binding
from kt_migrate.plan.runs import runs_of
from kt_migrate.plan.store import Plan
from kt_migrate.reports.estimating import estimates_of
from kt_migrate.reports.result import RunResult
from kt_migrate.reports.starts import starts_of, together

_SAME = ("archive", "algorithm", "enrichment", "mode")


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """What was estimated of one thing, and what it came to.

    Attributes:
        low, high: with 95 % certainty; None: nothing was estimated.
        found: what it came to; None: it was not measured.
    """

    low: float | None
    high: float | None
    found: float | None

    @property
    def held(self) -> bool | None:
        """Whether it lay inside; None: there is nothing to compare."""
        if self.low is None or self.high is None or self.found is None:
            return None
        return self.low <= self.found <= self.high

    def as_json(self) -> dict[str, Any]:
        """Return it as `--json` prints it."""
        return {"low": self.low, "high": self.high, "found": self.found, "held": self.held}


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """An estimate beside what the whole came to.

    Attributes:
        env, run: of the sample's run folder.
        asked: what sample that was.
        types: per R4 type the share of failures.
        seconds: how long it took.
    """

    env: str
    run: str
    asked: str
    types: Mapping[str, Interval]
    seconds: Interval

    @property
    def held(self) -> bool:
        """Whether nothing lay outside."""
        return all(one.held is not False for one in (*self.types.values(), self.seconds))

    def as_json(self) -> dict[str, Any]:
        """Return it as `--json` prints it."""
        return {
            "env": self.env,
            "run": self.run,
            "asked": self.asked,
            "held": self.held,
            "types": {name: one.as_json() for name, one in self.types.items()},
            "seconds": self.seconds.as_json(),
        }


def held(folder: Path, result: RunResult) -> Held | None:
    """Hold a whole run that has ended against the newest estimate of the same plan.

    Args:
        folder: the run folder of the whole run, in its working folder.
        result: where that stands.

    Returns:
        None: the run is of a sample, has not ended, or nobody estimated it.

    Raises:
        JournalError: the run's plan or journal cannot be read.
    """
    if result.sample is not None or result.journal is None or result.pending:
        return None
    found = next(_estimates(folder), None)
    if found is None:
        return None
    estimate, starts = found[1], together(starts_of(folder))
    duration = estimate["duration"]
    return Held(
        env=estimate["env"],
        run=estimate["run"],
        asked=estimate["sample"]["asked"],
        types={
            r4_type: Interval(
                low=(estimate["types"].get(r4_type) or {}).get("low"),
                high=(estimate["types"].get(r4_type) or {}).get("high"),
                found=round(failures / total, 6),
            )
            for r4_type, (failures, total) in _failures(folder).items()
        },
        seconds=Interval(
            low=duration["low"],
            high=duration["high"],
            found=None if starts is None else round(starts.seconds, 3),
        ),
    )


def _failures(folder: Path) -> dict[str, tuple[int, int]]:
    """Return (failed, planned) per R4 type."""
    planned: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    with Plan(folder / "plan.sqlite") as plan, open_journal(folder) as journal:
        lost = frozenset(journal.seqs(*FAILED))
        for seq, r4_type, _system in plan.kinds():
            planned[r4_type] += 1
            failed[r4_type] += seq in lost
    return {r4_type: (failed[r4_type], total) for r4_type, total in sorted(planned.items())}


def _estimates(folder: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield the estimates of the same plan: of the run itself, its environment, then the others.

    The same plan is one with the same bytes, or of the same archive by the same rules.
    """
    env, runs = folder.parent.name, folder.parent.parent
    folders = [folder]
    if runs.name == "runs":
        others = sorted(path.name for path in runs.iterdir() if path.name != env)
        for name in (env, *others):
            folders += [one for one in reversed(runs_of(runs.parent, name)) if one != folder]
    for other, estimate in estimates_of(folders):
        if _same(folder, other):
            yield other, estimate


def _same(folder: Path, other: Path) -> bool:
    try:
        mine, theirs = read_binding(folder), read_binding(other)
    except JournalError:
        return False
    same = all(getattr(mine, name) == getattr(theirs, name) for name in _SAME)
    return same or mine.plan == theirs.plan
