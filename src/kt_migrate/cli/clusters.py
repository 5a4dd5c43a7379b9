"""cluster: several domains at once, each by its own commands (draaiboek A2, K, L, T.1)."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kt_migrate.cli.cluster_screen import Watching, say_round
from kt_migrate.cli.crashing import tell
from kt_migrate.cli.failing import fatal
from kt_migrate.cli.options import Json
from kt_migrate.cli.screen import Screen
from kt_migrate.cluster.engine import Board, require_engine, was_begun
from kt_migrate.cluster.file import NAME, Cluster, read_cluster
from kt_migrate.cluster.rounds import Round, begin, worked
from kt_migrate.cluster.tasks import Stage, Task, Work, newest_round
from kt_migrate.cluster.worker import Worker, end_at_once
from kt_migrate.errors import ClusterError, ExitCode, KtMigrateError, Said, UsageError, said
from kt_migrate.language import tr, trn

if TYPE_CHECKING:
    from kt_migrate.cluster.report import ClusterReport

_cluster = typer.Typer(
    help=tr(
        "Several domains at once: plan them or try them, each in its own working folder. "
        "Production is not among it: that is kt-migrate run, per domain, behind its own GO."
    ),
    no_args_is_help=True,
    rich_markup_mode=None,
)
File = Annotated[
    Path, typer.Option("--cluster", help=tr("The file that names the domains of the cluster."))
]
Anew = Annotated[
    bool,
    typer.Option("--anew", help=tr("Give up a round that was not ended, and begin another.")),
]
Stay = Annotated[
    bool,
    typer.Option("--stay", help=tr("Wait for more when nothing is left to do.")),
]
_SHOWN = 3
"""Domains that an error names; the table and `--json` have them all."""


def add_to(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.add_typer(_cluster, name="cluster")


@_cluster.command(
    "plan",
    help=tr(
        "Make a plan for every domain of the cluster (draaiboek K.3, K.6, per cluster). A domain "
        "that cannot be planned stops no other."
    ),
)
def cluster_plan(file: File = Path(NAME), anew: Anew = False, json: Json = False) -> None:
    """Plan every domain."""
    _round(file, Work.PLAN, anew=anew, json=json)


@_cluster.command(
    "trial",
    help=tr(
        "Try every domain of the cluster and verify it (draaiboek L.6, L.10, M.2, per cluster). "
        "Safe to repeat: a round that was not ended is gone on with, and so is each domain."
    ),
)
def cluster_trial(file: File = Path(NAME), anew: Anew = False, json: Json = False) -> None:
    """Try every domain."""
    _round(file, Work.TRIAL, anew=anew, json=json)


@_cluster.command(
    "status",
    help=tr("How far every domain of the cluster is, and who works on it (draaiboek P)."),
)
def cluster_status(file: File = Path(NAME), json: Json = False) -> None:
    """Show where the newest round is."""
    screen = Screen(json=json)
    cluster = _read(file)
    tasks = _known(cluster)
    say_round(screen, cluster, tasks)
    screen.document(_document(cluster, tasks))


@_cluster.command(
    "report",
    help=tr(
        "One report over all domains (draaiboek T.1): what went wrong most, which rules were "
        "changed, how long a thousand took; clusterrapport.html, .xlsx and .json."
    ),
)
def cluster_report_(file: File = Path(NAME), json: Json = False) -> None:
    """Write the report."""
    from kt_migrate.cli.cluster_reporting import report_on  # noqa: PLC0415 (no worker needs it)

    cluster = _read(file)
    tasks = _known(cluster)
    report = report_on(Screen(json=json), cluster, tasks)
    _require_all(cluster, tasks)
    _require_known(cluster, report)


@_cluster.command(
    "worker",
    help=tr(
        "Be one more worker of the cluster, on this machine or another one (PostgreSQL); ends "
        "when nothing is left to do."
    ),
)
def cluster_worker(file: File = Path(NAME), stay: Stay = False) -> None:
    """Work until nothing is left."""
    cluster = _read(file)
    if stay or any(task.work is Work.TRIAL for task in _known(cluster)):
        _say_where(Screen(json=False), cluster)

    def told(what: str, domain: str) -> None:
        if what == "took-over":
            sys.stdout.write(
                tr("Took over {domain} of a worker that is gone.", domain=domain) + "\n"
            )
            sys.stdout.flush()

    worker = Worker(cluster, stay=stay, told=told)
    try:
        code = worker.work()
    except KtMigrateError as error:
        fatal(error)
        code = error.exit_code
    except Exception as error:  # noqa: BLE001 (told as any other: but its threads end for nobody)
        tell(error)
        code = ExitCode.UNEXPECTED
    sys.stdout.flush()
    sys.stderr.flush()
    end_at_once(code)


def _read(file: Path) -> Cluster:
    require_engine()
    if not file.is_file():
        raise UsageError(
            said("There is no such file."),
            where=str(file),
            fix="Name cluster.yaml with --cluster; docs/clusters.md shows one.",
        )
    return read_cluster(file)


def _round(file: Path, work: Work, *, anew: bool, json: bool) -> None:
    screen = Screen(json=json)
    cluster = _read(file)
    board = Board(cluster)
    try:
        this = begin(cluster, board, work, anew=anew)
        _say_begin(screen, cluster, this)
        with Watching(screen, cluster) as watching:
            tasks = worked(cluster, board, this, watching.see)
    finally:
        board.close()
    say_round(screen, cluster, tasks)
    screen.document(_document(cluster, tasks))
    _require_all(cluster, tasks)


def _say_begin(screen: Screen, cluster: Cluster, this: Round) -> None:
    text = (
        tr("Goes on with round {n} of {name}.", n=this.number, name=cluster.name)
        if this.goes_on
        else tr("Begins round {n} of {name}.", n=this.number, name=cluster.name)
    )
    screen.say(text)
    if this.work is Work.TRIAL:
        _say_where(screen, cluster)


def _say_where(screen: Screen, cluster: Cluster) -> None:
    """Say to which environment a trial writes, before it does."""
    many = len(cluster.domains)
    screen.say(
        trn(
            "Writes to {env}, in {n} domain.",
            "Writes to {env}, in {n} domains.",
            many,
            env=cluster.environment,
        )
    )


def _known(cluster: Cluster) -> tuple[Task, ...]:
    """Return the tasks of the newest round; none when nothing was begun."""
    if not was_begun(cluster):
        return ()
    board = Board(cluster)
    try:
        return newest_round(board.tasks())
    finally:
        board.close()


def _document(cluster: Cluster, tasks: tuple[Task, ...]) -> dict[str, object]:
    """Return what `--json` prints of a round."""
    first = tasks[0] if tasks else None
    return {
        "cluster": cluster.name,
        "environment": cluster.environment,
        "work": first.work.value if first else None,
        "round": first.round if first else None,
        "domains": [task.as_json() for task in tasks],
        "passed": bool(tasks) and not _left(cluster, tasks),
    }


def _left(cluster: Cluster, tasks: tuple[Task, ...]) -> list[Said]:
    """Return which domains did not get there, each with why; also those that no round had yet."""
    had = {task.domain for task in tasks}
    return [
        *(_why(task) for task in tasks if task.stage is not Stage.THERE),
        *(
            said("{domain} (not in this round)", domain=domain.name)
            for domain in cluster.domains
            if domain.name not in had
        ),
    ]


def _require_all(cluster: Cluster, tasks: tuple[Task, ...]) -> None:
    """Refuse when a domain did not get there.

    Raises:
        ClusterError: names which, and why.
    """
    if not tasks:
        raise _refused(cluster, said("Nothing was begun in this cluster yet."))
    left = _left(cluster, tasks)
    if left:
        many = len({task.domain for task in tasks} | {domain.name for domain in cluster.domains})
        raise _refused(
            cluster,
            said(
                "{left} of {all} domains did not get there: {named}.",
                left=len(left),
                all=many,
                named=_named(left),
            ),
        )


def _require_known(cluster: Cluster, report: ClusterReport) -> None:
    """Refuse a report that does not know of each domain what became of it.

    Raises:
        ClusterError: names the domains and the runs, and why.
    """
    unread = [one.said for one in report.unread]
    unproven = [
        said("{domain} ({why})", domain=row.domain, why=row.remark or _NOT_EQUAL)
        for row in report.unproven
    ]
    if unread:
        raise _refused(
            cluster,
            said(
                "Run folders that cannot be read ({n}): {named}.",
                n=len(unread),
                named=_named(unread),
            ),
        )
    if unproven:
        raise _refused(
            cluster,
            said(
                "{n} of {all} domains were not read back as a whole and equal: {named}.",
                n=len(unproven),
                all=len(report.domains),
                named=_named(unproven),
            ),
        )


_NOT_EQUAL = said("not read back, or it differs")


def _refused(cluster: Cluster, what: Said) -> ClusterError:
    return ClusterError(
        what,
        where=str(cluster.path),
        fix="Look at the table above; the same command does again what did not get there.",
    )


def _named(left: list[Said]) -> tuple[Said, ...]:
    """Return the first of what is left, and how many more there are."""
    more = len(left) - _SHOWN
    rest = (said("and {more} more", more=more),) if more > 0 else ()
    return (*left[:_SHOWN], *rest)


def _why(task: Task) -> Said:
    failed = task.failed
    if failed is None:
        return said("{domain} (not ended)", domain=task.domain)
    return said(
        "{domain} ({step}: {code} {name})",
        domain=task.domain,
        step=failed.command,
        code=failed.code,
        name=failed.name,
    )
