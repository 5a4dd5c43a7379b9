"""Makes the invented domain EXAMPLE: the same bytes each time.

    python examples/make_example.py [FOLDER]

Everybody and everything in it is invented. Hosts end in `.example`; BSNs fail the 11-test.
"""

from __future__ import annotations

import io
import sys
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dstu1 import NS, coding, extension, reference, to_json, to_xml

from kt_migrate.kt13.envelope import Bundle, Entry
from kt_migrate.model import Body, Node

EPD = "https://epd.voorbeeld.example/fhir/Koppeltaal"
GAME = "https://spel.voorbeeld.example/fhir/Koppeltaal"
SERVER = "https://server.koppeltaal13.example/FHIR/Koppeltaal"
SURNAMES = (
    "Voorbeeld",
    "Proefpersoon",
    "Testerink",
    "Dossierman",
    "Papiermaker",
    "Oefenstra",
    "Fictie",
    "Verzonnen",
    "Stempel",
    "Kopje",
    "Ordner",
    "Paperclip",
    "Nietpistool",
    "Inktlap",
    "Vloeipapier",
)
GIVEN = (
    "Aaltje",
    "B.",
    "Cornelis",
    "Dieuwke",
    "Evert",
    "F.",
    "Geertruida",
    "Hidde",
    "Ida",
    "J.",
    "Klaas",
    "Lutgard",
    "Meindert",
    "Nelleke",
    "O.",
)


@dataclass
class World:
    """Everything that is sent, in order; each message gets the next second and counter."""

    files: dict[str, bytes] = field(default_factory=dict)
    number: int = 0

    def moment(self) -> str:
        """Return the present moment: one minute per message, from the first of March 2021."""
        minutes = self.number
        return f"2021-03-{1 + minutes // 1440:02}T{minutes // 60 % 24:02}:{minutes % 60:02}:00"

    def version(self) -> str:
        """Return the version that the server gives now; ticks are not zero-padded."""
        return f"{self.moment()}:{self.number % 1000:03}.{self.number * 37 % 9000 + 7}"

    def send(
        self,
        event: str,
        objects: Sequence[tuple[str, str, Body]],
        *,
        form: str = "queue",
        style: str = "",
        patient: str = "",
        status: str = "Success",
        base: str = "",
        identifier: str = "",
        domain: str = "EXAMPLE",
        name: str = "",
        version: str | None = None,
    ) -> str:
        """Send one message; returns the version that its objects got."""
        self.number += 1
        given = self.version() if version is None else version
        own = identifier or f"00000000-0000-4000-8000-{self.number:012}"
        header = self._header(event, objects[0][1], own, form=form, patient=patient, status=status)
        iid = 5000 + self.number
        link = f"{SERVER}/MessageHeader/{iid}"
        first = Entry(
            entry_id=link if form == "queue" else f"urn:uuid:{own}",
            self_link=f"{link}/_history/{given}" if form == "queue" else "",
            resource_type="MessageHeader",
            body=header,
        )
        suffix = given if form == "queue" else base
        rest = tuple(
            Entry(
                entry_id=to,
                self_link=f"{to}/_history/{suffix}" if suffix and to else to,
                resource_type=kind,
                body=body,
            )
            for kind, to, body in objects
        )
        bundle = Bundle(root="Bundle", categories=_categories(domain), entries=(first, *rest))
        self.write(bundle, style, name or f"{self.moment().replace(':', '-')}-{iid}")
        return given

    def write(self, bundle: Bundle, style: str, name: str) -> None:
        """Write a bundle; JSON as the connector lays it out, XML in a folder of its own."""
        if (style or ("json" if self.number % 2 else "xml")) == "json":
            self.files[f"EXAMPLE/{name}.json"] = to_json(bundle)
        else:
            self.files[f"xml/{name}.xml"] = to_xml(bundle)

    def _header(
        self, event: str, focal: str, identifier: str, *, form: str, patient: str, status: str
    ) -> Body:
        extensions: list[Node] = []
        if patient:
            extensions.append(
                extension("MessageHeader#Patient", "valueResource", reference(patient))
            )
        if form == "queue":
            inner: Node = {
                "url": [NS + "MessageHeader#ProcessingStatus"],
                "extension": [
                    extension("MessageHeader#ProcessingStatusStatus", "valueCode", status)
                ],
            }
            extensions.append(inner)
        body: Body = {
            "identifier": [identifier],
            "timestamp": [f"{self.moment()}+00:00"],
            "event": [coding("MessageEvents", event)],
            "source": [{"software": ["Voorbeeld EPD"], "endpoint": ["Not used"]}],
            "data": [reference(focal)],
        }
        return {"extension": extensions, **body} if extensions else body

    def answer(self, request: str, versions: Sequence[tuple[str, str]], name: str) -> None:
        """Write the server's answer to a POST."""
        header: Body = {
            "identifier": [f"urn:uuid:answer-{name}"],
            "timestamp": [f"{self.moment()}+00:00"],
            "event": [coding("MessageEvents", "CreateOrUpdatePatient")],
            "response": [{"identifier": [request], "code": ["ok"]}],
            "data": [reference(f"{link}/_history/{version}") for link, version in versions],
        }
        entry = Entry(entry_id="", self_link="", resource_type="MessageHeader", body=header)
        self.write(
            Bundle(root="Bundle", categories=_categories("EXAMPLE"), entries=(entry,)),
            "xml",
            f"antwoord-{name}",
        )


