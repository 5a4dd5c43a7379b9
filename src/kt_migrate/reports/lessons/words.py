"""The lessons as tables, for the screen and for the page."""

from __future__ import annotations

from kt_migrate.catalogue import CATALOGUE
from kt_migrate.errors import said
from kt_migrate.language import moment, percent, shown, tr
from kt_migrate.plan.binding import NAMES, short
from kt_migrate.reports.held import Interval
from kt_migrate.reports.lessons.learned import Lessons
from kt_migrate.reports.lessons.patch import Patch
from kt_migrate.reports.page.model import Cell, Table
from kt_migrate.reports.page.spoken import lasted

_WHERE = {
    "after": said("new in the run"),
    "before": said("in the trial only"),
    "both": said("in both"),
}
_HOW = {"added": said("added"), "removed": said("removed"), "changed": said("different")}
_HELD = {True: said("as estimated"), False: said("OTHER than estimated")}
_STATUS = {
    "used": said("used"),
    "unused": said("not used"),
    "conflict": said("in conflict"),
    "unknown": said("unknown"),
}


def tables_of(found: Lessons, patch: Patch) -> tuple[Table, ...]:
    """Return every table that has a row, in the order of reading."""
    every = (
        runs_table(found),
        reasons_table(found),
        turns_table(found),
        between_table(found),
        changes_table(patch),
        supplied_table(found),
        estimate_table(found),
        slow_table(found),
    )
    return tuple(table for table in every if table.rows)


def runs_table(found: Lessons) -> Table:
    """Return the runs, as they began."""
    rows: list[tuple[Cell, ...]] = [
        (
            one.name,
            moment(one.began),
            one.sample or tr("whole"),
            one.migrated,
            one.rejected,
            lasted(one.seconds),
            short(one.binding.algorithm),
        )
        for one in found.runs
    ]
    return Table(
        key="runs",
        title=tr("The runs"),
        columns=(
            tr("run"),
            tr("began (UTC)"),
            tr("extent"),
            tr("migrated"),
            tr("rejected"),
            tr("time"),
            tr("algorithm"),
        ),
        rows=tuple(rows),
        codes=frozenset({0, 6}),
    )


def reasons_table(found: Lessons) -> Table:
    """Return the reasons of which a trial and the run say otherwise, and then the others."""
    trial, run = found.trial, found.run
    rows: list[tuple[Cell, ...]] = [
        (
            shown(_WHERE[one.where]),
            one.code,
            one.source_type,
            one.before,
            one.after,
            shown(CATALOGUE[one.code].title) if one.code in CATALOGUE else "",
        )
        for one in found.reasons
    ]
    return Table(
        key="reasons",
        title=tr("Reasons: the trial beside the run"),
        columns=(
            tr("where"),
            tr("reason"),
            tr("type"),
            "" if trial is None else trial.name,
            "" if run is None else run.name,
            tr("meaning"),
        ),
        rows=tuple(rows),
        codes=frozenset({1}),
    )


def turns_table(found: Lessons) -> Table:
    """Return what changed from run to run, and what that did to the rejects."""
    rows: list[tuple[Cell, ...]] = [
        (
            f"{one.before} → {one.after}",
            ", ".join(shown(NAMES[name]) for name in one.changed),
            one.rejected[0],
            one.rejected[1],
        )
        for one in found.turns
    ]
    return Table(
        key="changes",
        title=tr("What changed from run to run"),
        columns=(tr("runs"), tr("what"), tr("rejected before"), tr("after")),
        rows=tuple(rows),
    )


def between_table(found: Lessons) -> Table:
    """Return which rules changed from run to run, place by place."""
    rows: list[tuple[Cell, ...]] = []
    for one in found.turns:
        runs = f"{one.before} → {one.after}"
        if one.rules is None:
            rows.append((runs, "", tr("what the rules said was not kept")))
        else:
            rows += [(runs, path, shown(_HOW[how])) for path, how in one.rules]
    return Table(
        key="rules-between",
        title=tr("Rules that changed from run to run"),
        columns=(tr("runs"), tr("where"), tr("how")),
        rows=tuple(rows),
        codes=frozenset({1}),
    )


def changes_table(patch: Patch) -> Table:
    """Return what the domain says otherwise than the shared algorithm."""
    rows: list[tuple[Cell, ...]] = [
        (shown(_HOW[one.how]), f"{one.section}.{one.path}", one.before or "", one.after or "")
        for one in patch.changes
    ]
    return Table(
        key="rules",
        title=tr("What this domain says otherwise than {shared}", shared=patch.shared),
        columns=(tr("how"), tr("where"), tr("was"), tr("becomes")),
        rows=tuple(rows),
        codes=frozenset({1}),
    )


def supplied_table(found: Lessons) -> Table:
    """Return which fields had to be supplied, and how many values; never what."""
    rows: list[tuple[Cell, ...]] = [
        (source_type or "-", name or "-", shown(_STATUS.get(status, said("unknown"))), count)
        for (source_type, name, status), count in sorted(found.supplied.items())
    ]
    return Table(
        key="enrichment",
        title=tr("Enrichment that was needed"),
        columns=(tr("type"), tr("field"), tr("status"), tr("values")),
        rows=tuple(rows),
        codes=frozenset({1}),
    )


def estimate_table(found: Lessons) -> Table:
    """Return what was estimated beside what it came to."""
    held = None if found.run is None else found.run.held
    rows: list[tuple[Cell, ...]] = []
    if held is not None:
        rows = [
            (tr("share of failures, {type}", type=name), *_between(one))
            for name, one in held.types.items()
        ]
        low, high, true = held.seconds.low, held.seconds.high, held.seconds.found
        until = f"{lasted(low)} - {lasted(high)}" if low is not None else ""
        rows.append((tr("time"), until, lasted(true), _verdict(held.seconds)))
    return Table(
        key="estimate",
        title=tr("Estimate against truth"),
        columns=(tr("what"), tr("estimated, 95 %"), tr("found"), tr("verdict")),
        rows=tuple(rows),
    )


def _between(one: Interval) -> tuple[str, str, str]:
    low, high, true = one.low, one.high, one.found
    until = "" if low is None or high is None else f"{percent(low, 2)} - {percent(high, 2)}"
    return until, "" if true is None else percent(true, 2), _verdict(one)


def _verdict(one: Interval) -> str:
    return "" if one.held is None else shown(_HELD[one.held])


def slow_table(found: Lessons) -> Table:
    """Return which types took longest, per thousand writes."""
    rows: list[tuple[Cell, ...]] = [
        (one.r4_type, one.writes, lasted(one.per_thousand))
        for one in (() if found.run is None else found.run.slow)
    ]
    return Table(
        key="slow",
        title=tr("The slowest first"),
        columns=("R4", tr("writes"), tr("work per thousand")),
        rows=tuple(rows),
        note=tr(
            "Work: from the first intent of a write to its outcome, added up; writes go side by "
            "side, so it is more than the time that passed."
        ),
    )
