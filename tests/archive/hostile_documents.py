"""Documents with every kind of trouble inside: what the reader must survive, and name."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import zstandard

HOST = "https://epd.example/fhir/Patient/"
ESCAPE = "\x1b]0;titel\x07\x1b[31m"
"""What a terminal would obey."""

CANARY = "Zwartbol"
"""A family name in the contents of good and bad documents alike: it is shown nowhere."""

_ATOM = 'xmlns="http://www.w3.org/2005/Atom"'
Json = dict[str, Any]


def header(known_as: str, **more: object) -> Json:
    """Return a MessageHeader's entry."""
    content = {
        "resourceType": "MessageHeader",
        "identifier": known_as,
        "timestamp": "2021-01-01T00:00:00Z",
        "event": {"code": "CreateOrUpdatePatient"},
        "source": {"software": "EPD", "endpoint": "x"},
        **more,
    }
    return {"content": {k: v for k, v in content.items() if v is not None}}


def person(identifier: str, **more: object) -> Json:
    """Return a patient's entry, for the catalogue of troubles a good one."""
    content = {
        "resourceType": "Patient",
        "name": [{"use": "official", "family": [CANARY], "given": ["Test"]}],
        "birthDate": "1980-01-02T00:00:00",
        "gender": {"coding": [{"code": "M"}]},
        **more,
    }
    return {"link": [{"rel": "self", "href": HOST + identifier}], "content": content}


def message(known_as: str, person_more: Json | None = None, **more: object) -> str:
    """Return a message with one patient, as JSON."""
    entries = [header(known_as, **more), person(known_as, **(person_more or {}))]
    tag = {"term": "http://hl7.org/fhir/tag/message", "scheme": "http://hl7.org/fhir/tag"}
    return json.dumps({"resourceType": "Bundle", "category": [tag], "entry": entries})


def _feed(inner: str = "", before: str = "", encoding: str = "utf-8") -> str:
    return f'<?xml version="1.0" encoding="{encoding}"?>{before}<feed {_ATOM}>{inner}</feed>'


def _laughs() -> str:
    lines = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return _feed("<title>&l9;</title>", f'<!DOCTYPE feed [<!ENTITY l0 "ha">{lines}]>')


def _entry(content: str, link: str = "x") -> str:
    return (
        f'<entry><link rel="self" href="{link}"/><content type="text/xml">{content}</content>'
        "</entry>"
    )


def xml_message(identifier: str, family: str = CANARY) -> str:
    """Return a message with one patient, as XML."""
    head = (
        f'<MessageHeader xmlns="http://hl7.org/fhir"><identifier value="{identifier}"/>'
        '<timestamp value="2021-01-01T00:00:00Z"/><event><code value="CreateOrUpdatePatient"/>'
        '</event><source><software value="EPD"/></source></MessageHeader>'
    )
    body = (
        f'<Patient xmlns="http://hl7.org/fhir"><name><family value="{family}"/>'
        '<given value="Test"/></name><gender><coding><code value="M"/></coding></gender>'
        '<birthDate value="1980-01-02T00:00:00"/></Patient>'
    )
    tag = '<category term="http://hl7.org/fhir/tag/message" scheme="http://hl7.org/fhir/tag"/>'
    return _feed(tag + _entry(head) + _entry(body, HOST + identifier))


def _replaced(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new)


