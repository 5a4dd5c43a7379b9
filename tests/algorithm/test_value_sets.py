"""Value sets: KT 1.3's, of which one coding among several counts, and KT 2.0's, which tables keep to.

KT 2.0's come from the generated data of the profiles.
"""

from __future__ import annotations

import pytest

from kt_migrate.conformance import newest_version
from kt_migrate.conformance.packages import package
from kt_migrate.conformance.service import team_roles
from kt_migrate.conformance.slices import among, known_codes
from kt_migrate.model import Json, Node
from ruling import Tables, asked, of
from support import standard

NS = "http://ggz.koppeltaal.nl/fhir/Koppeltaal/"
KNOWN = package(newest_version())
TOPIC = "http://terminology.hl7.org/CodeSystem/definition-topic"
ROLE = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
NULL = "http://terminology.hl7.org/CodeSystem/v3-NullFlavor"
MALE: dict[str, Json] = {"system": ROLE, "code": "BRO"}
TABLES: Tables = {
    "kinds": {
        "Game": {"system": TOPIC, "code": "treatment"},
        "Other": {"system": TOPIC, "code": "education"},
    },
    "performers": {"Patient": "patient", "Other": "practitioner"},
    "related": {
        "SIB": {"system": NULL, "code": "OTH"},
        "Other": {"system": NULL, "code": "OTH"},
    },
    "men": {"SIB": {"system": ROLE, "code": "BRO"}},
    "women": {"SIB": {"system": ROLE, "code": "SIS"}},
}


def several(value_set: str, code: str) -> Node:
    """Return a CodeableConcept whose own coding stands behind another of Koppeltaal."""
    return {
        "coding": [
            {"system": [NS + "AnotherValueSet"], "code": ["Other"]},
            {"system": [NS + value_set], "code": [code]},
        ]
    }


@pytest.mark.parametrize(
    ("using", "node", "made"),
    [
        (
            "topic(kinds)",
            several("ActivityKind", "Game"),
            [{"coding": [{"system": TOPIC, "code": "treatment"}]}],
        ),
        (
            "default_performer(performers)",
            several("ActivityPerformer", "Patient"),
            [{"type": "patient"}],
        ),
        (
            "concept(ActivityKind)",
            several("ActivityKind", "Game"),
            {"coding": [{"system": NS + "ActivityKind", "code": "Game"}]},
        ),
        ("concept(ActivityKind)", {"coding": [{"system": [NS + "ActivityKind"]}, "x"]}, None),
        ("relationship(related, men, women)", several("RoleCode", "SIB"), [{"coding": [MALE]}]),
        (
            "relationship(related, men, women)",
            several("relationshiptype", "SIB"),
            [{"coding": [MALE]}],
        ),
    ],
)
def test_the_coding_of_its_own_value_set_counts(using: str, node: Node, made: Json) -> None:
    """A gender too."""
    found, ruling = asked(
        using, [node], of({"gender": [several("AdministrativeGender", "M")]}, tables=TABLES)
    )

    assert found == made
    assert ruling.rejects == []


def targets(table: str) -> list[Json]:
    """Return what the standard algorithm's table makes: codes, or codings."""
    found = (target for target in standard().codes[table].values() if target != "none")
    return [target if isinstance(target, str) else dict(target) for target in found]


def value_set(name: str) -> dict[str, frozenset[str] | None]:
    """Return the codes per system of the value set whose url ends so."""
    (found,) = (codes for url, codes in KNOWN.value_sets.items() if url.endswith(f"/{name}"))
    assert found
    return found


RELATIONS = (
    "2.16.840.1.113883.2.4.3.11.60.40.2.3.1.1--20200901000000",
    "2.16.840.1.113883.2.4.3.11.60.40.2.3.1.2--20200901000000",
)


@pytest.mark.parametrize(
    ("table", "sets"),
    [
        ("relationship", RELATIONS),
        ("relationship-male", RELATIONS),
        ("relationship-female", RELATIONS),
        ("topic", ("koppeltaal-definition-topic",)),
        ("task-status", ("task-status",)),
        ("careteam-status", ("care-team-status",)),
        ("administrative-gender", ("administrative-gender",)),
        ("default-performer", ("action-participant-type",)),
    ],
)
def test_a_table_makes_codes_of_kt_2_alone(table: str, sets: tuple[str, ...]) -> None:
    """Of the value set of the element that it is for."""
    allowed = [value_set(name) for name in sets]
    codes = {code for one in allowed for some in one.values() for code in some or ()}

    found = targets(table)

    assert found
    for target in found:
        if isinstance(target, str):
            assert target in codes
        else:
            assert any(among(one, target) for one in allowed), target


def test_roles_are_those_of_the_teams_slices() -> None:
    """A team's roles decide on access."""
    for target in targets("participant-role"):
        assert among(team_roles(newest_version())[1], target), target


def test_every_code_of_every_table_exists() -> None:
    """As far as the packages have its code system whole."""
    for table, entries in standard().codes.items():
        for target in entries.values():
            if not isinstance(target, str):
                assert known_codes(KNOWN.code_systems, dict(target)), (table, target)
