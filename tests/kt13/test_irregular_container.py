"""Irregular containers and encodings, each by its number in kt13.md §6.1."""

from __future__ import annotations

import gzip
import json
import re
import zipfile
from pathlib import Path

import pytest

from kt13.two_forms import (
    HOST,
    NS,
    Form,
    Json,
    as_json,
    as_xml,
    body,
    both,
    bundle,
    document,
    entry,
    extension,
    header,
    message,
    other,
    patient,
    queued,
    refused,
)
from kt_migrate.archive.files import walk
from kt_migrate.kt13.carried import Sealed, read_sealed
from kt_migrate.kt13.sealed import Seals
from kt_migrate.model import DocumentKind

WHOLE = bundle(header(), entry(patient(birthDate="1980-01-02T00:00:00+01:00")))
XML = as_xml(WHOLE)


@pytest.mark.parametrize("gap", ["", "\n", "\r\n"])
@pytest.mark.parametrize(
    ("declaration", "encoding"),
    [
        ('<?xml version="1.0"?>', "utf-8"),
        ('<?xml version="1.0" encoding="utf-8"?>', "utf-8"),
        ("<?xml version='1.0' encoding='UTF-8' standalone='yes'?>", "utf-8"),
        ('<?xml version="1.0" encoding="ISO-8859-1"?>', "iso-8859-1"),
        ('<?xml version="1.0" encoding="utf-16"?>', "utf-16"),
    ],
)
def test_e1_an_xml_declaration_changes_nothing(gap: str, declaration: str, encoding: str) -> None:
    """With, without, in any spelling, on the line of the root; only its encoding counts."""
    named = bundle(header(), entry(patient(text={"status": "généré"})))
    plain = as_xml(named)

    content = (declaration + gap + plain.decode()).encode(encoding)

    assert document(content) == document(plain)


@both
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_e2_line_ends_and_a_byte_order_mark_change_nothing(
    form: Form, mark: bytes, end: bytes
) -> None:
    """Of Windows or not, before the root and between the elements."""
    lines = form(WHOLE).replace(b"><", b">\n<").replace(b", ", b",\n").replace(b"\n", end)

    assert document(mark + lines) == document(form(WHOLE))


@both
@pytest.mark.parametrize("end", [b"", b"\n", b"\n\n \n"])
def test_e3_blank_lines_and_the_last_line_end_change_nothing(form: Form, end: bytes) -> None:
    """Within the feed, and behind it."""
    lines = form(WHOLE).replace(b"><", b">\n\n   \n<").replace(b", ", b",\n\n")

    assert document(lines + end) == document(form(WHOLE))


@pytest.mark.parametrize("kind", ["text/xml", "application/xml", "application/fhir+xml", ""])
def test_e4_the_type_of_a_content_is_not_looked_at(kind: str) -> None:
    """Every sample says text/xml; what lies in it says what it is."""
    content = XML.replace(b'type="text/xml"', f'type="{kind}"'.encode())

    assert document(content) == document(XML)
    assert document(XML.replace(b' type="text/xml"', b"")) == document(XML)


@both
def test_e5_a_compressed_document_is_read_as_it_is(tmp_path: Path, form: Form) -> None:
    """In a gzip, and in a zip."""
    (tmp_path / "a.bericht.gz").write_bytes(gzip.compress(form(WHOLE)))
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr("bericht", form(WHOLE))

    contents = [file.content for file in walk([tmp_path])]

    assert contents == [form(WHOLE)] * 2


def _turned(value: object) -> object:
    """Return a value with the children of every element the other way round."""
    if isinstance(value, dict):
        return {name: _turned(value[name]) for name in reversed(value)}
    return [_turned(one) for one in value] if isinstance(value, list) else value


@both
def test_e6_the_order_of_children_is_free(form: Form) -> None:
    """`data` before `source`, an extension behind other children, categories and links last."""
    status = other(
        "CarePlanActivityStatus",
        extension("CarePlanActivityStatus#Activity", valueString="a-1"),
        extension("CarePlanActivityStatus#PercentageCompleted", valueInteger=5),
    )
    data = [{"reference": f"{HOST}/Status/1"}]
    whole = bundle(queued(data=data), entry(status, f"{HOST}/Status/1"), id="urn:uuid:b-1")
    turned = _turned(whole)
    assert isinstance(turned, dict)

    assert document(form(turned)) == document(form(whole))
    assert message(form(turned)).focal == f"{HOST}/Status/1"


@pytest.mark.parametrize("namespace", ["http://www.w3.org/2005/Atom", "", "urn:example"])
@pytest.mark.parametrize("name", ["MessageHeader", "Patient"])
def test_e7_a_resource_may_be_in_the_wrong_namespace(name: str, namespace: str) -> None:
    """Its name says what it is; XML only, for JSON has no namespaces."""
    ours = f'<{name} xmlns="http://hl7.org/fhir"'.encode()
    assert ours in XML

    assert document(XML.replace(ours, f'<{name} xmlns="{namespace}"'.encode())) == document(XML)


