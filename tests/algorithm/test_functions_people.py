"""Each function for people: a good, an odd and a refused value."""

from __future__ import annotations

import pytest

from kt_migrate.algorithm.model import Policies
from kt_migrate.model import Body, Json, Node
from ruling import Ruling, Tables, asked, link_to, of

QUALIFIER = "http://hl7.org/fhir/StructureDefinition/iso21090-EN-qualifier"
OWN = "http://hl7.org/fhir/StructureDefinition/humanname-own-"
PARTICLES: Tables = {"name-particles": {"van": "x", "der": "x", "'t": "x"}}
DROPPED = "value-dropped"
P1, P2, P3 = (f"http://epd.example/fhir/P/{n}" for n in (1, 2, 3))
LONG = "L" * 60


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


TABLES: Tables = {
    "relationship": {
        "BRO": {"system": "urn:r", "code": "BRO"},
        "CHILD": {"system": "urn:n", "code": "OTH"},
        "OTH": {"system": "urn:n", "code": "OTH"},
        "TEXT": "text",
    },
    "male": {"CHILD": {"system": "urn:r", "code": "SONC"}},
    "female": {"CHILD": {"system": "urn:r", "code": "DAUC"}},
}
RELATIONSHIP = "relationship(relationship, male, female)"


def related(gender: str = "") -> Body:
    """Return a person's body."""
    return {"gender": [{"coding": [{"code": [gender]}]}]} if gender else {}


@pytest.mark.parametrize(
    ("code", "gender", "system", "made"),
    [
        ("BRO", "", "urn:r", "BRO"),
        ("BRO", "M", "urn:r", "BRO"),
        ("BRO", "F", "urn:r", "BRO"),
        ("CHILD", "M", "urn:r", "SONC"),
        ("CHILD", "F", "urn:r", "DAUC"),
        ("CHILD", "UN", "urn:n", "OTH"),
        ("CHILD", "", "urn:n", "OTH"),
    ],
)
def test_a_relationship_without_sex_is_chosen_by_the_persons(
    code: str, gender: str, system: str, made: str
) -> None:
    """Whatever its system; one that is less precise than it was is said."""
    node: Node = {"coding": [{"system": ["urn:any"], "code": [code]}]}
    ruling = of(related(gender), tables=TABLES)

    found, _ = asked(RELATIONSHIP, ["", node], ruling)

    assert found == [{"coding": [{"system": system, "code": made}]}]
    assert ruling.notices == ([] if code == made else [("code-generalised", code)])
    assert ruling.rejects == []


@pytest.mark.parametrize("code", ["ONBEKEND", "TEXT", LONG])
def test_an_unknown_relationship_is_refused(code: str) -> None:
    """The list of KT 2.0 is closed."""
    found, ruling = asked(RELATIONSHIP, [code], Ruling(tables=TABLES))

    assert found is None
    assert ruling.rejects == [("code-unknown", code[:40])]


def test_an_absent_relationship_is_supplied_other_or_absent() -> None:
    """As the policy `relationship_missing` says."""
    supplied = Ruling(tables=TABLES, supplied="BRO")
    assert asked(RELATIONSHIP, [], supplied)[0] == [
        {"coding": [{"system": "urn:r", "code": "BRO"}]}
    ]
    assert asked(RELATIONSHIP, [], Ruling(tables=TABLES))[0] is None

    other = Ruling(tables=TABLES, policies=Policies(relationship_missing="other"))
    assert asked(RELATIONSHIP, [], other)[0] == [{"coding": [{"system": "urn:n", "code": "OTH"}]}]
    assert supplied.silent
    assert other.silent


def test_what_is_generalised_is_shown_in_forty_characters() -> None:
    """A code of the source may be as long as its sender liked."""
    tables: Tables = {"relationship": {LONG: {"code": "OTH"}}}

    _, ruling = asked(RELATIONSHIP, [LONG], Ruling(tables=tables))

    assert ruling.notices == [("code-generalised", LONG[:40])]


ROLES: Tables = {
    "role": {
        "Caregiver": {"system": "urn:s", "code": "1"},
        "Secretary": {"system": "urn:s", "code": "2"},
        "Analyst": "none",
    }
}


def member(link: str, role: str = "") -> Node:
    """Return a member as a team's body has it."""
    return {"reference": [link], **({"role": [role]} if role else {})}


def concepts(*codes: str) -> Json:
    """Return `role`."""
    return [{"coding": [{"system": "urn:s", "code": code}]} for code in codes]


def test_a_team_has_each_member_once_with_all_its_roles() -> None:
    """In the order of their links, whatever the order of the care plans."""
    nodes = [
        "x",
        member(P2, "Secretary"),
        member(P3),
        member(P1, "Caregiver"),
        member(P2, "Caregiver"),
        member(P2, "Analyst"),
        member(P1),
        member(P1, "Secretary"),
    ]
    ruling = Ruling(tables=ROLES, types={P1: "RelatedPerson", P2: "Practitioner"})

    found, _ = asked("team_members(role)", nodes, ruling)

    assert found == [
        {"role": concepts("1", "2"), "member": link_to("RelatedPerson", P1)},
        {"role": concepts("2", "1"), "member": link_to("Practitioner", P2)},
        {"member": link_to("Practitioner", P3)},
    ]
    assert [(path, remove) for _key, path, remove in ruling.references] == [
        ((0, "member"), (0,)),
        ((1, "member"), (1,)),
        ((2, "member"), (2,)),
    ]
    assert ruling.silent


@pytest.mark.parametrize(
    ("first", "types", "notice"),
    [
        (member(P1, "Analyst"), {}, "member without a role in a team"),
        (member(P1, "Caregiver"), {P1: "Patient"}, "member"),
        (member(P1), {P1: "CareTeam"}, "member"),
    ],
)
def test_who_is_no_member_of_a_team_is_left_out_and_said(
    first: Node, types: dict[str, str], notice: str
) -> None:
    """The places of the others close up."""
    ruling = Ruling(tables=ROLES, types=types)

    found, _ = asked("team_members(role)", [first, member(P2, "Caregiver")], ruling)

    assert found == [{"role": concepts("1"), "member": link_to("Practitioner", P2)}]
    assert [path for _key, path, _remove in ruling.references] == [(0, "member")]
    assert (ruling.notices, ruling.rejects) == ([(DROPPED, notice)], [])


@pytest.mark.parametrize("code", ["Tovenaar", LONG])
def test_an_unknown_role_refuses_the_team(code: str) -> None:
    """Roles decide on access: none is guessed."""
    nodes = [member(P1, "Caregiver"), member(P1, code)]

    found, ruling = asked("team_members(role)", nodes, Ruling(tables=ROLES))

    assert found is None
    assert ruling.rejects == [("code-unknown", code[:40])]


def test_a_team_without_members_has_no_participants() -> None:
    """An empty list would be no FHIR."""
    assert asked("team_members(role)", [], Ruling(tables=ROLES))[0] is None
    nobody = Ruling(tables=ROLES, types={"": "Patient"})
    assert asked("team_members(role)", [{"role": ["Caregiver"]}], nobody)[0] is None
    assert nobody.notices == [(DROPPED, "member")]