def _categories(domain: str) -> tuple[tuple[str, str, str], ...]:
    tag = "http://hl7.org/fhir/tag"
    return (
        (f"{NS}Domain#{domain}", domain, f"{tag}/security"),
        (f"{tag}/message", "", tag),
    )


def bsn(number: int) -> str:
    """Return a number of nine digits that fails the 11-test: nobody's BSN."""
    for candidate in range(900_000_000 + number * 11, 999_999_999):
        digits = [int(d) for d in str(candidate)]
        weighted = sum(w * d for w, d in zip((9, 8, 7, 6, 5, 4, 3, 2, -1), digits, strict=True))
        if weighted % 11:
            return str(candidate)
    raise ValueError(number)


def patient(number: int, **changes: list[Node]) -> tuple[str, str, Body]:
    """Return patient number 0…14."""
    systems = ("v3/AdministrativeGender", "vs/administrative-gender", "v3/administrativeGender")
    midnight = ("T00:00:00+01:00", "T00:00:00", "")
    body: Body = {
        "extension": [extension("Patient#Age", "valueInteger", str(20 + number))],
        "identifier": [
            {
                "use": ["official"],
                "system": ["http://fhir.nl/fhir/NamingSystem/bsn"],
                "value": [bsn(number)],
            }
        ],
        "name": [{"use": ["official"], "family": [SURNAMES[number]], "given": [GIVEN[number]]}],
        "telecom": [
            {"system": ["email"], "value": [f"p{number}@post.example"], "use": ["home"]},
            {"system": ["phone"], "value": [f"06000000{number:02}"], "use": ["mobile"]},
        ],
        "gender": [
            {
                "coding": [
                    {
                        "system": [f"http://hl7.org/fhir/{systems[number % 3]}"],
                        "code": [("F", "M", "UN")[number % 3]],
                    }
                ]
            }
        ],
        "birthDate": [f"{1950 + number}-0{1 + number % 9}-1{number % 10}{midnight[number % 3]}"],
        "address": [
            {
                "use": ["home"],
                "line": [f"Verzonnenlaan {number + 1}"],
                "city": ["Nergenshuizen"],
                "zip": ["0000 ZZ"],
                "country": ["NL"],
            }
        ],
        "managingOrganization": [reference(f"{EPD}/Organization/1")],
        "active": ["true"],
    }
    body.update(changes)
    return "Patient", f"{EPD}/Patient/{number}", {k: v for k, v in body.items() if v}