GOOD: Mapping[str, Callable[[], bytes]] = {
    "bom.json": lambda: b"\xef\xbb\xbf" + message("bom").encode(),
    "bom.xml": lambda: b"\xef\xbb\xbf" + xml_message("bom-xml").encode(),
    "crlf.xml": lambda: xml_message("crlf").replace("><", ">\r\n\r\n<").encode(),
    "utf16.xml": lambda: _replaced(xml_message("utf16"), "utf-8", "utf-16").encode("utf-16"),
    "utf16.json": lambda: message("utf16-json").encode("utf-16-le"),
    "utf32.json": lambda: message("utf32-json").encode("utf-32-le"),
    "latin1.xml": lambda: _replaced(
        xml_message("latin1", "Zwartb\xf6l"), "utf-8", "iso-8859-1"
    ).encode("latin-1"),
    "json-in.xml": lambda: message("json-in-xml").encode(),
    "xml-in.json": lambda: xml_message("xml-in-json").encode(),
    "no-extension": lambda: message("no-extension").encode(),
    "capitals.JSON": lambda: message("capitals").encode(),
    "surrogate.json": lambda: _replaced(message("surrogate"), CANARY, r"Zwart\ud800bol").encode(),
    "control.json": lambda: _replaced(message("control"), CANARY, r"Zwart\u0008bol\u0000").encode(),
    "raw-control.json": lambda: _replaced(message("raw"), CANARY, "Zwart\x08bol\0").encode(),
    "control.xml": lambda: xml_message("control-xml", "Zwart&#8;bol").encode(),
    "nul.xml": lambda: xml_message("nul-xml", "Zwart\0bol").encode(),
    "twice.json": lambda: _replaced(
        message("twice"),
        '"resourceType": "Bundle"',
        '"resourceType": "x", "resourceType": "Bundle"',
    ).encode(),
    "huge-number.json": lambda: (
        message("huge", {"multipleBirthInteger": 0})
        .replace('Integer": 0', f'Integer": {"9" * 5_000}')
        .encode()
    ),
    "not-a-number.json": lambda: message("nan", {"multipleBirthInteger": float("nan")}).encode(),
    "escapes.json": lambda: message(
        "escapes", source={"software": ESCAPE + "EPD", "endpoint": "x"}
    ).encode(),
    "long-sender.json": lambda: message("long", source={"software": "s" * 5_000}).encode(),
    "event-escapes.json": lambda: message("event", event={"code": ESCAPE}).encode(),
    "status-long.json": lambda: message("status", timestamp="9" * 5_000).encode(),
    "wide.json": lambda: message("wide", {"note": ["x"] * 100_000}).encode(),
    "attributes.xml": lambda: (
        xml_message("attributes")
        .replace("<name>", "<name " + " ".join(f'a{n}=""' for n in range(5_000)) + ">")
        .encode()
    ),
    "instruction.xml": lambda: (
        xml_message("instruction").replace("<name>", "<?php x ?><name>").encode()
    ),
    "comment.xml": lambda: xml_message("comment").replace("<name>", "<!-- x --><name>").encode(),
    "include.xml": lambda: (
        xml_message("include")
        .replace(
            "<name>",
            '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd"/><name>',
        )
        .encode()
    ),
}
"""Odd, and read all the same: each has one patient."""

