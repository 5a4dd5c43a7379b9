"""What belongs to the migration (draaiboek K.1, K.2): types, dossiers, history, groups of patients.

What an object in scope needs comes along, whatever is said here: `plan.outside`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    Field,
    StringConstraints,
    model_validator,
)

from kt_migrate.algorithm.parts import Name, Part, Text
from kt_migrate.errors import Said, said


def _day(text: str) -> str:
    try:
        date.fromisoformat(text)
    except ValueError:
        raise ValueError(said("a day that exists")) from None
    return text


Day = Annotated[
    str, StringConstraints(pattern=r"^\d{4}-\d\d-\d\d$", strict=True), AfterValidator(_day)
]
Dossiers = Literal["all", "open", "closed", "none"]
OpenWhen = Literal["open-activity-or-none", "open-activity", "active-patient"]

OF_ACTIVITY = frozenset({"CarePlanActivity", "CarePlanSubActivity"})
OF_A_PATIENT = frozenset({"Patient", "RelatedPerson", "CareTeam", *OF_ACTIVITY})
"""Types of which each object belongs to somebody's dossier."""


class DossierScope(Part):
    """What is taken of some patients' dossiers.

    Attributes:
        dossiers: which take part: `all`, those that are `open` or `closed`, or `none`.
        open_when: what makes a dossier open; see `OPEN_WHEN`.
        closed_since: closed activities that ended before this day stay behind; None: all go.
        history: per type a day: what was last changed before it stays behind.
    """

    dossiers: Dossiers = "all"
    open_when: OpenWhen = "open-activity-or-none"
    closed_since: Day | None = None
    history: dict[Text, Day] = Field(default={})

    @model_validator(mode="after")
    def _activities_end(self) -> Self:
        wrong = sorted(OF_ACTIVITY & self.history.keys())
        if wrong:
            raise ValueError(said("no activities: closed_since says their history"))
        return self


class Patients(Part):
    """Which patients a group has: those of whom all of this is so. At least one is given.

    Attributes:
        members: path of a CSV file with their links or identifiers (`list` in YAML), from the
            folder of the algorithm.
        organization: links or identifiers of their managing organizations.
        last_activity_before: nothing of the dossier changed on or after this day.
        last_activity_since: something of the dossier changed on or after this day.
        group: their `group` in the enrichment.
    """

    members: Text | None = Field(default=None, alias="list")
    organization: tuple[Text, ...] | Text | None = None
    last_activity_before: Day | None = None
    last_activity_since: Day | None = None
    group: Text | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if all(value is None for value in self.model_dump().values()):
            raise ValueError(
                said("list, organization, last_activity_before, last_activity_since or group")
            )
        return self

    @property
    def organizations(self) -> tuple[str, ...]:
        """Links or identifiers of the organizations; empty: any."""
        given = self.organization
        return (given,) if isinstance(given, str) else given or ()


class GroupScope(DossierScope):
    """The same choices for one group of patients; the first group that has a patient counts."""

    name: Name
    patients: Patients


class ScopeRules(DossierScope):
    """What belongs to the migration; the dossiers of patients of no group are said here itself.

    Attributes:
        types: source types that take part; `all`, or a list.
        needed_only: types of which only what something in scope needs takes part.
        groups: other choices for groups of patients, in the order in which they are tried.
    """

    types: Literal["all"] | tuple[Text, ...] = "all"
    needed_only: tuple[Text, ...] = ()
    groups: tuple[GroupScope, ...] = ()

    @model_validator(mode="after")
    def _names_once(self) -> Self:
        names = [group.name for group in self.groups]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(
                said("a name of its own for each group; two are called {name}", name=twice)
            )
        return self


OPEN_WHEN = {
    "open-activity-or-none": said(
        "A dossier is open when the patient is active and has an open activity, or "
        "no activity at all."
    ),
    "open-activity": said("A dossier is open when the patient is active and has an open activity."),
    "active-patient": said(
        "A dossier is open when the patient is active, whatever its activities."
    ),
}
"""What makes a dossier open. A patient is active unless `active` is false; an activity is open
when its status is Waiting, Available or InProgress."""

_DOSSIERS = {
    "all": said("All dossiers take part."),
    "open": said("Open dossiers take part."),
    "closed": said("Closed dossiers take part."),
    "none": said("No dossier takes part."),
}


def scope_words(scope: ScopeRules) -> list[tuple[str, Said]]:
    """Return what a scope comes to, sentence by sentence, each under its key or group."""
    lines: list[tuple[str, Said]] = []
    if scope.types != "all":
        listed = ", ".join(scope.types)
        lines.append(("types", said("These types: {listed}.", listed=listed)))
    for group in scope.groups:
        lines += [(f"groups: {group.name}", words) for words in _dossier_words(group)]
    lines += [("dossiers", words) for words in _dossier_words(scope)]
    if scope.needed_only:
        listed = ", ".join(scope.needed_only)
        words = said("Of {listed}, what another object needs takes part.", listed=listed)
        lines.append(("needed_only", words))
    return lines


def _dossier_words(scope: DossierScope) -> Iterator[Said]:
    yield _DOSSIERS[scope.dossiers]
    if scope.dossiers in ("open", "closed"):
        yield OPEN_WHEN[scope.open_when]
    if scope.closed_since is not None:
        yield said(
            "Closed activities that ended before {closed_since} stay behind.",
            closed_since=scope.closed_since,
        )
    for source_type, since in sorted(scope.history.items()):
        yield said(
            "Of {source_type}, what was last changed before {since} stays behind.",
            source_type=source_type,
            since=since,
        )
