"""How complete an archive is: references that lead nowhere, and what does not meet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from archives import HOST, activity, careplan, extension, life, patient, status, write
from hypothesis import given
from hypothesis import strategies as st

from kt_migrate.history import completeness
from kt_migrate.history.completeness import (
    Completeness,
    MissingReferences,
    host_of,
    references,
)
from kt_migrate.history.inspection import inspect
from kt_migrate.model import Body

P1, C1, S1 = f"{HOST}/Patient/1", f"{HOST}/CarePlan/1", f"{HOST}/Status/1"
Json = dict[str, Any]


def complete(folder: Path, *carried: dict[str, Any]) -> Completeness:
    """Return what is found in messages that each carry something, one after the other."""
    return inspect([write(folder / "archive", [m.queue() for m in life(carried)])]).completeness


def to(link: str) -> Json:
    """Return a reference."""
    return {"reference": link}


def other(code: str, *extensions: Json) -> Json:
    """Return an `Other` of some kind."""
    system = "http://ggz.koppeltaal.nl/fhir/Koppeltaal/OtherResourceUsage"
    return {
        "resourceType": "Other",
        "code": {"coding": [{"system": system, "code": code}]},
        "extension": list(extensions),
    }


def row(
    source_type: str, wanted: str, host: str, many: int = 1, objects: int = 1
) -> MissingReferences:
    """Return one kind of reference that leads nowhere."""
    return MissingReferences(
        source_type=source_type, wanted=wanted, host=host, references=many, objects=objects
    )


def test_references_that_lead_nowhere_are_counted_by_type_and_host(tmp_path: Path) -> None:
    """What is there is not, whichever message carried it; what many refer to is one object."""
    team = extension("CarePlan#ParticipantCareTeam", valueResource=to("https://b.example/Team/1"))
    member = {"member": to("http://A.example:8080/Practitioner/9"), "extension": [team]}
    plan = {**careplan(activity("a-1")), "participant": [member, member]}
    found = complete(
        tmp_path,
        {C1: plan},
        {
            P1: patient(
                managingOrganization=to("12442"),
                careProvider=[to("https://b.example/Practitioner/1/_history/2")],
            )
        },
    )

    assert found.missing == (
        row("CarePlan", "CareTeam", "b.example", 2),
        row("CarePlan", "Person", "a.example:8080", 2),
        row("Patient", "Organization", ""),
        row("Patient", "Person", "b.example"),
    )
    assert (found.references, found.missing_references, found.missing_objects) == (7, 6, 4)


def test_only_last_states_are_looked_into(tmp_path: Path) -> None:
    """What an older version referred to is nobody's question."""
    gone = patient(managingOrganization=to("https://b.example/Organization/1"))
    assert complete(tmp_path, {P1: gone}, {P1: patient()}).references == 0


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ({"resourceType": "RelatedPerson", "patient": to("http://x.example/1")}, "Patient"),
        (
            {"resourceType": "Practitioner", "organization": to("http://x.example/1")},
            "Organization",
        ),
        ({"resourceType": "Organization", "partOf": to("http://x.example/1")}, "Organization"),
        ({"resourceType": "DiagnosticReport", "result": [to("http://x.example/1")]}, "Observation"),
        (
            {
                "resourceType": "CarePlan",
                "activity": [{"simple": {"performer": [to("http://x.example/1")]}}],
            },
            "Person",
        ),
        (
            other(
                "CareTeam", extension("CareTeam#Subject", valueResource=to("http://x.example/1"))
            ),
            "Patient",
        ),
        (
            other(
                "UserMessage",
                extension("Profile/UserMessage#To", valueResource=to("http://x.example/1")),
            ),
            "Person",
        ),
        (
            other(
                "X", {"url": "http://app.example/Jansen", "valueResource": to("http://x.example/1")}
            ),
            "other",
        ),
        ({"resourceType": "Patient", "Jansen": to("http://x.example/1")}, "other"),
    ],
)
def test_what_a_reference_should_lead_to_follows_from_its_element(
    tmp_path: Path, body: Json, wanted: str
) -> None:
    """From a list of our own: no name of an element or extension is taken from the data."""
    (found,) = complete(tmp_path, {f"{HOST}/Thing/1": body}).missing
    assert (found.wanted, found.host) == (wanted, "x.example")


