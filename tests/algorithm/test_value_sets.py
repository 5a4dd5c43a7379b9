"""Of several codings the one of the element's own value set counts, wherever it stands."""

from __future__ import annotations

import pytest

from kt_migrate.model import Json, Node
from ruling import Tables, asked, of

NS = "http://ggz.koppeltaal.nl/fhir/Koppeltaal/"
MALE: dict[str, Json] = {"system": "urn:r", "code": "BRO"}
TABLES: Tables = {
    "kinds": {
        "Game": {"system": "urn:t", "code": "game"},
        "Other": {"system": "urn:t", "code": "no"},
    },
    "performers": {"Patient": "patient", "Other": "practitioner"},
    "related": {
        "SIB": {"system": "urn:r", "code": "OTH"},
        "Other": {"system": "urn:r", "code": "OTH"},
    },
    "men": {"SIB": {"system": "urn:r", "code": "BRO"}},
    "women": {"SIB": {"system": "urn:r", "code": "SIS"}},
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
            [{"coding": [{"system": "urn:t", "code": "game"}]}],
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
