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
from kt_migrate.algorithm.policies import Words
from kt_migrate.language import tr


def _day(text: str) -> str:
    try:
        date.fromisoformat(text)
    except ValueError:
        raise ValueError(tr("een dag die bestaat", "a day that exists")) from None
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
            nl = "geen activiteiten: daarvan zegt closed_since de historie"
            raise ValueError(tr(nl, "no activities: closed_since says their history"))
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
            nl = "list, organization, last_activity_before, last_activity_since of group"
            en = "list, organization, last_activity_before, last_activity_since or group"
            raise ValueError(tr(nl, en))
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
            nl = f"elke groep met een eigen naam; twee heten {twice}"
            raise ValueError(tr(nl, f"a name of its own for each group; two are called {twice}"))
        return self


OPEN_WHEN = {
    "open-activity-or-none": Words(
        "Een dossier is open als de patiënt actief is en een open activiteit heeft, of geen enkele "
        "activiteit.",
        "A dossier is open when the patient is active and has an open activity, or no activity at "
        "all.",
    ),
    "open-activity": Words(
        "Een dossier is open als de patiënt actief is en een open activiteit heeft.",
        "A dossier is open when the patient is active and has an open activity.",
    ),
    "active-patient": Words(
        "Een dossier is open als de patiënt actief is, wat er ook met de activiteiten is.",
        "A dossier is open when the patient is active, whatever its activities.",
    ),
}
"""What makes a dossier open. A patient is active unless `active` is false; an activity is open
when its status is Waiting, Available or InProgress."""

_DOSSIERS = {
    "all": Words("Alle dossiers gaan mee.", "All dossiers take part."),
    "open": Words("Alleen open dossiers gaan mee.", "Open dossiers take part."),
    "closed": Words("Alleen afgesloten dossiers gaan mee.", "Closed dossiers take part."),
    "none": Words("Geen enkel dossier gaat mee.", "No dossier takes part."),
}


def scope_words(scope: ScopeRules) -> list[tuple[str, Words]]:
    """Return what a scope comes to, sentence by sentence, each under its key or group."""
    said: list[tuple[str, Words]] = []
    if scope.types != "all":
        listed = ", ".join(scope.types)
        said.append(("types", Words(f"Alleen {listed}.", f"These types: {listed}.")))
    for group in scope.groups:
        said += [(f"groups: {group.name}", words) for words in _dossier_words(group)]
    said += [("dossiers", words) for words in _dossier_words(scope)]
    if scope.needed_only:
        listed = ", ".join(scope.needed_only)
        nl = f"Van {listed} gaat mee wat een ander object nodig heeft."
        en = f"Of {listed}, what another object needs takes part."
        said.append(("needed_only", Words(nl, en)))
    return said


def _dossier_words(scope: DossierScope) -> Iterator[Words]:
    yield _DOSSIERS[scope.dossiers]
    if scope.dossiers in ("open", "closed"):
        yield OPEN_WHEN[scope.open_when]
    if scope.closed_since is not None:
        yield Words(
            f"Afgesloten activiteiten die voor {scope.closed_since} eindigden blijven achter.",
            f"Closed activities that ended before {scope.closed_since} stay behind.",
        )
    for source_type, since in sorted(scope.history.items()):
        yield Words(
            f"Van {source_type} blijft achter wat voor {since} voor het laatst veranderde.",
            f"Of {source_type}, what was last changed before {since} stays behind.",
        )
