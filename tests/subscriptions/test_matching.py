"""Criteria on planned resources: yes, no, or not to be said; never a no for what is unknown."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kt_migrate.subscriptions.criteria import read_criteria
from kt_migrate.subscriptions.matching import Context, Verdict, matches
from kt_migrate.subscriptions.parameters import SEARCHED

TASK: dict[str, Any] = {
    "resourceType": "Task",
    "meta": {"profile": ["http://koppeltaal.nl/fhir/StructureDefinition/KT2Task"]},
    "identifier": [{"use": "temp", "system": "http://s.example", "value": "a,b|c"}],
    "extension": [
        {
            "url": "http://vzvz.nl/fhir/StructureDefinition/instantiates",
            "valueReference": {"reference": "ActivityDefinition?identifier=http://d.example|spel"},
        }
    ],
    "status": "ready",
    "intent": "order",
    "code": {"coding": [{"system": "http://c.example", "code": "view"}]},
    "for": {"reference": "Patient?identifier=http://p.example|1"},
    "owner": {"reference": "Practitioner?identifier=http://p.example|2"},
    "executionPeriod": {"start": "2024-01-01"},
}
DEFINITION: dict[str, Any] = {
    "resourceType": "ActivityDefinition",
    "url": "https://spel.example/a/b",
    "title": "Één spél",
    "topic": [{"coding": [{"system": "http://t.example", "code": "treatment"}]}],
    "extension": [
        {
            "url": "http://koppeltaal.nl/fhir/StructureDefinition/KT2PublisherId",
            "valueId": "ID1234-001",
        },
        {
            "url": "http://koppeltaal.nl/fhir/StructureDefinition/KT2EndpointExtension",
            "valueReference": {"reference": "Endpoint/e1"},
        },
    ],
    "participant": [{"type": "patient"}],
}
PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "active": True,
    "name": [{"use": "official", "family": "Bötje", "given": ["An"]}],
    "birthDate": "1970-12-21",
    "telecom": [
        {"system": "email", "value": "an@zorg.example"},
        {"system": "phone", "value": "0123"},
    ],
}
EVERY = {r["resourceType"]: r for r in (TASK, DEFINITION, PATIENT)}
OURS = Context(
    own=frozenset({"Device/ours"}),
    target=lambda reference: DEFINITION if reference.endswith("|spel") else None,
)


def verdict(text: str) -> Verdict:
    """Evaluate criteria on the resource of their type."""
    criteria = read_criteria(text)
    return matches(criteria, EVERY.get(criteria.r4_type, TASK), OURS)


@pytest.mark.parametrize(
    "text",
    [
        "Task",
        "Task?",
        "Task?_count=10&_sort=-_lastUpdated",
        "Task?status=ready",
        "Task?status=draft,ready",
        "Task?status:not=draft",
        "Task?business-status:not=x",
        "Task?business-status:missing=true",
        "Task?status:missing=false",
        "Task?intent=order&status=ready",
        "Task?code=view",
        "Task?code=http://c.example|view",
        "Task?code=http%3A%2F%2Fc.example%7C",
        r"Task?identifier=http://s.example|a\,b\|c",
        r"Task?identifier=x\\,http://s.example|a\,b\|c",
        "Task?resource-origin=Device/ours",
        "Task?resource-origin=Device/other,ours",
        "Task?resource-origin=https://kt.example/fhir/r4/Device/ours",
        "Task?_profile=http://koppeltaal.nl/fhir/StructureDefinition/KT2Task",
        "Task?instantiates.publisherId=ID1234-001",
        "Task?instantiates:ActivityDefinition.topic=treatment",
        "Task?instantiates.publisherId=ID1234-001&status=ready",
        "ActivityDefinition?url:below=https://spel.example/a",
        "ActivityDefinition?title=een",
        "ActivityDefinition?title:contains=SPEL",
        "ActivityDefinition?title:exact=Één spél",
        "ActivityDefinition?participant=patient",
        "ActivityDefinition?endpoint=Endpoint/e1",
        "ActivityDefinition?endpoint=https://kt.example/fhir/Endpoint/e1",
        "Patient?active=true",
        "Patient?name=botje",
        "Patient?given=a",
        "Patient?birthdate=1970-12-21",
        "Patient?birthdate=ge1970-01-01&birthdate=lt1971-01-01",
        "Patient?birthdate=ge1970-12-21&birthdate=le1970-12-21",
        "Patient?birthdate=ne1970-12-20",
        "Patient?email=an@zorg.example",
        "Patient?phone=0123",
    ],
)
def test_what_matches(text: str) -> None:
    """As a server's search would find it."""
    assert verdict(text) is True


