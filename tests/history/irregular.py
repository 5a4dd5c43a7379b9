"""Invented documents in both serialisations, and what a plan says of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from kt13.two_forms import (
    HOST,
    Json,
    bundle,
    extension,
    header,
    other,
)
from kt_migrate.algorithm.load import load_algorithm
from kt_migrate.plan.build import Inputs, build_plan
from kt_migrate.plan.enrichment import Enrichment
from kt_migrate.plan.store import Plan

Plans = Callable[..., Plan]
P1, C1, D1, S1 = (f"{HOST}/{name}/1" for name in ("Patient", "CarePlan", "Practitioner", "Status"))
STATUS = "CarePlanActivityStatus"
INPUTS = Inputs(
    roots=(),
    source_domains=(),
    algorithm=load_algorithm("standard"),
    enrichment=Enrichment(),
    applications={},
    meta={},
)


def patient(family: str = "Proef", **more: object) -> Json:
    """Return a patient that KT 2.0 accepts."""
    return {
        "resourceType": "Patient",
        "name": [{"use": "official", "family": [family], "given": ["Test"]}],
        "birthDate": "1980-01-02T00:00:00+01:00",
        "gender": {"coding": [{"code": "F"}]},
        **more,
    }


def activity(identifier: str, *extensions: Json, **more: object) -> Json:
    """Return an activity of a care plan."""
    own = [
        extension("CarePlan#ActivityIdentifier", valueString=identifier),
        extension("CarePlan#ActivityStatus", valueCoding={"code": "Available"}),
    ]
    return {"extension": [*own, *extensions], **more}


def plan_with(*activities: Json, **more: object) -> Json:
    """Return a care plan of the patient."""
    return {
        "resourceType": "CarePlan",
        "status": "active",
        "patient": {"reference": P1},
        "activity": list(activities),
        **more,
    }


def status(of: str, code: str, *more: Json) -> Json:
    """Return the status of an activity."""
    return other(
        STATUS,
        extension(f"{STATUS}#Activity", valueString=of),
        extension(f"{STATUS}#ActivityStatus", valueCoding={"code": code}),
        *more,
    )


def issues(plan: Plan, code: str) -> list[tuple[str, str, str]]:
    """Return (type, link, detail) of every line with this code."""
    return [(i.source_type, i.link, i.detail) for i in plan.issues() if i.code == code]


def fates(plan: Plan) -> dict[str, tuple[str, str]]:
    """Return (outcome, reason) by link; what has no link of its own by its name."""
    return {o.link: (o.outcome, o.reason) for o in plan.objects()}


def resources(plan: Plan) -> dict[str, Any]:
    """Return what will be written, by key."""
    return {write.key.value: write.resource for write in plan.writes()}


def sent(*entries: Json, identifier: str = "m-1") -> Json:
    """Return a message."""
    return bundle(header(identifier=identifier), *entries)


def planner(tmp_path: Path) -> Iterator[Plans]:
    """Return a maker of plans: of each of these documents a file."""
    made: list[Plan] = []

    def make(*contents: bytes) -> Plan:
        folder = tmp_path / f"{len(made)}"
        (folder / "archive").mkdir(parents=True)
        for number, content in enumerate(contents):
            (folder / "archive" / f"{number}.bericht").write_bytes(content)
        build_plan(replace(INPUTS, roots=[folder / "archive"]), folder / "plan.sqlite")
        made.append(Plan(folder / "plan.sqlite"))
        return made[-1]

    yield make
    for plan in made:
        plan.close()