def _sparse(plan: Json) -> Json:
    made = bundle(header(), entry(plan, f"{HOST}/CarePlan/1"))
    made["entry"][1]["link"] = {"rel": "self", "href": f"{HOST}/CarePlan/1/_history/3"}
    return made


ROLE = {"coding": {"system": NS + "CarePlanParticipantRole", "code": "Requester"}}
PLAN: Json = {
    "resourceType": "CarePlan",
    "status": "active",
    "participant": [{"member": {"reference": f"{HOST}/Practitioner/1"}, "role": ROLE}],
}


def test_e8_what_a_sender_of_json_leaves_loose_is_read() -> None:
    """One object where a list belongs; lists that are empty or hold null; no link at all."""
    loose = PLAN | {"goal": [], "extension": [], "activity": [None, {"notes": None}, {}]}
    tight = PLAN | {
        "participant": [PLAN["participant"][0] | {"role": {"coding": [ROLE["coding"]]}}]
    }

    (found,) = message(as_json(_sparse(loose))).objects
    (same,) = message(as_json(_sparse(tight))).objects
    unlinked = _sparse(loose)
    del unlinked["entry"][1]["link"]

    assert found == same
    assert (found.link, found.version) == (f"{HOST}/CarePlan/1", "3")
    assert message(as_json(unlinked)).objects[0].link == f"{HOST}/CarePlan/1"
    assert message(as_json({**WHOLE, "entry": [*WHOLE["entry"], None]})) == message(as_json(WHOLE))


def test_e8_what_a_sender_of_json_puts_in_a_list_is_read() -> None:
    """A link, an id, a type or a content alone in a list; of two, none can be chosen, and it is named."""
    sparse = _sparse(PLAN)
    entry = sparse["entry"][1]
    link = entry["link"]
    content = entry["content"] | {"resourceType": ["CarePlan"]}
    packed = {"link": [link | {"href": [link["href"]]}], "content": [content]}
    (found,) = message(as_json(_sparse(PLAN))).objects

    assert message(as_json(sparse | {"entry": [sparse["entry"][0], packed]})).objects == (found,)
    by_id = {"id": [link["href"]], "content": content}
    assert message(as_json(sparse | {"entry": [sparse["entry"][0], by_id]})).objects == (found,)
    for doubled in ({"content": [content] * 2}, {"link": [link | {"href": [link["href"]] * 2}]}):
        entries = [sparse["entry"][0], {**packed, **doubled}]
        refused = message(as_json(sparse | {"entry": entries}))
        assert refused.objects == ()
        assert [issue.code for issue in refused.issues] == ["object-without-link"]


def test_of_two_contents_in_an_entry_none_is_chosen_and_none_is_remembered() -> None:
    """The entry is named; and whoever carries one of them later has its text: found by fuzzing."""
    one = as_xml(bundle(header(), entry(PLAN, f"{HOST}/CarePlan/1")))
    start, inner, end = re.split(rb"(<content[^>]*><CarePlan.*</content>)", one)
    seals = Seals()

    twice = message(start + inner + inner + end)
    assert (twice.objects, [issue.path for issue in twice.issues]) == ((), ["Unknown"])
    read_sealed(start + inner + inner + end, seals)
    later = read_sealed(one, seals)
    assert isinstance(later, Sealed)
    assert later.carried[0][0].text


def test_a_narrative_is_left_out_whatever_stands_beside_it() -> None:
    """Its extensions are its own."""
    narrative = {"status": "generated", "_div": {"extension": [{"url": "urn:x", "valueId": "y"}]}}

    assert body(as_json, PLAN | {"text": narrative})["text"] == [{"status": ["generated"]}]


@pytest.mark.parametrize("href", [7, 1.5, [7]])
def test_a_link_that_is_a_number_is_its_text_on_both_roads(href: object) -> None:
    """Not the id beside it; found by fuzzing."""
    made = _sparse(PLAN)
    made["entry"][1] |= {"id": "beside", "link": [{"rel": "self", "href": href}]}
    content = as_json(made)

    (found,) = message(content).objects
    again = read_sealed(content, Seals())
    assert isinstance(again, Sealed)
    assert found.link == again.carried[0][0].link == str(href).strip("[]")


def test_e8_the_same_emptiness_in_xml_is_read() -> None:
    """Elements without anything in them are not there."""
    loose: Json = PLAN | {"goal": {}, "activity": [{"simple": {}}, {"extension": {}}]}

    assert body(as_xml, loose) == body(as_json, PLAN)


@both
def test_e9_a_number_may_be_a_string(form: Form) -> None:
    """And a string a number; digits are kept as they were written."""
    written = ["10", 10, "10.0", 10.0, True, "true"]
    found = [body(form, patient(multipleBirthInteger=value)) for value in written]
    texts = [b["multipleBirthInteger"] for b in found]

    assert texts == [["10"], ["10"], ["10.0"], ["10.0"], ["true"], ["true"]]
    for total in (0, "0"):
        empty: Json = {"resourceType": "Bundle", "totalResults": total, "entry": []}
        assert document(form(empty)).kind is DocumentKind.SEARCH_SUMMARY


