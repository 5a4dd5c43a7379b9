"""Atom XML → envelope with canonical bodies. The parser is told to trust nothing."""

from __future__ import annotations

from lxml import etree

from kt_migrate.kt13.envelope import MAX_DEPTH, Bundle, Entry, TooDeepError
from kt_migrate.model import Body, Node


class DoctypeError(ValueError):
    """The document has a DOCTYPE: no Koppeltaal message has one, every XML attack does."""


def parse_xml(content: bytes) -> Bundle:
    """Parse a feed, or a bare resource.

    Raises:
        DoctypeError: it has a DOCTYPE.
        TooDeepError: it nests too deep.
        ValueError: it is not well-formed XML.
    """
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise DoctypeError
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError:
        raise ValueError("not well-formed") from None
    if root.getroottree().docinfo.internalDTD is not None:
        # UTF-16 hides the word from the search above.
        raise DoctypeError
    return _feed(root) if _name(root) == "feed" else Bundle(root=_name(root))


def _name(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _feed(root: etree._Element) -> Bundle:
    title, categories, entries = "", [], []
    for child in root:
        match _name(child):
            case "title":
                title = child.text or ""
            case "category":
                get = child.get
                categories.append((get("term", ""), get("label", ""), get("scheme", "")))
            case "entry":
                entries.append(_entry(child))
            case _:
                pass
    return Bundle(root="Bundle", title=title, categories=tuple(categories), entries=tuple(entries))


def _entry(element: etree._Element) -> Entry:
    entry_id, self_link, resource_type = "", "", ""
    body: Body = {}
    for child in element:
        match _name(child):
            case "id":
                entry_id = (child.text or "").strip()
            case "link" if child.get("rel") == "self":
                self_link = child.get("href", "")
            case "content" if len(child):
                resource_type = _name(child[0])
                body = _body(child[0], 0)
            case _:
                pass
    return Entry(entry_id=entry_id, self_link=self_link, resource_type=resource_type, body=body)


def _body(element: etree._Element, depth: int) -> Body:
    if depth > MAX_DEPTH:
        raise TooDeepError
    body: Body = {}
    for attribute in ("id", "url"):
        value = element.get(attribute)
        if value:
            body[attribute] = [value]
    for child in element:
        name = _name(child)
        if name == "div":
            continue
        node = _node(child, depth + 1)
        if node:
            body.setdefault(name, []).append(node)
    return body


def _node(element: etree._Element, depth: int) -> Node:
    value = element.get("value")
    if value is None:
        return _body(element, depth)
    if len(element) == 0 and element.get("id") is None:
        return value
    inner = _body(element, depth)
    if value:
        inner["value"] = [value]
    return inner
