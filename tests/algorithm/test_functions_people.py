"""Each function for people: a good, an odd and a refused value."""

from __future__ import annotations

import pytest

from kt_migrate.algorithm.model import Policies
from kt_migrate.model import Body, Json, Node
from ruling import Ruling, Tables, asked

QUALIFIER = "http://hl7.org/fhir/StructureDefinition/iso21090-EN-qualifier"


OWN = "http://hl7.org/fhir/StructureDefinition/humanname-own-"


PARTICLES: Tables = {"name-particles": {"van": "x", "der": "x", "'t": "x"}}


DROPPED = "value-dropped"


def qualified(*codes: str) -> Json:
    """Return `_given`."""
    return [{"extension": [{"url": QUALIFIER, "valueCode": code}]} for code in codes]


def name(
    use: str, family: str = "", given: tuple[str, ...] = (), codes: str = ""
) -> dict[str, Json]:
    """Return an R4 name; `codes` as `"BR IN"`."""
    made: dict[str, Json] = {"use": use}
    if family:
        made["family"] = family
    if given:
        made |= {"given": [*given], "_given": qualified(*codes.split())}
    return made


def own(prefix: str, family: str) -> Json:
    """Return `_family`."""
    return {
        "extension": [
            {"url": f"{OWN}prefix", "valueString": prefix},
            {"url": f"{OWN}name", "valueString": family},
        ]
    }


JAN: Body = {"family": ["Berg"], "given": ["Jan"]}


VAN: Json = {**name("official", "van der Berg", ("Jan",), "BR"), "_family": own("van der", "Berg")}


@pytest.mark.parametrize(
    ("nodes", "made"),
    [
        ([JAN], [name("official", "Berg", ("Jan",), "BR")]),
        (["x", JAN], [name("official", "Berg", ("Jan",), "BR")]),
        (
            [{"use": ["official"], "family": ["van", "Berg"], "given": ["J.", "P", "Jan"]}],
            [name("official", "van Berg", ("J.", "P", "Jan"), "IN IN BR")],
        ),
        ([{**JAN, "prefix": ["van", "der"]}], [VAN]),
        ([{**JAN, "prefix": ["van der"]}], [VAN]),
        (
            [{**JAN, "prefix": ["Van 'T"]}],
            [
                {
                    **name("official", "Van 'T Berg", ("Jan",), "BR"),
                    "_family": own("Van 'T", "Berg"),
                }
            ],
        ),
        ([{"use": ["maiden"], "family": ["Berg"]}], [name("maiden", "Berg")]),
        ([{"use": ["nickname"], "given": ["Jantje"]}], [name("nickname", "", ("Jantje",), "BR")]),
        (
            [JAN, {"use": ["usual"], "given": ["Jantje"]}],
            [name("official", "Berg", ("Jan",), "BR"), name("usual", "", ("Jantje",), "BR")],
        ),
        ([{**JAN, "use": ["usual"]}], [name("official", "Berg", ("Jan",), "BR")]),
        ([{"use": ["usual"], "given": ["Jan"]}], [name("usual", "", ("Jan",), "BR")]),
        ([{"use": ["usual"]}], None),
        ([{"use": ["maiden"]}], None),
        ([], None),
        (["x"], None),
    ],
)
def test_a_name_is_rebuilt_as_nl_core_wants_it(nodes: list[Node], made: Json) -> None:
    """Official unless it says otherwise; particles in the family; each given with its qualifier."""
    found, ruling = asked("human_names", nodes, Ruling(tables=PARTICLES))

    assert found == made
    assert ruling.silent


def test_a_usual_name_among_others_has_no_family_in_kt2() -> None:
    """It is dropped and said; the only name there is counts as official instead."""
    usual: Node = {**JAN, "use": ["usual"]}

    found, ruling = asked("human_names", [JAN, usual], Ruling(tables=PARTICLES))

    assert found == [name("official", "Berg", ("Jan",), "BR"), name("usual", "", ("Jan",), "BR")]
    assert (ruling.notices, ruling.rejects) == ([(DROPPED, "name.family")], [])


@pytest.mark.parametrize(
    "node",
    [
        {**JAN, "prefix": ["drs."]},
        {**JAN, "prefix": ["van", "drs."]},
        {**JAN, "prefix": ["drs. van"]},
    ],
)
def test_a_title_has_no_place_and_is_said(node: Node) -> None:
    """Also next to a particle: which is which cannot be known."""
    found, ruling = asked("human_names", [node], Ruling(tables=PARTICLES))

    assert found == [name("official", "Berg", ("Jan",), "BR")]
    assert (ruling.notices, ruling.rejects) == ([(DROPPED, "name.prefix")], [])


def test_a_prefix_without_a_family_is_said() -> None:
    """There is nothing that it could stand before."""
    node: Node = {"use": ["nickname"], "given": ["Jan"], "prefix": ["van"]}

    found, ruling = asked("human_names", [node], Ruling(tables=PARTICLES))

    assert found == [name("nickname", "", ("Jan",), "BR")]
    assert ruling.notices == [(DROPPED, "name.prefix")]


@pytest.mark.parametrize(
    ("node", "missing", "temporary"),
    [
        ({"family": ["Berg"]}, "name.given", [name("temp", "Berg")]),
        ({"given": ["Jan"]}, "name.family", [name("temp", "", ("Jan",), "BR")]),
        ({"text": ["Jan Berg"]}, "name.given", None),
    ],
)
def test_an_incomplete_official_name_rejects_or_is_temporary(
    node: Node, missing: str, temporary: Json
) -> None:
    """As the policy `name_incomplete` says; never official."""
    found, ruling = asked("human_names", [node])
    assert found is None
    assert ruling.rejects == [("value-missing", missing)]

    allowed = Ruling(policies=Policies(name_incomplete="temp"))
    found, _ = asked("human_names", [node], allowed)
    assert found == temporary
    assert allowed.silent


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


def test_an_email_address_is_never_invented() -> None:
    """Where the rule asks for one and there is none, there is nothing."""
    phone, mail = telecom("phone", "1"), telecom("email", "e@zorg.example")

    own, ruling = asked("telecoms(email)", [mail, phone])
    assert own == [{"system": "email", "value": "e@zorg.example"}, PHONE]
    assert ruling.silent
    assert asked("telecoms", [phone])[0] == [PHONE]

    found, ruling = asked("telecoms(email)", [phone])
    assert found is None
    assert ruling.rejects == [("value-missing", "telecom.email")]


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
                "city": "Ons Dorp",
                "postalCode": "1234 AB",
                "country": "NL",
            },
        ),
        ({"use": ["work"], "city": ["A"]}, {"use": "work", "city": "A"}),
        ({"use": ["temp"], "zip": ["1"]}, {"use": "temp", "postalCode": "1"}),
        ({"use": ["old"], "country": ["NL"]}, {"use": "old", "country": "NL"}),
        ({"use": ["billing"], "city": ["A"]}, {"city": "A"}),
        ({"line": ["A"], "city": [""]}, {"line": ["A"]}),
        ({"use": ["home"], "period": [{"start": ["2020"]}]}, None),
        ("Dorpsstraat 1", None),
    ],
)
def test_an_address_is_rebuilt_and_an_empty_one_left_out(node: Node, made: Json) -> None:
    """DSTU1's zip is R4's postalCode; the next address is kept."""
    last: Node = {"city": ["Z"]}

    found, ruling = asked("addresses", [node, last])

    assert found == ([] if made is None else [made]) + [{"city": "Z"}]
    assert asked("addresses", [node])[0] == (None if made is None else [made])
    assert ruling.silent
