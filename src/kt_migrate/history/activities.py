"""The last state of every part of a care plan, as the mapping gets it.

The status of an activity is that of whatever came last: its care plan or a
CarePlanActivityStatus (design.md §5).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from kt_migrate.history.careplans import ACTIVITY, GOAL, SUB_ACTIVITY
from kt_migrate.history.store import History
from kt_migrate.kt13.careplan import (
    Activity,
    activities,
    activity_status,
    goals,
    status_code,
    status_subactivities,
)
from kt_migrate.model import Body, SourceObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The last state of a part of a care plan.

    Attributes:
        source_type: one of `careplans.PARTS`.
        link: activity identifier; that, `#` and the sub-activity; care plan link, `#goal-` and
            its number.
        event: of the message that carried its last state.
        source: as the mapping gets it; None when a later state of its care plan has it no more.
        strange: how many sub-activities its status names that its care plan does not have.
    """

    source_type: str
    link: str
    event: str
    source: SourceObject | None
    strange: int = 0


class _Row(NamedTuple):
    link: str
    sighting: int
    parent: int
    place: int
    event: str
    removed: int


_COLUMNS = "SELECT o.link, s.id, s.parent, s.place, c.event, o.removed"
_COPY = "JOIN copy c ON c.id = s.copy"


class Parts:
    """Reads what `careplans.CarePlans` decided."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._db = history.db

    def activities(self) -> Iterator[Part]:
        """Yield the activities, each with its sub-activities behind it, sorted by identifier.

        Behind all of them come the sub-activities that were removed: also from an activity that
        stayed.
        """
        for row in self._rows(ACTIVITY):
            if row.removed:
                yield _part(ACTIVITY, row, None)
            else:
                yield from self._activity(row)
        yield from (
            _part(SUB_ACTIVITY, sub, None) for sub in self._rows(SUB_ACTIVITY) if sub.removed
        )

    def goals(self) -> Iterator[Part]:
        """Yield the goals, sorted by link."""
        for row in self._rows(GOAL):
            body = {} if row.removed else goals(self._history.body(row.parent))[row.place]
            yield _part(GOAL, row, None if row.removed else body)

    def _rows(self, source_type: str) -> Iterator[_Row]:
        rows = self._db.execute(
            f"{_COLUMNS} FROM object o JOIN sighting s ON s.id = o.sighting {_COPY}"
            " WHERE o.source_type = ? ORDER BY o.link",
            (source_type,),
        )
        yield from map(_Row._make, rows)

    def _subs(self, activity: _Row) -> Iterator[_Row]:
        """Yield the sub-activities whose last state lies in this sighting of their activity."""
        # CROSS JOIN: SQLite would rather walk all sub-activities, for each activity.
        rows = self._db.execute(
            f"{_COLUMNS} FROM sighting s CROSS JOIN object o ON o.sighting = s.id {_COPY}"
            " WHERE s.parent = ? AND o.source_type = ? ORDER BY o.link",
            (activity.sighting, SUB_ACTIVITY),
        )
        yield from map(_Row._make, rows)

    def _activity(self, row: _Row) -> Iterator[Part]:
        careplan = self._history.body(row.parent)
        found = activities(careplan, self._history.link(row.parent))[row.place]
        body, status = self._state(found, careplan)
        reported = status_subactivities(status)
        # R9: compared letter by letter; `mission 3` is not `mission3`.
        strange = {sub for sub, _code in reported} - {sub for sub, _code in found.sub_activities}
        yield replace(_part(ACTIVITY, row, body), strange=len(strange))
        for sub in self._subs(row):
            name = sub.link.removeprefix(f"{row.link}#")
            yield _part(SUB_ACTIVITY, sub, sub_activity_state(body, name, found, status))

    def _state(self, found: Activity, careplan: Body) -> tuple[Body, Body]:
        """Return an activity as the mapping gets it, and the status object that decides."""
        decider = self._decider(found.identifier)
        status = {} if decider is None else self._history.body(decider)
        return activity_state(found, careplan, status), status

    def states_of(self, careplan: Body, link: str) -> list[SourceObject]:
        """Return every activity and sub-activity that a care plan's content would give, sorted."""
        made: dict[tuple[str, str], Body] = {}
        for found in activities(careplan, link):
            body, status = self._state(found, careplan)
            made[ACTIVITY, found.identifier] = body
            for name, _status in found.sub_activities:
                sub = f"{found.identifier}#{name}"
                made[SUB_ACTIVITY, sub] = sub_activity_state(body, name, found, status)
        return [
            SourceObject(source_type=source_type, link=sub, body=made[source_type, sub])
            for source_type, sub in sorted(made)
        ]

    def _decider(self, activity: str) -> int | None:
        row = self._db.execute(
            "SELECT sighting FROM decider WHERE activity = ?", (activity,)
        ).fetchone()
        return None if row is None else int(row[0])

    def members(self, team: str) -> list[Body]:
        """Return the members of a team, from every care plan's last state, sorted."""
        rows = self._db.execute(
            "SELECT DISTINCT member, role FROM member WHERE team = ? ORDER BY 1, 2", (team,)
        )
        return [
            {"reference": [member], **({"role": [role]} if role else {})} for member, role in rows
        ]

    def status_target(self, sighting: int) -> tuple[str, bool] | None:
        """Return the activity that a status object is about, and whether it goes where that goes.

        It does when it decides the activity's status, or when the activity was removed; else
        the care plan or a later status overruled it. None: the activity is nowhere.
        """
        row = self._db.execute(
            "SELECT t.target, o.removed OR coalesce(d.sighting = t.sighting, 0) FROM status t"
            " JOIN object o ON o.source_type = ? AND o.link = t.target"
            " LEFT JOIN decider d ON d.activity = t.target WHERE t.sighting = ?",
            (ACTIVITY, sighting),
        ).fetchone()
        return None if row is None else (str(row[0]), bool(row[1]))

    def duplicates(self) -> Iterator[tuple[str, str]]:
        """Yield (activity, event) of every activity that last states have more than once."""
        yield from self._db.execute(
            "SELECT s.link, c.event FROM superseded p JOIN sighting s ON s.id = p.sighting"
            " JOIN copy c ON c.id = s.copy"
            " WHERE p.reason = 'activity-duplicate' AND s.source_type = ? ORDER BY 1, 2",
            (ACTIVITY,),
        )