def practitioner(number: int, **changes: list[Node]) -> tuple[str, str, Body]:
    """Return practitioner number 0…4."""
    body: Body = {
        "identifier": [
            {"system": ["http://fhir.nl/fhir/NamingSystem/agb-z"], "value": [f"0000000{number}"]}
        ],
        "name": [
            {
                "family": ["Hulpverlener"],
                "given": [GIVEN[number]],
                "prefix": [("van der", "drs.")[number % 2]],
            }
        ],
        "telecom": [{"system": ["email"], "value": [f"h{number}@zorg.example"], "use": ["work"]}],
        "organization": [reference(f"{EPD}/Organization/1")],
    }
    body.update(changes)
    return "Practitioner", f"{EPD}/Practitioner/{number}", {k: v for k, v in body.items() if v}


def activity(
    identifier: str,
    status: str,
    *,
    definition: str = "PIEKERSPEL",
    performers: Sequence[str] = (),
    **dates: str,
) -> Node:
    """Return an activity of a care plan."""
    extensions: list[Node] = [
        extension("CarePlan#ActivityIdentifier", "valueString", identifier),
        extension("CarePlan#ActivityDefinition", "valueString", definition),
        extension("CarePlan#ActivityKind", "valueCoding", coding("ActivityKind", "Game")),
        extension(
            "CarePlan#ActivityStatus", "valueCoding", coding("CarePlanActivityStatus", status)
        ),
    ]
    for name, value in dates.items():
        element = "valueDateTime" if name in ("StartDate", "EndDate") else "valueInstant"
        extensions.append(extension(f"CarePlan#{name}", element, value))
    made: Body = {"id": ["a1"], "extension": extensions, "prohibited": ["false"]}
    if performers:
        made["simple"] = [
            {"category": ["procedure"], "performer": [reference(p) for p in performers]}
        ]
    return made


def careplan(
    number: int,
    activities: Sequence[Node],
    *,
    requester: int = 0,
    team: str = "",
    link: str = "",
    **more: list[Node],
) -> tuple[str, str, Body]:
    """Return the care plan of a patient."""
    participant: Body = {
        "role": [{"coding": [coding("CarePlanParticipantRole", "Requester")]}],
        "member": [reference(f"{EPD}/Practitioner/{requester}")],
    }
    caregiver: Body = {
        "role": [{"coding": [coding("CarePlanParticipantRole", "Caregiver")]}],
        "member": [reference(f"{EPD}/Practitioner/1")],
    }
    if team:
        caregiver["extension"] = [
            extension("CarePlan#ParticipantCareTeam", "valueResource", reference(team))
        ]
    body: Body = {
        "patient": [reference(f"{EPD}/Patient/{number}")],
        "status": ["active"],
        "participant": [participant, caregiver],
        "activity": list(activities),
        **more,
    }
    return "CarePlan", link or f"{EPD}/CarePlan/{number}", body


def status_object(number: int, identifier: str, status: str) -> tuple[str, str, Body]:
    """Return a CarePlanActivityStatus."""
    body = other(
        "CarePlanActivityStatus",
        extension("CarePlanActivityStatus#Activity", "valueString", identifier),
        extension(
            "CarePlanActivityStatus#ActivityStatus",
            "valueCoding",
            coding("CarePlanActivityStatus", status),
        ),
        extension("CarePlanActivityStatus#PercentageCompleted", "valueInteger", "50"),
    )
    return "Other", f"{GAME}/CarePlanActivityStatus/{number}", body


def other(usage: str, *extensions: Node) -> Body:
    """Return an Other of one usage."""
    return {
        "extension": list(extensions),
        "code": [{"coding": [coding("OtherResourceUsage", usage)]}],
    }


