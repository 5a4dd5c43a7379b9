"""What a sample says of the whole (draaiboek M.2): estimate.json; and whether it was right.

Per R4 type which share the server refuses, with a 95 % interval; beside it what the plan itself
rejects, which is exact. And how long the whole takes. docs/sample.md says how, and what not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from kt_migrate.algorithm.success import read_bound
from kt_migrate.errors import JournalError
from kt_migrate.kt2.pace import Reason
from kt_migrate.load.events import read_events
from kt_migrate.load.execute import open_journal
from kt_migrate.load.journal import FAILED, Journal
from kt_migrate.model import Outcome
from kt_migrate.plan.sampling.durations import Duration, Stretch, duration_of
from kt_migrate.plan.sampling.record import Sample
from kt_migrate.plan.sampling.sampled import SampledPlan, planned_in
from kt_migrate.plan.sampling.shares import Cluster, Share, share_of
from kt_migrate.plan.store import Plan
from kt_migrate.reports.result import RunResult

SCHEMA = "kt-migrate-estimate/1"
NAME = "estimate.json"
CERTAINTY = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeEstimate:
    """What a sample says of one R4 type.

    Attributes:
        r4_type: which.
        share: failures of writing.
        plan_rejected: objects that would become it and that the plan rejects: exact, of the whole.
    """

    r4_type: str
    share: Share
    plan_rejected: int

    def as_json(self) -> dict[str, Any]:
        """Return it as estimate.json has it; shares are of 1."""
        found, total = self.share, self.share.population + self.plan_rejected
        whole = [n + self.plan_rejected for n in (found.low, found.high)]
        return {
            "planned": found.population,
            "drawn": found.drawn,
            "failed": found.failed,
            "dossiers": found.clusters,
            "effective": None if found.effective is None else round(found.effective, 1),
            "share": _of(found.estimate, found.population),
            "low": _of(found.low, found.population),
            "high": _of(found.high, found.population),
            "failures": [found.low, found.high],
            "plan_rejected": self.plan_rejected,
            "with_plan": {
                "share": None
                if found.estimate is None
                else _of(found.estimate + self.plan_rejected, total),
                "low": _of(whole[0], total),
                "high": _of(whole[1], total),
            },
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What a sample says of the whole.

    Attributes:
        env, run: of which run folder.
        sample: what was drawn.
        types: per R4 type.
        elsewhere: per KT 1.3 type that becomes nothing of those how many the plan rejects.
        duration: how long the whole takes.
    """

    env: str
    run: str
    sample: Sample
    types: tuple[TypeEstimate, ...]
    elsewhere: Mapping[str, int]
    duration: Duration

    def as_json(self) -> dict[str, Any]:
        """Return it as estimate.json has it."""
        duration = asdict(self.duration)
        return {
            "schema": SCHEMA,
            "env": self.env,
            "run": self.run,
            "certainty": CERTAINTY,
            "sample": self.sample.brief(),
            "types": {one.r4_type: one.as_json() for one in self.types},
            "plan_rejected_elsewhere": dict(self.elsewhere),
            "duration": {
                name: round(value, 3) if isinstance(value, float) else value
                for name, value in duration.items()
            },
        }


def _of(part: float | None, whole: int) -> float | None:
    return None if part is None or not whole else round(part / whole, 6)


def estimated(folder: Path, result: RunResult) -> Estimate | None:
    """Estimate the whole by a sample; None: no sample, or it has not ended.

    Args:
        folder: the run folder.
        result: where the run stands.

    Raises:
        JournalError: plan, journal or sample cannot be read.
    """
    sample = result.sample
    if sample is None or result.journal is None or result.pending:
        return None
    clusters: dict[str, list[Cluster]] = {}
    with planned_in(folder) as plan, open_journal(folder) as journal:
        if isinstance(plan, SampledPlan):
            clusters = clusters_of(plan, journal, sample)
    with Plan(folder / "plan.sqlite") as whole:
        planned = {r4_type: total.count for r4_type, total in whole.hash_totals().items()}
        rejected, elsewhere = _rejected(whole, planned)
    return Estimate(
        env=folder.parent.name,
        run=folder.name,
        sample=sample,
        types=tuple(
            TypeEstimate(
                r4_type=r4_type,
                share=share_of(count, clusters.get(r4_type, ())),
                plan_rejected=rejected[r4_type],
            )
            for r4_type, count in planned.items()
        ),
        elsewhere=elsewhere,
        duration=duration_of(sum(planned.values()), *measured_in(read_events(folder))),
    )


