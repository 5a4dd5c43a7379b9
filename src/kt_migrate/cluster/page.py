"""The page over all domains of a cluster, for people: how many are there, what went wrong most."""

from __future__ import annotations

from pathlib import Path

from kt_migrate.catalogue import CATALOGUE
from kt_migrate.cluster.changes import RuleChange
from kt_migrate.cluster.report import ClusterReport, Worst
from kt_migrate.cluster.rows import DomainRow
from kt_migrate.cluster.tasks import STAGES, Stage, Step, Task
from kt_migrate.language import number, shown, tr, trn
from kt_migrate.reports.page.html import write_page
from kt_migrate.reports.page.model import Answer, Bars, Cell, Kind, Page, Reason, Table, Tone
from kt_migrate.reports.page.workbook import write_workbook

_SHOWN = 3
"""What stands on the first screen; the tables have all."""


def write_pages(report: ClusterReport, folder: Path) -> tuple[Path, ...]:
    """Write clusterrapport.html and clusterrapport.xlsx; return both."""
    page = cluster_page(report)
    return (
        write_page(page, folder / "clusterrapport.html"),
        write_workbook(page, folder / "clusterrapport.xlsx"),
    )


def cluster_page(report: ClusterReport) -> Page:
    """Return what the page says."""
    return Page(
        kind=Kind.CLUSTER,
        title=tr(
            "The cluster {name} on {env}: {n} domains",
            name=report.cluster,
            env=report.environment,
            n=number(len(report.domains)),
        ),
        facts=_facts(report),
        warnings=_warnings(report),
        answers=(_over(report), _not_there(report), _worst(report), _rules(report), _time(report)),
        reasons=tuple(_reason(one) for one in report.reasons),
        bars=(_objects(report),),
        tables=(_domains(report), _steps(report), _changes(report)),
        foot=(
            tr("Beside this page, for machines and spreadsheets: {files}.", files=_FILES),
            tr(
                "Made by kt-migrate from the run folders of the domains. It holds no personal "
                "data, asks for nothing from elsewhere, and runs no script."
            ),
        ),
    )


_FILES = "clusterrapport.json, clusterrapport.xlsx"


def _facts(report: ClusterReport) -> tuple[tuple[str, str], ...]:
    facts = [(tr("cluster"), report.cluster), (tr("environment"), report.environment)]
    if report.tasks:
        first = report.tasks[0]
        facts.append((tr("round"), f"{number(first.round)} ({first.work})"))
    return tuple(facts)


def _warnings(report: ClusterReport) -> tuple[str, ...]:
    """Return what must be known before any number: what it is not of."""
    remarks = (
        f"{row.domain} {row.run}: {shown(row.remark)}" for row in report.domains if row.remark
    )
    unread = (tr("Could not be read: {run}", run=shown(one.said)) for one in report.unread)
    return (*remarks, *unread)


def _over(report: ClusterReport) -> Answer:
    verified = sum(row.proven for row in report.domains)
    every = len(report.domains)
    return Answer(
        question=tr("Is every domain over?"),
        answer=tr(
            "{n} of {all} domains were read back as a whole and are equal.",
            n=number(verified),
            all=number(every),
        ),
        tone=Tone.GOOD if verified == every else Tone.OPEN,
        more=(_objects_in_words(report.total),),
    )


def _objects_in_words(total: DomainRow) -> str:
    """Say what became of the objects; of what was only planned, what will."""
    counts = {
        "migrated": number(total.migrated),
        "all": number(total.objects),
        "rejected": number(total.rejected),
    }
    if total.done:
        return tr("{migrated} objects of {all} were migrated, {rejected} rejected.", **counts)
    return tr(
        "Nothing was written yet. By the plans {migrated} objects of {all} will be migrated, "
        "{rejected} are rejected.",
        **counts,
    )


def _not_there(report: ClusterReport) -> Answer:
    left = [task for task in report.tasks if task.stage is not Stage.THERE]
    lines = []
    for task in left:
        failed = task.failed
        how = shown(STAGES[task.stage])
        if failed is not None:
            how = f"{failed.command}: {failed.code} {failed.name}"
            how += f" · {shown(failed.reason)}" if failed.reason else ""
        lines.append(f"{task.domain}: {how}")
    had = {task.domain for task in report.tasks}
    lines += [
        tr("{domain}: not in this round", domain=row.domain)
        for row in report.domains
        if row.domain not in had
    ]
    return Answer(
        question=tr("Which domains did not get there?"),
        answer=trn("{n} domain", "{n} domains", len(lines)) if lines else tr("None."),
        tone=Tone.BAD if left else Tone.OPEN if lines else Tone.GOOD,
        more=tuple(lines),
    )


