"""The report over all domains of a cluster: made, written, and its heart on the screen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kt_migrate.cli.screen import Screen
from kt_migrate.cluster.file import Cluster
from kt_migrate.cluster.page import write_pages
from kt_migrate.cluster.report import ClusterReport, cluster_report, write_report
from kt_migrate.cluster.tasks import Task
from kt_migrate.errors import said
from kt_migrate.language import number, shown, tr

_WORST = 10
"""Reasons on the screen; the report has them all."""


def report_on(screen: Screen, cluster: Cluster, tasks: tuple[Task, ...]) -> ClusterReport:
    """Put the report together, write it beside cluster.yaml, and show it."""
    report = cluster_report(cluster, tasks)
    folder = cluster.path.parent
    paths = (write_report(report, folder), *write_pages(report, folder))
    say_report(screen, report, paths)
    screen.document(report.as_json())
    return report


def say_report(screen: Screen, report: ClusterReport, paths: Sequence[Path]) -> None:
    """Print the report's heart: per domain, over all, what went wrong most, what was changed."""
    screen.table(
        tr("The domains"),
        (
            tr("domain"),
            tr("run"),
            tr("objects"),
            tr("migr."),
            tr("reject."),
            tr("s/1000"),
            tr("verified"),
        ),
        [
            (
                row.domain,
                row.run or "-",
                row.objects,
                row.migrated,
                row.rejected,
                "-" if row.per_thousand is None else number(row.per_thousand, 1),
                shown(_VERIFIED[row.verified]),
            )
            for row in (*report.domains, report.total)
        ],
    )
    if report.reasons:
        screen.table(
            tr("What went wrong most"),
            (tr("reason"), tr("lines"), tr("domains")),
            [(r.code, r.lines, len(r.domains)) for r in report.reasons[:_WORST]],
        )
    for row in report.domains:
        if row.remark:
            screen.say(f"{row.domain} {row.run}: {shown(row.remark)}")
    for one in report.unread:
        screen.say(tr("Could not be read: {run}", run=shown(one.said)))
    for change in report.changes:
        screen.say(shown(change.said))
    for path in paths:
        screen.line(f"{tr('Report')}: {path}")


_VERIFIED = {None: said("not yet"), True: said("yes"), False: said("no")}
