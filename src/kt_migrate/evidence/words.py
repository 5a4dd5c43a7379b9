"""What of the words of an archive may stand in a pack: those that KT 1.3 has, and no other.

A type, an event or a path comes from a message, where anything can stand. Pure.
"""

from __future__ import annotations

import re

from kt_migrate.algorithm.known_sources import TYPES
from kt_migrate.books import Books
from kt_migrate.model import Outcome

OTHER = "(other)"
"""Stands for every word that KT 1.3 does not have."""
EVENTS = frozenset(
    {
        "CreateOrUpdatePatient",
        "CreateOrUpdatePractitioner",
        "CreateOrUpdateRelatedPerson",
        "CreateOrUpdateActivityDefinition",
        "CreateOrUpdateCarePlan",
        "UpdateCarePlanActivityStatus",
        "CreateOrUpdateCarePlanActivityResult",
        "CreateOrUpdateUserMessage",
        "CreateOrUpdateUser",
        "CreateOrUpdateUserActivityDefinition",
        "UpdateActivityStatus",
        "CreateOrUpdateMessage",
        "CreateOrUpdateActivityResult",
        "ActivityDefinitionSearch",
    }
)
"""The value set, its aliases of before, and our own for a search. Source: kt13.md §3."""
_TYPES = frozenset({*TYPES, "Document"})
_PATH = re.compile(r"[A-Za-z0-9_.:()\[\]-]{1,200}", re.ASCII)
_RULE = re.compile(r"[a-z0-9][a-z0-9._-]{0,80}", re.ASCII)


def type_word(source_type: str) -> str:
    """Return a KT 1.3 type; another word as `OTHER`, none as none."""
    return source_type if source_type in _TYPES or not source_type else OTHER


def event_word(event: str) -> str:
    """Return an event of KT 1.3; another word as `OTHER`, none as none."""
    return event if event in EVENTS or not event else OTHER


def path_word(path: str) -> str:
    """Return the place of an element; what is no such place is left out."""
    return path if _PATH.fullmatch(path) else ""


def rule_word(rule: str) -> str:
    """Return the id of a rule; what is none is left out."""
    return rule if _RULE.fullmatch(rule) else ""


def with_known_words(books: Books) -> Books:
    """Return books whose types and events are words of KT 1.3; the rest is booked together."""
    out = Books()
    for source_type, event, row in books.rows():
        place = type_word(source_type), event_word(event)
        out.see(*place, row.sightings)
        out.supersede(*place, row.superseded)
        out.know(*place, row.objects)
        for outcome in Outcome:
            out.end(*place, outcome, row.ended[outcome])
    return out
