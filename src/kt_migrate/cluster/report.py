"""The report over all domains of a cluster (draaiboek T.1), from their own run folders.

What went wrong most, which rules were changed, how long a thousand took: per domain and over all.
The engine is asked for nothing but what became of the round.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson

from kt_migrate.cluster.changes import RuleChange, Unread, changes_of
from kt_migrate.cluster.file import Cluster
from kt_migrate.cluster.rows import DomainRow, all_together, row_of
from kt_migrate.cluster.tasks import Task, Work

SCHEMA = "kt-migrate-cluster-report/1"


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
class ClusterReport:
    """What a cluster came to.

    Attributes:
        cluster, environment: which.
        tasks: the newest round.
        domains: each, in the file's order.
        total: all together.
        reasons: what went wrong, the most first.
        changes: which rules were changed, between the runs of a domain and between domains.
        unread: runs of which that cannot be said.
    """

    cluster: str
    environment: str
    tasks: tuple[Task, ...]
    domains: tuple[DomainRow, ...]
    total: DomainRow
    reasons: tuple[Worst, ...]
    changes: tuple[RuleChange, ...]
    unread: tuple[Unread, ...] = ()

    @property
    def unproven(self) -> tuple[DomainRow, ...]:
        """The domains of which the newest run was not read back whole; after a trial only."""
        tried = any(task.work is Work.TRIAL for task in self.tasks)
        return tuple(row for row in self.domains if row.problem or (tried and not row.proven))

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
            "unread": [one.as_json() for one in self.unread],
        }


def cluster_report(cluster: Cluster, tasks: tuple[Task, ...]) -> ClusterReport:
    """Put the report together.

    Args:
        cluster: whose domains.
        tasks: the newest round; none when nothing was begun.
    """
    rows = tuple(row_of(domain, cluster.environment) for domain in cluster.domains)
    changes, unread = changes_of(cluster)
    return ClusterReport(
        cluster=cluster.name,
        environment=cluster.environment,
        tasks=tasks,
        domains=rows,
        total=all_together(cluster.name, rows),
        reasons=_worst(rows),
        changes=changes,
        unread=unread,
    )


def write_report(report: ClusterReport, folder: Path) -> Path:
    """Write clusterrapport.json, which is its owner's; return it."""
    path = folder / "clusterrapport.json"
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_bytes(orjson.dumps(report.as_json(), option=orjson.OPT_INDENT_2) + b"\n")
    unfinished.chmod(0o600)
    unfinished.replace(path)
    return path


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
