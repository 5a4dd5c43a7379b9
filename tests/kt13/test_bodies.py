"""Looking into a canonical body: texts, extensions, codes, references; and into a definition."""

from __future__ import annotations

import pytest

from kt13.forms import NS, extended
from kt_migrate.kt13.body import (
    coding,
    coding_code,
    extension,
    extension_text,
    extension_value,
    extensions,
    first_node,
    first_text,
    nodes,
    reference,
    short_url,
    spelled,
    text,
    texts,
)
from kt_migrate.kt13.definition import definition_identifier
from kt_migrate.model import Body, Node


@pytest.mark.parametrize(
    ("node", "found"),
    [
        ("x", "x"),
        ("", ""),
        (None, None),
        ({}, None),
        ({"value": []}, None),
        ({"value": ["x", "y"]}, "x"),
        ({"value": [{"a": ["x"]}]}, None),
        ({"other": ["x"]}, None),
    ],
)
def test_the_text_of_a_primitive_is_its_own_or_its_value(
    node: Node | None, found: str | None
) -> None:
    """Anything else has none."""
    assert text(node) == found


MIXED: Body = {
    "a": [{"x": ["1"]}, {"value": ["v"], "id": ["1"]}, "w"],
    "b": ["t"],
    "c": [{"y": ["2"]}],
}


def test_texts_and_nodes_of_one_name_are_told_apart() -> None:
    """In order; what is not there is empty."""
    assert texts(MIXED, "a") == ["v", "w"]
    assert first_text(MIXED, "a") == "v"
    assert (texts(MIXED, "z"), first_text(MIXED, "z"), first_text(MIXED, "c")) == ([], None, None)
    assert nodes(MIXED, "a") == [{"x": ["1"]}, {"value": ["v"], "id": ["1"]}]
    assert first_node(MIXED, "a") == {"x": ["1"]}
    assert (nodes(MIXED, "b"), first_node(MIXED, "b"), first_node(MIXED, "z")) == ([], {}, {})


@pytest.mark.parametrize(
    ("url", "short"),
    [
        (NS + "A#B", "A#B"),
        (NS + "Profile/A#B", "A#B"),
        (NS + "Profile/Profile/A#B", "Profile/A#B"),
        (NS, ""),
        ("http://x.example/A#B", "http://x.example/A#B"),
        (NS.lower() + "A#B", NS.lower() + "A#B"),
        ("", ""),
    ],
)
def test_a_url_is_short_when_it_is_koppeltaals(url: str, short: str) -> None:
    """X1: in both forms; case counts."""
    assert short_url(url) == short


EXTENDED: Body = {
    "extension": [
        "text",
        {"valueString": ["no url"]},
        extended("A#C", "valueString", "c"),
        extended("Profile/A#B", "valueString", "1"),
        extended("A#B", "valueString", "2"),
        extended("a#b", "valueString", "3"),
        {"url": ["http://x.example/A#B"], "valueString": ["4"]},
    ]
}


def test_an_extension_is_found_in_both_forms_of_its_url() -> None:
    """In order; no other url will do."""
    assert [e["valueString"] for e in extensions(EXTENDED, "A#B")] == [["1"], ["2"]]
    assert extension(EXTENDED, "A#B") == extended("Profile/A#B", "valueString", "1")
    assert extension_value(EXTENDED, "A#B") == extension_text(EXTENDED, "A#B") == "1"
    for body in (EXTENDED, {}):
        assert extension(body, "X#Y") is None
        assert extension_value(body, "X#Y") is None
        assert extension_text(body, "X#Y") == ""


@pytest.mark.parametrize(
    ("node", "found"),
    [
        ({"valueDecimal": ["1.5"]}, "1.5"),
        ({"id": ["1"], "valueInteger": ["3"]}, "3"),
        ({"valueString": [], "valueCode": ["c"]}, "c"),
        ({"valueString": [{"value": ["v"], "id": ["1"]}]}, "v"),
        ({"valueCoding": [{"code": ["c"]}]}, ""),
        ({"other": ["x"]}, ""),
    ],
)
def test_an_extensions_value_may_be_of_any_type(node: Body, found: str) -> None:
    """X5: value[x] drifts."""
    body: Body = {"extension": [{"url": [NS + "A#B"], **node}]}

    assert extension_text(body, "A#B") == found


OWN, HL7 = NS + "ValueSet", "http://hl7.org/fhir/vs/value-set"


