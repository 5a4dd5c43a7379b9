"""One invented document in its two serialisations: Atom XML and DSTU1 JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import pytest

from kt13.both_ways import read_document
from kt_migrate.model import Body, Document, Message, SourceVersion, Unreadable

NS = "http://ggz.koppeltaal.nl/fhir/Koppeltaal/"
HOST = "https://epd.example/fhir/Koppeltaal"
SERVER = "https://kt.example/FHIR/Koppeltaal"
VERSION = "2021-01-01T00:00:01:002.30"
TAG = {"term": "http://hl7.org/fhir/tag/message", "scheme": "http://hl7.org/fhir/tag"}

Json = dict[str, Any]
Form = Callable[[Json], bytes]


def as_json(document: Json) -> bytes:
    """Write a document as DSTU1 JSON."""
    return json.dumps(document).encode()


def as_xml(document: Json) -> bytes:
    """Write a document as Atom XML, or a bare resource as FHIR's."""
    if document["resourceType"] != "Bundle":
        return resource(document).encode()
    return f'<feed xmlns="http://www.w3.org/2005/Atom">{"".join(_feed(document))}</feed>'.encode()


both = pytest.mark.parametrize(
    "form", [pytest.param(as_json, id="json"), pytest.param(as_xml, id="xml")]
)


def _feed(document: Json) -> Iterator[str]:
    for name, value in document.items():
        if name == "entry":
            yield from (f"<entry>{''.join(_entry(entry))}</entry>" for entry in value)
        elif name == "category":
            yield from (_empty("category", found) for found in value)
        elif name != "resourceType":
            yield f"<{name}>{escape(str(value))}</{name}>"


def _entry(entry: Json) -> Iterator[str]:
    for name, value in entry.items():
        if name == "link":
            yield from (_empty("link", found) for found in value)
        elif name == "content":
            yield f'<content type="text/xml">{resource(value)}</content>'
        else:
            yield f"<{name}>{escape(str(value))}</{name}>"


def _empty(name: str, attributes: Json) -> str:
    return f"<{name}{''.join(f' {k}={quoteattr(v)}' for k, v in attributes.items())}/>"


def resource(content: Json) -> str:
    """Write a resource as XML."""
    inner = {k: v for k, v in content.items() if k != "resourceType"}
    return _element(content["resourceType"], inner, ' xmlns="http://hl7.org/fhir"')


def _element(name: str, value: object, namespace: str = "") -> str:
    if name == "div":
        return str(value)
    if isinstance(value, dict):
        attributes = "".join(
            f" {k}={quoteattr(str(v))}" for k, v in value.items() if k in ("id", "url")
        )
        children = "".join(
            _element(k, one)
            for k, v in value.items()
            if k not in ("id", "url")
            for one in (v if isinstance(v, list) else [v])
        )
        return f"<{name}{namespace}{attributes}>{children}</{name}>"
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"<{name} value={quoteattr(text)}/>"


def header(**more: object) -> Json:
    """Return the entry of a MessageHeader, as a sender makes it."""
    content = {
        "resourceType": "MessageHeader",
        "identifier": "m-1",
        "timestamp": "2021-01-01T00:00:00Z",
        "event": {"system": NS + "MessageEvents", "code": "CreateOrUpdatePatient"},
        "source": {"software": "EPD", "endpoint": "https://epd.example"},
        **more,
    }
    return {"content": content}


def queued(iid: int = 7, **more: object) -> Json:
    """Return the entry of a MessageHeader, as the server delivers it."""
    entry = header(extension=[processing("Success")], **more)
    link = f"{SERVER}/MessageHeader/{iid}"
    return {"id": link, "link": [{"rel": "self", "href": f"{link}/_history/{VERSION}"}], **entry}


def processing(code: str = "", **value: object) -> Json:
    """Return the extension with the state of a message in the queue."""
    inner = {"url": NS + "MessageHeader#ProcessingStatusStatus", **(value or {"valueCode": code})}
    return {"url": NS + "MessageHeader#ProcessingStatus", "extension": [inner]}


def entry(content: Json, link: str = f"{HOST}/Patient/1", **more: object) -> Json:
    """Return an entry with a self link."""
    return {"id": link, "link": [{"rel": "self", "href": link}], "content": content, **more}


def bundle(*entries: Json, **more: object) -> Json:
    """Return a message."""
    return {"resourceType": "Bundle", "category": [TAG], **more, "entry": list(entries)}


def patient(**more: object) -> Json:
    """Return a patient."""
    return {"resourceType": "Patient", "name": [{"family": ["Proef"], "given": ["Test"]}], **more}


def extension(name: str, **value: object) -> Json:
    """Return a Koppeltaal extension."""
    return {"url": NS + name, **value}


def other(usage: str, *extensions: Json, **more: object) -> Json:
    """Return an `Other` of a usage."""
    code = {"coding": [{"system": NS + "OtherResourceUsage", "code": usage}]}
    return {"resourceType": "Other", "extension": list(extensions), "code": code, **more}


def document(content: bytes) -> Document:
    """Read what can be read."""
    found = read_document(content)
    assert isinstance(found, Document), found
    return found


def refused(content: bytes) -> tuple[str, str]:
    """Return why something cannot be read."""
    found = read_document(content)
    assert isinstance(found, Unreadable), found
    return found.issue.code, found.issue.detail


def message(content: bytes) -> Message:
    """Read the one message of a document."""
    (found,) = document(content).messages
    return found


def thing(form: Form, content: Json, link: str = f"{HOST}/Patient/1") -> SourceVersion:
    """Read one object out of a message."""
    (found,) = message(form(bundle(header(), entry(content, link)))).objects
    return found


def body(form: Form, content: Json) -> Body:
    """Read the body of one object out of a message."""
    return thing(form, content).body


def coding(system: str, code: str, **more: str) -> dict[str, Any]:
    """Return a Coding of Koppeltaal, or of another with a whole URI."""
    return {"system": system if ":" in system else NS + system, "code": code, **more}


def concept(*codings: dict[str, Any], **more: str) -> dict[str, Any]:
    """Return a CodeableConcept."""
    return {"coding": list(codings), **more}


def plan(*extensions_: dict[str, Any], **more: object) -> dict[str, Any]:
    """Return a care plan with one activity of these extensions."""
    activity = {"extension": list(extensions_)} if extensions_ else {"prohibited": False}
    return {"resourceType": "CarePlan", "status": "active", "activity": [activity], **more}


def profiled(made: dict[str, Any]) -> dict[str, Any]:
    """Return an extension whose URL, and those within it, have the segment `Profile/`."""
    inner = [profiled(one) for one in made.get("extension", [])]
    url = made["url"].replace(NS, NS + "Profile/")
    return {**made, "url": url, **({"extension": inner} if inner else {})}
