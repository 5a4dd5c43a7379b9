"""Objects as KT 1.3 wrote them irregularly, and what became of them: for the tests beside this."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from kt13.two_forms import HOST, Form, Json, extension, other, thing
from kt_migrate.algorithm.load import load_algorithm
from kt_migrate.config import Application
from kt_migrate.conformance import check
from kt_migrate.kt13.careplan import activities, activity_status
from kt_migrate.mapping import map_object
from kt_migrate.model import Mapped, NotMigrated, Rejected, SourceObject, Supplied
from mapping.counting import left

STANDARD = load_algorithm("standard")
ROLE, STATUS = "CarePlanParticipantRole", "CarePlanActivityStatus"
P1, D1, T1, O1 = (f"{HOST}/{n}/1" for n in ("Patient", "Practitioner", "CareTeam", "Organization"))
KNOWN = {P1: "Patient", D1: "Practitioner", T1: "CareTeam", O1: "Organization"}


@dataclass
class Lookup:
    """What the rest of the domain would say."""

    types: dict[str, str] = field(default_factory=lambda: dict(KNOWN))

    def type_of(self, link: str) -> str | None:
        """Return the type of a link."""
        return self.types.get(link)

    def definition(self, identifier: str) -> str | None:
        """Return the link of a definition."""
        return f"{HOST}/Other/{identifier}" if identifier == "SPEL" else None

    def definition_name(self, identifier: str) -> str | None:
        """Return its name."""
        return "Spel" if identifier == "SPEL" else None

    def supplied(self, link: str) -> dict[str, Supplied]:
        """Return a birthday for a related person: KT 1.3 must do for the rest."""
        given = Supplied(value="1950-01-01", file="verrijking.csv", line=2)
        return {"birthDate": given} if "RelatedPerson" in link else {}

    def application(self, name: str) -> Application | None:
        """Return an application's entry."""
        return Application(endpoint="https://spel.example/launch") if name == "SPELMAKER" else None


Outcome = Mapped | NotMigrated | Rejected


def mapped(form: Form, content: Json, link: str = P1, more: Json | None = None) -> Outcome:
    """Read an object, and map it."""
    found = thing(form, content, link)
    body = {**found.body, **(more or {})}
    source = SourceObject(source_type=found.source_type, link=link, body=body)
    return _map(source)


def made(found: Outcome) -> Any:  # noqa: ANN401 (a resource)
    """Return the one resource; it keeps to KT 2.0."""
    assert isinstance(found, Mapped), found
    (write,) = found.writes
    assert check(write.resource) == ()
    return write.resource


def notices(found: Outcome) -> list[tuple[str, str]]:
    """Return (code, detail) of each notice."""
    assert isinstance(found, Mapped), found
    return [(issue.code, issue.detail) for issue in found.notices]


def losses(found: Outcome) -> dict[str, str]:
    """Return what was left behind, with the rule that says why."""
    assert isinstance(found, Mapped), found
    (source,) = (source for result, source in _MAPPED if result is found)
    return dict(left(source.body, source.source_type, STANDARD))


_MAPPED: list[tuple[Outcome, SourceObject]] = []
"""What became of what, for `losses`."""


def _map(source: SourceObject) -> Outcome:
    found = map_object(source, STANDARD, Lookup())
    _MAPPED.append((found, source))
    return found


def rejects(found: Outcome) -> list[tuple[str, str]]:
    """Return (code, path) of each reason."""
    assert isinstance(found, Rejected), found
    return [(issue.code, issue.path) for issue in found.issues]


def patient(**more: object) -> Json:
    """Return a patient that KT 2.0 accepts."""
    return {
        "resourceType": "Patient",
        "name": [{"family": ["Proef"], "given": ["Test"]}],
        "birthDate": "1980-01-02",
        **more,
    }


def related(**more: object) -> Json:
    """Return a related person."""
    name = {"family": ["Proef"], "given": ["Naaste"]}
    patient_ = {"reference": P1}
    return {"resourceType": "RelatedPerson", "patient": patient_, "name": name, **more}


def team(*extensions: Json) -> Json:
    """Return a team of a patient."""
    own = [
        extension("CareTeam#Subject", valueResource={"reference": P1}),
        extension("CareTeam#Name", valueString="Team"),
    ]
    return other("CareTeam", *own, *extensions)


STATE = extension("CareTeam#Status", valueCoding={"code": "active"})


def definition(*extensions: Json, **more: object) -> Json:
    """Return a definition, but for its identifier."""
    own = [
        extension("ActivityDefinition#Application", valueResource={"display": "SPELMAKER"}),
        extension("ActivityDefinition#ActivityName", valueString="Spel"),
    ]
    return other("ActivityDefinition", *own, *extensions, **more)


NAMED = extension("ActivityDefinition#ActivityDefinitionIdentifier", valueString="SPEL")


def task(form: Form, *extensions: Json, plan: Json | None = None, **more: object) -> Outcome:
    """Map an activity with these extensions, of a care plan with these elements."""
    content = {
        "resourceType": "CarePlan",
        "patient": {"reference": P1},
        **(plan or {}),
        "activity": [
            {
                "extension": [
                    extension("CarePlan#ActivityStatus", valueCode="Available"),
                    *extensions,
                ],
                **more,
            }
        ],
    }
    body = thing(form, content).body
    (found,) = activities(body, f"{HOST}/CarePlan/1")
    whole = {n: nodes for n, nodes in body.items() if n in ("patient", "participant", "status")}
    source = SourceObject(
        source_type="CarePlanActivity",
        link=found.identifier,
        body={
            "activity": [found.node],
            "careplan": [whole],
            "current": [{"status": [activity_status(found.node)]}],
        },
    )
    return _map(source)