def test_the_application_of_a_definition_is_not_missed(tmp_path: Path) -> None:
    """No message ever carries a Device; a display is no reference."""
    link = extension(
        "ActivityDefinition#Application", valueResource=to("http://x.example/Device/1")
    )
    named = {**careplan(), "participant": [{"member": {"display": "Jansen"}}]}
    found = complete(
        tmp_path, {P1: patient(), C1: named, f"{HOST}/Other/1": other("ActivityDefinition", link)}
    )
    assert (found.references, found.missing) == (1, ())


@pytest.mark.parametrize(
    ("link", "host"),
    [
        ("https://EPD.example/fhir/Patient/Jansen?name=Jansen", "epd.example"),
        ("http://10.0.0.1:8080/x", "10.0.0.1:8080"),
        ("http://epd.example", "epd.example"),
        ("http://epd.example?bsn=1", "epd.example"),
        ("https://jansen:geheim@epd.example/x", "Unknown"),
        ("https://Jan Jansen/x", "Unknown"),
        ("https:///x", "Unknown"),
        ("http://", "Unknown"),
        ("Patient/Jansen", ""),
        ("12442", ""),
        ("urn:uuid:5da8bf14", ""),
        ("mailto:jansen@epd.example", ""),
    ],
)
def test_of_a_link_the_host_is_all_that_is_shown(link: str, host: str) -> None:
    """No user, path or query; what cannot be a host is Unknown."""
    assert host_of(link) == host


@given(st.text(st.sampled_from("htp:/.@?#a Z1_-é\n\x00"), max_size=30))
def test_a_host_is_nothing_but_a_host(link: str) -> None:
    """Whatever the link: letters, digits, dots, hyphens and a port."""
    assert set(host_of(link)) <= set("abcdefghijklmnopqrstuvwxyz0123456789.-_:Unknow")


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({"reference": ["x"]}, []),
        ({"patient": [{"reference": ["x"]}]}, [("patient", "x")]),
        ({"patient": [{"reference": [{"value": ["x"]}]}]}, [("patient", "x")]),
        ({"patient": [{"reference": [], "display": ["y"]}]}, []),
        ({"patient": [{"reference": ["/_history/2"]}]}, [("patient", "")]),
        ({"a": [{"b": [{"reference": ["x"]}, {"reference": ["y"]}]}]}, [("b", "x"), ("b", "y")]),
        ({"valueResource": [{"reference": ["x"]}]}, [("valueResource", "x")]),
    ],
)
def test_references_are_found_wherever_they_stand(body: Body, found: list[tuple[str, str]]) -> None:
    """By the element that holds them."""
    assert sorted(references(body)) == found


def test_kinds_beyond_a_number_are_added_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An archive may name any number of hosts."""
    monkeypatch.setattr(completeness, "ROWS", 2)
    monkeypatch.setattr(completeness, "_BATCH", 1)
    links = [f"http://h{n}.example/1" for n in (0, 0, 0, 1, 1, 2, 3, 3)]
    found = complete(tmp_path, {P1: patient(careProvider=[to(link) for link in links])})

    assert found.missing == (
        row("Patient", "Person", "h0.example", 3),
        row("Patient", "Person", "h1.example", 2),
        row("…", "…", "…", 3, 2),
    )
    assert (found.missing_references, found.missing_objects) == (8, 4)


def test_activities_that_no_care_plan_has_are_counted(tmp_path: Path) -> None:
    """With the status objects that name them, and the messages that brought those."""
    found = complete(
        tmp_path,
        {C1: careplan(activity("a-1")), P1: patient(), S1: status("a-1", "Completed")},
        {f"{HOST}/Status/2": status("lost", "InProgress")},
        {f"{HOST}/Status/2": status("lost", "Completed")},
        {f"{HOST}/Status/3": status("lost", "Completed"), f"{HOST}/Status/4": status("too", "x")},
    )
    assert found.activities_without_care_plan == 2
    assert found.statuses_without_activity == 3
    assert found.messages_without_activity == 3


def test_definitions_that_activities_name_and_nobody_has_are_counted(tmp_path: Path) -> None:
    """Per identifier, and how many activities name them."""

    def of(identifier: str, definition: str) -> Json:
        named = extension("CarePlan#ActivityDefinition", valueString=definition)
        made = activity(identifier)
        return {**made, "extension": [*made["extension"], named]}

    own = extension("ActivityDefinition#ActivityDefinitionIdentifier", valueString="KNOWN")
    plan = careplan(
        of("a", "KNOWN"), of("b", "LOST"), of("c", "LOST"), of("d", "GONE"), activity("e")
    )
    found = complete(tmp_path, {C1: plan, f"{HOST}/Other/1": other("ActivityDefinition", own)})
    assert (found.missing_definitions, found.activities_without_definition) == (2, 3)
