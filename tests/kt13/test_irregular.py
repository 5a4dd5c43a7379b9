"""The irregularities of kt13.md §6, by their numbers: each is read as what it means."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kt13.both_ways import read_document
from kt13.forms import DOMAIN, MESSAGE, NS, Paper, Part, extended, header
from kt_migrate.kt13.body import coding_code, extension_text, reference, texts
from kt_migrate.model import Body, Document, Message

pytestmark = pytest.mark.property

PLAIN = Paper(
    parts=(
        Part(kind="MessageHeader", body=header()),
        Part(
            kind="Patient", body={"active": ["true"], "name": [{"given": ["A"]}]}, link="http://a/1"
        ),
    )
)


def message(content: bytes) -> Message:
    """Return the one message of a document."""
    found = read_document(content)
    assert isinstance(found, Document)
    (made,) = found.messages
    return made


XML_ANYHOW: dict[str, tuple[bytes, bytes]] = {
    "E1 no declaration": (b'<?xml version="1.0" encoding="utf-8"?>', b""),
    "E1 another spelling": (b'encoding="utf-8"', b'encoding="UTF-8"'),
    "E2 CRLF": (b"><", b">\r\n<"),
    "E3 blank lines": (b"><", b">\n\n  \t<"),
    "E4 another content type": (b'type="text/xml"', b'type="application/xml"'),
    "E7 another namespace": (b' xmlns="http://hl7.org/fhir"', b""),
    "E14 a narrative": (
        b"<active ",
        b'<text><div xmlns="http://www.w3.org/1999/xhtml"><p xmlns="">x</p></div></text><active ',
    ),
    "a comment": (b"<active ", b"<!-- x --><active "),
    "a comment first": (b"<Patient ", b"<!-- x --><Patient "),
    "an instruction first": (b"<Patient ", b"<?x y?><Patient "),
    "an extra element": (
        b"<entry>",
        b"<entry><published>2021</published><author><name>x</name></author>",
    ),
}


@pytest.mark.parametrize("case", XML_ANYHOW)
def test_xml_may_be_written_in_other_ways(case: str) -> None:
    """Without saying anything else."""
    was, becomes = XML_ANYHOW[case]
    assert was in PLAIN.xml()

    assert message(PLAIN.xml().replace(was, becomes)) == message(PLAIN.xml())


def as_json() -> dict[str, object]:
    """Return the plain paper's JSON, to be changed."""
    found: dict[str, object] = json.loads(PLAIN.json(single=False))
    return found


@settings(max_examples=20)
@given(st.randoms(use_true_random=False))
def test_e6_e13_the_order_of_elements_does_not_count(order: random.Random) -> None:
    """Keys in JSON and children of different names in XML, at every depth."""

    def turned(value: object) -> object:
        if isinstance(value, dict):
            keys = order.sample(list(value), len(value))
            return {key: turned(value[key]) for key in keys}
        return [turned(item) for item in value] if isinstance(value, list) else value

    parts = []
    for part in PLAIN.parts:
        body = turned(part.body)
        assert isinstance(body, dict)
        parts.append(Part(kind=part.kind, body=body, link=part.link))
    categories = tuple(order.sample((DOMAIN, MESSAGE), 2))  # E11

    assert message(json.dumps(turned(as_json())).encode()) == message(PLAIN.json())
    assert message(Paper(parts=tuple(parts), categories=categories).xml()) == message(PLAIN.xml())


@pytest.mark.parametrize("empty", [[], None, "", {}, [None], [""], [{}]])
def test_e8_e10_what_is_empty_is_absent(empty: object) -> None:
    """An empty list, null, an empty text: as the JavaScript connector sent them."""
    changed = as_json()
    entries = changed["entry"]
    assert isinstance(entries, list)
    entries[1]["content"] |= {"goal": empty, "extension": empty}
    entries[0]["content"]["source"][0] |= {"name": empty, "version": empty}

    assert message(json.dumps(changed).encode()) == message(PLAIN.json())


