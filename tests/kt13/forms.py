"""One document in both serialisations: canonical bodies written as Atom XML and as DSTU1 JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TypeAlias
from xml.sax.saxutils import escape, quoteattr

from kt_migrate.model import Body, Node

NS = "http://ggz.koppeltaal.nl/fhir/Koppeltaal/"
DOMAIN = (NS + "Domain#TEST", "TEST", "http://hl7.org/fhir/tag/security")
MESSAGE = ("http://hl7.org/fhir/tag/message", "", "http://hl7.org/fhir/tag")
Plain: TypeAlias = "str | None | list[Plain] | dict[str, Plain]"


@dataclass(frozen=True, kw_only=True)
class Part:
    """One entry: what it is, what is in it, and how it is called."""

    kind: str = ""
    body: Body = field(default_factory=dict)
    link: str = ""
    entry_id: str = ""


@dataclass(frozen=True, kw_only=True)
class Paper:
    """A bundle, to be written in either form."""

    parts: tuple[Part, ...] = ()
    categories: tuple[tuple[str, str, str], ...] = (DOMAIN, MESSAGE)
    title: str = ""

    def xml(self) -> bytes:
        """Return it as Atom XML."""
        lines = [f"<title>{escape(self.title)}</title>"] if self.title else []
        for term, label, scheme in self.categories:
            named = f" label={quoteattr(label)}" if label else ""
            lines.append(f"<category term={quoteattr(term)}{named} scheme={quoteattr(scheme)}/>")
        for part in self.parts:
            lines.append("<entry>")
            if part.entry_id:
                lines.append(f"<id>{escape(part.entry_id)}</id>")
            lines.append('<link rel="alternate" href="http://wrong.example"/>')
            if part.link:
                lines.append(f"<link rel='self' href={quoteattr(part.link)}/>")
            if part.kind:
                content = _xml(part.kind, part.body, ' xmlns="http://hl7.org/fhir"')
                lines.append(f'<content type="text/xml">{content}</content>')
            lines.append("</entry>")
        feed = f'<feed xmlns="http://www.w3.org/2005/Atom">{"".join(lines)}</feed>'
        return f'<?xml version="1.0" encoding="utf-8"?>{feed}'.encode()

    def json(self, *, single: bool = True) -> bytes:
        """Return it as JSON; `single`: one value stands alone where it may."""
        made: dict[str, Plain] = {"resourceType": "Bundle", "totalResults": "1"}
        if self.title:
            made["title"] = self.title
        categories: list[Plain] = []
        for term, label, scheme in self.categories:
            named: dict[str, Plain] = {"label": label} if label else {}
            categories.append({"term": term, **named, "scheme": scheme})
        made["category"] = categories
        made["entry"] = [_entry(part, single=single) for part in self.parts]
        return json.dumps(made, ensure_ascii=not single).encode()

    def both(self) -> tuple[bytes, ...]:
        """Return it in each form."""
        return self.xml(), self.json(), self.json(single=False)


def _entry(part: Part, *, single: bool) -> Plain:
    made: dict[str, Plain] = {}
    if part.entry_id:
        made["id"] = part.entry_id
    links: list[Plain] = [{"rel": "alternate", "href": "http://wrong.example"}]
    if part.link:
        links.append({"rel": "self", "href": part.link})
        if single:  # E8: an object where a list should be
            made["link"] = links[-1]
    made.setdefault("link", links)
    if part.kind:
        made["content"] = {**plain(part.body, single=single), "resourceType": part.kind}
    return made


def plain(body: Body, *, single: bool) -> dict[str, Plain]:
    """Return a canonical body as DSTU1 JSON."""
    made: dict[str, Plain] = {}
    for name, nodes in body.items():
        values: list[Plain] = []
        besides: list[Plain] = []
        for node in nodes:
            beside: Plain = None
            if isinstance(node, str):
                values.append(node)
            elif is_primitive(node):
                values.append(str(node["value"][0]))
                beside = plain({k: v for k, v in node.items() if k != "value"}, single=single)
            else:
                values.append(plain(node, single=single))
            besides.append(beside)
        alone = single and len(nodes) == 1
        made[name] = values[0] if alone else values
        if any(besides):
            made[f"_{name}"] = besides[0] if alone else besides
    return made


def is_primitive(node: Body) -> bool:
    """Tell whether this may be a primitive with an id or extensions of its own."""
    return (
        isinstance(node.get("value", [None])[0], str)
        and len(node["value"]) == 1
        and len(node) > 1
        and node.keys() <= {"value", "id", "extension"}
    )


def _xml(name: str, node: Node, more: str = "") -> str:
    if isinstance(node, str):
        return f"<{name} value={quoteattr(node)}/>"
    attributes, children = more, []
    for below, nodes in node.items():
        first = nodes[0] if len(nodes) == 1 else None
        if below in {"id", "url"} and isinstance(first, str):
            attributes += f" {below}={quoteattr(first)}"
        elif below == "value" and is_primitive(node) and isinstance(first, str):
            attributes += f" value={quoteattr(first)}"
        else:
            children += [_xml(below, one) for one in nodes]
    return f"<{name}{attributes}>{''.join(children)}</{name}>"


def header(**more: object) -> Body:
    """Return a MessageHeader: identifier `m-1`, event CreateOrUpdatePatient, with changes."""
    made: dict[str, object] = {
        "identifier": ["urn:uuid:m-1"],
        "timestamp": ["2021-01-01T10:00:00+01:00"],
        "event": [{"code": ["CreateOrUpdatePatient"]}],
        "source": [{"software": ["EPD"]}],
        "data": [{"reference": ["http://epd.example/P/1/_history/7"]}],
        **more,
    }
    return {k: v for k, v in made.items() if v is not None}  # type: ignore[misc]  # a literal


def extended(name: str, element: str, value: Node) -> Node:
    """Return a Koppeltaal extension."""
    return {"url": [NS + name], element: [value]}
