"""Takes the care plans apart: activities, sub-activities, goals, members of teams.

KT 2.0 has no CarePlan: one Task per activity. So an activity is an object of its own, seen
whenever its care plan is; its last state is that in the last state of its care plan. What a
later care plan no longer has is an object too: removed. Sub-activities go with their activity,
goals with their care plan, the same way.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import NamedTuple

import orjson

from kt_migrate.history.intake import Owner
from kt_migrate.history.last_states import LastStates
from kt_migrate.history.order import only_latest
from kt_migrate.history.store import History
from kt_migrate.kt13.careplan import Activity, activities, goals, status_target, team_members

CAREPLAN, STATUS = "CarePlan", "CarePlanActivityStatus"
ACTIVITY, SUB_ACTIVITY, GOAL = "CarePlanActivity", "CarePlanSubActivity", "CarePlanGoal"
PARTS = (ACTIVITY, SUB_ACTIVITY, GOAL)
"""Types of what has no link of its own: it is known by its care plan."""

_WAITING = 2_000
"""So many decisions wait before they are written."""

_TABLES = """
CREATE TABLE status (target TEXT, sighting INTEGER);
CREATE TABLE decider (activity TEXT PRIMARY KEY, sighting INTEGER) WITHOUT ROWID;
CREATE TABLE member (team TEXT, member TEXT, role TEXT);
CREATE INDEX sighting_parent ON sighting (parent) WHERE parent IS NOT NULL;
"""


class _PartSeen(NamedTuple):
    """A sighting of a part. `moment`: of its care plan; `alive`: its parent is a last state."""

    link: str
    sighting: int
    parent: int
    place: int
    moment: int | None
    message: str
    alive: int


class CarePlans:
    """Every care plan of a history, taken apart."""

    def __init__(self, history: History, states: LastStates) -> None:
        self._history = history
        self._states = states
        self._db = history.db
        self._won: list[tuple[str, str, int, bool]] = []
        self._lost: list[tuple[int, int, str]] = []
        self._members: list[tuple[str, str, str]] = []

    def take_apart(self) -> None:
        """See every part in every sighting of every care plan, and decide on its last state."""
        for statement in _TABLES.split(";"):
            self._db.execute(statement)
        self._see_careplans()
        self._db.execute("CREATE INDEX member_team ON member (team)")
        for source_type in PARTS:
            self._decide(source_type)
        self._see_statuses()
        self._decide_statuses()

    # seeing

    def _see_careplans(self) -> None:
        rows = self._db.execute(
            "SELECT s.id, s.copy, c.event, s.link, s.version, s.moment, s.content,"
            " o.sighting IS NOT NULL"
            " FROM sighting s JOIN copy c ON c.id = s.copy LEFT JOIN object o"
            " ON o.source_type = s.source_type AND o.link = s.link AND o.sighting = s.id"
            " WHERE s.source_type = ? AND s.content IS NOT NULL ORDER BY s.link, s.content",
            (CAREPLAN,),
        )
        careplans = map(Owner._make, rows)
        for (link, _content), group in groupby(careplans, attrgetter("link", "content")):
            sightings = list(group)
            body = self._history.body(sightings[0].sighting)
            found, many_goals = activities(body, link), len(goals(body))
            for careplan in sightings:
                self._see_parts(careplan, found, many_goals)
                if careplan.is_last:
                    self._members.extend((m.team, m.member, m.role) for m in team_members(body))
            if len(self._members) > _WAITING:
                self._keep_members()
        self._keep_members()
        self._history.write()

    def _see_parts(self, careplan: Owner, found: Sequence[Activity], many_goals: int) -> None:
        see, own = self._history.see_part, careplan.sighting
        for place, activity in enumerate(found):
            sighting = see(ACTIVITY, activity.identifier, careplan, own, place)
            for sub_place, (sub, _status) in enumerate(activity.sub_activities):
                link = f"{activity.identifier}#{sub}"
                see(SUB_ACTIVITY, link, careplan, sighting, sub_place)
        for place in range(many_goals):
            see(GOAL, f"{careplan.link}#goal-{place + 1}", careplan, own, place)

    def _keep_members(self) -> None:
        self._db.executemany("INSERT INTO member VALUES (?, ?, ?)", self._members)
        self._members.clear()

    def _see_statuses(self) -> None:
        """Note which activity each sighting of a status object is about."""
        rows = self._db.execute(
            "SELECT id, body FROM body WHERE id IN (SELECT content FROM sighting"
            " WHERE source_type = ?)",
            (STATUS,),
        )
        self._db.execute("CREATE TABLE target (content INTEGER PRIMARY KEY, target TEXT)")
        self._db.executemany(
            "INSERT INTO target VALUES (?, ?)",
            ((content, status_target(orjson.loads(body))) for content, body in rows),
        )
        self._db.execute(
            "INSERT INTO status SELECT t.target, s.id FROM sighting s"
            " JOIN target t ON t.content = s.content WHERE s.source_type = ?",
            (STATUS,),
        )
        self._db.execute("CREATE INDEX status_target ON status (target)")
        self._db.execute("CREATE INDEX status_sighting ON status (sighting)")

    # deciding

    def _decide(self, source_type: str) -> None:
        """Decide on the parts of one type: what a last state has goes before all else."""
        rows = self._db.execute(
            "SELECT s.link, s.id, s.parent, s.place, s.moment, c.identifier,"
            " coalesce(o.sighting = s.parent AND NOT o.removed, 0)"
            " FROM sighting s JOIN copy c ON c.id = s.copy JOIN sighting p ON p.id = s.parent"
            " LEFT JOIN object o ON o.source_type = p.source_type AND o.link = p.link"
            " WHERE s.source_type = ? ORDER BY s.link",
            (source_type,),
        )
        for _link, group in groupby(map(_PartSeen._make, rows), attrgetter("link")):
            self._decide_one(source_type, list(group))
            if len(self._lost) > _WAITING:
                self._write()
        self._write()

    def _decide_one(self, source_type: str, seen: list[_PartSeen]) -> None:
        alive = [part for part in seen if part.alive]
        candidates = alive or seen
        parent = self._last_parent(source_type, candidates)
        winner = max((p for p in candidates if p.parent == parent), key=attrgetter("place"))
        self._won.append((source_type, winner.link, winner.sighting, not alive))
        self._lost.extend(
            (part.sighting, winner.sighting, _reason(part, winner))
            for part in seen
            if part is not winner
        )

    def _write(self) -> None:
        """Write what was decided together."""
        self._db.executemany("INSERT INTO object VALUES (?, ?, ?, 'care-plan', ?)", self._won)
        self._db.executemany("INSERT INTO superseded VALUES (?, ?, ?)", self._lost)
        self._won.clear()
        self._lost.clear()

    def _last_parent(self, source_type: str, parts: Sequence[_PartSeen]) -> int:
        moments = {part.parent: part.moment for part in parts}
        parents = sorted(moments)
        latest = only_latest([moments[parent] for parent in parents])
        if len(parents) == 1 or latest is not None:
            return parents[latest or 0]
        careplans = [self._careplan_of(source_type, parent) for parent in parents]
        return parents[self._states.rank(careplans)]

    def _careplan_of(self, source_type: str, parent: int) -> int:
        """Return the care plan's sighting: a sub-activity's parent is that of its activity."""
        if source_type != SUB_ACTIVITY:
            return parent
        row = self._db.execute("SELECT parent FROM sighting WHERE id = ?", (parent,)).fetchone()
        return int(row[0])

    def _decide_statuses(self) -> None:
        """Find, per activity, the status that is later than its care plan, if there is one."""
        rows = self._db.execute(
            "SELECT t.target, s.parent, s.moment, t.sighting, r.moment FROM status t JOIN object o"
            " ON o.source_type = ? AND o.link = t.target AND NOT o.removed"
            " JOIN sighting s ON s.id = o.sighting JOIN sighting r ON r.id = t.sighting"
            " ORDER BY t.target",
            (ACTIVITY,),
        ).fetchall()
        for (activity, careplan, own), group in groupby(rows, itemgetter(0, 1, 2)):
            reported = list(group)
            sightings = [careplan, *(row[3] for row in reported)]
            latest = only_latest([own, *(row[4] for row in reported)])
            last = sightings[self._states.rank(sightings) if latest is None else latest]
            if last != careplan:
                self._db.execute("INSERT INTO decider VALUES (?, ?)", (activity, last))


def _reason(part: _PartSeen, winner: _PartSeen) -> str:
    if part.alive or part.parent == winner.parent:
        return "activity-duplicate"
    return "copy" if part.message == winner.message else "older-version"