BAD: Mapping[str, tuple[Callable[[], bytes], str]] = {
    "doctype.xml": (lambda: _feed(before="<!DOCTYPE feed>").encode(), "file-doctype:"),
    "entity.xml": (
        lambda: _feed("&x;", '<!DOCTYPE feed [<!ENTITY x "y">]>').encode(),
        "file-doctype:",
    ),
    "laughs.xml": (lambda: _laughs().encode(), "file-doctype:"),
    "external.xml": (
        lambda: _feed(before='<!DOCTYPE feed SYSTEM "http://127.0.0.1:9/x.dtd">').encode(),
        "file-doctype:",
    ),
    "passwd.xml": (
        lambda: _feed("&x;", '<!DOCTYPE f [<!ENTITY x SYSTEM "file:///etc/passwd">]>').encode(),
        "file-doctype:",
    ),
    "parameter.xml": (
        lambda: _feed(before='<!DOCTYPE f [<!ENTITY % x SYSTEM "file:///dev/zero"> %x;]>').encode(),
        "file-doctype:",
    ),
    "doctype16.xml": (
        lambda: _feed(before="<!DOCTYPE feed>", encoding="utf-16").encode("utf-16"),
        "file-doctype:",
    ),
    "late-doctype.xml": ((_feed() + "<!DOCTYPE feed>").encode, "file-doctype:"),
    "html5.xml": (lambda: b"<!DOCTYPE html><html><body>503</body></html>", "file-doctype:"),
    "html.json": (lambda: b"<html><body>503</body></html>", "file-not-a-message:html"),
    "unclosed.html": (lambda: b"<html><body><p>503<br></body></html>", "file-unreadable:xml"),
    "entity-unknown.xml": (lambda: _feed("&x;").encode(), "file-unreadable:xml"),
    "cut.xml": (lambda: xml_message("cut").encode()[:-200], "file-unreadable:xml"),
    "cut.json": (lambda: message("cut").encode()[:-20], "file-unreadable:json"),
    "two.xml": ((_feed() + _feed()).encode, "file-unreadable:xml"),
    "two.json": ((message("x") + message("y")).encode, "file-unreadable:json"),
    "lies-about-utf8.xml": (
        lambda: xml_message("lies", "Zwartb\xf6l").encode("latin-1"),
        "file-unreadable:xml",
    ),
    "lies-about-utf8.json": (
        lambda: message("lies").replace(CANARY, "Zwartb\xf6l").encode("latin-1"),
        "file-unreadable:json",
    ),
    "encoding-unknown.xml": (
        lambda: _feed(encoding="x-geheim").encode(),
        "file-unreadable:xml",
    ),
    "deep.xml": (lambda: b"<feed>" + b"<a>" * 100_000, "file-unreadable:"),
    "deep.json": (lambda: b'{"a":' * 100_000, "file-unreadable:"),
    "deep-list.json": (lambda: b"[" * 100_000, "file-unreadable:"),
    "deep-patient.json": (
        lambda: message("deep", {"a": json.loads('{"a":' * 200 + "1" + "}" * 200)}).encode(),
        "file-unreadable:too-deep",
    ),
    "list.json": (lambda: b"[]", "file-unreadable:json"),
    "quotes.json": (lambda: b"{'resourceType': 'Bundle'}", "file-unreadable:json"),
    "comma.json": (lambda: b'{"resourceType": "Bundle",}', "file-unreadable:json"),
    "comment.json": (lambda: b'{"resourceType": "Bundle"} // x', "file-unreadable:json"),
    "zeros.json": (lambda: b"\0" * 10_000, "file-unreadable:"),
    "blank.json": (lambda: b" \r\n\t " * 100, "file-unreadable:"),
    "text.json": (CANARY.encode, "file-unreadable:"),
    "noise.xml": (lambda: bytes(range(128, 256)) * 40, "file-unreadable:"),
    "patient.json": (
        lambda: json.dumps(person("bare")["content"]).encode(),
        "file-not-a-message:Patient",
    ),
    "long-type.json": (
        lambda: json.dumps({"resourceType": "T" * 5_000}).encode(),
        "file-not-a-message:Unknown",
    ),
    "type-escapes.json": (
        lambda: json.dumps({"resourceType": f"Patient{ESCAPE}"}).encode(),
        "file-not-a-message:Unknown",
    ),
    "type-named.json": (
        lambda: json.dumps({"resourceType": f"Jan {CANARY}"}).encode(),
        "file-not-a-message:Unknown",
    ),
    "r4.json": (
        lambda: json.dumps(
            {"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Patient"}}]}
        ).encode(),
        "file-not-a-message:Bundle",
    ),
    "no-identifier.json": (
        lambda: message("x", identifier=None).encode(),
        "message-incomplete:identifier",
    ),
    "no-event.json": (lambda: message("x", event=None).encode(), "message-incomplete:event"),
    "headless.json": (
        lambda: json.dumps({"resourceType": "Bundle", "entry": [person("headless")]}).encode(),
        "message-incomplete:MessageHeader",
    ),
    "cut.json.zst": (
        lambda: zstandard.ZstdCompressor().compress(message("zst").encode())[:-9],
        "archive-refused:truncated",
    ),
    "none.json.zst": (lambda: b"geen zstd", "archive-refused:damaged"),
    "none.7z": (lambda: b"geen 7z", "archive-refused:not-a-7z"),
    "cut.7z": (lambda: b"7z\xbc\xaf\x27\x1c\0\4" + bytes(10), "archive-refused:not-a-7z"),
    "patients.csv.gz.gz": (lambda: gzip.compress(gzip.compress(b"x")), "archive-refused:nested"),
}
"""Never read: each is one line, with the code and the start of the detail."""


def build_documents(folder: Path) -> dict[str, str]:
    """Write them all into a folder.

    Returns:
        Per name: `message`, or the start of what the error list says.
    """
    place = folder / "documents"
    place.mkdir(parents=True)
    expected = {}
    for name, make in GOOD.items():
        (place / name).write_bytes(make())
        expected[f"documents/{name}"] = "message"
    for name, (make, what) in BAD.items():
        (place / name).write_bytes(make())
        expected[f"documents/{name}"] = what
    return expected
