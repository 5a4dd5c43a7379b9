"""The versions of an object, the oldest first: what each was when it was the last.

An object with a link of its own goes through the contents that its messages carried. An activity
goes through the states of its care plan that have it, and between those through what status
messages said of it: each is the care plan as it was then, with the status that came after it.

Only what the archive says of the object itself is here. The members of a team come from other
objects (care plans): its earlier versions have none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from kt_migrate.history.activities import activity_state, sub_activity_state
from kt_migrate.history.careplans import ACTIVITY, CAREPLAN, STATUS, SUB_ACTIVITY
from kt_migrate.history.last_states import LastStates
from kt_migrate.history.store import History
from kt_migrate.kt13.careplan import Activity, activities
from kt_migrate.model import Body

_LAST = """
SELECT s.content, s.parent, p.parent FROM object o JOIN sighting s ON s.id = o.sighting
LEFT JOIN sighting p ON p.id = s.parent WHERE o.source_type = ? AND o.link = ?
"""
_STATUSES = """
SELECT DISTINCT s.link FROM status t JOIN sighting s ON s.id = t.sighting WHERE t.target = ?
ORDER BY 1
"""
_KEPT = 256
"""So many bodies and orders are remembered: the activities of one care plan ask for the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One earlier state of one object.

    Attributes:
        sighting: what brought it about; a number of the history, never for ordering.
        body: as the mapping gets it.
    """

    sighting: int
    body: Body


class Versions:
    """Asks a history what objects were before their last state."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._db = history.db
        self._states = LastStates(history)
        self._body = lru_cache(maxsize=_KEPT)(history.body)
        self._through = lru_cache(maxsize=_KEPT)(self._states.states)

    def of(self, source_type: str, link: str) -> Iterator[Version]:
        """Yield the versions of one object, the oldest first, its last state left out."""
        row = self._db.execute(_LAST, (source_type, link)).fetchone()
        if row is None:
            return
        content, parent, grandparent = row
        if source_type == ACTIVITY:
            yield from self._activity(link, parent)
        elif source_type == SUB_ACTIVITY:
            yield from self._sub_activity(link, parent, grandparent)
        elif content is not None:
            for sighting in self._through(source_type, link)[:-1]:
                yield Version(sighting=sighting, body=self._body(sighting))

    def _activity(self, identifier: str, careplan: int) -> Iterator[Version]:
        for sighting, found, plan, status in self._walk(identifier, careplan):
            yield Version(sighting=sighting, body=activity_state(found, plan, status))

    def _sub_activity(self, link: str, activity: int, careplan: int) -> Iterator[Version]:
        identifier = self._history.link(activity)
        name = link.removeprefix(f"{identifier}#")
        for sighting, found, plan, status in self._walk(identifier, careplan):
            if name in dict(found.sub_activities):
                body = activity_state(found, plan, status)
                yield Version(sighting=sighting, body=sub_activity_state(body, name, found, status))

    def _walk(self, identifier: str, of: int) -> list[tuple[int, Activity, Body, Body]]:
        """Return what each care plan's state, and each status, made of an activity; not the last.

        Args:
            identifier: of the activity.
            of: a sighting of its care plan.
        """
        careplan = self._history.link(of)
        statuses = [str(link) for (link,) in self._db.execute(_STATUSES, (identifier,)).fetchall()]
        plans = frozenset(self._through(CAREPLAN, careplan))
        told = [sighting for link in statuses for sighting in self._about(identifier, link)]
        found, plan, status = None, Body(), Body()
        steps = list[tuple[int, Activity, Body, Body]]()
        for sighting in self._states.in_order([*plans, *told]):
            if sighting in plans:
                plan, status = self._body(sighting), {}
                found = _activity_in(plan, careplan, identifier)
            else:
                status = self._body(sighting)
            if found is not None:
                steps.append((sighting, found, plan, status))
        return steps[:-1]

    def _about(self, identifier: str, status: str) -> list[int]:
        """Return the states of a status object that are about an activity."""
        return [
            sighting
            for sighting in self._through(STATUS, status)
            if self._db.execute(
                "SELECT 1 FROM status WHERE sighting = ? AND target = ?", (sighting, identifier)
            ).fetchone()
        ]


def _activity_in(careplan: Body, link: str, identifier: str) -> Activity | None:
    """Return the activity as a care plan has it: of two, the last, as with its last state."""
    named = [found for found in activities(careplan, link) if found.identifier == identifier]
    return named[-1] if named else None