@both
def test_e10_an_empty_string_is_no_value(form: Form) -> None:
    """In a header, in an answer, in a content."""
    source = {"name": "", "software": "", "version": "", "endpoint": ""}
    named = {"family": ["Proef"], "given": ["Test"]}
    gender = {"coding": [{"system": "", "code": "F", "display": ""}], "text": ""}
    sent = bundle(
        header(source=source),
        entry(patient(name=[{"use": "", **named}, {"text": ""}], gender=gender)),
    )
    answer = header(source=source, response={"identifier": "m-1", "code": "ok"})
    plan = {"resourceType": "CarePlan", "status": "active", "activity": [{"notes": ""}]}

    found = message(form(sent))

    assert found.sender == ""
    assert found.objects[0].body == {
        "name": [_listed(named)],
        "gender": [{"coding": [{"code": ["F"]}]}],
    }
    assert document(form(bundle(answer))).kind is DocumentKind.POST_RESPONSE
    assert body(form, plan) == {"status": ["active"]}


def _listed(value: Json) -> Json:
    return {name: child if isinstance(child, list) else [child] for name, child in value.items()}


@both
@pytest.mark.parametrize("last", [True, False])
@pytest.mark.parametrize("named", [True, False])
def test_e11_a_domain_may_have_spaces_and_stand_anywhere(
    form: Form, *, last: bool, named: bool
) -> None:
    """Raw spaces in a category's term, categories in any order, with or without a label."""
    security = {
        "term": NS + "Domain#Proef Domein",
        "scheme": "http://hl7.org/fhir/tag/security",
        **({"label": "Proef Domein"} if named else {}),
    }
    whole = dict(WHOLE)
    whole["category"] = [*WHOLE["category"], security] if last else [security, *WHOLE["category"]]

    assert message(form(whole)).domain == "Proef Domein"


@pytest.mark.parametrize("form", [as_json, as_xml])
def test_e12_what_documentation_leaves_out_is_not_guessed(form: Form) -> None:
    """Elided text and a `<` within an id are no document; a usage without its code no known type."""
    elided = form(WHOLE).replace(b"Proef", b'Proef"...' if form is as_json else b'Proef"<...>')
    pointed = XML.replace(b"<id>", b"<id><")
    usage = form(bundle(header(), entry(other("CareTeam"), f"{HOST}/CareTeam/1")))
    stripped = usage.replace(b'"code": "CareTeam"', b'"code": ""')
    stripped = stripped.replace(b'<code value="CareTeam"/>', b"")

    assert refused(elided) == ("file-unreadable", "json" if form is as_json else "xml")
    assert refused(pointed)[0] == "file-unreadable"
    assert [thing.source_type for thing in message(stripped).objects] == ["Other"]


def test_e13_the_order_of_keys_in_json_is_free() -> None:
    """An archive with sorted keys has resourceType last."""
    for order in (json.dumps(WHOLE, sort_keys=True, indent=2), json.dumps(_turned(WHOLE))):
        assert document(order.encode()) == document(as_json(WHOLE))


XHTML = 'xmlns="http://www.w3.org/1999/xhtml"'


@both
@pytest.mark.parametrize(
    "div",
    [
        "<div>kaal</div>",
        f"<div {XHTML}>gewoon</div>",
        f"<div {XHTML}><div {XHTML}><p>dubbel</p></div></div>",
        f'<div {XHTML}><p xmlns="">zonder</p></div>',
        f'<div {XHTML}><p xmlns="urn:example" value="v" id="p1">vreemd</p></div>',
    ],
)
def test_e14_a_narrative_is_passed_over_whatever_its_namespaces(form: Form, div: str) -> None:
    """Only its status is read: the narrative is generated from the rest."""
    told = patient(text={"status": "generated", "div": div})

    assert body(form, told) == {**body(form, patient()), "text": [{"status": ["generated"]}]}


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE feed [<!ENTITY a "b">]>',
        '<!DOCTYPE feed SYSTEM "http://epd.example/a.dtd">',
        '<!DOCTYPE feed [<!ENTITY a SYSTEM "file:///etc/hostname">]>',
        '<!DOCTYPE feed [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]>',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_e15_a_document_type_is_refused(doctype: str, encoding: str) -> None:
    """With its own reason; nothing is fetched and no entity grows."""
    content = (doctype + XML.decode().replace("Proef", "&amp;a;")).encode(encoding)

    assert refused(content) == ("file-doctype", "")


@both
def test_e15_the_words_in_a_text_are_no_document_type(form: Form) -> None:
    """A message may say them, escaped."""
    words = '<!DOCTYPE html><!ENTITY a "b">&a;'

    assert body(form, patient(text={"status": words}))["text"] == [{"status": [words]}]