def definition(
    number: int, identifier: str, name: str, application: str, kind: str = "Game"
) -> tuple[str, str, Body]:
    """Return an ActivityDefinition of the catalogue."""
    form = "Profile/" if number % 2 else ""
    app: Node = {"reference": [f"{SERVER}/Device/{number}"], "display": [application]}
    body = other(
        "ActivityDefinition",
        extension(
            f"{form}ActivityDefinition#ActivityDefinitionIdentifier", "valueString", identifier
        ),
        extension("ActivityDefinition#Application", "valueResource", app),
        extension("ActivityDefinition#ActivityName", "valueString", name),
        extension("ActivityDefinition#ActivityKind", "valueCoding", coding("ActivityKind", kind)),
        extension(
            "ActivityDefinition#DefaultPerformer",
            "valueCoding",
            coding("ActivityPerformer", "Patient"),
        ),
        extension("ActivityDefinition#IsActive", "valueBoolean", "true"),
    )
    return "Other", f"{SERVER}/Other/ActivityDefinition:{number}", body


def catalogue(world: World) -> None:
    """Write the search for definitions: four activities, of three applications and one that is there."""
    things = (
        definition(1, "PIEKERSPEL", "Piekerspel", "PLAYPROOF"),
        definition(2, "SLAAPLES", "Slaapleergang", "PLAYPROOF", "ELearning"),
        definition(3, "VRAGENLIJST", "Vragenlijst", "LIJSTENMAKER", "Questionnaire"),
        definition(4, "WEESKIND", "Weeskind", "ZONDERADRES"),
    )
    entries = tuple(
        Entry(
            entry_id=link,
            self_link=f"{link}/_history/2021-02-01T10:00:00:100.{n}",
            resource_type=kind,
            body=body,
        )
        for n, (kind, link, body) in enumerate(things, start=1)
    )
    bundle = Bundle(
        root="Bundle", title="Search on resources in collection 'Other'", entries=entries
    )
    world.write(bundle, "json", "catalogus")


def people(world: World) -> None:
    """Send the organisations, practitioners, patients and related persons."""
    organisation: Body = {
        "name": ["Zorggroep Voorbeeld"],
        "active": ["true"],
        "telecom": [{"system": ["phone"], "value": ["0000000000"]}],
    }
    department: Body = {
        "name": ["Afdeling Oefening"],
        "partOf": [reference(f"{EPD}/Organization/1")],
    }
    for number in range(5):
        changes: dict[str, list[Node]] = {"telecom": []} if number >= 3 else {}
        things = [practitioner(number, **changes)]
        if number == 0:
            things += [
                ("Organization", f"{EPD}/Organization/1", organisation),
                ("Organization", f"{EPD}/Organization/2", department),
            ]
        world.send("CreateOrUpdatePractitioner", things)
    odd: dict[int, dict[str, list[Node]]] = {
        9: {"birthDate": []},
        10: {"gender": [{"coding": [{"code": ["ALIEN"]}]}]},
        11: {"birthDate": ["1961-03-11T14:30:00+01:00"]},
        12: {
            "identifier": [
                {"system": ["https://epd.voorbeeld.example/een spatie"], "value": ["12"]}
            ]
        },
        13: {
            "name": [
                {
                    "use": ["official"],
                    "prefix": ["van", "de"],
                    "family": ["Nelleke", "Punt"],
                    "given": ["Nelleke"],
                }
            ]
        },
    }
    for number in range(15):
        who = patient(number, **odd.get(number, {}))
        world.send("CreateOrUpdatePatient", [who], patient=who[1])
    for number in (0, 1):
        body: Body = {
            "patient": [reference(f"{EPD}/Patient/{number}")],
            "name": [{"use": ["official"], "family": ["Naaste"], "given": [GIVEN[number]]}],
            "gender": [{"coding": [{"code": ["F"]}]}],
        }
        if number == 1:
            code: Node = {"system": ["http://hl7.org/fhir/v3/RoleCode"], "code": ["MAUNT"]}
            body["relationship"] = [{"coding": [code]}]
        link = f"{EPD}/RelatedPerson/{number}"
        world.send("CreateOrUpdateRelatedPerson", [("RelatedPerson", link, body)])


