"""What FHIR forbids in a text is taken out of it, and counted, in both serialisations."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kt13.two_forms import (
    HOST,
    as_json,
    as_xml,
    both,
    bundle,
    document,
    entry,
    extension,
    header,
    message,
    patient,
    refused,
)
from kt_migrate.history.census import count
from kt_migrate.kt13.body import nodes, texts
from kt_migrate.model import SourceVersion

CONTROLS = sorted({*range(0x20)} - {*b"\t\n\r"})
ALLOWED = "\t\n\r\x7f\x85\u200b\ufffd\ue000\U0001f600é"
LINK = f"{HOST}/Patient/1"


def named(word: str) -> bytes:
    """Return a message in JSON with a patient's family name, escaped as Python does."""
    return as_json(bundle(header(), entry(patient(name=[{"family": [word]}]))))


def family(content: bytes) -> tuple[list[str], int]:
    """Return the family name, and how many characters were taken out."""
    (found,) = message(content).objects
    return [t for name in nodes(found.body, "name") for t in texts(name, "family")], found.removed


def in_xml(reference: bytes) -> bytes:
    """Return a message in XML with these bytes in a family name."""
    made = as_xml(bundle(header(), entry(patient(name=[{"family": ["Pr@oef"]}]))))
    return made.replace(b"@", reference)


@pytest.mark.parametrize("number", CONTROLS)
def test_a_control_character_is_taken_out_however_it_is_written(number: int) -> None:
    """Escaped or raw in JSON; as a reference, in any notation, or raw in XML."""
    plain, raw = (["Proef"], 1), bytes([number])
    escaped = named(f"Pr{chr(number)}oef")

    assert family(escaped) == plain
    assert family(named("Pr@oef").replace(b"@", raw)) == plain
    for reference in (b"&#%d;", b"&#x%x;", b"&#x%X;", b"&#00%d;", b"&#x00%02X;"):
        assert family(in_xml(reference % number)) == plain
    assert family(in_xml(raw)) == plain


@pytest.mark.parametrize("number", [0xD800, 0xDBFF, 0xDC00, 0xDFFF])
def test_a_lone_surrogate_is_taken_out(number: int) -> None:
    """Escaped, as bytes, as a reference; a pair is the character that it is."""
    as_bytes = chr(number).encode("utf-8", "surrogatepass")

    assert family(named(f"Pr{chr(number)}oef")) == (["Proef"], 1)
    assert family(named("Pr@oef").replace(b"@", as_bytes)) == (["Proef"], 1)
    assert family(in_xml(b"&#x%X;" % number)) == (["Proef"], 1)
    assert family(in_xml(b"&#%d;" % number)) == (["Proef"], 1)
    assert family(in_xml(as_bytes)) == (["Proef"], 1)
    assert family(named("Pr\U0001f600oef")) == (["Pr\U0001f600oef"], 0)


@both
@pytest.mark.parametrize("word", [*ALLOWED, "\\b", "\\u0008", "&#8;", "\\ud800", "\U0010fffd"])
def test_what_fhir_allows_is_kept(form: object, word: str) -> None:
    """Tabs and line ends too, and what only looks like an escape."""
    make = as_json if form is as_json else as_xml
    content = make(bundle(header(), entry(patient(name=[{"family": [f"Pr{word}oef"]}]))))

    assert family(content) == ([f"Pr{word}oef"], 0)


@given(st.text(st.characters(codec=None, categories=None), max_size=30))
def test_the_rest_of_any_text_is_untouched(word: str) -> None:
    """As JSON escapes it, as UTF-8 has it, and in UTF-16."""
    kept = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]", "", word)
    made = bundle(header(), entry(patient(name=[{"family": ["x" + kept]}])))
    escaped = json.dumps(made).encode()
    plain = json.dumps(made, ensure_ascii=False)

    expected = (["x" + kept], 0)
    assert family(escaped) == family(plain.encode()) == expected
    assert family(plain.encode("utf-16-le")) == expected


