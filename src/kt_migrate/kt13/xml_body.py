"""Atom XML → envelope with canonical bodies. The parser is told to trust nothing."""

from __future__ import annotations

from typing import Protocol

from lxml import etree

from kt_migrate.kt13.cleaning import MARK
from kt_migrate.kt13.envelope import MAX_DEPTH, Bundle, Entry, Seal, TooDeepError
from kt_migrate.model import Body, Node


class DoctypeError(ValueError):
    """The document has a DOCTYPE: no Koppeltaal message has one, every XML attack does."""


class Read(Protocol):
    """Makes of the content of an entry what the entry will hold."""

    def __call__(self, resource: etree._Element, /) -> tuple[Body, Seal | None]:
        """Return its body, or a seal instead."""


def _whole(resource: etree._Element) -> tuple[Body, None]:
    return body_of(resource), None


def parse_xml(content: bytes, read: Read = _whole) -> Bundle:
    """Parse a feed, or a bare resource.

    Args:
        content: the bytes.
        read: makes of the content of an entry what the entry will hold.

    Raises:
        DoctypeError: it has a DOCTYPE.
        TooDeepError: it nests too deep.
        ValueError: it is not well-formed XML.
    """
    if b"!" in content and (b"<!DOCTYPE" in content or b"<!ENTITY" in content):
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
    return _feed(root, read) if local_name(root) == "feed" else Bundle(root=local_name(root))


class _Local(dict[object, str]):
    """The names of elements without their namespaces, by their tags."""

    def __missing__(self, tag: object) -> str:
        name = str(tag).rpartition("}")[2]
        if len(self) < _TAGS:
            self[tag] = name
        return name


_TAGS = 1_024
"""So many are remembered: what all messages share is far less."""
_LOCAL = _Local()


def local_name(element: etree._Element) -> str:
    """Return the name of an element, without its namespace."""
    return _LOCAL[element.tag]


def _feed(root: etree._Element, read: Read) -> Bundle:
    title, categories, entries = "", [], []
    for child in root:
        name = _LOCAL[child.tag]
        if name == "entry":
            entries.append(_entry(child, read))
        elif name == "category":
            get = child.get
            categories.append((get("term", ""), get("label", ""), get("scheme", "")))
        elif name == "title":
            title = child.text or ""
    return Bundle(root="Bundle", title=title, categories=tuple(categories), entries=tuple(entries))


def _entry(element: etree._Element, read: Read) -> Entry:
    entry_id, self_link = "", ""
    contents: list[etree._Element] = []
    for child in element:
        name = _LOCAL[child.tag]
        if name == "content":
            if len(child):
                contents.append(child[0])
        elif name == "link":
            if _is_self(child.get("rel")):
                self_link = child.get("href", "")
        elif name == "id":
            entry_id = (child.text or "").strip()
    if len(contents) != 1:  # of two, none can be chosen
        return Entry(entry_id, self_link, "", {})
    content = contents[0]
    body, seal = read(content)
    kind = seal.source_type if seal else _LOCAL[content.tag]
    return Entry(entry_id, self_link, kind, body, 0, seal)


def _is_self(rel: str | None) -> bool:
    """Whether a link is the entry's own: forbidden characters say nothing here either."""
    return rel == "self" or (rel is not None and MARK in rel and rel.replace(MARK, "") == "self")


def body_of(resource: etree._Element) -> Body:
    """Return the canonical form of a resource.

    Raises:
        TooDeepError: it nests too deep.
    """
    return _body(resource, 0)


def _body(element: etree._Element, depth: int) -> Body:  # noqa: C901  # a call costs more
    if depth > MAX_DEPTH:
        raise TooDeepError
    body: Body = {}
    if element.keys():
        for attribute in ("id", "url"):
            found = element.get(attribute)
            if found:
                body[attribute] = [found]
    deeper, local = depth + 1, _LOCAL
    for child in element:
        name = local[child.tag]
        if name == "div":
            continue
        value = child.get("value")
        node: Node | None = value
        # Most elements are plain values.
        if value is None or len(child) or child.get("id") is not None:
            node = _body(child, deeper)
            if value:
                node["value"] = [value]
        if node:
            if name in body:
                body[name].append(node)
            else:
                body[name] = [node]
    return body