def plans(world: World) -> None:
    """Send care plans, their updates, and status messages in both orders."""
    statuses = (
        "Available",
        "Waiting",
        "InProgress",
        "Completed",
        "Cancelled",
        "Expired",
        "SkippedByUser",
    )
    for number in range(15):
        first = f"activiteit-{number}-1"
        dates = {"StartDate": "2021-03-02T09:00:00+01:00", "EndDate": "2021-04-02T09:00:00+02:00"}
        own = [
            activity(
                first,
                "Available",
                definition=("PIEKERSPEL", "SLAAPLES", "VRAGENLIJST", "WEESKIND", "BESTAATNIET")[
                    number % 5
                ],
                **dates,
            )
        ]
        who = patient(number) if number not in (9, 10, 11, 12, 13) else None
        plan = careplan(number, own)
        world.send(
            "CreateOrUpdateCarePlan",
            [plan, *([who] if who else [])],
            patient=f"{EPD}/Patient/{number}",
        )
        # The game reports first, the plan's owner follows; or the owner was faster.
        world.send("UpdateCarePlanActivityStatus", [status_object(number, first, "InProgress")])
        final = statuses[number % 7]
        later = [
            activity(
                first,
                final,
                definition="PIEKERSPEL",
                Started="2021-03-03T10:00:00Z",
                Finished="2021-03-04T10:00:00Z",
            )
        ]
        world.send("CreateOrUpdateCarePlan", [careplan(number, later)])
        if number % 2:
            world.send("UpdateCarePlanActivityStatus", [status_object(number, first, "Completed")])
    teams(world)
    special_plans(world)


def teams(world: World) -> None:
    """Send two teams, each with a renaming."""
    for number in (0, 1):
        link = f"{EPD}/CareTeam/{number}"
        for name in ("Het eerste team", "Het tweede team"):
            team = other(
                "CareTeam",
                extension(
                    "CareTeam#CareTeamIdentifier", "valueIdentifier", {"value": [f"team-{number}"]}
                ),
                extension("CareTeam#Status", "valueCoding", coding("CareTeamStatus", "Active")),
                extension("CareTeam#Name", "valueString", f"{name} {number}"),
                extension(
                    "CareTeam#Subject", "valueResource", reference(f"{EPD}/Patient/{number}")
                ),
                extension("CareTeam#Period", "valuePeriod", {"start": ["2021-01-01"]}),
                extension(
                    "CareTeam#ManagingOrganization",
                    "valueResource",
                    reference(f"{EPD}/Organization/{1 + number * 8}"),
                ),
            )
            plan = careplan(number, [activity(f"activiteit-{number}-1", "InProgress")], team=link)
            world.send("CreateOrUpdateCarePlan", [plan, ("Other", link, team)])