def _everywhere(mark: str) -> dict[str, object]:
    own = extension("CarePlan#ActivityIdentifier", valueString=f"a{mark}-1")
    plan = {
        "resourceType": "CarePlan",
        "patient": {"reference": f"{LINK}{mark}"},
        "activity": [{"extension": [own]}, {"notes": mark}],
    }
    return bundle(
        header(identifier=f"m-{mark}1"),
        entry(plan, f"{HOST}/CarePlan/{mark}1"),
        entry(patient(name=[{"family": [f"Pr{mark}oef", mark]}]), f"{LINK}{mark}/_history/{mark}3"),
    )


def _plain(found: SourceVersion) -> tuple[str, str, str | None, object]:
    return found.source_type, found.link, found.version, found.body


@pytest.mark.parametrize("raw", [b"\\b", b"\x08", b"&#8;", b"&#x1F;", b"\x00"])
def test_links_and_references_are_cleaned_alike(raw: bytes) -> None:
    """A reference still finds what it names, an empty element is not there; the census agrees."""
    form = as_xml if raw.startswith(b"&") else as_json
    content = form(_everywhere("@")).replace(b"@", raw)
    clean = form(_everywhere("")).replace(b"@", b"")
    found, same = message(content), message(clean)

    assert [_plain(one) for one in found.objects] == [_plain(one) for one in same.objects]
    assert [one.removed for one in found.objects] == [5, 6]
    assert (found.identifier, found.focal) == (same.identifier, same.focal)
    assert count(content) == count(clean)
    assert {one.link for one in count(content)} == {LINK, f"{HOST}/CarePlan/1", "a-1"}


def test_a_domain_an_id_and_a_type_are_cleaned_too() -> None:
    """In JSON and in XML, where there is no self link either."""
    tag = {"term": "x", "scheme": "http://hl7.org/fhir/tag/security", "label": "Pr@oef"}
    only = {"id": f"{LINK}@", "content": patient()}
    for form, mark in ((as_json, b"\\b"), (as_xml, b"&#8;")):
        found = message(form(bundle(header(), only, category=[tag])).replace(b"@", mark))
        assert (found.domain, found.objects[0].link) == ("Proef", LINK)
        assert found.objects[0].removed == 1
    typed = as_json(bundle(header(), entry(patient()))).replace(b'"Pat', b'"P\\bat')
    assert message(typed).objects[0].source_type == "Patient"


def test_escapes_are_found_in_utf_16_too() -> None:
    """Where their bytes look otherwise."""
    assert family(named("Pr\boef").decode().encode("utf-16-le")) == (["Proef"], 1)
    assert refused(in_xml(b"&#8;").decode().encode("utf-16")) == ("file-unreadable", "xml")


def test_what_is_no_document_without_them_either_is_refused() -> None:
    """Truncated, or with the character in its markup."""
    assert refused(named("Pr\x08oef")[:-2]) == ("file-unreadable", "json")
    assert refused(in_xml(b"&#8;")[:-4]) == ("file-unreadable", "xml")
    assert refused(in_xml(b"&#8;").replace(b"<family", b"<fam\x08ily")) == (
        "file-unreadable",
        "xml",
    )
    assert refused(in_xml(b"&#8;<")) == ("file-unreadable", "xml")
    assert refused(in_xml(b"&#x110000;&#8;")) == ("file-unreadable", "xml")
    assert refused(b"<!DOCTYPE a>" + in_xml(b"&#8;")) == ("file-doctype", "")
    deep = b"<a>" * 80 + b"</a>" * 80 + b"</name>"
    assert refused(in_xml(b"&#8;").replace(b"</name>", deep)) == ("file-unreadable", "too-deep")


def test_an_element_with_such_a_name_is_read_under_the_rest_of_it() -> None:
    """And joins what has that name already; nothing is lost, nothing breaks the plan."""
    made = {**patient(), "na\bme": [{"family": ["Twee"]}], "\ud800": "x", "active": True}
    (found,) = message(as_json(bundle(header(), entry(made)))).objects

    assert [texts(name, "family") for name in nodes(found.body, "name")] == [["Proef"], ["Twee"]]
    assert found.body[""] == ["x"]
    assert found.removed == 2


def test_what_needs_no_cleaning_is_not_touched() -> None:
    """Its body is the very one that was read, for the speed of it."""
    content = named("Pr\\oef\U0001f600")

    assert document(content) == document(json.dumps(json.loads(content)).encode())
    assert family(content) == (["Pr\\oef\U0001f600"], 0)