def _worst(report: ClusterReport) -> Answer:
    lines = tuple(
        tr(
            "{code}: {n} lines, in {d} domains",
            code=one.code,
            n=number(one.lines),
            d=number(len(one.domains)),
        )
        for one in report.reasons[:_SHOWN]
    )
    first = report.reasons[0] if report.reasons else None
    return Answer(
        question=tr("What went wrong most?"),
        answer=_meaning(first.code) if first else tr("Nothing."),
        more=lines,
    )


def _rules(report: ClusterReport) -> Answer:
    lines = tuple(shown(change.said) for change in report.changes)
    return Answer(
        question=tr("Which rules were changed?"),
        answer=trn("{n} change", "{n} changes", len(lines)) if lines else tr("None."),
        more=lines[:_SHOWN],
    )


def _time(report: ClusterReport) -> Answer:
    thousand = report.total.per_thousand
    return Answer(
        question=tr("How long did a thousand take?"),
        answer=tr("Unknown: nothing was written, or no time was kept.")
        if thousand is None
        else tr("{s} seconds per thousand writes, over all.", s=number(thousand, 1)),
    )


def _reason(one: Worst) -> Reason:
    entry = CATALOGUE.get(one.code)
    return Reason(
        code=one.code,
        meaning=_meaning(one.code),
        advice=shown(entry.advice) if entry else "",
        count=one.lines,
        types=tuple(one.domains.items()),
    )


def _meaning(code: str) -> str:
    """Return what a reason means; one of another version of kt-migrate is its code."""
    return shown(CATALOGUE[code].title) if code in CATALOGUE else code


def _objects(report: ClusterReport) -> Bars:
    return Bars(
        title=tr("Objects per domain"),
        first=tr("domain"),
        parts=(tr("migrated"), tr("not migrated"), tr("rejected"), tr("out of scope")),
        rows=tuple(
            (row.domain, (row.migrated, row.not_migrated, row.rejected, row.out_of_scope))
            for row in report.domains
        ),
    )


def _domains(report: ClusterReport) -> Table:
    return Table(
        key="domains",
        title=tr("The domains"),
        columns=(
            tr("domain"),
            tr("run"),
            tr("objects"),
            tr("migrated"),
            tr("rejected"),
            tr("writes"),
            tr("seconds"),
            tr("seconds per thousand"),
            tr("read back"),
            tr("remark"),
        ),
        rows=tuple(_row(row) for row in (*report.domains, report.total)),
        note=tr("Seconds are those in which was written; the last row is all domains together."),
    )


def _row(row: DomainRow) -> tuple[Cell, ...]:
    verified = {None: tr("not yet"), True: tr("equal"), False: tr("differs")}
    return (
        row.domain,
        row.run,
        row.objects,
        row.migrated,
        row.rejected,
        row.writes,
        row.seconds,
        row.per_thousand,
        verified[row.verified],
        shown(row.remark),
    )


def _steps(report: ClusterReport) -> Table:
    return Table(
        key="steps",
        title=tr("The commands of the newest round"),
        columns=(
            tr("domain"),
            tr("command"),
            tr("code"),
            tr("name"),
            tr("why"),
            tr("seconds"),
            tr("worker"),
        ),
        rows=tuple(_step(task, step) for task in report.tasks for step in task.steps),
        codes=frozenset({1, 3, 6}),
    )


def _step(task: Task, step: Step) -> tuple[Cell, ...]:
    why = shown(step.reason)
    return (task.domain, step.command, step.code, step.name, why, step.seconds, task.worker)


def _changes(report: ClusterReport) -> Table:
    return Table(
        key="rules",
        title=tr("Rules that were changed"),
        columns=(tr("domain"), tr("from"), tr("to"), tr("where"), tr("how")),
        rows=tuple(row for change in report.changes for row in _places(change)),
        note=tr("Between the runs of a domain, and between a domain and the first of the cluster."),
        codes=frozenset({3}),
    )


def _places(change: RuleChange) -> tuple[tuple[Cell, ...], ...]:
    if change.paths is None:
        lost = tr("what the rules said was not kept")
        return ((change.domain, change.before, change.after, lost, ""),)
    return tuple(
        (change.domain, change.before, change.after, path, how) for path, how in change.paths
    )