def clusters_of(plan: SampledPlan, journal: Journal, sample: Sample) -> dict[str, list[Cluster]]:
    """Return per R4 type what was drawn together, and how much of it failed."""
    sizes: Counter[tuple[str, int, int]] = Counter()
    failures: Counter[tuple[str, int, int]] = Counter()
    failed = journal.seqs(*FAILED)
    lost = next(failed, None)
    for (seq, place, of), (_seq, r4_type, _system) in zip(plan.places(), plan.kinds(), strict=True):
        mine = (r4_type, place, of)
        sizes[mine] += 1
        if seq == lost:
            failures[mine] += 1
            lost = next(failed, None)
    found: dict[str, list[Cluster]] = {}
    for mine, size in sizes.items():
        r4_type, place, _of_it = mine
        weight = sample.strata[place - 1].weight
        one = Cluster(stratum=place, weight=weight, size=size, failed=failures[mine])
        found.setdefault(r4_type, []).append(one)
    return found


def _rejected(whole: Plan, planned: Mapping[str, int]) -> tuple[Counter[str], dict[str, int]]:
    """Return how many the plan rejects, per R4 type, and per KT 1.3 type that becomes none."""
    _success, becomes = read_bound(whole.meta("success"))
    becomes = {**dict(whole.sources()), **becomes}
    found: Counter[str] = Counter()
    elsewhere: dict[str, int] = {}
    for source_type, row in whole.books().per_type().items():
        r4_type, count = becomes.get(source_type, ""), row.ended[Outcome.REJECTED]
        if r4_type in planned:
            found[r4_type] += count
        elif count:
            elsewhere[source_type] = count
    return found, elsewhere


def measured_in(events: Iterable[Mapping[str, Any]]) -> tuple[list[Stretch], float | None]:
    """Return the stretches of all starts, and the rate limit of the last one; None: no limit.

    A stretch is from one look to the next. Those in which a person held the run are left out.
    """
    found: list[Stretch] = []
    limit: float | None = None
    before: tuple[str, int, bool] | None = None
    for event in events:
        name, at, done = event.get("event"), str(event.get("at", "")), event.get("done")
        if name == "start":
            limit = event.get("per_second") or None
            before = (at, event.get("already", 0), False)
        elif name == "control" and event.get("per_second"):
            limit = event["per_second"]
        elif name == "progress" and before and isinstance(done, int):
            held = event.get("waiting") == Reason.PERSON
            if not (held or before[2]):
                found.append(Stretch(_seconds(before[0], at), done - before[1]))
            before = (at, done, held)
    return found, limit


def _seconds(began: str, at: str) -> float:
    try:
        return (datetime.fromisoformat(at) - datetime.fromisoformat(began)).total_seconds()
    except ValueError:
        return 0.0


def write_estimate(folder: Path, estimate: Estimate | None) -> None:
    """Keep an estimate in its run folder; without one, what was estimated before is gone."""
    path = folder / NAME
    if estimate is None:
        path.unlink(missing_ok=True)
        return
    unfinished = path.with_suffix(".unfinished")
    option = orjson.OPT_INDENT_2
    unfinished.write_bytes(orjson.dumps(estimate.as_json(), option=option) + b"\n")
    unfinished.chmod(0o600)
    unfinished.replace(path)


def read_estimate(folder: Path) -> dict[str, Any] | None:
    """Read an estimate; None: there is none.

    Raises:
        JournalError: the file is not as `write_estimate` made it.
    """
    path = folder / NAME
    if not path.is_file():
        return None
    try:
        content: dict[str, Any] = orjson.loads(path.read_bytes())
        if content["schema"] == SCHEMA and content["types"] is not None:
            return content
    except (OSError, ValueError, KeyError, TypeError):
        pass
    raise JournalError(
        "The estimate of this run cannot be read.",
        where=str(path),
        fix="Remove the file: kt-migrate trial makes it anew.",
    )


def estimates_of(folders: Iterable[Path]) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield the estimates that there are in some run folders; what cannot be read is none."""
    for folder in folders:
        try:
            found = read_estimate(folder)
        except JournalError:
            continue
        if found is not None:
            yield folder, found
