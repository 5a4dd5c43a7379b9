"""What belongs to the migration (draaiboek K.1, K.2): types, dossiers, history, per group.

What a dossier is like (open or closed, when it last changed, in which group its patient is) is
added up in the history's database, a row per patient, and decided there once.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable

from kt_migrate.algorithm.fields import EXCLUDE, EXCLUDE_REASONS, EXCLUDED, GROUP
from kt_migrate.algorithm.model import Algorithm
from kt_migrate.algorithm.scope import OF_A_PATIENT, OF_ACTIVITY, DossierScope
from kt_migrate.kt13.body import extension_text, first_node, first_text, reference
from kt_migrate.kt13.body import extension_value as value_of
from kt_migrate.model import SourceObject, Used
from kt_migrate.plan.dossiers import Dossiers, day_of
from kt_migrate.plan.enrichment import Fields

OPEN = frozenset({"Waiting", "Available", "InProgress"})
"""Statuses of an activity that is no end."""


class Scope:
    """Decides, per object, whether it takes part."""

    def __init__(self, algorithm: Algorithm, enrichment: Fields, db: sqlite3.Connection) -> None:
        self._rules = algorithm.scope
        self._groups = {group.patients.group for group in self._rules.groups} - {None}
        self._supplied = enrichment
        self._db = db
        self._dossiers = Dossiers(algorithm, enrichment, db) if _asks(algorithm) else None
        self._dated = {
            source_type
            for choice in (self._rules, *self._rules.groups)
            for source_type in choice.history
        }

    def learn(self, activities: Callable[[], Iterable[SourceObject]]) -> None:
        """Decide on every dossier, when dossiers are asked for.

        Args:
            activities: gives every activity.
        """
        if self._dossiers is None:
            return
        self._dossiers.see(
            (patient, source.link if source.source_type in OF_ACTIVITY else "", _is_open(source))
            for source in activities()
            if (patient := patient_of(source))
        )
        self._dossiers.decide()

    def excludes_all(self, source_type: str) -> str | None:
        """Return what `excludes` says of every object of a type; None: it depends on the object."""
        types = self._rules.types
        if types != "all" and source_type not in types:
            return "scope-types"
        if source_type in self._rules.needed_only:
            return "scope-not-needed"
        return None if source_type in OF_A_PATIENT or source_type in self._dated else ""

    def excludes(self, source: SourceObject) -> str:
        """Return why an object is out of scope, or empty.

        What the enrichment leaves out is `excluded`. What the choices of a group say has the
        group's name behind it.
        """
        if self.leaves_out(source):
            return EXCLUDED
        for_all = self.excludes_all(source.source_type)
        if for_all is not None:
            return for_all
        patient = patient_of(source)
        choice, reason = self._of(patient)
        reason = reason or self._too_old(source, choice)
        group = getattr(choice, "name", "")
        return f"{reason}/{group}" if reason and group else reason

    def _of(self, patient: str) -> tuple[DossierScope, str]:
        """Return the choices for a patient's dossier, and why it is out of scope as a whole."""
        if not patient or self._dossiers is None:
            none = bool(patient) and self._rules.dossiers == "none"
            return self._rules, "scope-none" if none else ""
        group, reason = self._dossiers.of(patient)
        return self._rules if group is None else self._rules.groups[group], reason

    def _too_old(self, source: SourceObject, choice: DossierScope) -> str:
        if choice.closed_since is not None and source.source_type in OF_ACTIVITY:
            ended = _ended(source)
            return "scope-closed-since" if ended and ended < choice.closed_since else ""
        since = choice.history.get(source.source_type)
        if since is None:
            return ""
        changed = day_of(self._db, source.source_type, source.link)
        return "scope-history" if changed and changed < since else ""

    def used(self, source: SourceObject) -> tuple[Used, ...]:
        """Return which fields of the object's own decided about it."""
        if self._supplied.get(source.link, EXCLUDE) in EXCLUDE_REASONS:
            return (Used(rule=EXCLUDE, field=EXCLUDE),)
        group = self._supplied.get(source.link, GROUP)
        if source.source_type == "Patient" and group in self._groups:
            return (Used(rule="scope", field=GROUP),)
        return ()

    def leaves_out(self, source: SourceObject) -> bool:
        """Whether the enrichment leaves the object out, or the patient whose dossier it is in."""
        links = dict.fromkeys((source.link, patient_of(source)))
        return any(self._supplied.get(link, EXCLUDE) in EXCLUDE_REASONS for link in links)


def _asks(algorithm: Algorithm) -> bool:
    """Whether anything depends on what a dossier is like, or on whose it is."""
    scope = algorithm.scope
    return bool(scope.groups) or scope.dossiers in ("open", "closed")


def patient_of(source: SourceObject) -> str:
    """Return the link of the patient to whose dossier an object belongs, or empty."""
    body = source.body
    match source.source_type:
        case "Patient":
            return source.link
        case "RelatedPerson":
            return reference(first_node(body, "patient"))
        case "CareTeam":
            return reference(value_of(body, "CareTeam#Subject"))
        case "CarePlanActivity" | "CarePlanSubActivity":
            return reference(first_node(first_node(body, "careplan"), "patient"))
        case _:
            return ""


def _is_open(source: SourceObject) -> bool:
    return (first_text(first_node(source.body, "current"), "status") or "") in OPEN


def _ended(source: SourceObject) -> str:
    """Return when a closed activity ended; empty: it is open, or nobody says."""
    if _is_open(source):
        return ""
    activity = first_node(source.body, "activity")
    for name in ("Finished", "Cancelled", "EndDate"):
        found = extension_text(activity, f"CarePlan#{name}")
        if found:
            return found
    return ""
