"""Makes an archive of any number of dossiers in which every policy has something to decide."""

from __future__ import annotations

from typing import Any

from archives import HOST, NS, Json, extension, life, patient

from plan.small import definition

_ROLE = NS + "CarePlanParticipantRole"


def archive(dossiers: int, *, identified: bool = False) -> list[bytes]:
    """Return the queue copies: a catalogue and some staff, and a message per dossier.

    When `identified`, patients have an identifier, and one more has an organization with one.
    """
    staff = {
        f"{HOST}/Practitioner/1": practitioner("a@zorg.example"),
        f"{HOST}/Practitioner/2": practitioner("b@zorg.example"),
        f"{HOST}/Practitioner/uitval": practitioner(""),
        f"{HOST}/Definition/1": definition("SPEL"),
        f"{HOST}/Definition/2": _native("OUD"),
    }
    contents = [staff, *map(dossier, range(1, dossiers + 1))]
    if identified:
        for number, carried in enumerate(contents[1:], start=1):
            own = carried[f"{HOST}/Patient/{number}"]
            own["identifier"] = [{"system": "urn:bsn", "value": f"bsn-{number}"}]
        contents.append(
            {
                f"{HOST}/Patient/o": patient(managingOrganization=to(f"{HOST}/Organization/1")),
                f"{HOST}/Organization/1": {
                    "resourceType": "Organization",
                    "name": "Verzonnen",
                    "identifier": [{"value": "org-1"}],
                },
            }
        )
    return [sent.queue() for sent in life(contents)]


def practitioner(email: str) -> Json:
    """Return a practitioner; without an e-mail address KT 2.0 takes none."""
    telecom = [{"system": "email", "value": email, "use": "work"}] if email else []
    return {
        "resourceType": "Practitioner",
        "name": {"use": "official", "family": ["Zorg"], "given": ["Eva"]},
        **({"telecom": telecom} if telecom else {}),
    }


def dossier(number: int) -> dict[str, Any]:
    """Return what a dossier's message carries: three people, a team, and a care plan."""
    own = f"{HOST}/Patient/{number}"
    team = f"{HOST}/CareTeam/{number}"
    related = f"{HOST}/RelatedPerson/{number}"
    return {
        own: patient(active=True, managingOrganization=to(f"{HOST}/Organization/weg")),
        f"{HOST}/Patient/x{number}": {
            "resourceType": "Patient",
            "name": [{"use": "official", "family": ["Jansen"]}],
            "birthDate": "1980-01-02",
            "active": True,
            "gender": {"coding": [{"code": "M"}]},
        },
        f"{HOST}/Patient/y{number}": {
            k: v for k, v in patient(active=True).items() if k != "gender"
        },
        f"{HOST}/Patient/z{number}": patient(),
        related: _related(own, "BRO"),
        f"{HOST}/RelatedPerson/z{number}": _related(own, ""),
        team: _team(own, number),
        f"{HOST}/CarePlan/{number}": _careplan(own, team, related, number),
    }


def to(link: str) -> Json:
    """Return a reference."""
    return {"reference": link}


def _related(of: str, relationship: str) -> Json:
    coded = {"relationship": {"coding": [{"code": relationship}]}} if relationship else {}
    return {
        **patient(active=True),
        "resourceType": "RelatedPerson",
        "patient": to(of),
        **coded,
    }


def _team(subject: str, number: int) -> Json:
    code = {"coding": [{"system": NS + "OtherResourceUsage", "code": "CareTeam"}]}
    return {
        "resourceType": "Other",
        "code": code,
        "extension": [
            extension("CareTeam#CareTeamIdentifier", valueIdentifier={"value": f"team-{number}"}),
            extension("CareTeam#Status", valueCoding={"code": "active"}),
            extension("CareTeam#Subject", valueResource=to(subject)),
        ],
    }


def _participant(link: str, role: str, team: str = "") -> Json:
    own = [extension("CarePlan#ParticipantCareTeam", valueResource=to(team))] if team else []
    return {
        **({"extension": own} if own else {}),
        "role": [{"coding": [{"system": _ROLE, "code": role}]}],
        "member": to(link),
    }


def _careplan(own: str, team: str, related: str, number: int) -> Json:
    staff = [f"{HOST}/Practitioner/{name}" for name in ("1", "2", "uitval")]
    requester = [
        extension("CarePlan#ParticipantMember", valueResource=to(staff[1])),
        extension("CarePlan#ParticipantRole", valueCoding={"code": "Requester"}),
    ]
    zoned = {"StartDate": "2021-03-01T10:00:00", "EndDate": "2021-04-01T10:00:00+02:00"}
    reversed_ = {"StartDate": "2021-03-02", "EndDate": "2021-03-01"}
    asked = [extension("CarePlan#Participant", extension=requester)]
    sub = [
        extension("CarePlan#SubActivityIdentifier", valueString="les"),
        extension("CarePlan#SubActivityStatus", valueCoding={"code": "Available"}),
    ]
    kinds: dict[str, tuple[list[str], list[Json]]] = {
        "none": ([], []),
        "two": ([own, staff[0]], []),
        "zone": ([own], _dates(zoned)),
        "reversed": ([own], _dates(reversed_)),
        "asked": ([own], asked),
        "sub": ([own], [extension("CarePlan#SubActivity", extension=sub)]),
        "native": ([own], [extension("CarePlan#ActivityDefinition", valueString="OUD")]),
        "lost": ([own], [extension("CarePlan#ActivityDefinition", valueString="WEG")]),
    }
    return {
        "resourceType": "CarePlan",
        "status": "active",
        "patient": to(own),
        "participant": [
            _participant(related, "Requester"),
            _participant(staff[2], "Requester"),
            _participant(staff[0], "Requester", team),
            _participant(staff[1], "Tovenaar", team),
            _participant(related, "Thirdparty", team),
        ],
        "activity": [_activity(f"{kind}-{number}", *more) for kind, more in kinds.items()],
    }


def _activity(identifier: str, performers: list[str], more: list[Json]) -> Json:
    simple = {"category": "procedure", "performer": [to(link) for link in performers]}
    return {
        "extension": [
            extension("CarePlan#ActivityIdentifier", valueString=identifier),
            extension("CarePlan#ActivityStatus", valueCoding={"code": "Available"}),
            *more,
        ],
        **({"simple": simple} if performers else {}),
    }


def _dates(dates: dict[str, str]) -> list[Json]:
    return [extension(f"CarePlan#{name}", valueDateTime=value) for name, value in dates.items()]


def _native(identifier: str) -> Json:
    made = definition("", name="Oud")
    kept = [e for e in made["extension"] if not e["url"].endswith("ActivityDefinitionIdentifier")]
    return {**made, "extension": kept, "identifier": [{"value": identifier}]}