def _part(source_type: str, row: _Row, body: Body | None) -> Part:
    source = (
        None if body is None else SourceObject(source_type=source_type, link=row.link, body=body)
    )
    return Part(source_type=source_type, link=row.link, event=row.event, source=source)


def activity_state(found: Activity, careplan: Body, status: Body) -> Body:
    """Return an activity as the mapping gets it.

    Args:
        found: the activity, in a state of its care plan.
        careplan: that state.
        status: the status object that came after it; empty: none did.
    """
    return {
        "activity": [found.node],
        "careplan": [_careplan(careplan)],
        "current": [_current(found.node, status)],
    }


def sub_activity_state(activity: Body, name: str, found: Activity, status: Body) -> Body:
    """Return a sub-activity as the mapping gets it.

    Args:
        activity: what `activity_state` made of its activity.
        name: its identifier.
        found: the activity that this was made of.
        status: the status that this was made of; empty: none.
    """
    statuses = {**dict(found.sub_activities), **_known(status_subactivities(status))}
    code = statuses.get(name)
    node: Body = {"identifier": [name], **({"status": [code]} if code else {})}
    return {**activity, "subactivity": [node]}


def _known(statuses: tuple[tuple[str, str], ...]) -> dict[str, str]:
    return {sub: code for sub, code in statuses if code}


def _current(node: Body, status: Body) -> Body:
    """Return the status after merging: a status object's, when there is one that decides."""
    code = status_code(status) if status else activity_status(node)
    source = "status" if status else "careplan"
    return {**({"status": [code]} if code else {}), "source": [source]}


def _careplan(body: Body) -> Body:
    """Return what an activity needs of its care plan."""
    return {name: body[name] for name in ("patient", "participant", "status") if name in body}
