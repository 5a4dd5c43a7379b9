"""Writes KT 1.3 messages in both serialisations, from one structure: canonical bodies."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from kt_migrate.kt13.envelope import Bundle, Entry
from kt_migrate.model import Body, Node

NS = "http://ggz.koppeltaal.nl/fhir/Koppeltaal/"
REPEATS = frozenset(
    [
        "identifier",
        "name",
        "telecom",
        "address",
        "family",
        "given",
        "prefix",
        "suffix",
        "line",
        "coding",
        "extension",
        "participant",
        "goal",
        "activity",
        "performer",
        "data",
        "careProvider",
        "role",
    ]
)
"""Elements that DSTU1 JSON writes as an array, also when there is one."""

SINGLE = {
    "Practitioner": {"name"},
    "RelatedPerson": {"name", "address"},
    "MessageHeader": {"identifier"},
    "Organization": {"name"},
    "CarePlan": {"role"},
    "Observation": {"name"},
    "DiagnosticReport": {"name"},
    "Questionnaire": {"name"},
    "UserMessage": set(),
}
NUMBERS = ("valueInteger", "valueDecimal")


@dataclass(frozen=True, slots=True)
class Written:
    """A bundle to write: what `kt_migrate.kt13` reads back."""

    bundle: Bundle
    root_type: str = "Bundle"


def to_xml(bundle: Bundle) -> bytes:
    """Write a bundle as an Atom feed."""
    lines = ['<?xml version="1.0" encoding="utf-8"?>', '<feed xmlns="http://www.w3.org/2005/Atom">']
    if bundle.title:
        lines.append(f'<title type="text">{escape(bundle.title)}</title>')
    for term, label, scheme in bundle.categories:
        names = (("term", term), ("label", label), ("scheme", scheme))
        attributes = "".join(f" {n}={quoteattr(v)}" for n, v in names if v)
        lines.append(f"<category{attributes}/>")
    for entry in bundle.entries:
        lines.append("<entry>")
        if entry.entry_id:
            lines.append(f"<id>{escape(entry.entry_id)}</id>")
        if entry.self_link:
            lines.append(f'<link rel="self" href={quoteattr(entry.self_link)}/>')
        lines.append('<content type="text/xml">')
        lines.append(_xml(entry.resource_type, entry.body, ' xmlns="http://hl7.org/fhir"'))
        lines.append("</content></entry>")
    lines.append("</feed>")
    return "\n".join(lines).encode() + b"\n"


def _xml(name: str, body: Body, more: str = "") -> str:
    attributes = more
    for attribute in ("id", "url"):
        if attribute in body and (attribute == "id" or name == "extension"):
            attributes += f" {attribute}={quoteattr(str(body[attribute][0]))}"
    inner = []
    for child, values in body.items():
        if child == "id" or (child == "url" and name == "extension") or child == "value":
            if not (child == "value" and name in ("identifier", "telecom")):
                continue
        for value in values:
            inner.append(_node(child, value))
    if not inner:
        return f"<{name}{attributes}/>"
    return f"<{name}{attributes}>{''.join(inner)}</{name}>"


def _node(name: str, value: Node) -> str:
    return _xml(name, value) if isinstance(value, dict) else f"<{name} value={quoteattr(value)}/>"


def to_json(bundle: Bundle) -> bytes:
    """Write a bundle as a DSTU1 JSON Bundle, keys sorted as the connector's archive has them."""
    root: dict[str, object] = {"resourceType": "Bundle"}
    if bundle.title:
        root["title"] = bundle.title
    if bundle.categories:
        names = ("term", "label", "scheme")
        root["category"] = [
            {n: v for n, v in zip(names, c, strict=True) if v} for c in bundle.categories
        ]
    root["entry"] = [_entry(entry) for entry in bundle.entries]
    return json.dumps(root, indent=2, sort_keys=True, ensure_ascii=False).encode() + b"\n"


def _entry(entry: Entry) -> dict[str, object]:
    made: dict[str, object] = {}
    if entry.entry_id:
        made["id"] = entry.entry_id
    if entry.self_link:
        made["link"] = [{"rel": "self", "href": entry.self_link}]
    single = SINGLE.get(entry.resource_type, set())
    content = {"resourceType": entry.resource_type, **_object(entry.body, single)}
    made["content"] = content
    return made


def _object(body: Body, single: set[str] | frozenset[str] = frozenset()) -> dict[str, object]:
    made: dict[str, object] = {}
    for name, values in body.items():
        written: list[object] = [_value(name, value, single) for value in values]
        repeats = name in REPEATS and name not in single
        made[name] = written if repeats or len(written) > 1 else written[0]
    return made


def _value(name: str, value: Node, single: set[str] | frozenset[str]) -> object:
    if isinstance(value, dict):
        return _object(value, single if name == "participant" else frozenset())
    if value in ("true", "false") and name in ("valueBoolean", "active", "prohibited"):
        return value == "true"
    if name in NUMBERS:
        return json.loads(value)
    return value


def extension(name: str, element: str, value: Node) -> Node:
    """Return an extension `NS + name` with one value."""
    return {"url": [NS + name], element: [value]}


def coding(system: str, code: str) -> Node:
    """Return a Coding of one of Koppeltaal's systems."""
    return {"system": [NS + system], "code": [code], "display": [code]}


def reference(link: str) -> Node:
    """Return a ResourceReference."""
    return {"reference": [link]}


def entries(*parts: Sequence[Entry]) -> tuple[Entry, ...]:
    """Join entries."""
    return tuple(entry for part in parts for entry in part)
