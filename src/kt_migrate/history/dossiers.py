"""Open against closed: which activities, and so which dossiers, are still under way (K.1 to K.3).

An activity is open when its status is Waiting, Available or InProgress: that of its care plan's
last state, or of a status message that is later. A dossier is a patient with the care plans that
name that patient. It is open when one of its activities is, the rule of `scope.dossiers: open`.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from dataclasses import dataclass

from kt_migrate.history.careplans import ACTIVITY
from kt_migrate.history.store import History, LastState
from kt_migrate.kt13.body import extension_text, first_node, nodes, reference
from kt_migrate.kt13.careplan import activity_status, status_code
from kt_migrate.kt13.names import UNKNOWN
from kt_migrate.model import Body

OPEN = ("Waiting", "Available", "InProgress")
CLOSED = ("Completed", "Cancelled", "Expired", "SkippedByUser")
NONE = "none"
"""The status of an activity that has none."""

_UNCLEAR, _CLOSED, _OPEN = range(3)
_TABLES = """
CREATE TEMP TABLE dossier (patient TEXT PRIMARY KEY, state INTEGER) WITHOUT ROWID;
CREATE TEMP TABLE asked_definition (identifier TEXT PRIMARY KEY, activities INTEGER)
  WITHOUT ROWID;
CREATE TEMP TABLE known_definition (identifier TEXT PRIMARY KEY) WITHOUT ROWID;
"""
# CROSS JOIN: SQLite would rather walk all activities, for each care plan.
_MINE = f"""
SELECT s.place, d.sighting FROM sighting s
CROSS JOIN object o ON o.source_type = '{ACTIVITY}' AND o.link = s.link AND o.sighting = s.id
LEFT JOIN decider d ON d.activity = s.link
WHERE s.parent = ? AND s.source_type = '{ACTIVITY}' AND NOT o.removed
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Activities:
    """The activities of all care plans, each once.

    Attributes:
        statuses: activities per status, the seven of Koppeltaal first; `none`: without one,
            `Unknown`: one that Koppeltaal does not have.
        open, closed, unclear: the same, added up; unclear is `none` and `Unknown`.
        removed: activities that the last state of their care plan no longer has; not counted
            above.
    """

    statuses: dict[str, int]
    open: int
    closed: int
    unclear: int
    removed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossiers:
    """Patients, by their activities.

    Attributes:
        open: some activity is open.
        closed: there are activities, and all are closed.
        unclear: none is open, and of some it cannot be said.
        without_activities: patients that no activity is for.
        without_patient: how many of the first three are of a patient whom the archive does not
            hold; an activity that names no patient is in no dossier.
    """

    open: int
    closed: int
    unclear: int
    without_activities: int
    without_patient: int


class LookAtDossiers:
    """Takes the last states of care plans one by one, and adds up."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._db: sqlite3.Connection = history.db
        self._statuses: Counter[str] = Counter()
        for statement in _TABLES.split(";"):
            self._db.execute(statement)

    def add(self, careplan: LastState) -> None:
        """Count the activities whose last state is in this care plan."""
        mine = self._db.execute(_MINE, (careplan.sighting,)).fetchall()
        if not mine:
            return
        found = nodes(careplan.body, "activity")
        states = [self._activity(found[place], decider) for place, decider in mine]
        patient = reference(first_node(careplan.body, "patient"))
        if patient:
            self._db.execute(
                "INSERT INTO dossier VALUES (?, ?) ON CONFLICT DO UPDATE SET state ="
                f" CASE WHEN {_OPEN} IN (state, excluded.state) THEN {_OPEN}"
                " ELSE min(state, excluded.state) END",
                (patient, _together(states)),
            )

    def _activity(self, node: Body, decider: int | None) -> int:
        status = activity_status(node) if decider is None else self._decided(decider)
        known = status in OPEN or status in CLOSED
        self._statuses[status if known else UNKNOWN if status else NONE] += 1
        definition = extension_text(node, "CarePlan#ActivityDefinition")
        if definition:
            self._db.execute(
                "INSERT INTO asked_definition VALUES (?, 1)"
                " ON CONFLICT DO UPDATE SET activities = activities + 1",
                (definition,),
            )
        return _OPEN if status in OPEN else _CLOSED if known else _UNCLEAR

    def _decided(self, sighting: int) -> str:
        return status_code(self._history.body(sighting))

    def add_definition(self, identifier: str) -> None:
        """Note that the archive holds a definition with this identifier."""
        self._db.execute("INSERT OR IGNORE INTO known_definition VALUES (?)", (identifier,))

    def missing_definitions(self) -> tuple[int, int]:
        """Return (identifiers that no definition has, activities that name them)."""
        row = self._db.execute(
            "SELECT count(*), coalesce(sum(activities), 0) FROM asked_definition"
            " WHERE identifier NOT IN (SELECT identifier FROM known_definition)"
        ).fetchone()
        return int(row[0]), int(row[1])

    def activities(self) -> Activities:
        """Return the activities, after all care plans were added."""
        (removed,) = self._db.execute(
            "SELECT count(*) FROM object WHERE source_type = ? AND removed", (ACTIVITY,)
        ).fetchone()
        seen = self._statuses
        return Activities(
            statuses={code: seen[code] for code in (*OPEN, *CLOSED, NONE, UNKNOWN)},
            open=sum(seen[code] for code in OPEN),
            closed=sum(seen[code] for code in CLOSED),
            unclear=seen[NONE] + seen[UNKNOWN],
            removed=removed,
        )

    def dossiers(self) -> Dossiers:
        """Return the dossiers, after all care plans were added."""
        states = dict(self._db.execute("SELECT state, count(*) FROM dossier GROUP BY 1"))
        patient = "source_type = 'Patient' AND EXISTS (SELECT 1 FROM sighting s WHERE s.id = sighting AND s.content IS NOT NULL)"  # noqa: E501 (a condition)
        (without,) = self._db.execute(
            f"SELECT count(*) FROM object WHERE {patient}"
            " AND link NOT IN (SELECT patient FROM dossier)"
        ).fetchone()
        (known,) = self._db.execute(
            f"SELECT count(*) FROM object WHERE {patient} AND link IN (SELECT patient FROM dossier)"
        ).fetchone()
        return Dossiers(
            open=states.get(_OPEN, 0),
            closed=states.get(_CLOSED, 0),
            unclear=states.get(_UNCLEAR, 0),
            without_activities=without,
            without_patient=sum(states.values()) - known,
        )


def _together(states: list[int]) -> int:
    """Return the state of a dossier: open when one is, unclear when one is, else closed."""
    return _OPEN if _OPEN in states else min(states)