def special_plans(world: World) -> None:
    """Send plans with everything that is out of the ordinary."""

    def other_plan(n: int, activities: Sequence[Node], **more: list[Node]) -> tuple[str, str, Body]:
        link = f"{EPD}/CarePlan/bijzonder-{n}"
        return careplan(n, activities, requester=0, team="", link=link, **more)

    two = [f"{EPD}/Practitioner/0", f"{EPD}/Practitioner/1"]
    world.send(
        "CreateOrUpdateCarePlan",
        [other_plan(2, [activity("twee-uitvoerders", "Available", performers=two)])],
    )
    backwards = {"StartDate": "2021-05-01T00:00:00Z", "EndDate": "2021-04-01T00:00:00Z"}
    world.send(
        "CreateOrUpdateCarePlan",
        [other_plan(3, [activity("achterstevoren", "Available", **backwards)])],
    )
    sub: Node = {
        "url": [NS + "CarePlan#SubActivity"],
        "extension": [
            extension("CarePlan#SubActivityIdentifier", "valueString", "les-1"),
            extension(
                "CarePlan#SubActivityStatus",
                "valueCoding",
                coding("CarePlanActivityStatus", "Available"),
            ),
        ],
    }
    with_sub = activity("met-delen", "Available")
    if isinstance(with_sub, dict):
        with_sub["extension"].append(sub)
        with_sub["notes"] = ["Een verzonnen notitie."]
    goal: Node = {"id": ["g1"], "description": ["Een verzonnen doel."], "status": ["in progress"]}
    world.send("CreateOrUpdateCarePlan", [other_plan(4, [with_sub], goal=[goal])])
    pair = [activity("blijft", "Available"), activity("verdwijnt", "Available")]
    world.send("CreateOrUpdateCarePlan", [other_plan(5, pair)])
    world.send("CreateOrUpdateCarePlan", [other_plan(5, pair[:1])])
    world.send("CreateOrUpdateCarePlan", [other_plan(6, [activity("dubbel", "Available")])])
    world.send("CreateOrUpdateCarePlan", [other_plan(7, [activity("dubbel", "InProgress")])])
    world.send("CreateOrUpdateCarePlan", [other_plan(8, [activity("vreemde-status", "Dromend")])])
    orphan = careplan(
        8,
        [activity("weeskind", "Available", definition="WEESKIND")],
        link=f"{EPD}/CarePlan/weeskind",
    )
    world.send("CreateOrUpdateCarePlan", [orphan])
    dangling = careplan(
        14, [activity("los-eind", "Available")], requester=77, link=f"{EPD}/CarePlan/bijzonder-14"
    )
    world.send("CreateOrUpdateCarePlan", [dangling])
    world.send(
        "UpdateCarePlanActivityStatus", [status_object(900, "nergens-te-vinden", "Completed")]
    )


def without_home(world: World) -> None:
    """Send everything that KT 2.0 has no place for, and what nobody knows."""
    things: list[tuple[str, str, Body]] = [
        (
            "Other",
            f"{EPD}/UserMessage/1",
            other(
                "UserMessage",
                extension("UserMessage#SubjectString", "valueString", "Een verzonnen bericht"),
            ),
        ),
        ("Other", f"{GAME}/StorageItem/1", other("StorageItem")),
        ("Other", f"{GAME}/BlackBoxState/1", other("BlackBoxState")),
        ("Other", f"{GAME}/Result/1", other("CarePlanActivityResult")),
        ("DiagnosticReport", f"{GAME}/DiagnosticReport/1", {"status": ["final"]}),
        ("Observation", f"{GAME}/Observation/1", {"status": ["final"], "valueDecimal": ["1.50"]}),
        ("Questionnaire", f"{GAME}/Questionnaire/1", {"status": ["completed"]}),
        ("Device", f"{SERVER}/Device/1", {"manufacturer": ["Verzonnen"]}),
        ("Other", f"{GAME}/Raadsel/1", other("Raadsel")),
    ]
    for thing in things:
        world.send("CreateOrUpdateUserMessage", [thing], status="New")


def copies_and_versions(world: World) -> None:
    """Send sender copies, duplicates, base versions with answers, a conflict, old-style persons."""
    who = patient(0, telecom=[])
    given = world.send("CreateOrUpdatePatient", [who], identifier="dubbel-bericht")
    world.send(
        "CreateOrUpdatePatient", [who], identifier="dubbel-bericht", form="sender", base=given
    )
    newer = patient(1, telecom=[])
    world.send(
        "CreateOrUpdatePatient", [newer], form="sender", base=given, identifier="met-antwoord"
    )
    world.answer("met-antwoord", [(newer[1], "2021-04-01T10:00:00:001.1")], "1")
    last = patient(2, active=["false"])
    world.send("CreateOrUpdatePatient", [last], form="sender", base=world.version())
    same = world.version()
    world.send("CreateOrUpdatePatient", [patient(3, telecom=[])], version=same)
    world.send("CreateOrUpdatePatient", [patient(3, address=[])], version=same)
    world.send("CreateOrUpdatePatient", [patient(4)], form="sender")
    world.send("CreateOrUpdatePatient", [patient(5)], status="Claimed")
    world.send("CreateOrUpdatePatient", [patient(6)], status="Failed")
    world.send("CreateOrUpdatePatient", [patient(7)], domain="ANDERDOMEIN")
    world.send("CreateOrUpdatePatient", [patient(8), ("Practitioner", "", practitioner(0)[2])])
    for number in range(36):
        world.send("CreateOrUpdatePractitioner", [practitioner(number % 3)], status="Success")