@pytest.mark.parametrize(
    "text",
    [
        "Task?status=draft",
        "Task?status=ready&status=draft",
        "Task?status:not=ready",
        "Task?status:not=draft,ready",
        "Task?business-status=x",
        "Task?business-status:missing=false",
        "Task?code=http://other.example|view",
        "Task?code=|view",
        "Task?identifier=a",
        "Task?owner=Patient/1",
        "Task?owner:Patient=1",
        "Task?requester=Practitioner/1",
        "Task?part-of=1",
        "Task?resource-origin=Device/other",
        "Task?_profile=http://other.example",
        "Task?_tag=x",
        "Task?instantiates.publisherId=other",
        "Task?instantiates:Task.publisherId=ID1234-001",
        "Task?instantiates.publisherId=other&owner=Practitioner/1",
        "ActivityDefinition?url=https://spel.example/a",
        "ActivityDefinition?title=spel",
        "ActivityDefinition?endpoint=Endpoint/e2",
        "Patient?active=false",
        "Patient?birthdate=gt1970-12-21",
        "Patient?birthdate=lt1970-12-21",
        "Patient?birthdate=ne1970-12-21",
        "Patient?email=0123",
        "Patient?gender=male",
    ],
)
def test_what_does_not_match(text: str) -> None:
    """Whatever the server gives it: it cannot be found by this."""
    assert verdict(text) is False


@pytest.mark.parametrize(
    "text",
    [
        "Task?_id=1",
        "Task?_lastUpdated=gt2026-01-01",
        "Task?owner=Practitioner/1",
        "Task?owner=1",
        "Task?owner:identifier=http://p.example|2",
        "Task?owner:Practitioner=1",
        "Task?patient=Patient/1",
        "Task?patient.active=true",
        "Task?status=READY",
        "Task?status=http://hl7.org/fhir/task-status|ready",
        "Task?status:in=http://v.example",
        "Task?code:in=http://v.example",
        "Task?status:not=READY",
        "Patient?name:not=An",
        "Task?status=",
        "Task?resource-origin=",
        "Task?resource-origin:missing=true",
        "Task?" + ".".join(["a"] * 5_000) + "=1",
        "Task?" + ".".join(["instantiates"] * 5_000) + "=1",
        "Task?period=gt2023",
        "Task?unheard-of=1",
        "Task?_has:Task:part-of:status=ready",
        "Task?*=1",
        "Patient?birthdate=1970",
        "Patient?name:text=an",
        "ActivityDefinition?url:below=https://spel.ex",
        "ActivityDefinition?url:above=https://spel.example/a/b/c",
        "?status=ready",
        "",
        "task?status=ready",
        "task",
        "Task/1",
    ],
)
def test_what_cannot_be_said(text: str) -> None:
    """It is no no: only the server will know, or it is not evaluated here."""
    assert verdict(text) is None


def test_who_writes_with_several_clients_cannot_say_which_device_it_comes_from() -> None:
    """Each writes a part: neither a yes nor a no."""
    criteria = read_criteria("Task?resource-origin=Device/ours")

    assert matches(criteria, TASK, Context(own=None)) is None
    assert matches(criteria, TASK, Context()) is False


def test_a_reference_of_another_type_does_not_count() -> None:
    """`patient` is who a task is for, when that is a Patient."""
    task: dict[str, Any] = {
        "resourceType": "Task",
        "for": {"reference": "RelatedPerson?identifier=s|1"},
    }

    def said(text: str) -> Verdict:
        return matches(read_criteria(text), task, OURS)

    assert said("Task?patient.active=true") is False
    assert said("Task?subject.active=true") is None
    assert said("Task?patient:missing=true") is True
    assert said("Task?subject:missing=true") is False


_NAMES = sorted({name for found in SEARCHED.values() for name in found} | {"_id", "x", "_has"})


@pytest.mark.property
@given(
    st.sampled_from(sorted(SEARCHED)),
    st.lists(
        st.tuples(
            st.sampled_from(_NAMES),
            st.sampled_from(["", ":not", ":missing", ":exact", ":below", ".status", ":x.y.z"]),
            st.text(max_size=8),
        ),
        max_size=3,
    ),
)
def test_more_terms_let_no_more_through(r4_type: str, terms: list[tuple[str, str, str]]) -> None:
    """Nothing of what is asked breaks it; and a term more turns no no into something else."""
    text = f"{r4_type}?" + "&".join(f"{name}{more}={value}" for name, more, value in terms)
    resource = EVERY.get(r4_type, {"resourceType": r4_type})

    found = matches(read_criteria(text), resource, OURS)
    narrower = matches(read_criteria(f"{text}&status=nothing-of-the-kind"), resource, OURS)

    assert found in (True, False, None)
    assert narrower is not True
    assert found is not False or narrower is False
