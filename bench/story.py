"""What happens in the generated domain: dossiers side by side, message after message.

A dossier lives for some messages and is then forgotten; only the dossiers that are open, and the
practitioners, are in memory. The order of the calls to `random` is part of what a seed means.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from time import gmtime, strftime

from dossiers import Activity, Dossier
from pieces import OBSERVATION, QUESTIONNAIRE, REPORT, USER_MESSAGE
from things import (
    DEFINITIONS,
    EPD,
    GAME,
    PER_DEPARTMENT,
    Thing,
    care_team,
    definition,
    draw,
    kind_of,
    organization,
    patient,
    practitioner,
    related_person,
    simple,
)

BEGIN = 1_546_300_800
"""2019-01-01T00:00:00Z, the first message."""
SPAN = 63_072_000
"""Seconds in which it all happens: two years."""

_NEXT = {"Waiting": "Available", "Available": "InProgress", "InProgress": "Completed"}
_ENDS = ("Cancelled", "Expired", "SkippedByUser")
_EVENTS = (
    (0.36, "CreateOrUpdateCarePlan"),
    (0.76, "UpdateCarePlanActivityStatus"),
    (0.84, "CreateOrUpdatePatient"),
    (0.89, "CreateOrUpdatePractitioner"),
    (0.93, "CreateOrUpdateRelatedPerson"),
    (0.935, "CreateOrUpdateActivityDefinition"),
    (0.985, "CreateOrUpdateUserMessage"),
    (1.0, "CreateOrUpdateCarePlanActivityResult"),
)


@dataclass(frozen=True, slots=True)
class Sent:
    """One message, before it is written.

    Attributes:
        number: place in the story, from 1.
        things: (object, version that it was based on, version that it got); the focal first.
        activities: of the care plan, when that is the focal.
        moment, version: of the server.
    """

    number: int
    identifier: str
    event: str
    patient: str
    software: str
    things: tuple[tuple[Thing, str, str], ...]
    activities: tuple[Activity, ...]
    moment: str
    version: str


@dataclass(slots=True)
class Story:
    """The domain, in time.

    Attributes:
        messages: how many there will be.
        seed: decides everything else.
        per_dossier: messages of one dossier on average.
    """

    messages: int
    seed: int
    per_dossier: int
    chance: random.Random = field(init=False)
    catalogue: list[Thing] = field(init=False)
    _open: list[Dossier] = field(init=False)
    _staff: dict[int, Thing] = field(init=False)
    _departments: dict[int, Thing] = field(init=False)
    _number: int = 0
    _dossiers: int = 0

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.catalogue = [definition(number) for number in range(DEFINITIONS)]
        for number, thing in enumerate(self.catalogue, start=1):
            thing.version, thing.changed = f"2018-12-01T10:00:00:{number:03}.{number}", False
        self._open, self._staff, self._departments = [], {}, {}

    def tell(self) -> Iterator[Sent]:
        """Yield the messages in the order in which the server received them."""
        window = max(2, min(400, self.messages // self.per_dossier // 4))
        while self._number < self.messages:
            if len(self._open) < window:
                self._open.append(self._dossier())
            place = draw(self.chance, len(self._open))
            dossier = self._open[place]
            yield self._message(dossier)
            dossier.left -= 1
            if dossier.left <= 0 and dossier.begun:
                self._open[place] = self._open[-1]
                self._open.pop()

    def _dossier(self) -> Dossier:
        self._dossiers += 1
        number, chance = self._dossiers, self.chance
        staff = max(PER_DEPARTMENT, self.messages // 250)
        home = draw(chance, -(-staff // PER_DEPARTMENT))
        department = self._departments.setdefault(home, organization(1 + home))
        first = draw(chance, PER_DEPARTMENT)
        members = [
            home * PER_DEPARTMENT + (first + n) % PER_DEPARTMENT for n in range(2 + draw(chance, 3))
        ]
        who = patient(number, department.link)
        teams = [
            care_team(2 * number + n, who.link, department.link)
            for n in range((0, 1, 1)[draw(chance, 3)])
        ]
        dossier = Dossier(
            patient=who,
            department=department,
            practitioners=[self._staff.setdefault(n, practitioner(n)) for n in members],
            teams=teams,
            related=[related_person(number, who.link)] if chance.random() < 0.25 else [],
            goals=draw(chance, 2),
            left=1 + draw(chance, 2 * self.per_dossier - 1),
        )
        for _n in range((1, 1, 2)[draw(chance, 3)]):
            self._add_activity(dossier)
        return dossier

    def _add_activity(self, dossier: Dossier) -> None:
        place, number = len(dossier.activities) + 1, dossier.patient.values["id"]
        chosen = draw(self.chance, DEFINITIONS)
        link = dossier.careplan.link
        shapes = (f"{link}#{place}", f"{int(number):024x}{place:08x}", f"act-{number}-{place}")
        identifier = shapes[int(number) % 3]
        by_patient = self.chance.random() < 0.8
        values = {
            "id": f"a{place}",
            "number": f"{number}{place:02}",
            "identifier": identifier,
            "definition": f"ACT-{chosen}",
            "kind": kind_of(chosen),
            "start": f"{self.moment()}+01:00",
            "end": f"{2021 + place % 3}-03-01T12:00:00+01:00",
            "status": ("Waiting", "Available")[draw(self.chance, 2)],
            "performer": (dossier.patient if by_patient else dossier.practitioners[0]).link,
        }
        subs = [
            {"identifier": f"les-{n}", "status": "Available"} for n in range(draw(self.chance, 3))
        ]
        dossier.activities.append(Activity(values, subs))

    def moment(self) -> str:
        """Return the server's clock, in UTC without a zone."""
        step = max(1, min(600, SPAN // self.messages))
        return strftime("%Y-%m-%dT%H:%M:%S", gmtime(BEGIN + self._number * step))

    def _message(self, dossier: Dossier) -> Sent:
        self._number += 1
        event = self._event(dossier)
        things = self._things(event, dossier)
        moment = self.moment()
        # Ticks are not zero-padded (kt13.md §1.7).
        version = f"{moment}:{draw(self.chance, 1000):03}.{1 + draw(self.chance, 9999)}"
        sent = []
        for place, thing in enumerate(things):
            base = thing.version
            if place == 0 or thing.changed:
                thing.version, thing.changed = version, False
            sent.append((thing, base, thing.version))
        of_patient = event not in (
            "CreateOrUpdatePractitioner",
            "CreateOrUpdateActivityDefinition",
        )
        return Sent(
            number=self._number,
            identifier=f"{self._number:08x}-0000-4000-8000-{self.chance.getrandbits(48):012x}",
            event=event,
            patient=dossier.patient.link if of_patient else "",
            software="Verzonnen spel" if event.startswith("Update") else "Verzonnen EPD",
            things=tuple(sent),
            activities=tuple(dossier.activities) if event == "CreateOrUpdateCarePlan" else (),
            moment=moment,
            version=version,
        )

    def _event(self, dossier: Dossier) -> str:
        drawn = self.chance.random()
        if not dossier.begun:
            if not dossier.patient.version and drawn < 0.4:
                return "CreateOrUpdatePatient"
            dossier.begun = True
            return "CreateOrUpdateCarePlan"
        event = next(name for limit, name in _EVENTS if drawn < limit)
        if event == "CreateOrUpdateRelatedPerson" and not dossier.related:
            return "CreateOrUpdateCarePlan"
        return event

    def _things(self, event: str, dossier: Dossier) -> list[Thing]:
        match event:
            case "CreateOrUpdateCarePlan":
                return self._careplan(dossier)
            case "UpdateCarePlanActivityStatus":
                return [self._report(dossier)]
            case "CreateOrUpdateUserMessage":
                return [self._user_message(dossier)]
            case "CreateOrUpdateCarePlanActivityResult":
                return self._result(dossier)
            case "CreateOrUpdateActivityDefinition":
                thing = self.catalogue[draw(self.chance, DEFINITIONS)]
                thing.change({"name": f"{thing.values['name'].split(',')[0]}, {self._number}"})
                return [thing]
            case _:
                return self._person(event, dossier)

    def _person(self, event: str, dossier: Dossier) -> list[Thing]:
        who = dossier.patient
        if event == "CreateOrUpdatePatient":
            who.change({"street": f"Verzonnenlaan {1 + self._number % 300}"})
            return [who, dossier.department]
        phone = {"phone": f"0601{self._number % 1_000_000:06}"}
        if event == "CreateOrUpdatePractitioner":
            practitioner = dossier.practitioners[draw(self.chance, len(dossier.practitioners))]
            practitioner.change(phone)
            return [practitioner, dossier.department]
        dossier.related[0].change(phone)
        return [dossier.related[0], who]

    def _careplan(self, dossier: Dossier) -> list[Thing]:
        if dossier.careplan.version and len(dossier.activities) < 6 and self.chance.random() < 0.1:
            self._add_activity(dossier)
        dossier.careplan.change()
        return [
            dossier.careplan,
            dossier.patient,
            *dossier.people,
            dossier.department,
            *dossier.teams,
        ]

    def _report(self, dossier: Dossier) -> Thing:
        activity = dossier.activities[draw(self.chance, len(dossier.activities))]
        status = activity.values["status"]
        following = _NEXT.get(status, status)
        if following != status and self.chance.random() < 0.1:
            following = _ENDS[draw(self.chance, len(_ENDS))]
        activity.values["status"] = following
        for sub in activity.subs:
            if following in ("InProgress", "Completed"):
                sub["status"] = following
        activity.report.change()
        return activity.report

    def _user_message(self, dossier: Dossier) -> Thing:
        values = {"sender": dossier.practitioners[0].link, "recipient": dossier.patient.link}
        return simple("UserMessage", f"{EPD}/UserMessage/{self._number}", USER_MESSAGE, values)

    def _result(self, dossier: Dossier) -> list[Thing]:
        links = {
            kind: f"{GAME}/{kind}/{self._number}"
            for kind in ("DiagnosticReport", "Observation", "Questionnaire")
        }
        values = {
            "activity": dossier.activities[0].values["identifier"],
            "questionnaire": links["Questionnaire"],
            "observation": links["Observation"],
            "patient": dossier.patient.link,
        }
        pieces = {
            "DiagnosticReport": REPORT,
            "Observation": OBSERVATION,
            "Questionnaire": QUESTIONNAIRE,
        }
        return [simple(kind, links[kind], piece, values) for kind, piece in pieces.items()]
