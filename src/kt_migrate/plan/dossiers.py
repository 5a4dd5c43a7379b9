"""What each patient's dossier is like, and whether it is in scope: a row per patient, on disk.

The day on which something changed is that of the version that the server gave it; of a sender's
copy, which has the version that it was based on, and of what has no such version, the day of the
message. A dossier changed when its patient, its activities or their statuses did.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import NamedTuple, TypeVar

import orjson

from kt_migrate.algorithm.fields import GROUP
from kt_migrate.algorithm.model import Algorithm
from kt_migrate.algorithm.scope import DossierScope, GroupScope
from kt_migrate.history.careplans import ACTIVITY, SUB_ACTIVITY
from kt_migrate.kt13.body import first_node, first_text, nodes, reference
from kt_migrate.model import Body
from kt_migrate.plan.enrichment import Fields

_Row = TypeVar("_Row")
_AT_ONCE = 1_000
_A_DAY = "'[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]T*'"
_DAY = f"""CASE
  WHEN c.form != 'sender' AND s.version GLOB {_A_DAY} THEN substr(s.version, 1, 10)
  WHEN c.timestamp GLOB {_A_DAY} THEN substr(c.timestamp, 1, 10)
  WHEN s.version GLOB {_A_DAY} THEN substr(s.version, 1, 10) ELSE '' END"""
_LAST = "object o JOIN sighting s ON s.id = o.sighting JOIN copy c ON c.id = s.copy"

_TABLES = """
CREATE TABLE dossier (
  patient TEXT PRIMARY KEY, activities INTEGER, open INTEGER, day TEXT DEFAULT '',
  choice INTEGER, reason TEXT) WITHOUT ROWID;
CREATE TABLE of_dossier (activity TEXT, patient TEXT);
"""
_SEEN = """
INSERT INTO dossier (patient, activities, open) VALUES (?, 1, ?) ON CONFLICT (patient)
DO UPDATE SET activities = activities + 1, open = open + excluded.open
"""
_PATIENTS = """
INSERT OR IGNORE INTO dossier (patient, activities, open)
SELECT link, 0, 0 FROM object WHERE source_type = 'Patient'
"""
_CHANGED = f"""
UPDATE dossier SET day = n.day FROM (
  SELECT patient, max(day) AS day FROM (
    SELECT o.link AS patient, {_DAY} AS day FROM {_LAST} WHERE o.source_type = 'Patient'
    UNION ALL SELECT a.patient, {_DAY} FROM of_dossier a CROSS JOIN {_LAST}
      WHERE o.source_type IN ('{ACTIVITY}', '{SUB_ACTIVITY}') AND o.link = a.activity
    UNION ALL SELECT a.patient, {_DAY} FROM of_dossier a JOIN decider d ON d.activity = a.activity
      JOIN sighting s ON s.id = d.sighting JOIN copy c ON c.id = s.copy)
  GROUP BY patient) n WHERE n.patient = dossier.patient
