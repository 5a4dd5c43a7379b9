"""The report over all domains of a cluster (draaiboek T.1), from their own run folders.

What went wrong most, which rules were changed, how long a thousand took: per domain and over all.
The engine is asked for nothing but what became of the round.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path

import orjson

from kt_migrate.cluster.file import Cluster, Domain
from kt_migrate.cluster.rules import changed_rules
from kt_migrate.cluster.tasks import Task
from kt_migrate.errors import KtMigrateError, Said, said
from kt_migrate.model import Outcome
from kt_migrate.plan.binding import Binding, read_binding, short
from kt_migrate.plan.runs import is_undone, newest_run, runs_of
from kt_migrate.reports.error_list import is_error
from kt_migrate.reports.result import run_result
from kt_migrate.reports.starts import starts_of, together
from kt_migrate.verify.record import read_verified

SCHEMA = "kt-migrate-cluster-report/1"
_THOUSAND = 1_000


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
    errors: Mapping[str, int] = field(default_factory=dict)
    problem: str = ""

    @property
    def per_thousand(self) -> float | None:
        """Seconds per thousand writes; None: nothing was written."""
        if self.seconds is None or not self.done:
            return None
        return self.seconds / self.done * _THOUSAND

    def as_json(self) -> dict[str, object]:
        """Return it as the report has it."""
        thousand = self.per_thousand
        return {
            **asdict(self),
            "errors": dict(self.errors),
            "seconds": None if self.seconds is None else round(self.seconds, 3),
            "seconds_per_thousand": None if thousand is None else round(thousand, 3),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Worst:
    """One reason over all domains.

    Attributes:
        code: of the error catalogue.
        lines: of all error lists.
        domains: lines per domain, the most first.
    """

    code: str
    lines: int
    domains: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleChange:
    """That two plans were not made with the same rules.

    Attributes:
        domain: whose plan it is.
        before, after: `domain run` of both plans: an earlier run, or another domain.
        digests: of both algorithms.
        paths: where they differ, with how (`added`, `removed`, `changed`); None: what one of
            them said was not kept.
    """

    domain: str
    before: str
    after: str
    digests: tuple[str, str]
    paths: tuple[tuple[str, str], ...] | None

    @property
    def said(self) -> Said:
        """The change in one line."""
        one, other = (short(digest) for digest in self.digests)
        if self.paths is None:
            return said(
                "Other rules: {before} → {after} ({one} → {other}; what they said was not kept).",
                before=self.before,
                after=self.after,
                one=one,
                other=other,
            )
        return said(
            "Other rules: {before} → {after}, at {n} places: {paths}",
            before=self.before,
            after=self.after,
            n=len(self.paths),
            paths=", ".join(path for path, _how in self.paths[:_NAMED])
            + (" …" if len(self.paths) > _NAMED else ""),
        )

    def as_json(self) -> dict[str, object]:
        """Return it as the report has it."""
        return {
            "domain": self.domain,
            "before": self.before,
            "after": self.after,
            "digests": list(self.digests),
            "differences": None
            if self.paths is None
            else [{"path": path, "how": how} for path, how in self.paths],
        }


_NAMED = 5
"""Places that one line names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterReport:
    """What a cluster came to.

    Attributes:
        cluster, environment: which.
        tasks: the newest round.
        domains: each, in the file's order.
        total: all together.
        reasons: what went wrong, the most first.
        changes: which rules were changed, between the runs of a domain and between domains.
    """

    cluster: str
    environment: str
    tasks: tuple[Task, ...]
    domains: tuple[DomainRow, ...]
    total: DomainRow
    reasons: tuple[Worst, ...]
    changes: tuple[RuleChange, ...]

    def as_json(self) -> dict[str, object]:
        """Return it as clusterrapport.json has it."""
        first = self.tasks[0] if self.tasks else None
        return {
            "schema": SCHEMA,
            "cluster": self.cluster,
            "environment": self.environment,
            "work": first.work.value if first else None,
            "round": first.round if first else None,
            "tasks": [task.as_json() for task in self.tasks],
            "domains": [row.as_json() for row in self.domains],
            "total": self.total.as_json(),
            "reasons": [
                {"code": one.code, "lines": one.lines, "domains": dict(one.domains)}
                for one in self.reasons
            ],
            "rules": [change.as_json() for change in self.changes],
        }