def choice(*systems: str) -> Body:
    """Return a CodeableConcept whose codings are coded by their place, from 0."""
    return {
        "coding": [
            {"system": [system], "code": [str(place)]} if system else {"code": [str(place)]}
            for place, system in enumerate(systems)
        ]
    }


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (OWN, NS + "Other"),
        (OWN, HL7),
        (NS.upper() + "VALUE-SET/", "http://terminology.hl7.org/ValueSet"),
        (OWN, HL7.replace("value-set", "other")),
        (OWN, "urn:x"),
        (HL7, NS + "Other"),
        (HL7, "http://hl7.org/fhir/vs/other"),
        ("http://www.hl7.org/fhir/ValueSet", "urn:x"),
        ("http://terminology.hl7.org/ValueSet", NS + "Other"),
        ("https://terminology.hl7.org/ValueSet.html", NS + "Other"),
        (NS + "Other", "http://hl7.org/fhir/other"),
        (NS.upper() + "OTHER", "http://hl7.org/fhir/other"),
        (NS + "Other", "http://epd.example/ValueSet"),
        ("http://hl7.org/fhir/other", "http://epd.example/ValueSet"),
        ("http://epd.example/ValueSet", "urn:x"),
        ("http://epd.example/ValueSet", ""),
        (NS + "Other", ""),
    ],
)
def test_of_two_codings_the_better_system_counts_in_either_place(better: str, worse: str) -> None:
    """X10: the value set's own, Koppeltaal's, HL7's, one of that name, any."""
    assert coding_code(choice(better, worse), "ValueSet") == "0"
    assert coding_code(choice(worse, better), "ValueSet") == "1"


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (OWN, NS + "Profile/value-set/"),
        (HL7, "http://terminology.hl7.org/ValueSet"),
        (NS + "A", NS + "B"),
        ("http://hl7.org/fhir/a", "http://terminology.hl7.org/b"),
        ("urn:x", ""),
        ("urn:x", "urn:hl7.org/fhir/"),
        ("http://a.example/ValueSet", "http://b.example/value-set.html"),
    ],
)
def test_of_two_equal_systems_the_first_counts(one: str, two: str) -> None:
    """Whichever that is."""
    assert coding_code(choice(one, two), "ValueSet") == "0"
    assert coding_code(choice(two, one), "ValueSet") == "0"


def test_without_a_value_set_none_is_meant() -> None:
    """Then Koppeltaal's own goes before HL7's, and no name counts."""
    assert coding_code(choice(HL7, OWN)) == "1"
    assert coding_code(choice("http://epd.example/x", "http://epd.example/")) == "0"
    assert coding_code(choice("urn:x", "http://hl7.org/fhir/other")) == "1"


@pytest.mark.parametrize(
    ("node", "found"),
    [
        (None, ""),
        ("c", "c"),
        ({"code": ["c"]}, "c"),
        ({"value": ["c"], "id": ["1"]}, "c"),
        ({"coding": []}, ""),
        ({"coding": [], "value": ["v"]}, "v"),
        ({"coding": ["text"]}, ""),
        ({"coding": [{"display": ["d"]}]}, ""),
        ({"coding": [{"display": ["d"]}, {"code": [""]}]}, ""),
        ({"coding": [{"display": ["d"]}, {"code": ["c"]}]}, "c"),
        ({"coding": [{"code": ["c"]}], "code": ["wrong"]}, "c"),
    ],
)
def test_a_code_is_found_in_a_code_a_coding_or_a_concept(node: Node | None, found: str) -> None:
    """One without a code counts when there is no other."""
    assert coding_code(node) == found


def test_the_coding_itself_is_the_node_or_one_of_its_codings() -> None:
    """The first without a code, when all lack one."""
    assert coding({"code": ["c"]}) == {"code": ["c"]}
    assert coding({"coding": [{"display": ["a"]}, {"display": ["b"]}]}) == {"display": ["a"]}
    assert coding({"coding": [{"display": ["a"]}]}) == {"display": ["a"]}
    assert coding({"coding": [], "text": ["t"]}) == {"coding": [], "text": ["t"]}


@pytest.mark.parametrize(
    ("system", "last"),
    [
        (NS + "CarePlanParticipantRole", "careplanparticipantrole"),
        ("http://hl7.org/fhir/vs/administrative-gender/", "administrativegender"),
        ("http://hl7.org/fhir/vs/administrative-gender.html", "administrativegender"),
        ("https://x.example/RoleCode///", "rolecode"),
        ("RoleCode", "rolecode"),
        ("http://x.example/ToolBOX/", "toolbox"),
        ("", ""),
    ],
)
def test_a_system_is_spelled_by_its_last_part(system: str, last: str) -> None:
    """Without what its spellings differ in."""
    assert spelled(system) == last


@pytest.mark.parametrize(
    ("node", "link"),
    [
        ({"reference": ["http://a.example/1/_history/2"]}, "http://a.example/1"),
        ({"reference": ["12442"]}, "12442"),
        ({"display": ["x"]}, ""),
        ("http://a.example/1", ""),
        (None, ""),
    ],
)
def test_a_reference_names_a_link_without_its_version(node: Node | None, link: str) -> None:
    """R5: a display alone names nothing."""
    assert reference(node) == link


NAME = "ActivityDefinition#ActivityDefinitionIdentifier"


@pytest.mark.parametrize(
    ("own", "native", "found"),
    [
        ("OWN", [{"value": ["N"]}], "OWN"),
        ({"value": ["OWN"]}, [{"value": ["N"]}], "OWN"),
        ({"system": ["s"]}, [{"value": ["N"]}], "N"),
        (None, [{"value": ["N"]}, {"value": ["M"]}], "N"),
        (
            None,
            [{"system": ["urn:x"], "value": ["N"]}, {"system": [NS + NAME], "value": ["M"]}],
            "M",
        ),
        (None, [{"system": [NS + NAME]}, {"value": ["M"]}], "M"),
        (
            None,
            [{"system": [NS + NAME], "value": ["A"]}, {"system": [NS + NAME], "value": ["B"]}],
            "A",
        ),
        (None, ["text"], ""),
        (None, [], ""),
    ],
)
def test_a_definition_is_named_by_its_extension_then_by_koppeltaals_identifier_then_by_any(
    own: Node | None, native: list[Node], found: str
) -> None:
    """§4.10, §9 row 16: data of 2015 has no extension."""
    body: Body = {"identifier": native}
    if own is not None:
        body["extension"] = [extended(NAME, "valueX", own)]

    assert definition_identifier(body) == found
