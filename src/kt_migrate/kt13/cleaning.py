"""Takes the characters out of a document that FHIR forbids in a text.

Those are the control characters below U+0020 but tab, line feed and carriage return, and
surrogates without their other half. A KT 2.0 server refuses a resource for one of them. They go
from every text alike, links included, so that a reference still finds what it names.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from itertools import chain

from kt_migrate.kt13.envelope import Bundle, Entry
from kt_migrate.model import Body, Node

MARK = "\U0010fffd"
"""Stands in XML for a forbidden character until it is parsed: no parser lets those through."""

_CONTROLS = bytes(sorted({*range(0x20)} - {*b"\t\n\r"}))
_NUMBERS = frozenset({*_CONTROLS, *range(0xD800, 0xE000)})
_ESCAPED = re.compile(rb"\\(?:[bf]|u00[01])")
_SURROGATE = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")
_RAW = re.compile(b"[" + re.escape(_CONTROLS) + b"]")
_REFERENCE = re.compile(rb"&#(?:(\d{1,9})|x([0-9a-fA-F]{1,8}));")
_FORBIDDEN = re.compile("[" + re.escape(_CONTROLS.decode()) + "\ud800-\udfff]")
_MARKS = re.compile(MARK)


def may_hold_forbidden(json: bytes) -> bool:
    """Whether forbidden characters may come out of JSON that a strict parser takes."""
    return (
        (b"\\" in json and _ESCAPED.search(json) is not None)
        or b"\x00" in json  # UTF-16: those cannot be seen
    )


def marked(xml: bytes) -> bytes:
    """Return XML with a mark for each forbidden character; of UTF-16 nothing is left by that."""
    mark = f"&#x{ord(MARK):X};".encode()
    without = _SURROGATE.sub(mark, _RAW.sub(mark, xml))
    return _REFERENCE.sub(lambda found: mark if _forbids(found) else found[0], without)


def _forbids(reference: re.Match[bytes]) -> bool:
    number = int(reference[1]) if reference[1] else int(reference[2], 16)
    return number in _NUMBERS


def cleaned_json(bundle: Bundle) -> Bundle:
    """Return a bundle without forbidden characters, and per entry how many there were."""
    return _cleaned(bundle, _FORBIDDEN)


def cleaned_xml(bundle: Bundle) -> Bundle:
    """Return a bundle without marks, and per entry how many there were."""
    return _cleaned(bundle, _MARKS)


def _cleaned(bundle: Bundle, forbidden: re.Pattern[str]) -> Bundle:
    plain = partial(forbidden.sub, "")
    return replace(
        bundle,
        categories=tuple((plain(a), plain(b), plain(c)) for a, b, c in bundle.categories),
        entries=tuple(_entry(entry, forbidden) for entry in bundle.entries),
    )


def _entry(entry: Entry, forbidden: re.Pattern[str]) -> Entry:
    texts = (entry.entry_id, entry.self_link, entry.resource_type)
    entry_id, self_link, resource_type = (forbidden.sub("", text) for text in texts)
    removed = sum(len(forbidden.findall(text)) for text in texts) + _count(entry.body, forbidden)
    return entry._replace(
        entry_id=entry_id,
        self_link=self_link,
        resource_type=resource_type,
        body=_body(entry.body, forbidden) if removed else entry.body,
        removed=removed,
    )


def _count(node: Node, forbidden: re.Pattern[str]) -> int:
    if isinstance(node, str):
        return len(forbidden.findall(node))
    inner = sum(_count(child, forbidden) for child in chain.from_iterable(node.values()))
    return inner + sum(len(forbidden.findall(name)) for name in node)


def _body(body: Body, forbidden: re.Pattern[str]) -> Body:
    """Return a body without them; what is empty then is not there, as in what is read."""
    made: Body = {}
    for name, children in body.items():
        kept = [node for child in children if (node := _node(child, forbidden))]
        if kept:
            made.setdefault(forbidden.sub("", name), []).extend(kept)
    return made


def _node(node: Node, forbidden: re.Pattern[str]) -> Node:
    return forbidden.sub("", node) if isinstance(node, str) else _body(node, forbidden)
