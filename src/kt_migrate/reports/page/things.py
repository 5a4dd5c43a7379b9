"""Objects and their fates in the care provider's words, and in the order in which they are read."""

from __future__ import annotations

from kt_migrate.catalogue import CATALOGUE
from kt_migrate.errors import said
from kt_migrate.language import number, shown
from kt_migrate.reports.page.model import Fate

_THINGS = {
    "Patient": (said("patient"), said("patients")),
    "Practitioner": (said("practitioner"), said("practitioners")),
    "RelatedPerson": (said("related person"), said("related persons")),
    "Organization": (said("organization"), said("organizations")),
    "CareTeam": (said("care team"), said("care teams")),
    "CarePlanActivity": (said("task"), said("tasks")),
    "CarePlanSubActivity": (said("part of a task"), said("parts of tasks")),
    "CarePlanActivityStatus": (said("status report of a task"), said("status reports of tasks")),
    "ActivityDefinition": (said("activity on offer"), said("activities on offer")),
    "Application": (said("application"), said("applications")),
    "CarePlan": (said("care plan"), said("care plans")),
    "CarePlanGoal": (said("goal of a care plan"), said("goals of care plans")),
    "CarePlanActivityResult": (said("result of a task"), said("results of tasks")),
    "DiagnosticReport": (said("report with results"), said("reports with results")),
    "Observation": (said("observation"), said("observations")),
    "Questionnaire": (said("questionnaire"), said("questionnaires")),
    "UserMessage": (said("message between people"), said("messages between people")),
    "StorageItem": (said("stored item of an application"), said("stored items of applications")),
    "BlackBoxState": (said("saved state of an application"), said("saved states of applications")),
    "Device": (said("system"), said("systems")),
    "MessageHeader": (said("envelope of a message"), said("envelopes of messages")),
    "Document": (said("file without a message"), said("files without a message")),
}
"""KT 1.3 types, in the order of a page; another type stands behind them under its own name."""

_LEFT = {
    "CarePlan": said("KT 2.0 has no care plans: each task of it goes by itself."),
    "CarePlanGoal": said("KT 2.0 has no place for goals."),
    "CarePlanSubActivity": said("KT 2.0 has no definitions for parts of tasks: they are counted."),
    "CarePlanActivityResult": said("A task of KT 2.0 may hold no results."),
    "DiagnosticReport": said("Carries results, which a task of KT 2.0 may not hold."),
    "Observation": said("Part of a result, which a task of KT 2.0 may not hold."),
    "Questionnaire": said("Part of a result, which a task of KT 2.0 may not hold."),
    "UserMessage": said("KT 2.0 has no messages between people."),
    "StorageItem": said("KT 2.0 stores nothing for applications."),
    "BlackBoxState": said("The state of one application: it keeps that itself."),
    "Device": said("Who manages the domain makes the systems, not a migration."),
    "MessageHeader": said("The envelope of a message, without content of its own."),
}
"""Why the standard algorithm leaves a type behind; another algorithm says so itself."""

_OVERTAKEN = {
    "status-overruled": said("Something later says how the task stands: that counts."),
    "goal-removed": said("A later version of the care plan lacks the goal."),
}
"""Why the plan itself leaves something behind; `activity-removed` stands in the catalogue."""

_ORDER = {name: place for place, name in enumerate(_THINGS)}

_FATES = {
    Fate.MIGRATED: said("migrated"),
    Fate.NOT_MIGRATED: said("not migrated"),
    Fate.REJECTED: said("rejected"),
    Fate.OUT_OF_SCOPE: said("out of scope"),
    Fate.NOT_DRAWN: said("not drawn"),
    Fate.PENDING: said("to be migrated"),
    Fate.UNDONE: said("undone"),
}

_MEANINGS = {
    Fate.MIGRATED: said("is in KT 2.0"),
    Fate.NOT_MIGRATED: said("left behind by a rule: KT 2.0 has no place for it"),
    Fate.REJECTED: said("had to come, and could not"),
    Fate.OUT_OF_SCOPE: said("left behind by choice of the care provider"),
    Fate.NOT_DRAWN: said("not in the sample"),
    Fate.PENDING: said("has its place in KT 2.0, and is not written yet"),
    Fate.UNDONE: said("was in KT 2.0, until this run was undone"),
}


def thing_name(source_type: str) -> str:
    """Return what a care provider calls the objects of a KT 1.3 type.

    >>> thing_name("Patient"), thing_name("Riddle")
    ('cliënten', 'Riddle')
    """
    known = _THINGS.get(source_type)
    return source_type if known is None else shown(known[1])


def counted_things(source_type: str, count: int) -> str:
    """Return so many objects of a KT 1.3 type in words.

    >>> counted_things("Patient", 1), counted_things("Patient", 2000)
    ('1 cliënt', '2.000 cliënten')
    """
    known = _THINGS.get(source_type)
    word = source_type if known is None else shown(known[count != 1])
    return f"{number(count)} {word}"


def left_because(source_type: str, reason: str, because: str) -> str:
    """Say why objects of a type were left behind.

    Args:
        source_type: their KT 1.3 type.
        reason: a code of the error catalogue, or the rule that leaves them.
        because: what that rule says itself.
    """
    if reason in CATALOGUE:
        return shown(CATALOGUE[reason].title)
    if reason in _OVERTAKEN:
        return shown(_OVERTAKEN[reason])
    return shown(_LEFT[source_type]) if source_type in _LEFT else shown(because)


def thing_place(source_type: str) -> tuple[int, str]:
    """Return where a KT 1.3 type stands among others: people first, then what is about them."""
    return _ORDER.get(source_type, len(_ORDER)), source_type


def fate_name(fate: Fate) -> str:
    """Return what a fate is called in the books."""
    return shown(_FATES[fate])


def fate_meaning(fate: Fate) -> str:
    """Say what a fate means to who never saw the books."""
    return shown(_MEANINGS[fate])
