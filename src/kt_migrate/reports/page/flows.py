"""The flows of a run from KT 1.3 to KT 2.0, what was left behind, and the reasons."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kt_migrate.books import Row
from kt_migrate.catalogue import ErrorClass
from kt_migrate.history.careplans import STATUS
from kt_migrate.language import shown, tr
from kt_migrate.model import Outcome
from kt_migrate.reports.errors.groups import Group, most
from kt_migrate.reports.page.model import Fate, Flow, Reason, Table
from kt_migrate.reports.page.standing import Standing
from kt_migrate.reports.page.things import left_because, thing_name, thing_place

_TYPES = 4
"""So many types of a reason are named."""


def flows_of(standing: Standing) -> tuple[Flow, ...]:
    """Return what became of every kind of object that had to come, or could have."""
    rows = standing.result.books.per_type()
    found = (
        Flow(
            name=thing_name(source_type),
            source=source_type,
            target=_target(source_type, standing),
            parts=_parts(rows[source_type], standing, standing.result.waiting.get(source_type, 0)),
        )
        for source_type in sorted(rows, key=thing_place)
    )
    return tuple(flow for flow in found if flow.parts[Fate.NOT_MIGRATED] < flow.objects)


def _target(source_type: str, standing: Standing) -> str:
    """Return what is written of a type; a status report is no resource, but part of one."""
    if source_type == STATUS:
        return tr("status of Task")
    return ", ".join(standing.becomes.get(source_type, ()))


def _parts(row: Row, standing: Standing, waiting: int) -> dict[Fate, int]:
    """Return the fates of one row of the books.

    Nothing is migrated before anything was sent, nor after the run was undone; and what is
    rejected only since a write is still to do has its own place.
    """
    there = Fate.MIGRATED if standing.sent else Fate.PENDING
    if standing.undoing is not None:
        there = Fate.UNDONE
    return {
        there: row.ended[Outcome.MIGRATED],
        **({Fate.PENDING: waiting} if waiting else {}),
        Fate.NOT_MIGRATED: row.ended[Outcome.NOT_MIGRATED],
        Fate.REJECTED: row.ended[Outcome.REJECTED] - waiting,
        Fate.OUT_OF_SCOPE: row.ended[Outcome.OUT_OF_SCOPE],
        **({} if row.not_drawn is None else {Fate.NOT_DRAWN: row.not_drawn}),
    }


def left_of(standing: Standing) -> Table:
    """Return what was left behind on purpose, and why."""
    return Table(
        key="left",
        title=tr("Left behind on purpose"),
        columns=(tr("kind"), tr("KT 1.3 type"), tr("objects"), tr("why"), tr("by rule")),
        rows=tuple(_left(standing)),
        note=tr("Nothing of this is lost by accident: a rule of the algorithm says so."),
        codes=frozenset({1, 4}),
    )


def _left(standing: Standing) -> Iterator[tuple[str, str, int, str, str]]:
    because = {rule: row.because for row in standing.elements for rule in row.rules}
    kept = (row for row in standing.ends if row[1] == Outcome.NOT_MIGRATED)
    for source_type, _outcome, reason, count in sorted(kept, key=lambda row: thing_place(row[0])):
        why = left_because(source_type, reason, because.get(reason, ""))
        yield thing_name(source_type), source_type, count, why, reason


def reasons_of(groups: Iterable[Group]) -> tuple[Reason, ...]:
    """Return the reasons: errors first, the biggest first."""
    found = [_reason(group) for group in groups]
    return tuple(sorted(found, key=lambda one: (not one.error, -one.count, one.code)))


def _reason(group: Group) -> Reason:
    error = group.entry.error_class is not ErrorClass.NOTICE
    holders = " · ".join(name for name, _count in most(group.holders))
    return Reason(
        code=group.code,
        meaning=shown(group.entry.title),
        advice=shown(group.entry.advice),
        holder=holders if error else "",
        count=group.count,
        types=tuple((thing_name(name), n) for name, n in most(group.types)[:_TYPES]),
        error=error,
    )
