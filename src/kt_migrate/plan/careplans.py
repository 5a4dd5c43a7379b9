"""Takes the care plans apart: activities, sub-activities, goals, members of teams.

KT 2.0 has no CarePlan: one Task per activity. So an activity is an object of its own, in the
last state of its care plan, with the status of whatever came last: that care plan or a
CarePlanActivityStatus message (design.md §5).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from kt_migrate.kt13.careplan import (
    activities,
    activity_status,
    goals,
    status_code,
    status_subactivities,
    status_target,
    team_members,
)
from kt_migrate.kt13.order import last
from kt_migrate.model import Body, Issue, Outcome, SourceObject
from kt_migrate.plan.fold import Fold, VersionRow
from kt_migrate.plan.ledger import Ledger, Seen

_TABLES = """
CREATE TABLE activity (identifier TEXT, row INTEGER, place INTEGER);
CREATE TABLE status (target TEXT, row INTEGER);
CREATE TABLE member (team TEXT, member TEXT, role TEXT);
CREATE INDEX activity_identifier ON activity (identifier);
CREATE INDEX status_target ON status (target);
CREATE INDEX member_team ON member (team);
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityState:
    """The last state of one activity.

    Attributes:
        seen: as the books count it.
        source: as the mapping gets it.
        sub_activities: its sub-activities, the same way.
        decided_by: number of the status object that decides the status; None: the care plan.
        overruled: numbers of the status objects that came too late to count.
    """

    seen: Seen
    source: SourceObject
    sub_activities: tuple[tuple[Seen, SourceObject], ...]
    decided_by: int | None
    overruled: tuple[int, ...]


