"""Names of people: a good, an odd and a refused value."""

from __future__ import annotations

import pytest

from kt_migrate.algorithm.model import Policies
from kt_migrate.model import Body, Json, Node
from ruling import Ruling, Tables, asked

QUALIFIER = "http://hl7.org/fhir/StructureDefinition/iso21090-EN-qualifier"


OWN = "http://hl7.org/fhir/StructureDefinition/humanname-own-"


PARTICLES: Tables = {"name-particles": {"van": "x", "der": "x", "'t": "x", "d'": "x", "de": "x"}}


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


def official(family: str, *given: str, codes: str = "BR") -> dict[str, Json]:
    """Return an official name without parts."""
    return name("official", family, given, codes)


def parted(family: str, prefix: str, own_name: str) -> Json:
    """Return Jan, whose family has a prefix."""
    return {**official(family, "Jan"), "_family": own(prefix, own_name)}


@pytest.mark.parametrize(
    ("nodes", "made"),
    [
        ([JAN], [official("Berg", "Jan")]),
        (["x", JAN], [official("Berg", "Jan")]),
        (
            [{"use": ["official"], "family": ["Berg"], "given": ["J.P", "M", "Jan Piet"]}],
            [official("Berg", "J.", "P", "M", "Jan Piet", codes="IN IN IN BR")],
        ),
        ([{**JAN, "given": ["", " ", "Jan"]}], [official("Berg", "Jan")]),
        ([{**JAN, "family": ["", "Berg", " "]}], [official("Berg", "Jan")]),
        ([{**JAN, "family": ["Van", "Berg"]}], [official("Van Berg", "Jan")]),
        ([{**JAN, "family": ["van", "der", "Berg"]}], [VAN]),
        ([{**JAN, "family": ["van der Berg"]}], [VAN]),
        ([{**JAN, "prefix": ["van", "der"]}], [VAN]),
        ([{**JAN, "prefix": ["van der"]}], [VAN]),
        ([{**JAN, "prefix": ["van der"], "family": ["van der Berg"]}], [VAN]),
        (
            [{**JAN, "prefix": ["Van der"], "family": ["van der Berg"]}],
            [parted("van der Berg", "Van der", "Berg")],
        ),
        ([{**JAN, "prefix": ["van"], "family": ["Vank"]}], [parted("van Vank", "van", "Vank")]),
        ([{**JAN, "prefix": ["Van 'T"]}], [parted("Van 'T Berg", "Van 'T", "Berg")]),
        ([{**JAN, "prefix": ["\u2019t"]}], [parted("\u2019t Berg", "\u2019t", "Berg")]),
        ([{**JAN, "prefix": ["d'"]}], [parted("d'Berg", "d'", "Berg")]),
        ([{"use": ["maiden"], "family": ["Berg"]}], [name("maiden", "Berg")]),
        (
            [{"use": ["old"], "family": ["van Berg"]}],
            [{**name("old", "van Berg"), "_family": own("van", "Berg")}],
        ),
        ([{**JAN, "use": ["Official"]}], [official("Berg", "Jan")]),
        ([{"use": ["nickname"], "given": ["Jantje"]}], [name("usual", "", ("Jantje",), "CL")]),
        ([{"use": ["nickname"], "given": ["J."]}], [name("usual", "", ("J.",), "IN")]),
        ([{**JAN, "use": ["nickname"]}], [name("nickname", "Berg", ("Jan",), "BR")]),
        (
            [JAN, {"use": ["usual"], "given": ["Jantje"]}],
            [official("Berg", "Jan"), name("usual", "", ("Jantje",), "CL")],
        ),
        (
            [JAN, {**JAN, "use": ["usual"]}],
            [official("Berg", "Jan"), name("usual", "", ("Jan",), "CL")],
        ),
        ([JAN, JAN], [official("Berg", "Jan")]),
        (
            [JAN, JAN, {**JAN, "family": ["Dal"]}],
            [official("Berg", "Jan"), official("Dal", "Jan")],
        ),
        ([{**JAN, "use": ["usual"]}], [official("Berg", "Jan")]),
        ([{"use": ["usual"], "given": ["Jan"]}], [name("usual", "", ("Jan",), "CL")]),
        ([{"use": ["usual"]}], None),
        ([{"use": ["maiden"]}], None),
        ([], None),
        (["x"], None),
    ],
)
def test_a_name_is_rebuilt_as_nl_core_wants_it(nodes: list[Node], made: Json) -> None:
    """Official unless it says otherwise; the family whole; each given with its qualifier."""
    found, ruling = asked("human_names", nodes, Ruling(tables=PARTICLES))

    assert found == made
    assert ruling.silent


def test_a_usual_name_with_another_family_has_no_place_for_it_and_that_is_said() -> None:
    """Its given names are kept; the only name there is counts as official instead."""
    usual: Node = {**JAN, "family": ["Dal"], "use": ["usual"]}

    found, ruling = asked("human_names", [JAN, usual], Ruling(tables=PARTICLES))

    assert found == [official("Berg", "Jan"), name("usual", "", ("Jan",), "CL")]
    assert (ruling.notices, ruling.rejects) == ([(DROPPED, "name.family")], [])


def test_the_family_of_an_old_name_is_not_the_official_one() -> None:
    """Only what an official name says is said already."""
    nodes: list[Node] = [{**JAN, "use": ["old"]}, {**JAN, "use": ["usual"]}]

    _found, ruling = asked("human_names", nodes, Ruling(tables=PARTICLES))

    assert ruling.notices == [(DROPPED, "name.family")]


