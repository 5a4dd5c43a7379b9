"""How complete an archive is: what it refers to, and does not hold.

An archive is what one receiver, or one sender, kept; the server threw bodies away after some
weeks. So references that lead nowhere are normal (kt13.md §5.7): here they are counted, by what
they should lead to and by the host that owns it, so that a person knows whom to ask.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from kt_migrate.history.careplans import ACTIVITY, PARTS, STATUS
from kt_migrate.history.intake import DOCUMENT, HEADER
from kt_migrate.history.seen_messages import REST
from kt_migrate.history.store import LastState
from kt_migrate.kt13.body import first_text, short_url
from kt_migrate.kt13.links import split_version
from kt_migrate.kt13.names import UNKNOWN
from kt_migrate.kt13.remembering import remembered
from kt_migrate.model import Body

ROWS = 200
"""So many kinds of references are told apart; an archive may hold any number of hosts."""

PERSON = "Person"
"""A reference that may lead to a Patient, a Practitioner or a RelatedPerson."""

OTHER = "other"
"""An element of which Koppeltaal does not say what it leads to."""

_WANTED = {
    "patient": "Patient",
    "subject": "Patient",
    "CareTeam#Subject": "Patient",
    "member": PERSON,
    "performer": PERSON,
    "author": PERSON,
    "careProvider": PERSON,
    "CarePlan#ParticipantMember": PERSON,
    "UserMessage#From": PERSON,
    "UserMessage#To": PERSON,
    "CarePlan#ParticipantCareTeam": "CareTeam",
    "CarePlan#CareTeam": "CareTeam",
    "careteam": "CareTeam",
    "organization": "Organization",
    "managingOrganization": "Organization",
    "partOf": "Organization",
    "CareTeam#ManagingOrganization": "Organization",
    "result": "Observation",
    "CarePlanActivityResult#Questionnaire": "Questionnaire",
}
"""Element or extension → what it should lead to. Source: kt13.md §4."""

_NEVER_SENT = "ActivityDefinition#Application"
"""Leads to a Device, which no message ever carries (kt13.md §4.5): it says nothing here."""

_HOST = re.compile(r"[a-z][a-z0-9+.-]*://([A-Za-z0-9._-]{1,253}(?::\d{1,5})?)(?:[/?#]|$)", re.ASCII)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.ASCII)
_REMEMBERED, _BATCH = 65_536, 10_000
_NOT_THERE = ", ".join(f"'{name}'" for name in (*PARTS, HEADER, DOCUMENT))


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingReferences:
    """References of one kind that lead nowhere.

    Attributes:
        source_type: type of the objects that refer.
        wanted: what the reference should lead to: a type, `Person`, or `other`.
        host: host of the links: whose objects these are. Empty: the reference is no URL with a
            host. `Unknown`: it cannot be the name of one.
        references: how many, in last states.
        objects: how many distinct objects they should lead to.
    """

    source_type: str
    wanted: str
    host: str
    references: int
    objects: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Completeness:
    """What an archive refers to, and what of that it does not hold.

    Attributes:
        references: references in last states, to what messages carry.
        missing: those that lead nowhere, per kind; the most frequent first.
        missing_references, missing_objects: the same, added up.
        activities_without_care_plan: distinct activities that status messages name and no care
            plan has.
        statuses_without_activity: status objects about those.
        messages_without_activity: messages that brought those.
        missing_definitions: identifiers of definitions that activities name and no definition
            in the archive has.
        activities_without_definition: activities that name those.
    """

    references: int
    missing: tuple[MissingReferences, ...]
    missing_references: int
    missing_objects: int
    activities_without_care_plan: int
    statuses_without_activity: int
    messages_without_activity: int
    missing_definitions: int
    activities_without_definition: int


def host_of(link: str) -> str:
    """Return the host of a link, and nothing else of it.

    >>> host_of("https://epd.example/fhir/Patient/1?name=x"), host_of("12442")
    ('epd.example', '')
    >>> host_of("https://jan:geheim@epd.example/")
    'Unknown'
    """
    found = _HOST.match(link)
    if found is not None:
        return found[1].lower()
    return UNKNOWN if _SCHEME.match(link) else ""


def references(body: Body) -> list[tuple[str, str]]:
    """Return (element or extension, link without version) of every reference in a body.

    It may be as deep as a document may be, which is far from what Python can go.
    """
    found: list[tuple[str, str]] = []
    _below(body, "", {}, found)
    return found


def _below(node: Body, name: str, parent: Body, found: list[tuple[str, str]]) -> None:
    if "reference" in node and name:
        link = first_text(node, "reference")
        if link:
            found.append((_element(name, parent), split_version(link)[0]))
            return
    for child, values in node.items():
        for value in values:
            if isinstance(value, dict):
                _below(value, child, node, found)


def _element(name: str, parent: Body) -> str:
    """Return what a reference is of: the value of an extension is of that, by its URL."""
    url = first_text(parent, "url") if name.startswith("value") else None
    return name if url is None else short_url(url)


class LookAtReferences:
    """Takes last states one by one, and notes which of their references lead nowhere."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._db.execute(
            "CREATE TEMP TABLE nowhere (source_type TEXT, wanted TEXT, host TEXT, link TEXT)"
        )
        self._rows: list[tuple[str, str, str, str]] = []
        self._count = 0
        self._there = remembered(_REMEMBERED)(self._look_up)

    def add(self, state: LastState) -> None:
        """Look at the references of one last state."""
        for element, link in references(state.body):
            if element == _NEVER_SENT:
                continue
            self._count += 1
            if not self._there(link):
                wanted = _WANTED.get(element, OTHER)
                self._rows.append((state.source_type, wanted, host_of(link), link))
        if len(self._rows) > _BATCH:
            self._keep()

    def _look_up(self, link: str) -> bool:
        row = self._db.execute(
            f"SELECT 1 FROM object WHERE link = ? AND source_type NOT IN ({_NOT_THERE})", (link,)
        ).fetchone()
        return row is not None

    def _keep(self) -> None:
        self._db.executemany("INSERT INTO nowhere VALUES (?, ?, ?, ?)", self._rows)
        self._rows.clear()

    def found(self, missing_definitions: tuple[int, int]) -> Completeness:
        """Return what was found, after all last states were added."""
        self._keep()
        total, objects = self._db.execute(
            "SELECT count(*), count(DISTINCT link) FROM nowhere"
        ).fetchone()
        statuses, activities, messages = self._without_activity()
        return Completeness(
            references=self._count,
            missing=tuple(self._missing()),
            missing_references=total,
            missing_objects=objects,
            activities_without_care_plan=activities,
            statuses_without_activity=statuses,
            messages_without_activity=messages,
            missing_definitions=missing_definitions[0],
            activities_without_definition=missing_definitions[1],
        )

    def _missing(self) -> Iterator[MissingReferences]:
        rows = self._db.execute(
            "SELECT source_type, wanted, host, count(*), count(DISTINCT link) FROM nowhere"
            " GROUP BY 1, 2, 3 ORDER BY 4 DESC, 1, 2, 3"
        )
        more_references = more_objects = 0
        for place, (source_type, wanted, host, many, objects) in enumerate(rows):
            if place < ROWS:
                yield MissingReferences(
                    source_type=source_type,
                    wanted=wanted,
                    host=host,
                    references=many,
                    objects=objects,
                )
            else:
                more_references += many
                more_objects += objects
        if more_references:
            yield MissingReferences(
                source_type=REST,
                wanted=REST,
                host=REST,
                references=more_references,
                objects=more_objects,
            )

    def _without_activity(self) -> tuple[int, int, int]:
        """Return how many (status objects, activities, messages) are about nothing known."""
        nowhere = (
            "NOT EXISTS (SELECT 1 FROM object a"
            f" WHERE a.source_type = '{ACTIVITY}' AND a.link = t.target)"
        )
        statuses, activities = self._db.execute(
            "SELECT count(*), count(DISTINCT t.target) FROM object o"
            f" JOIN status t ON t.sighting = o.sighting WHERE o.source_type = ? AND {nowhere}",
            (STATUS,),
        ).fetchone()
        (messages,) = self._db.execute(
            "SELECT count(DISTINCT c.identifier) FROM status t JOIN sighting s"
            f" ON s.id = t.sighting JOIN copy c ON c.id = s.copy WHERE {nowhere}"
        ).fetchone()
        return int(statuses), int(activities), int(messages)