class CarePlans:
    """Every care plan of the fold, taken apart and booked."""

    def __init__(self, fold: Fold, ledger: Ledger) -> None:
        self._fold = fold
        self._ledger = ledger
        self._db: sqlite3.Connection = fold.db
        for statement in _TABLES.split(";"):
            self._db.execute(statement)

    def take_apart(self) -> None:
        """Book what every version of every care plan holds, and keep what the last ones hold."""
        for row in self._fold.versions(source_type="CarePlan"):
            if row.last:
                self._keep(row)
        for row in self._fold.versions(source_type="CarePlan"):
            if not row.last:
                self._book_older(row)
        for row in self._fold.versions(source_type="CarePlanActivityStatus", last=True):
            self._db.execute("INSERT INTO status VALUES (?, ?)", (status_target(row.body), row.row))

    def _keep(self, row: VersionRow) -> None:
        for place, activity in enumerate(activities(row.body, row.link)):
            self._db.execute(
                "INSERT INTO activity VALUES (?, ?, ?)", (activity.identifier, row.row, place)
            )
        self._db.executemany(
            "INSERT INTO member VALUES (?, ?, ?)",
            [(m.team, m.member, m.role) for m in team_members(row.body)],
        )

    def _book_older(self, row: VersionRow) -> None:
        """Book what an older version held: superseded, whatever became of it."""
        for activity in activities(row.body, row.link):
            seen = _seen(row, "CarePlanActivity", activity.identifier)
            self._supersede(seen, row)
            known = self._db.execute(
                "SELECT 1 FROM activity WHERE identifier = ?", (activity.identifier,)
            ).fetchone()
            if known is None and row.chosen:
                self._ledger.issue(seen, Issue(code="activity-removed"))
            for identifier, _status in activity.sub_activities:
                sub = _sub_link(activity.identifier, identifier)
                self._supersede(_seen(row, "CarePlanSubActivity", sub), row)
        for number, _goal in enumerate(goals(row.body), start=1):
            self._supersede(_seen(row, "CarePlanGoal", _goal_link(row.link, number)), row)

    def _supersede(self, seen: Seen, row: VersionRow) -> None:
        self._ledger.read(seen)
        self._ledger.end(seen, Outcome.SUPERSEDED, "older-version" if row.chosen else "copy")

    def goals(self) -> Iterator[tuple[Seen, SourceObject]]:
        """Yield the goals of the last states."""
        for row in self._fold.versions(source_type="CarePlan", last=True):
            for number, goal in enumerate(goals(row.body), start=1):
                seen = _seen(row, "CarePlanGoal", _goal_link(row.link, number))
                yield seen, SourceObject(source_type="CarePlanGoal", link=seen.link, body=goal)

    def members(self, team: str) -> list[Body]:
        """Return the members of a team, from every care plan's last state, sorted."""
        rows = self._db.execute(
            "SELECT DISTINCT member, role FROM member WHERE team = ? ORDER BY 1, 2", (team,)
        )
        return [
            {"reference": [member], **({"role": [role]} if role else {})} for member, role in rows
        ]

    def activities(self) -> Iterator[ActivityState]:
        """Yield the last state of every activity, sorted by identifier."""
        identifiers = self._db.execute("SELECT DISTINCT identifier FROM activity ORDER BY 1")
        for (identifier,) in identifiers:
            yield self._state(identifier)

    def _state(self, identifier: str) -> ActivityState:
        places = self._db.execute(
            "SELECT row, place FROM activity WHERE identifier = ?", (identifier,)
        ).fetchall()
        candidates = [self._fold.candidate(row) for row, _place in places]
        index, _decided = last(candidates)
        chosen_row = places[index][0]
        chosen_place = max(place for row, place in places if row == chosen_row)
        for row, place in sorted(places):
            if (row, place) != (chosen_row, chosen_place):
                self._duplicate(identifier, row, place)
        row = self._fold.version(chosen_row)
        activity = activities(row.body, row.link)[chosen_place]
        winner, overruled = self._statuses(identifier, chosen_row)
        current = self._current(activity.node, winner)
        base: Body = {
            "activity": [activity.node],
            "careplan": [_careplan(row.body)],
            "current": [current],
        }
        seen = _seen(row, "CarePlanActivity", identifier)
        subs = self._sub_activities(row, activity.sub_activities, identifier, base, winner)
        return ActivityState(
            seen=seen,
            source=SourceObject(source_type="CarePlanActivity", link=identifier, body=base),
            sub_activities=subs,
            decided_by=winner,
            overruled=overruled,
        )

    def _duplicate(self, identifier: str, row_number: int, place: int) -> None:
        row = self._fold.version(row_number)
        seen = _seen(row, "CarePlanActivity", identifier)
        self._ledger.read(seen)
        self._ledger.end(seen, Outcome.SUPERSEDED, "activity-duplicate")
        self._ledger.issue(seen, Issue(code="activity-duplicate"))
        activity = activities(row.body, row.link)[place]
        for sub, _status in activity.sub_activities:
            other = _seen(row, "CarePlanSubActivity", _sub_link(identifier, sub))
            self._ledger.read(other)
            self._ledger.end(other, Outcome.SUPERSEDED, "activity-duplicate")

    def _statuses(self, identifier: str, careplan_row: int) -> tuple[int | None, tuple[int, ...]]:
        rows = [
            row
            for (row,) in self._db.execute("SELECT row FROM status WHERE target = ?", (identifier,))
        ]
        if not rows:
            return None, ()
        candidates = [self._fold.candidate(row) for row in (careplan_row, *rows)]
        index, _decided = last(candidates)
        winner = None if index == 0 else rows[index - 1]
        return winner, tuple(row for row in rows if row != winner)

    def _current(self, node: Body, winner: int | None) -> Body:
        if winner is None:
            status = activity_status(node)
            return {**({"status": [status]} if status else {}), "source": ["careplan"]}
        status = status_code(self._fold.version(winner).body)
        return {**({"status": [status]} if status else {}), "source": ["status"]}

    def _sub_activities(
        self,
        row: VersionRow,
        subs: tuple[tuple[str, str], ...],
        identifier: str,
        base: Body,
        winner: int | None,
    ) -> tuple[tuple[Seen, SourceObject], ...]:
        later = (
            {} if winner is None else dict(status_subactivities(self._fold.version(winner).body))
        )
        made: dict[str, tuple[Seen, SourceObject]] = {}
        for sub, status in subs:
            link = _sub_link(identifier, sub)
            seen = _seen(row, "CarePlanSubActivity", link)
            if link in made:
                self._ledger.read(seen)
                self._ledger.end(seen, Outcome.SUPERSEDED, "activity-duplicate")
                continue
            code = later.get(sub) or status
            node: Body = {"identifier": [sub], **({"status": [code]} if code else {})}
            body: Body = {**base, "subactivity": [node]}
            made[link] = (
                seen,
                SourceObject(source_type="CarePlanSubActivity", link=link, body=body),
            )
        return tuple(made.values())

    def orphans(self) -> Iterator[int]:
        """Yield the numbers of the status objects whose activity is nowhere, in order."""
        rows = self._db.execute(
            "SELECT row FROM status s JOIN version v ON v.id = s.row"
            " WHERE NOT EXISTS (SELECT 1 FROM activity a WHERE a.identifier = s.target)"
            " ORDER BY v.link"
        ).fetchall()
        for (row,) in rows:
            yield row


def _careplan(body: Body) -> Body:
    """Return what an activity needs of its care plan."""
    return {name: body[name] for name in ("patient", "participant", "status") if name in body}


def _seen(row: VersionRow, source_type: str, link: str) -> Seen:
    return Seen(
        source_type=source_type,
        event=row.event,
        link=link,
        version=row.version,
        message=row.message,
    )


def _sub_link(activity: str, sub: str) -> str:
    return f"{activity}#{sub}"


def _goal_link(careplan: str, number: int) -> str:
    return f"{careplan}#goal-{number}"
