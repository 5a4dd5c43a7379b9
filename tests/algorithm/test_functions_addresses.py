"""Addresses: a good, an odd and a refused value."""

from __future__ import annotations

import pytest

from kt_migrate.algorithm.codes import REJECT, Otherwise
from kt_migrate.model import Json, Node
from ruling import Ruling, Tables, asked

NL: dict[str, str] = {"system": "urn:iso:std:iso:3166", "code": "NL", "display": "Netherlands"}
TABLES: Tables = {"countries": {"nl": NL, "nederland": NL, "elders": "none"}}
KEPT = {"countries": Otherwise("keep")}
CODED: Json = {
    "extension": [
        {
            "url": "http://nictiz.nl/fhir/StructureDefinition/ext-CodeSpecification",
            "valueCodeableConcept": {"coding": [{**NL}]},
        }
    ]
}


def parts(**named: str) -> Json:
    """Return the extensions of a line."""
    url = "http://hl7.org/fhir/StructureDefinition/iso21090-ADXP-"
    return {"extension": [{"url": url + n, "valueString": v} for n, v in named.items()]}


@pytest.mark.parametrize(
    ("node", "made"),
    [
        (
            {
                "use": ["home"],
                "line": ["Dorpsstraat 1", "bis"],
                "city": ["Ons Dorp"],
                "zip": ["1234 AB"],
                "country": ["NL"],
                "state": ["X"],
            },
            {
                "use": "home",
                "line": ["Dorpsstraat 1", "bis"],
                "_line": [parts(streetName="Dorpsstraat", houseNumber="1"), None],
                "city": "Ons Dorp",
                "postalCode": "1234 AB",
                "country": "NL",
                "_country": CODED,
            },
        ),
        ({"use": ["work"], "city": ["A"]}, {"use": "work", "city": "A"}),
        ({"use": ["temp"], "zip": ["1"]}, {"use": "temp", "postalCode": "1"}),
        ({"use": ["old"], "country": ["XX"]}, {"use": "old", "country": "XX"}),
        ({"country": ["elders"]}, {"country": "elders"}),
        ({"country": [" NEDERLAND"]}, {"country": " NEDERLAND", "_country": CODED}),
        ({"line": ["A", " "], "city": [""], "zip": [" "]}, {"line": ["A"]}),
        ({"line": ["Plein 1813"]}, {"line": ["Plein 1813"]}),
        ({"line": ["Laan 1", "Weg 2"]}, {"line": ["Laan 1", "Weg 2"]}),
        (
            {"line": ["t.a.v. Jan", "Weg 2 b 3"]},
            {
                "line": ["t.a.v. Jan", "Weg 2 b 3"],
                "_line": [
                    None,
                    parts(streetName="Weg", houseNumber="2", buildingNumberSuffix="b 3"),
                ],
            },
        ),
        ({"use": ["home"], "period": [{"start": ["2020"]}]}, None),
        ("Dorpsstraat 1", None),
    ],
)
def test_an_address_is_rebuilt_and_an_empty_one_left_out(node: Node, made: Json) -> None:
    """Every text stays; what is certain of it stands beside it."""
    last: Node = {"city": ["Z"]}

    found, ruling = asked("addresses(countries)", [node, last], Ruling(tables=TABLES, unknown=KEPT))

    assert found == ([] if made is None else [made]) + [{"city": "Z"}]
    alone, _ = asked("addresses(countries)", [node], Ruling(tables=TABLES, unknown=KEPT))
    assert alone == (None if made is None else [made])
    assert ruling.silent


def test_a_use_that_r4_does_not_know_is_said() -> None:
    """The address is kept; an address of which nothing is left says nothing."""
    nodes: list[Node] = [{"use": ["billing"], "city": ["A"]}, {"use": ["billing"]}]

    found, ruling = asked("addresses(countries)", nodes)

    assert found == [{"city": "A"}]
    assert (ruling.notices, ruling.rejects) == ([("value-dropped", "address.use")], [])


@pytest.mark.parametrize(
    ("unknown", "said"),
    [(Otherwise("drop"), ([("code-dropped", "xx")], [])), (REJECT, ([], [("code-unknown", "xx")]))],
)
def test_the_table_says_what_an_unknown_country_does(unknown: Otherwise, said: object) -> None:
    """Its text stays, whatever becomes of its code."""
    ruling = Ruling(tables=TABLES, unknown={"countries": unknown})

    found, _ = asked("addresses(countries)", [{"country": ["XX"]}], ruling)

    assert found == [{"country": "XX"}]
    assert (ruling.notices, ruling.rejects) == said
