"""The invented people and things of the generated domain: each with its present state."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pieces import (
    CARE_TEAM,
    DEFINITION,
    ORGANIZATION,
    PATIENT,
    PRACTITIONER,
    RELATED_PERSON,
    Piece,
)

EPD = "https://epd.bench.example/fhir/Koppeltaal"
GAME = "https://spel.bench.example/fhir/Koppeltaal"
SERVER = "https://server.koppeltaal13.example/FHIR/Koppeltaal"
APPLICATIONS = ("SPEELWIJZER", "LESMAKER", "VRAAGBAAK", "STEUNPUNT")
DEFINITIONS = 24
PER_DEPARTMENT = 12
"""Practitioners of one department."""

_KINDS = ("Game", "ELearning", "Questionnaire", "Game")
_FIRST = ("Papier", "Inkt", "Ordner", "Stempel", "Kaart", "Lijn", "Punt", "Vouw", "Lint", "Map")
_LAST = ("maker", "stra", "man", "huizen", "dam", "berg", "steen", "veld", "beek", "hof")
_GIVEN = ("Aaltje", "Cornelis", "Dieuwke", "Evert", "Geertruida", "Hidde", "Ida", "J.", "Klaas")
_RELATIONSHIPS = ("MTH", "FTH", "WIFE", "HUSB", "SIS", "BRO", "NBOR", "FRND", "AUNT", "UNCLE")


def draw(source: random.Random, count: int) -> int:
    """Return a number below `count`: one call of `random()`, the same in every Python."""
    return int(source.random() * count)


@dataclass(slots=True)
class Thing:
    """One KT 1.3 object.

    Attributes:
        source_type: as kt_migrate names it (`Other` by its usage).
        link: resource link.
        make: writes its present state in one serialisation.
        values: that state, as far as it is kept here.
        version: what the server gave it last; empty: it was never sent.
        changed: whether its state differs from that version.
        counted: whether a readable document held it.
    """

    source_type: str
    link: str
    make: Callable[[int], str]
    values: dict[str, str] = field(default_factory=dict)
    version: str = ""
    changed: bool = True
    counted: bool = False
    _written: list[str] = field(default_factory=lambda: ["", ""])

    def change(self, values: Mapping[str, str] | None = None) -> None:
        """Give it another state, or say that it has one."""
        self.values.update(values or {})
        self._written = ["", ""]
        self.changed = True

    def content(self, style: int) -> str:
        """Return it in one serialisation; written once per state."""
        if not self._written[style]:
            self._written[style] = self.make(style)
        return self._written[style]


def simple(source_type: str, link: str, piece: Piece, values: dict[str, str]) -> Thing:
    """Return a thing that one template writes."""
    return Thing(source_type, link, lambda style: piece.write(style, values), values)


def bsn(number: int) -> str:
    """Return nine digits that fail the 11-test: nobody's BSN."""
    candidate = str(900_000_000 + number % 9_000_000 * 11)
    weights = (9, 8, 7, 6, 5, 4, 3, 2, -1)
    wrong = sum(w * int(d) for w, d in zip(weights, candidate, strict=True)) % 11
    return candidate if wrong else f"{candidate[:-1]}{(int(candidate[-1]) + 1) % 10}"


def _person(number: int) -> dict[str, str]:
    return {
        "family": _FIRST[number % 10] + _LAST[number // 10 % 10],
        "given": _GIVEN[number % len(_GIVEN)],
        "gender": "FM"[number % 2],
        "phone": f"0600{number % 1_000_000:06}",
        "birth": f"{1940 + number % 65}-{1 + number % 12:02}-{1 + number % 28:02}T00:00:00+01:00",
        "number": str(20 + number % 60),
        "street": f"Verzonnenlaan {1 + number % 300}",
        "id": str(number),
    }


def organization(number: int) -> Thing:
    """Return an organisation: 0 the care provider, the others its departments."""
    values = {"name": f"Zorggroep Meting, afdeling {number}", "agb": f"0000{number:04}"}
    return simple("Organization", f"{EPD}/Organization/{number}", ORGANIZATION, values)


def practitioner(number: int) -> Thing:
    """Return a practitioner of the department that has their number."""
    values = _person(number) | {
        "email": f"h{number}@zorg.example",
        "agb": f"01{number:06}",
        "organization": f"{EPD}/Organization/{1 + number // PER_DEPARTMENT}",
    }
    return simple("Practitioner", f"{EPD}/Practitioner/{number}", PRACTITIONER, values)


def patient(number: int, department: str) -> Thing:
    """Return a patient."""
    values = _person(number) | {
        "email": f"p{number}@post.example",
        "bsn": bsn(number),
        "organization": department,
    }
    return simple("Patient", f"{EPD}/Patient/{number}", PATIENT, values)


def related_person(number: int, of_patient: str) -> Thing:
    """Return a related person of a patient."""
    relationship = _RELATIONSHIPS[number % len(_RELATIONSHIPS)]
    values = _person(number + 37) | {"patient": of_patient, "relationship": relationship}
    return simple("RelatedPerson", f"{EPD}/RelatedPerson/{number}", RELATED_PERSON, values)


def care_team(number: int, of_patient: str, department: str) -> Thing:
    """Return a care team of a patient."""
    values = {
        "id": f"team-{number}",
        "name": f"Team {number}",
        "patient": of_patient,
        "start": f"2018-{1 + number % 12:02}-01",
        "organization": department,
    }
    return simple("CareTeam", f"{EPD}/CareTeam/{number}", CARE_TEAM, values)


def kind_of(number: int) -> str:
    """Return the ActivityKind of a definition."""
    return _KINDS[number % len(_KINDS)]


def definition(number: int) -> Thing:
    """Return an activity of the catalogue."""
    place = number % len(APPLICATIONS)
    values = {
        "device": f"{SERVER}/Device/{place}",
        "application": APPLICATIONS[place],
        "identifier": f"ACT-{number}",
        "name": f"Verzonnen activiteit {number}",
        "description": "Een activiteit die er alleen is om te meten.",
        "kind": kind_of(number),
    }
    link = f"{SERVER}/Other/ActivityDefinition:{number + 1}"
    return simple("ActivityDefinition", link, DEFINITION, values)