def test_a_third_official_name_is_left_behind_and_said() -> None:
    """The profile has room for two."""
    nodes: list[Node] = [{**JAN, "family": [family]} for family in ("Aa", "Bb", "Cc", "Aa")]

    found, ruling = asked("human_names", nodes)

    assert found == [official("Aa", "Jan"), official("Bb", "Jan")]
    assert (ruling.notices, ruling.rejects) == ([(DROPPED, "name")], [])


def test_a_use_that_nobody_knows_is_none_and_said() -> None:
    """Without it the name is official."""
    found, ruling = asked("human_names", [{**JAN, "use": ["roepnaam"]}])

    assert found == [official("Berg", "Jan")]
    assert (ruling.notices, ruling.rejects) == ([(DROPPED, "name.use")], [])


@pytest.mark.parametrize(
    ("node", "made"),
    [
        ({**JAN, "prefix": ["drs."]}, official("Berg", "Jan")),
        ({**JAN, "prefix": ["van", "drs."]}, official("Berg", "Jan")),
        ({**JAN, "prefix": ["drs. van"]}, parted("van Berg", "van", "Berg")),
        ({**JAN, "prefix": ["drs.", "van", "der"]}, VAN),
    ],
)
def test_a_title_has_no_place_and_is_said(node: Node, made: Json) -> None:
    """Particles behind it are the name's; when it stands behind one, which is which is unknown."""
    found, ruling = asked("human_names", [node], Ruling(tables=PARTICLES))

    assert found == [made]
    assert (ruling.notices, ruling.rejects) == ([(DROPPED, "name.prefix")], [])


def test_a_prefix_without_a_family_is_said() -> None:
    """There is nothing that it could stand before."""
    node: Node = {"use": ["nickname"], "given": ["Jan"], "prefix": ["van"]}

    found, ruling = asked("human_names", [node], Ruling(tables=PARTICLES))

    assert found == [name("usual", "", ("Jan",), "CL")]
    assert ruling.notices == [(DROPPED, "name.prefix")]


HL7 = "http://hl7.org/fhir/StructureDefinition/"


def said(text: str, element: str = "valueString", **parts: str) -> Node:
    """Return a primitive with extensions: `said("Berg", own_name="Berg")`."""
    extensions: list[Node] = [
        {"url": [f"{HL7}humanname-{part.replace('_', '-')}"], element: [value]}
        for part, value in parts.items()
    ]
    return {"value": [text], "extension": extensions}


def parts_of(**parts: str) -> Json:
    """Return `_family`."""
    return {
        "extension": [
            {"url": f"{HL7}humanname-{part.replace('_', '-')}", "valueString": value}
            for part, value in parts.items()
        ]
    }


PARTNER = said("Dal-van Berg", partner_name="Dal", own_prefix="van", own_name="Berg")
PARTS = parts_of(own_prefix="van", own_name="Berg", partner_name="Dal")
ORDER: dict[str, list[Node]] = {"url": [f"{HL7}humanname-assembly-order"], "valueCode": ["NL3"]}
ORDERED: Json = [{"url": f"{HL7}humanname-assembly-order", "valueCode": "NL3"}]


def test_the_parts_that_a_source_names_itself_are_taken_as_they_are() -> None:
    """Own and partner's name, and with the argument `order` which goes first; nothing is guessed."""
    node: Node = {"family": [PARTNER], "given": ["Jan"], "extension": [ORDER]}
    made = {**official("Dal-van Berg", "Jan"), "_family": PARTS}

    found, ruling = asked("human_names(order)", [node], Ruling(tables=PARTICLES))
    assert found == [{"extension": ORDERED, **made}]
    assert ruling.silent

    found, ruling = asked("human_names", [node], Ruling(tables=PARTICLES))
    assert found == [made]
    assert ruling.notices == [(DROPPED, "name.extension")]


@pytest.mark.parametrize("order", [{**ORDER, "valueCode": ["NL9"]}, ORDER])
def test_an_order_of_what_has_no_parts_or_no_such_code_is_said(order: Node) -> None:
    """It would say nothing."""
    node: Node = {**JAN, "extension": [order]}

    found, ruling = asked("human_names(order)", [node])

    assert found == [official("Berg", "Jan")]
    assert ruling.notices == [(DROPPED, "name.extension")]


def test_a_prefix_whose_name_is_not_there_is_said() -> None:
    """`zib-NameInformation-1` and `-2` refuse it; the other name's parts are kept."""
    lone = said("de Dal", partner_prefix="de", own_name="Dal")

    found, ruling = asked("human_names", [{**JAN, "family": [lone]}], Ruling(tables=PARTICLES))

    assert found == [{**official("de Dal", "Jan"), "_family": parts_of(own_name="Dal")}]
    assert ruling.notices == [(DROPPED, "name.family")]


def test_a_prefix_beside_named_parts_is_in_the_family_once() -> None:
    """Named parts win over what the particles would tell."""
    named = said("Berg", own_name="Berg")
    node: Node = {**JAN, "family": [named], "prefix": ["van"]}

    found, ruling = asked("human_names", [node], Ruling(tables=PARTICLES))

    assert found == [{**official("van Berg", "Jan"), "_family": parts_of(own_name="Berg")}]
    assert ruling.silent


@pytest.mark.parametrize("code", ["BR", "IN", "CL"])
def test_a_qualifier_of_the_sources_own_counts(code: str) -> None:
    """Then a given stays as it is; one that nl-core does not know is none."""

    def given(qualifier: str) -> Node:
        url = f"{HL7}iso21090-EN-qualifier"
        return {"value": ["A.B."], "extension": [{"url": [url], "valueCode": [qualifier]}]}

    found, _ = asked("human_names", [{**JAN, "given": [given(code)]}])
    assert found == [official("Berg", "A.B.", codes=code)]

    found, _ = asked("human_names", [{**JAN, "given": [given("AC")]}])
    assert found == [official("Berg", "A.", "B.", codes="IN IN")]


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