def cluster_report(cluster: Cluster, tasks: tuple[Task, ...]) -> ClusterReport:
    """Put the report together.

    Args:
        cluster: whose domains.
        tasks: the newest round; none when nothing was begun.
    """
    rows = tuple(_row(domain, cluster.environment) for domain in cluster.domains)
    return ClusterReport(
        cluster=cluster.name,
        environment=cluster.environment,
        tasks=tasks,
        domains=rows,
        total=all_together(cluster.name, rows),
        reasons=_worst(rows),
        changes=(*_between_runs(cluster), *_between_domains(cluster)),
    )


def write_report(report: ClusterReport, folder: Path) -> Path:
    """Write clusterrapport.json, which is its owner's; return it."""
    path = folder / "clusterrapport.json"
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_bytes(orjson.dumps(report.as_json(), option=orjson.OPT_INDENT_2) + b"\n")
    unfinished.chmod(0o600)
    unfinished.replace(path)
    return path


def _row(domain: Domain, environment: str) -> DomainRow:
    folder = newest_run(domain.folder, environment)
    if folder is None:
        return DomainRow(domain=domain.name)
    try:
        return _of_run(domain.name, folder)
    except (KtMigrateError, OSError) as error:
        what = error.what if isinstance(error, KtMigrateError) else type(error).__name__
        return DomainRow(domain=domain.name, run=folder.name, problem=what)


def _of_run(name: str, folder: Path) -> DomainRow:
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
        errors=Counter(issue.code for issue in result.issues if is_error(issue)),
        problem="",
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


def _worst(rows: Iterable[DomainRow]) -> tuple[Worst, ...]:
    found: dict[str, dict[str, int]] = {}
    for row in rows:
        for code, lines in row.errors.items():
            found.setdefault(code, {})[row.domain] = lines
    every = (
        Worst(
            code=code,
            lines=sum(domains.values()),
            domains=dict(sorted(domains.items(), key=lambda item: (-item[1], item[0]))),
        )
        for code, domains in found.items()
    )
    return tuple(sorted(every, key=lambda one: (-one.lines, one.code)))


def _between_runs(cluster: Cluster) -> Iterator[RuleChange]:
    """Yield where a domain's run was planned with other rules than its run before it."""
    for domain in cluster.domains:
        bound = list(_bound(domain, cluster.environment))
        for (one, before), (other, after) in pairwise(bound):
            if before.algorithm != after.algorithm:
                yield _change(
                    cluster,
                    domain.name,
                    (f"{domain.name} {one}", f"{domain.name} {other}"),
                    before,
                    after,
                )


def _between_domains(cluster: Cluster) -> Iterator[RuleChange]:
    """Yield which domains' newest plans have other rules than the first domain's."""
    newest = [
        (domain.name, *bound[-1])
        for domain in cluster.domains
        if (bound := list(_bound(domain, cluster.environment)))
    ]
    for name, run, binding in newest[1:]:
        first, first_run, first_binding = newest[0]
        if binding.algorithm != first_binding.algorithm:
            yield _change(
                cluster, name, (f"{first} {first_run}", f"{name} {run}"), first_binding, binding
            )


def _bound(domain: Domain, environment: str) -> Iterator[tuple[str, Binding]]:
    """Yield (run, what its plan is bound to) of a domain, oldest first."""
    for folder in runs_of(domain.folder, environment):
        if is_undone(folder):
            continue
        try:
            yield folder.name, read_binding(folder)
        except KtMigrateError:
            continue


def _change(
    cluster: Cluster, domain: str, runs: tuple[str, str], before: Binding, after: Binding
) -> RuleChange:
    found = changed_rules(cluster, before.algorithm, after.algorithm)
    return RuleChange(
        domain=domain,
        before=runs[0],
        after=runs[1],
        digests=(before.algorithm, after.algorithm),
        paths=None
        if found is None
        else tuple((f"{one.section}.{one.path}", one.how) for one in found),
    )