def broken(world: World) -> None:
    """Write what cannot be read, and the documents that are no input."""
    files = world.files
    files["EXAMPLE/kapot.json"] = b'{"resourceType": "Bundle", "entry": [\n'
    files["xml/kapot.xml"] = b"<feed><entry></feed>\n"
    files["xml/doctype.xml"] = b'<!DOCTYPE feed [<!ENTITY x "y">]>\n<feed>&x;</feed>\n'
    files["EXAMPLE/boodschappen.json"] = b'{"resourceType": "Boodschappenlijst"}\n'
    files["EXAMPLE/leeg.json"] = b'{"resourceType": "Bundle", "totalResults": "0", "entry": []}\n'
    files["EXAMPLE/uitkomst.json"] = b'{"resourceType": "OperationOutcome", "issue": []}\n'
    header = Entry(
        entry_id="",
        self_link="",
        resource_type="MessageHeader",
        body={"timestamp": ["2021-03-01T00:00:00Z"]},
    )
    world.write(
        Bundle(root="Bundle", categories=_categories("EXAMPLE"), entries=(header, header)),
        "json",
        "zonder-identifier",
    )
    kind, link, body = patient(14)
    thing = Entry(entry_id=link, self_link=link, resource_type=kind, body=body)
    world.write(
        Bundle(root="Bundle", categories=_categories("EXAMPLE"), entries=(header, thing)),
        "xml",
        "zonder-event",
    )


def zipped(files: dict[str, bytes]) -> bytes:
    """Put some of the files in a zip, with one entry that tries to get out."""
    names = sorted(name for name in files if name.startswith("xml/2021"))[:10]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in [*names, "../buiten.xml"]:
            info = zipfile.ZipInfo(name.removeprefix("xml/"), (2021, 3, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, files.pop(name, b"<feed/>"))
    return packed.getvalue()


DOMAIN = """\
schema: kt-migrate-domain/1
domain: EXAMPLE
archives: [archive/]
algorithm: standard
enrichment: [enrichment/]
applications:
  PLAYPROOF: {endpoint: "https://playproof.example/launch"}
  LIJSTENMAKER:
    endpoint: "https://lijstenmaker.example/launch"
    definition_url: "https://lijstenmaker.example/catalogus/{identifier}"
source_domains: [EXAMPLE]
"""


def make() -> dict[str, bytes]:
    """Return every file of the example, by name."""
    world = World()
    catalogue(world)
    people(world)
    plans(world)
    without_home(world)
    copies_and_versions(world)
    broken(world)
    files = world.files
    files["oud.zip"] = zipped(files)
    made = {f"archive/{name}": content for name, content in files.items()}
    enrichment = [
        "link,field,value",
        f"{EPD}/Practitioner/3,email,h3@zorg.example",
        f"{EPD}/RelatedPerson/0,birthDate,1955-05-05",
        f"{EPD}/RelatedPerson/0,relationship,MTH",
        f"{EPD}/RelatedPerson/1,birthDate,1956-06-06",
    ]
    made["enrichment/personen.csv"] = ("\n".join(enrichment) + "\n").encode()
    made["kt-migrate.yaml"] = DOMAIN.encode()
    canaries = [
        *SURNAMES,
        *(f"p{n}@post.example" for n in range(15)),
        *(bsn(n) for n in range(15)),
        "Verzonnenlaan",
        "1950-01-10",
        "1951-02-11",
    ]
    made["canaries.txt"] = ("\n".join(canaries) + "\n").encode()
    return made


def main() -> None:
    """Write the example."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent / "example-domain")
    for name, content in make().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


if __name__ == "__main__":
    main()
