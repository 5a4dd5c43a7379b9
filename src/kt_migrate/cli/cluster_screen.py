"""The one screen of a cluster: a table that moves on a terminal, lines when piped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from kt_migrate.cli.plainly import plainly
from kt_migrate.cli.screen import Screen
from kt_migrate.cluster.file import Cluster
from kt_migrate.cluster.standing import written_of
from kt_migrate.cluster.tasks import STAGES, Stage, Task
from kt_migrate.language import number, shown, tr, trn

_MARKS = {
    Stage.WAITING: "·",
    Stage.WORKING: "…",
    Stage.THERE: "✓",
    Stage.NOT_THERE: "✗",
    Stage.DROPPED: "-",
}
_FIRST = (Stage.WORKING, Stage.NOT_THERE, Stage.WAITING, Stage.DROPPED, Stage.THERE)
"""What is shown first where not every domain fits the screen."""


class Watching:
    """Shows how a round goes for as long as the block runs."""

    def __init__(self, screen: Screen, cluster: Cluster) -> None:
        self._screen = screen
        self._cluster = cluster
        self._lines: dict[str, str] = {}
        self._written: dict[str, str] = {}
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
        """Show how it stands: a table that fits the screen, else a line per change."""
        if self._live is not None:
            room = max(1, self._screen.out.height - 4)
            first = sorted(tasks, key=lambda task: _FIRST.index(task.stage))[:room]
            table = _table(first, self._count)
            self._live.update(Group(table, Text(counted(tasks))), refresh=True)
            return
        for task in tasks:
            line = _line(task)
            if task.stage is not Stage.WAITING and self._lines.get(task.domain) != line:
                self._lines[task.domain] = line
                self._screen.line(line)
        self._screen.out.file.flush()

    def _count(self, task: Task) -> str:
        """Return how much of a domain is written; of one at rest it is counted once."""
        if task.stage is Stage.WORKING or task.domain not in self._written:
            self._written[task.domain] = _written(self._cluster, task)
        return self._written[task.domain]


def say_round(screen: Screen, cluster: Cluster, tasks: tuple[Task, ...]) -> None:
    """Print where each domain is, and how many are where."""
    if not tasks:
        screen.say(tr("Nothing was begun in this cluster yet."))
        return
    screen.say(
        tr(
            "{name} · {env} · {work}, round {n}",
            name=cluster.name,
            env=cluster.environment,
            work=tasks[0].work.value,
            n=tasks[0].round,
        )
    )
    screen.paint(_table(tasks, lambda task: _written(cluster, task)))
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
    how = f" ({_how(task)})" if task.failed is not None else ""
    return f"{_MARKS[task.stage]} {task.domain}: {shown(STAGES[task.stage])}{how}"


def _how(task: Task) -> str:
    failed = task.failed
    return task.worker if failed is None else f"{failed.command}: {failed.code} {failed.name}"


def _table(tasks: Sequence[Task], written: Callable[[Task], str]) -> Table:
    """Return the table: 80 columns, however long names are."""
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("", width=1)
    table.add_column(tr("domain"), max_width=24, overflow="ellipsis", no_wrap=True)
    table.add_column(tr("stand"), max_width=11, no_wrap=True)
    table.add_column(tr("written"), justify="right", no_wrap=True)
    table.add_column(tr("time"), justify="right", no_wrap=True)
    table.add_column(tr("how"), max_width=26, overflow="ellipsis", no_wrap=True)
    for task in tasks:
        seconds = sum(step.seconds for step in task.steps)
        cells = (
            _MARKS[task.stage],
            task.domain,
            shown(STAGES[task.stage]),
            written(task),
            f"{number(seconds, 1)} s" if task.steps else "",
            _how(task),
        )
        table.add_row(*(Text(plainly(cell)) for cell in cells))
    return table


def _written(cluster: Cluster, task: Task) -> str:
    domain = cluster.domain(task.domain)
    done = None if domain is None else written_of(domain, cluster.environment)
    return "" if done is None else f"{number(done[0])}/{number(done[1])}"
