"""What belongs to the migration (draaiboek K.1, K.2): types, dossiers, history, per group."""

from __future__ import annotations

from collections.abc import Iterable

from kt_migrate.algorithm.fields import EXCLUDE, EXCLUDED, GROUP
from kt_migrate.algorithm.model import Algorithm, GroupScope
from kt_migrate.kt13.body import extension_text, first_node, first_text, reference
from kt_migrate.kt13.body import extension_value as value_of
from kt_migrate.model import SourceObject, Used
from kt_migrate.plan.enrichment import Fields

_OPEN = frozenset({"Waiting", "Available", "InProgress"})
_OF_ACTIVITY = frozenset({"CarePlanActivity", "CarePlanSubActivity"})
_OF_A_PATIENT = frozenset({"Patient", "RelatedPerson", "CareTeam", *_OF_ACTIVITY})
"""Types of which each object belongs to somebody's dossier; see `_patient`."""


class Scope:
    """Decides, per object, whether it takes part."""

    def __init__(self, algorithm: Algorithm, enrichment: Fields) -> None:
        self._rules = algorithm.scope
        self._enrichment = enrichment
        self._limited = self._rules.dossiers == "open" or any(
            group.dossiers == "open" for group in self._rules.groups.values()
        )
        self._for_all = GroupScope(
            dossiers=self._rules.dossiers, closed_since=self._rules.closed_since
        )
        self._open: set[str] = set()
        self._with_activities: set[str] = set()

    def learn(self, activities: Iterable[SourceObject]) -> None:
        """Note which patients have activities, and which have an open one."""
        if not self._limited:
            return
        for source in activities:
            patient = _patient(source)
            self._with_activities.add(patient)
            if _status(source) in _OPEN:
                self._open.add(patient)

    def excludes_all(self, source_type: str) -> str | None:
        """Return what `excludes` says of every object of a type; None: it depends on the object."""
        types = self._rules.types
        if types != "all" and source_type not in types:
            return "scope-types"
        return None if source_type in _OF_A_PATIENT else ""

    def excludes(self, source: SourceObject) -> str:
        """Return why an object is out of scope, or empty."""
        if self._left_out(source):
            return EXCLUDED
        for_all = self.excludes_all(source.source_type)
        if for_all is not None:
            return for_all
        patient = _patient(source)
        if not patient:
            return ""
        rules = self._of(patient)
        if rules.dossiers == "open" and self._closed(patient, source):
            return "scope-dossiers"
        if rules.closed_since is not None and source.source_type in _OF_ACTIVITY:
            ended = _ended(source)
            if _status(source) not in _OPEN and ended and ended < rules.closed_since:
                return "scope-closed-since"
        return ""

    def used(self, source: SourceObject, reason: str) -> tuple[Used, ...]:
        """Return which fields of the object's own decided about it; `reason`: what was decided."""
        if reason == EXCLUDED and self._enrichment.get(source.link, EXCLUDE):
            return (Used(rule=EXCLUDE, field=EXCLUDE),)
        grouped = self._enrichment.get(source.link, GROUP) in self._rules.groups
        if source.source_type == "Patient" and grouped:
            return (Used(rule="scope", field=GROUP),)
        return ()

    def _left_out(self, source: SourceObject) -> bool:
        """Whether the enrichment leaves the object out, or the patient whose dossier it is in."""
        links = (source.link, _patient(source))
        return any(link and self._enrichment.get(link, EXCLUDE) for link in links)

    def _of(self, patient: str) -> GroupScope:
        group = self._enrichment.get(patient, GROUP)
        if group is not None and group in self._rules.groups:
            return self._rules.groups[group]
        return self._for_all

    def _closed(self, patient: str, source: SourceObject) -> bool:
        """A dossier is closed when all its activities are, or its patient is not active."""
        inactive = source.source_type == "Patient" and first_text(source.body, "active") == "false"
        return inactive or (patient in self._with_activities and patient not in self._open)


def _patient(source: SourceObject) -> str:
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


def _status(source: SourceObject) -> str:
    return first_text(first_node(source.body, "current"), "status") or ""


def _ended(source: SourceObject) -> str:
    activity = first_node(source.body, "activity")
    for name in ("Finished", "Cancelled", "EndDate"):
        found = extension_text(activity, f"CarePlan#{name}")
        if found:
            return found
    return ""
