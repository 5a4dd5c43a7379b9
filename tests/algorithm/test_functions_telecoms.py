"""Telephone numbers and e-mail addresses: a good, an odd and a refused value."""

from __future__ import annotations

import pytest

from kt_migrate.algorithm.codes import Otherwise
from kt_migrate.model import Json, Node
from ruling import Ruling, Tables, asked

DROPPED = "value-dropped"


TABLES: Tables = {
    "contact-use": {
        "home": "home",
        "work": "work",
        "temp": "temp",
        "mobile": {
            "system": "http://terminology.hl7.org/CodeSystem/v3-AddressUse",
            "code": "MC",
            "display": "mobile contact",
        },
        "old": "none",
    }
}


MOBILE: Json = {
    "system": "phone",
    "value": "1",
    "_system": {
        "extension": [
            {
                "url": "http://nictiz.nl/fhir/StructureDefinition/ext-CodeSpecification",
                "valueCodeableConcept": {
                    "coding": [
                        {
                            "system": "http://terminology.hl7.org/CodeSystem/v3-AddressUse",
                            "code": "MC",
                            "display": "mobile contact",
                        }
                    ]
                },
            }
        ]
    },
}


def telecom(system: str = "", value: str = "", use: str = "") -> Node:
    """Return a DSTU1 Contact."""
    return {n: [v] for n, v in (("system", system), ("value", value), ("use", use)) if v}


@pytest.mark.parametrize(
    ("node", "made"),
    [
        (telecom("phone", "1"), {"system": "phone", "value": "1"}),
        (telecom("fax", "1", "work"), {"system": "fax", "value": "1", "use": "work"}),
        (telecom("url", "u", "home"), {"system": "url", "value": "u", "use": "home"}),
        (telecom("email", "e", "home"), {"system": "email", "value": "e", "use": "home"}),
        (telecom("email", "e", "work"), {"system": "email", "value": "e", "use": "work"}),
        (telecom("phone", "1", "temp"), {"system": "phone", "value": "1", "use": "temp"}),
        (telecom("fax", "1", "temp"), {"system": "fax", "value": "1", "use": "temp"}),
        (telecom("phone", "1", "mobile"), MOBILE),
        (telecom("phone", ""), None),
        (telecom("phone", " ", "old"), None),
        (telecom("", "", "home"), None),
        ("1", None),
    ],
)
def test_a_telecom_is_rebuilt_and_an_empty_one_left_out(node: Node, made: Json) -> None:
    """`mobile` is a telephone with a code; an e-mail's use is home or work."""
    found, ruling = asked("telecoms(contact-use)", [node], Ruling(tables=TABLES))

    assert found == (None if made is None else [made])
    assert ruling.silent


@pytest.mark.parametrize(
    ("system", "use"),
    [
        ("email", "temp"),
        ("email", "mobile"),
        ("fax", "mobile"),
        ("url", "mobile"),
    ],
)
def test_a_use_without_a_place_is_said_and_its_value_kept(system: str, use: str) -> None:
    """The slices of nl-core know which; the table decides for the rest."""
    found, ruling = asked(
        "telecoms(contact-use)", [telecom(system, "1", use)], Ruling(tables=TABLES)
    )

    assert found == [{"system": system, "value": "1"}]
    assert (ruling.notices, ruling.rejects) == ([(DROPPED, "telecom.use")], [])


def test_a_use_that_the_table_lacks_does_what_the_table_says() -> None:
    """The value is kept without it."""
    ruling = Ruling(tables=TABLES, unknown={"contact-use": Otherwise("drop")})

    found, _ = asked("telecoms(contact-use)", [telecom("phone", "1", "HOME")], ruling)

    assert found == [PHONE]
    assert (ruling.notices, ruling.rejects) == ([("code-dropped", "HOME")], [])


def test_what_the_table_calls_none_is_left_out_and_said() -> None:
    """An old number has no place in KT 2.0."""
    nodes = [telecom("phone", "1", "old"), telecom("fax", "2")]

    found, ruling = asked("telecoms(contact-use)", nodes, Ruling(tables=TABLES))

    assert found == [{"system": "fax", "value": "2"}]
    assert (ruling.notices, ruling.rejects) == ([(DROPPED, "telecom")], [])


@pytest.mark.parametrize("system", ["", "pager", "Phone", "e-mail"])
def test_a_telecom_that_cannot_be_placed_is_said_and_the_next_one_kept(system: str) -> None:
    """Without its value."""
    found, ruling = asked("telecoms(contact-use)", [telecom(system, "1"), telecom("fax", "2")])

    assert found == [{"system": "fax", "value": "2"}]
    assert (ruling.notices, ruling.rejects) == ([(DROPPED, "telecom.system")], [])


PHONE: Json = {"system": "phone", "value": "1"}


def test_an_email_address_is_never_invented() -> None:
    """Where the rule asks for one and there is none, there is nothing."""
    phone, mail = telecom("phone", "1"), telecom("email", "e@zorg.example")

    assert asked("telecoms(contact-use)", [phone], Ruling(tables=TABLES))[0] == [PHONE]
    own, ruling = asked("telecoms(contact-use, email)", [mail, phone], Ruling(tables=TABLES))
    assert own == [{"system": "email", "value": "e@zorg.example"}, PHONE]
    assert ruling.silent

    found, ruling = asked("telecoms(contact-use, email)", [phone])
    assert found is None
    assert ruling.rejects == [("value-missing", "telecom.email")]