def test_i5_i6_i7_an_object_is_its_link_byte_for_byte() -> None:
    """Its own id is no identity; http is not https; a link's words say nothing of a type."""
    links = [
        "http://a.example/Patient/1", "https://a.example/Patient/1", "http://A.example/Patient/1",
        "http://a.example/Caregiver/1", "https://s.example/Other/ActivityDefinition:3", "12442",
        "http://a.example/Practitioner/",
    ]  # fmt: skip
    parts = [Part(kind="Patient", body={"id": ["ref007"]}, link=link) for link in links]

    found = message(Paper(parts=(PLAIN.parts[0], *parts)).xml())

    assert [(o.link, o.source_type) for o in found.objects] == [(link, "Patient") for link in links]


def test_i9_an_object_that_stands_twice_is_read_twice() -> None:
    """Which of the two counts is for the history to say."""
    one, two = (Part(kind="Patient", body={"n": [n]}, link="http://a/1") for n in "12")

    found = message(Paper(parts=(PLAIN.parts[0], one, two)).json())

    assert [o.body["n"] for o in found.objects] == [["1"], ["2"]]


def test_i11_a_messages_identifier_may_have_a_urn() -> None:
    """Or not: the same message."""
    bare = Paper(
        parts=(Part(kind="MessageHeader", body=header(identifier=["m-1"])), PLAIN.parts[1])
    )

    assert message(bare.xml()) == message(PLAIN.xml())


def test_x2_x3_an_extension_of_another_is_kept_and_never_taken_for_ours() -> None:
    """Without a namespace, or of an application."""
    body: Body = {
        "extension": [
            {"url": ["CarePlan#Started"], "valueDateTime": ["2020"]},
            {"url": ["http://app.example/x#BlackBoxState"], "valueString": ["s"]},
            extended("CarePlan#Started", "valueDateTime", "2021"),
        ]
    }
    part = Part(kind="Patient", body=body, link="http://a/1")

    for content in Paper(parts=(PLAIN.parts[0], part)).both():
        (found,) = message(content).objects
        assert found.body == body
        assert extension_text(found.body, "CarePlan#Started") == "2021"


def test_x6_x9_x10_a_code_is_a_code_whatever_stands_around_it() -> None:
    """Without system or display, with a text, as a Coding where a code should be; `{}` is none."""
    gender: Body = {"coding": [{"code": ["UNK"]}], "text": ["Undetermined"]}
    status: Body = {"system": [NS + "CarePlanParticipantRole"], "code": ["active"]}

    assert coding_code(gender, "AdministrativeGender") == "UNK"
    assert coding_code(status, "CarePlanStatus") == "active"
    assert coding_code({"text": ["Undetermined"]}) == coding_code({}) == ""


def test_d3_a_date_that_is_none_is_kept_as_it_stands() -> None:
    """The reader judges no values: that is for a rule, which knows where it goes."""
    body: Body = {"birthDate": ["Hl7.Fhir.Model.FhirDateTime"], "start": ["2014-01"]}
    part = Part(kind="Patient", body=body, link="http://a/1")

    for content in Paper(parts=(PLAIN.parts[0], part)).both():
        assert message(content).objects[0].body == body


def test_r1_r5_a_reference_may_dangle_or_be_a_display_alone() -> None:
    """Neither is an error of the document."""
    assert reference({"display": ["Jan"]}) == ""
    found = message(Paper(parts=(Part(kind="MessageHeader", body=header()),)).xml())
    assert (found.focal, found.objects, found.issues) == ("http://epd.example/P/1", (), ())


def test_r6_a_name_keeps_all_its_parts_in_order() -> None:
    """Several family parts, prefixes, a suffix."""
    name: Body = {"family": ["van", "de", "Berg"], "prefix": ["van", "der"], "suffix": ["MD"]}
    part = Part(kind="Patient", body={"name": [name]}, link="http://a/1")

    for content in Paper(parts=(PLAIN.parts[0], part)).both():
        (found,) = message(content).objects[0].body["name"]
        assert isinstance(found, dict)
        assert texts(found, "family") == ["van", "de", "Berg"]
        assert found == name


def test_r8_markup_in_a_text_is_text() -> None:
    """Escaped, and as a string."""
    body: Body = {"extension": [extended("UserMessage#Content", "valueString", "<p>a &amp; b</p>")]}
    part = Part(kind="Other", body=body, link="http://a/1")

    for content in Paper(parts=(PLAIN.parts[0], part)).both():
        assert message(content).objects[0].body == body
