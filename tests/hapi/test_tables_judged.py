"""Every code that a table of the standard algorithm gives, before a real FHIR server."""

from __future__ import annotations

import copy
import json

import pytest

from golden import STANDARD, golden
from judging import Judge
from kt_migrate.model import Json, Resource

pytestmark = pytest.mark.hapi

CODES = STANDARD.algorithm.codes


def codings(*tables: str) -> list[dict[str, str]]:
    """Return each Coding that these tables give, once."""
    found = [one for name in tables for one in CODES[name].values() if not isinstance(one, str)]
    return [dict(one) for one in {json.dumps(one, sort_keys=True): one for one in found}.values()]


def like(r4_type: str, **changes: Json) -> Resource:
    """Return a resource of the examples with these elements instead of its own."""
    good = next(r for r in golden() if r["resourceType"] == r4_type)
    return {**copy.deepcopy(good), **changes}


def test_every_relationship_is_accepted(judge: Judge) -> None:
    """All that the 108 codes can become, whatever the gender; and no other."""
    tables = ("relationship", "relationship-male", "relationship-female")
    found = codings(*tables)

    assert len(found) >= 38
    refused = {
        one["code"]: said
        for one in found
        if (said := judge(like("RelatedPerson", relationship=[{"coding": [{**one}]}])))
    }
    assert refused == {}
    unknown: Json = [{"coding": [{"system": found[0]["system"], "code": "FRND"}]}]
    assert judge(like("RelatedPerson", relationship=unknown))


def test_every_kind_of_organisation_and_every_country_is_accepted(judge: Judge) -> None:
    """The code beside a country's name is of the international list of two letters."""
    for one in codings("organization-type"):
        assert judge(like("Organization", type=[{"coding": [{**one}]}])) == ()
    url = "http://nictiz.nl/fhir/StructureDefinition/ext-CodeSpecification"
    for one in codings("countries"):
        concept: Json = {"coding": [{**one}]}
        beside: Json = {"extension": [{"url": url, "valueCodeableConcept": concept}]}
        address: Json = [{"country": "x", "_country": beside}]
        assert judge(like("Patient", address=address)) == ()


@pytest.mark.parametrize("table", ["administrative-gender", "careteam-status", "task-status"])
def test_every_plain_code_is_accepted(judge: Judge, table: str) -> None:
    """Each in its element."""
    r4_type, element = {
        "administrative-gender": ("Patient", "gender"),
        "careteam-status": ("CareTeam", "status"),
        "task-status": ("Task", "status"),
    }[table]

    for code in set(CODES[table].values()):
        assert judge(like(r4_type, **{element: str(code)})) == (), code
