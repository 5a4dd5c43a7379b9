"""A real FHIR server with the KT 2.0 profiles judges what we make, and our own check."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from golden import golden
from kt_migrate.conformance import check
from kt_migrate.kt2.login import Credentials
from kt_migrate.model import Json, Resource
from kt_migrate.plan.store import Plan
from support import CLIENT, SHARED, SandboxMaker, load_all, verify_all

pytestmark = pytest.mark.hapi

Judge = Callable[[Resource], tuple[str, ...]]


def test_every_golden_resource_passes(judge: Judge) -> None:
    """What the standard algorithm makes keeps to the profiles; there is something to judge."""
    resources = golden()

    assert len(resources) >= 15
    assert {json.dumps(r): judge(r) for r in resources if judge(r)} == {}


def test_every_resource_of_the_demo_passes(judge: Judge, example_plan: Plan) -> None:
    """So does the whole invented domain."""
    writes = list(example_plan.writes())

    assert len(writes) >= 40
    assert {w.link: judge(w.resource) for w in writes if judge(w.resource)} == {}


def without(name: str) -> Callable[[Resource], Resource]:
    """Return a breaker that leaves an element out."""
    return lambda r: {k: v for k, v in r.items() if k != name}


def having(name: str, value: Json) -> Callable[[Resource], Resource]:
    """Return a breaker that puts an element in."""
    return lambda r: {**r, name: value}


def coding(system: str, code: str) -> Json:
    """Return a list of one CodeableConcept."""
    return [{"coding": [{"system": system, "code": code}]}]


BROKEN = [
    ("Patient", without("birthDate")),
    ("Patient", without("gender")),
    ("Patient", without("active")),
    ("Patient", without("identifier")),
    ("Patient", without("name")),
    ("Patient", having("gender", "man")),
    ("Patient", having("birthDate", "1-2-1990")),
    ("Patient", having("deceasedBoolean", False)),
    ("Patient", having("nonsense", "x")),
    ("Patient", having("name", [{"family": "Zonder", "given": ["Use"]}])),
    ("Patient", having("name", [{"use": "official", "family": "X", "given": ["Kaal"]}])),
    ("Practitioner", without("telecom")),
    ("Practitioner", having("qualification", [{"code": {"text": "x"}}])),
    ("RelatedPerson", without("relationship")),
    (
        "RelatedPerson",
        having("relationship", coding("http://terminology.hl7.org/CodeSystem/v3-RoleCode", "FRND")),
    ),
    ("RelatedPerson", without("birthDate")),
    ("CareTeam", without("subject")),
    ("CareTeam", having("status", "Active")),
    ("CareTeam", having("category", coding("http://x.example", "y"))),
    ("CareTeam", having("period", {"start": "2021-02-01", "end": "2021-01-01"})),
    ("Endpoint", without("address")),
    ("Endpoint", having("connectionType", {"system": "http://x.example", "code": "y"})),
    ("Endpoint", without("payloadType")),
    ("Organization", without("active")),
    ("Organization", having("telecom", [{"system": "phone", "value": "1"}])),
    ("ActivityDefinition", without("extension")),
    ("ActivityDefinition", without("url")),
    ("ActivityDefinition", without("title")),
    ("Task", without("owner")),
    ("Task", without("for")),
    ("Task", having("status", "nope")),
    ("Task", having("priority", "urgent")),
    ("Task", having("restriction", {"repetitions": 1})),
    ("Task", having("note", [{"text": "x"}])),
]


def good(r4_type: str) -> Resource:
    """Return a good resource of a type."""
    return copy.deepcopy(next(r for r in golden() if r["resourceType"] == r4_type))


@pytest.mark.parametrize("number", range(len(BROKEN)))
def test_what_is_broken_is_refused_by_both(judge: Judge, number: int) -> None:
    """The judge and our own check agree that this is wrong."""
    r4_type, breaker = BROKEN[number]
    broken = breaker(good(r4_type))

    assert judge(broken), (r4_type, number)
    assert check(broken), (r4_type, number)


def test_both_agree_on_the_makers_examples(judge: Judge) -> None:
    """The KT 2.0 makers' own examples of our types: what passes here passes there."""
    folder = SHARED / "examples" / "kt2"
    resources = [json.loads(p.read_text("utf-8")) for p in sorted(folder.glob("*.json"))]
    ours = [r for r in resources if r["resourceType"] not in ("AuditEvent", "Subscription")]

    disagree = [r["resourceType"] for r in ours if bool(judge(r)) != bool(check(r, incoming=False))]

    assert len(ours) >= 17
    assert disagree == []


def test_the_demo_is_written_and_verified_through_the_rules_on_hapi(
    hapi: str, sandbox: SandboxMaker, example_plan: Plan, tmp_path: Path, credentials: Credentials
) -> None:
    """Rules in front of a real FHIR server: everything created, everything equal."""
    running = sandbox(upstream=hapi)

    result = load_all(example_plan, tmp_path, running.base, credentials)
    verified = verify_all(example_plan, tmp_path, running.base, credentials)

    assert (result.on_server, result.failed, result.stopped_by) == (result.total, 0, None)
    assert verified.differences == ()
    assert verified.passed
    assert CLIENT
