"""Atom XML → envelope with canonical bodies. The parser is told to trust nothing."""

from __future__ import annotations

from functools import lru_cache
from typing import Protocol

from lxml import etree

from kt_migrate.kt13.envelope import MAX_DEPTH, Bundle, Entry, Seal, TooDeepError
from kt_migrate.model import Body


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
    return _feed(root, read) if local_name(root) == "feed" else Bundle(root=local_name(root))


@lru_cache(maxsize=1024)
def _local(tag: object) -> str:
    return str(tag).rpartition("}")[2]


def local_name(element: etree._Element) -> str:
    """Return the name of an element, without its namespace."""
    return _local(element.tag)


def _feed(root: etree._Element, read: Read) -> Bundle:
    title, categories, entries = "", [], []
    for child in root:
        match local_name(child):
            case "title":
                title = child.text or ""
            case "category":
                get = child.get
                categories.append((get("term", ""), get("label", ""), get("scheme", "")))
            case "entry":
                entries.append(_entry(child, read))
            case _:
                pass
    return Bundle(root="Bundle", title=title, categories=tuple(categories), entries=tuple(entries))


def _entry(element: etree._Element, read: Read) -> Entry:
    entry_id, self_link = "", ""
    contents: list[etree._Element] = []
    for child in element:
        match local_name(child):
            case "id":
                entry_id = (child.text or "").strip()
            case "link" if child.get("rel") == "self":
                self_link = child.get("href", "")
            case "content" if len(child):
                contents.append(child[0])
            case _:
                pass
    if len(contents) != 1:  # of two, none can be chosen
        return Entry(entry_id, self_link, "", {})
    body, seal = read(contents[0])
    return Entry(entry_id, self_link, local_name(contents[0]), body, seal=seal)


def body_of(resource: etree._Element) -> Body:
    """Return the canonical form of a resource.

    Raises:
        TooDeepError: it nests too deep.
    """
    return _body(resource, 0)


def _body(element: etree._Element, depth: int) -> Body:
    if depth > MAX_DEPTH:
        raise TooDeepError
    body: Body = {}
    for attribute in ("id", "url"):
        value = element.get(attribute)
        if value:
            body[attribute] = [value]
    deeper = depth + 1
    for child in element:
        name = _local(child.tag)
        if name == "div":
            continue
        value = child.get("value")
        # Most elements are plain values.
        plain = value is not None and not len(child) and child.get("id") is None
        node = value if plain else _inner(child, value, deeper)
        if node:
            body.setdefault(name, []).append(node)
    return body


def _inner(element: etree._Element, value: str | None, depth: int) -> Body:
    inner = _body(element, depth)
    if value:
        inner["value"] = [value]
    return inner
