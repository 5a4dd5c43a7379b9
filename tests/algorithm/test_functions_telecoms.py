"""Telephone numbers and e-mail addresses: a good, an odd and a refused value."""

from __future__ import annotations

import pytest

from kt_migrate.model import Json, Node
from ruling import Ruling, asked

DROPPED = "value-dropped"


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
        (telecom("email", "e", "temp"), {"system": "email", "value": "e"}),
        (telecom("email", "e", "mobile"), {"system": "email", "value": "e"}),
        (telecom("phone", "1", "temp"), {"system": "phone", "value": "1", "use": "temp"}),
        (telecom("phone", "1", "privé"), {"system": "phone", "value": "1"}),
        (telecom("phone", "1", "mobile"), MOBILE),
        (telecom("phone", "1", "old"), None),
        (telecom("phone", ""), None),
        (telecom("", "", "home"), None),
        ("1", None),
    ],
)
def test_a_telecom_is_rebuilt_and_an_old_or_empty_one_left_out(node: Node, made: Json) -> None:
    """`mobile` is a telephone with a code; an e-mail's use is home or work."""
    found, ruling = asked("telecoms", [node])

    assert found == (None if made is None else [made])
    assert ruling.silent


@pytest.mark.parametrize("system", ["", "pager", "Phone", "e-mail"])
def test_a_telecom_that_cannot_be_placed_is_said_and_the_next_one_kept(system: str) -> None:
    """Without its value."""
    found, ruling = asked("telecoms", [telecom(system, "1"), telecom("fax", "2")])

    assert found == [{"system": "fax", "value": "2"}]
    assert (ruling.notices, ruling.rejects) == ([(DROPPED, "telecom.system")], [])


PHONE: Json = {"system": "phone", "value": "1"}


MAIL: Json = {"system": "email", "value": "s@zorg.example"}


def test_an_email_address_is_supplied_but_never_invented() -> None:
    """Only where the rule asks for one, and only when there is none."""
    phone, mail = telecom("phone", "1"), telecom("email", "e@zorg.example")
    supplied = "s@zorg.example"

    assert asked("telecoms(email)", [phone], Ruling(supplied=supplied))[0] == [PHONE, MAIL]
    assert asked("telecoms(email)", [], Ruling(supplied=supplied))[0] == [MAIL]
    assert asked("telecoms", [phone], Ruling(supplied=supplied))[0] == [PHONE]
    own, ruling = asked("telecoms(email)", [mail, phone], Ruling(supplied=supplied))
    assert own == [{"system": "email", "value": "e@zorg.example"}, PHONE]
    assert ruling.silent

    found, ruling = asked("telecoms(email)", [phone])
    assert found is None
    assert ruling.rejects == [("value-missing", "telecom.email")]
