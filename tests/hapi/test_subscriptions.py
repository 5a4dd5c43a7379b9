"""On a stock HAPI: paused and put back to the byte; and the forecast against what HAPI finds."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from inside import typed
from kt_migrate.plan.store import Plan
from kt_migrate.subscriptions.forecast import forecast
from road.beside import straight
from subscriptions.conftest import lasting
from subscriptions.test_forecast import owned
from subscriptions.test_killed import TRAPS, domain, ended, every, killed
from support import serving

pytestmark = [pytest.mark.hapi, pytest.mark.integration]

CRITERIA = (
    "Task",
    "Task?status=ready",
    "Task?status=ready,completed",
    "Task?status:not=completed",
    "Task?intent=order",
    "Task?code:missing=true",
    "Task?requester:missing=false",
    "Task?patient.active=true",
    "Task?patient.gender=female,unknown",
    "Task?owner:missing=true",
    "Patient?active=true",
    "Patient?gender=female",
    "Patient?name=a",
    "Patient?family=van",
    "Patient?birthdate=ge1980-01-01",
    "Patient?address-city=a",
    "Patient?email:missing=false",
    "Practitioner?name=d",
    "Practitioner?given=an",
    "RelatedPerson?patient.active=true",
    "CareTeam?status=active",
    "CareTeam?participant:missing=false",
    "ActivityDefinition?status=active",
    "ActivityDefinition?url:below=https://playproof.example",
    "Organization?name=z",
    "Endpoint?connection-type=hti-smart-on-fhir",
)


def count(http: httpx.Client, criteria: str) -> int:
    """Ask a server how many it finds."""
    mark = "&" if "?" in criteria else "?"
    answer = http.get(f"{criteria}{mark}_summary=count")
    assert answer.status_code == 200, answer.text
    return int(answer.json()["total"])


def test_what_the_forecast_says_is_what_hapi_finds(hapi: str, workspace: Path) -> None:
    """After a trial: each criterion finds what was counted, or lies between the two numbers."""
    with serving(workspace, "--upstream", hapi), straight(hapi) as somebody:
        there = set(somebody.everything())
        before = {criteria: count(somebody.http, criteria) for criteria in CRITERIA}
        assert typed("trial", "--env", "local", cwd=workspace).code == 0
        after = {criteria: count(somebody.http, criteria) for criteria in CRITERIA}
        somebody.clear(set(somebody.everything()) - there)
    with Plan(workspace / "runs" / "local" / "001" / "plan.sqlite") as plan:
        asked = [owned(criteria, number) for number, criteria in enumerate(CRITERIA)]
        found = forecast(plan, asked, frozenset())

    for number, criteria in enumerate(CRITERIA):
        fires = found[str(number)]
        new = after[criteria] - before[criteria]
        assert fires.certain <= new <= fires.certain + fires.perhaps, criteria
    assert sum(not fires.known for fires in found.values()) == 0
    assert sum(fires.certain > 0 for fires in found.values()) > len(CRITERIA) / 2


def test_ours_go_off_and_come_back_to_the_byte_through_kills(hapi: str, workspace: Path) -> None:
    """As on the sandbox; nothing of others is touched."""
    with domain(workspace, "--upstream", hapi) as http:
        before = every(http)
        as_before = {name: lasting(one) for name, one in before.items()}
        for trap in TRAPS[3::2]:
            killed(workspace, "pause", trap)
        ended(workspace, "pause")
        off = {name for name, one in every(http).items() if one["status"] == "off"}
        ours = {name for name, one in before.items() if "header" in one["channel"]}
        for trap in TRAPS[3::2]:
            killed(workspace, "restore", trap)
        ended(workspace, "restore")
        after = every(http)
        for name in before:
            http.delete(f"Subscription/{name}")

    assert off == ours
    assert {name: lasting(one) for name, one in after.items()} == as_before
    assert all(after[name] == before[name] for name in set(before) - ours)
