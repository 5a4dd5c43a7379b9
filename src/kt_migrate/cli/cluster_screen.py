"""The one screen of a cluster: a table that moves on a terminal, lines when piped."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.live import Live
from rich.table import Table
from rich.text import Text

from kt_migrate.cli.screen import Screen
from kt_migrate.cluster.file import Cluster
from kt_migrate.cluster.report import ClusterReport
from kt_migrate.cluster.standing import written_of
from kt_migrate.cluster.tasks import STAGES, Stage, Task
from kt_migrate.errors import said
from kt_migrate.language import number, shown, tr, trn

_MARKS = {
    Stage.WAITING: "·",
    Stage.WORKING: "…",
    Stage.THERE: "✓",
    Stage.NOT_THERE: "✗",
    Stage.DROPPED: "-",
}
_WORST = 10
"""Reasons on the screen; the report has them all."""


class Watching:
    """Shows how a round goes for as long as the block runs."""

    def __init__(self, screen: Screen, cluster: Cluster) -> None:
        self._screen = screen
        self._cluster = cluster
        self._stages: dict[str, str] = {}
        self._live = (
            Live(console=screen.out, transient=True, auto_refresh=False)
            if screen.out.is_terminal
            else None
        )

    def __enter__(self) -> Self:
        """Begin."""
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _e: BaseException | None, _t: TracebackType | None
    ) -> None:
        """End."""
        if self._live is not None:
            self._live.stop()

    def see(self, tasks: tuple[Task, ...]) -> None:
        """Show how it stands."""
        if self._live is not None:
            self._live.update(_table(self._cluster, tasks), refresh=True)
            return
        for task in tasks:
            line = _line(task)
            if task.stage is not Stage.WAITING and self._stages.get(task.domain) != line:
                self._stages[task.domain] = line
                self._screen.line(line)
        (sys.stdout if self._screen.out.file is sys.stdout else sys.stderr).flush()


def say_round(screen: Screen, cluster: Cluster, tasks: tuple[Task, ...]) -> None:
    """Print where each domain is, and how many are where."""
    if not tasks:
        screen.say(tr("Nothing was begun in this cluster yet."))
        return
    screen.out.print(_table(cluster, tasks))
    for task in tasks:
        failed = task.failed
        if failed is not None and failed.reason:
            screen.block(f"{task.domain}: {shown(failed.reason)}", "  ")
    screen.say(counted(tasks))


def counted(tasks: Sequence[Task]) -> str:
    """Return how many domains are where, in words."""
    found = Counter(task.stage for task in tasks)
    parts = [f"{number(found[stage])} {shown(STAGES[stage])}" for stage in Stage if found[stage]]
    return trn("{n} domain: {parts}", "{n} domains: {parts}", len(tasks), parts=", ".join(parts))


def _line(task: Task) -> str:
    return f"{_MARKS[task.stage]} {task.domain}: {shown(STAGES[task.stage])}{_how(task)}"


def _how(task: Task) -> str:
    failed = task.failed
    return f" ({failed.command}: {failed.code} {failed.name})" if failed is not None else ""


def _table(cluster: Cluster, tasks: tuple[Task, ...]) -> Table:
    """Return the table: 80 columns, however long names are."""
    head = (
        tr(
            "{name} · {env} · {work}, round {n}",
            name=cluster.name,
            env=cluster.environment,
            work=tasks[0].work.value,
            n=tasks[0].round,
        )
        if tasks
        else cluster.name
    )
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), title=head, title_justify="left")
    table.add_column("", width=1)
    table.add_column(tr("domain"), max_width=24, overflow="ellipsis", no_wrap=True)
    table.add_column(tr("stand"), max_width=11, no_wrap=True)
    table.add_column(tr("written"), justify="right", no_wrap=True)
    table.add_column(tr("time"), justify="right", no_wrap=True)
    table.add_column(tr("how"), max_width=26, overflow="ellipsis", no_wrap=True)
    for task in tasks:
        table.add_row(*(Text(cell) for cell in _cells(cluster, task)))
    return table


def _cells(cluster: Cluster, task: Task) -> tuple[str, ...]:
    failed = task.failed
    domain = cluster.domain(task.domain)
    done = written_of(domain, cluster.environment) if domain is not None else None
    seconds = sum(step.seconds for step in task.steps)
    return (
        _MARKS[task.stage],
        task.domain,
        shown(STAGES[task.stage]),
        "" if done is None else f"{number(done[0])}/{number(done[1])}",
        f"{number(seconds, 1)} s" if task.steps else "",
        f"{failed.command}: {failed.code} {failed.name}" if failed is not None else task.worker,
    )


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
    for change in report.changes:
        screen.say(shown(change.said))
    for path in paths:
        screen.line(f"{tr('Report')}: {path}")


_VERIFIED = {None: said("not yet"), True: said("yes"), False: said("no")}