"""
_ALL = """
SELECT d.patient, d.activities, d.open, d.day, t.body FROM dossier d
LEFT JOIN object o ON o.source_type = 'Patient' AND o.link = d.patient
LEFT JOIN sighting s ON s.id = o.sighting LEFT JOIN body t ON t.id = s.content
WHERE d.patient > ? ORDER BY d.patient LIMIT ?
"""
_ORGANIZATIONS = f"""
SELECT o.link, t.body FROM {_LAST} JOIN body t ON t.id = s.content
WHERE o.source_type = 'Organization'
"""


class _Dossier(NamedTuple):
    patient: str
    activities: int
    open: int
    day: str
    body: Body


class Dossiers:
    """Every dossier, with the choices that count for it."""

    def __init__(self, algorithm: Algorithm, enrichment: Fields, db: sqlite3.Connection) -> None:
        self._rules = algorithm.scope
        self._lists = algorithm.lists
        self._enrichment = enrichment
        self._db = db
        for statement in _TABLES.split(";"):
            db.execute(statement)

    def see(self, activities: Iterable[tuple[str, str, bool]]) -> None:
        """Note whose each activity is: (patient, activity, whether it is open)."""
        for some in _batches(activities):
            self._db.executemany(_SEEN, [(patient, is_open) for patient, _link, is_open in some])
            self._db.executemany(
                "INSERT INTO of_dossier VALUES (?, ?)",
                [(link, patient) for patient, link, _is_open in some],
            )

    def decide(self) -> None:
        """Decide on every dossier: which choices count, and whether it is out of scope."""
        self._db.execute(_PATIENTS)
        self._db.execute(_CHANGED)
        organizations = self._organizations()
        last = ""
        while some := list(self._next(last)):
            last, decided = some[-1].patient, []
            for dossier in some:
                number = self._group(dossier, organizations)
                choice = self._rules if number is None else self._rules.groups[number]
                decided.append((number, _reason(dossier, choice), dossier.patient))
            self._db.executemany(
                "UPDATE dossier SET choice = ?, reason = ? WHERE patient = ?", decided
            )

    def of(self, patient: str) -> tuple[int | None, str]:
        """Return the number of a patient's group (None: no group), and why it is out of scope."""
        row = self._db.execute(
            "SELECT choice, reason FROM dossier WHERE patient = ?", (patient,)
        ).fetchone()
        if row is None:  # named by a person or a team; it has no activities, nor is it there
            dossier = _Dossier(patient, 0, 0, "", {})
            number = self._group(dossier, {})
            choice = self._rules if number is None else self._rules.groups[number]
            return number, _reason(dossier, choice)
        return row[0], str(row[1])

    def _next(self, last: str) -> Iterator[_Dossier]:
        """Yield the dossiers behind one: they change while they are looked at."""
        for patient, activities, opened, day, body in self._db.execute(_ALL, (last, _AT_ONCE)):
            yield _Dossier(patient, activities, opened, day, orjson.loads(body) if body else {})

    def _organizations(self) -> Mapping[str, frozenset[int]]:
        """Return which groups each organization is named by, of those that any names."""
        wanted = [frozenset(group.patients.organizations) for group in self._rules.groups]
        if not any(wanted):
            return {}
        found: dict[str, frozenset[int]] = {}
        for link, body in self._db.execute(_ORGANIZATIONS):
            names = {link, *_identifiers(orjson.loads(body))}
            numbers = frozenset(n for n, group in enumerate(wanted) if names & group)
            if numbers:
                found[link] = numbers
        return found

    def _group(self, dossier: _Dossier, organizations: Mapping[str, frozenset[int]]) -> int | None:
        """Return the number of the first group that has a patient."""
        for number, group in enumerate(self._rules.groups):
            if self._is_of(dossier, number, group, organizations):
                return number
        return None

    def _is_of(
        self,
        dossier: _Dossier,
        number: int,
        group: GroupScope,
        organizations: Mapping[str, frozenset[int]],
    ) -> bool:
        asked, day = group.patients, dossier.day
        if asked.last_activity_before is not None and not (
            day and day < asked.last_activity_before
        ):
            return False
        if asked.last_activity_since is not None and not day >= asked.last_activity_since:
            return False
        if asked.group not in (None, self._enrichment.get(dossier.patient, GROUP)):
            return False
        if asked.organizations:
            managing = reference(first_node(dossier.body, "managingOrganization"))
            named = number in organizations.get(managing, ()) or managing in asked.organizations
            if not (managing and named):
                return False
        if asked.members is None:
            return True
        names = {dossier.patient, *_identifiers(dossier.body)}
        return bool(names & self._lists.get(group.name, frozenset()))


def _reason(dossier: _Dossier, choice: DossierScope) -> str:
    """Return why a dossier is out of scope as a whole, or empty."""
    if choice.dossiers == "none":
        return "scope-none"
    if choice.dossiers == "all":
        return ""
    inactive = first_text(dossier.body, "active") == "false"
    enough = {
        "active-patient": True,
        "open-activity": dossier.open > 0,
        "open-activity-or-none": dossier.open > 0 or not dossier.activities,
    }
    is_open = not inactive and enough[choice.open_when]
    return "" if is_open == (choice.dossiers == "open") else "scope-dossiers"


def _identifiers(body: Body) -> Iterator[str]:
    """Yield the values of an object's identifiers, alone and behind their system."""
    for node in nodes(body, "identifier"):
        value = first_text(node, "value")
        if value:
            yield value
            yield f"{first_text(node, 'system') or ''}|{value}"


def day_of(db: sqlite3.Connection, source_type: str, link: str) -> str:
    """Return the day on which an object last changed, or empty when nobody says."""
    row = db.execute(
        f"SELECT {_DAY} FROM {_LAST} WHERE o.source_type = ? AND o.link = ?", (source_type, link)
    ).fetchone()
    return "" if row is None else str(row[0])


def _batches(rows: Iterable[_Row]) -> Iterator[list[_Row]]:
    left = iter(rows)
    while some := list(islice(left, _AT_ONCE)):
        yield some
