"""DSTU1 JSON → the same envelope with the same canonical bodies as Atom XML gives.

Numbers stay the text that they were (`10.0` is not `10`), and so do booleans.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import TypeAlias

from kt_migrate.kt13.envelope import MAX_DEPTH, Bundle, Entry, Seal, TooDeepError
from kt_migrate.model import Body, Node

_HALF = re.compile(r"\\u[dD][89a-fA-F]")
"""Escapes of one half of a character; most stand next to their other half."""

Parsed: TypeAlias = "str | int | float | bool | None | list[Parsed] | dict[str, Parsed]"
Read: TypeAlias = Callable[[dict[str, Parsed]], tuple[Body, Seal | None]]


class InexactError(ValueError):
    """A number was read as a number, so that its text is gone: `10.0` may have been `10.00`."""


def parse_json(content: bytes, *, strict: bool = True) -> Bundle:
    """Parse a Bundle, or a bare resource.

    Args:
        content: the bytes.
        strict: refuse control characters that stand in a text as they are, and half characters.

    Raises:
        TooDeepError: it nests too deep.
        ValueError: it is not JSON, or its root is no object.
    """
    text = content.decode(json.detect_encoding(content), "strict" if strict else "surrogatepass")
    try:
        root: Parsed = json.loads(
            text, parse_float=str, parse_int=str, parse_constant=str, strict=strict
        )
        if strict and _HALF.search(text):
            # Half a character is no text: whatever is made of it could not be written.
            json.dumps(root, ensure_ascii=False).encode()
    except RecursionError:
        raise TooDeepError from None
    if not isinstance(root, dict):
        raise ValueError("no object")  # noqa: TRY004 (a value of the input, not a type of ours)
    resource_type = _text(root.get("resourceType"))
    if resource_type != "Bundle":
        return Bundle(root=resource_type)
    return bundle_of(root, _whole)


def bundle_of(root: dict[str, Parsed], read: Read) -> Bundle:
    """Return the envelope of a parsed Bundle.

    Args:
        root: the Bundle.
        read: makes of the content of an entry what the entry will hold.
    """
    return Bundle(
        root="Bundle",
        title=_text(root.get("title")),
        categories=tuple(
            (_text(c.get("term")), _text(c.get("label")), _text(c.get("scheme")))
            for c in _objects(root.get("category"))
        ),
        entries=tuple([_entry(entry, read) for entry in _objects(root.get("entry"))]),
    )


def _whole(resource: dict[str, Parsed]) -> tuple[Body, None]:
    return body_of(resource), None


def _text(value: Parsed) -> str:
    """Return a text, which may stand alone in a list (E8); nothing else is one.

    Raises:
        InexactError: it is a number of which the text is not known any more.
    """
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise InexactError
    return value if isinstance(value, str) else ""


def _objects(value: Parsed) -> list[dict[str, Parsed]]:
    """Return the objects in a list; a single object counts as a list of one (E8)."""
    values = value if isinstance(value, list) else [value]
    return [item for item in values if isinstance(item, dict)]


def _entry(entry: dict[str, Parsed], read: Read) -> Entry:
    links = _objects(entry.get("link"))
    self_link = next((_text(x.get("href")) for x in links if x.get("rel") == "self"), "")
    contents = _objects(entry.get("content"))
    resource = contents[0] if len(contents) == 1 else {}  # of two, none can be chosen
    body, seal = read(resource)
    return Entry(
        entry_id=_text(entry.get("id")),
        self_link=self_link,
        resource_type=_text(resource.get("resourceType")),
        body=body,
        seal=seal,
    )


def body_of(resource: dict[str, Parsed]) -> Body:
    """Return the canonical form of a parsed resource.

    Raises:
        TooDeepError: it nests too deep.
        InexactError: it has a number of which the text is not known any more.
    """
    return _body({k: v for k, v in resource.items() if k != "resourceType"}, 0)


def _body(value: dict[str, Parsed], depth: int) -> Body:
    if depth > MAX_DEPTH:
        raise TooDeepError
    for name in value:
        if name.startswith("_"):
            return _body_beside(value, depth)
    body: Body = {}
    deeper = depth + 1
    for name, child in value.items():
        if name == "div":
            continue
        made: list[Node] = (
            ([child] if child else []) if type(child) is str else _some(child, deeper)
        )
        if made:
            body[name] = made
    return body


def _some(value: Parsed, depth: int) -> list[Node]:
    values = value if isinstance(value, list) else [value]
    return [node for one in values if (node := _node(one, None, depth))]


def _body_beside(value: dict[str, Parsed], depth: int) -> Body:
    """Return the body of an object that says more of its primitives beside them (`_name`)."""
    body: Body = {}
    for name, child in value.items():
        if name.startswith("_") or name == "div":
            continue
        made = _nodes(child, value.get(f"_{name}"), depth + 1)
        if made:
            body[name] = made
    for name, child in value.items():
        # A primitive without a value may still have an id or extensions.
        if name.startswith("_") and name[1:] not in value and name != "_div":
            made = _nodes(None, child, depth + 1)
            if made:
                body[name[1:]] = made
    return body


def _nodes(value: Parsed, beside: Parsed, depth: int) -> list[Node]:
    values = value if isinstance(value, list) else [value]
    extras = beside if isinstance(beside, list) else [beside]
    made: list[Node] = []
    for place in range(max(len(values), len(extras))):
        node = _node(
            values[place] if place < len(values) else None,
            extras[place] if place < len(extras) else None,
            depth,
        )
        if node:
            made.append(node)
    return made


def _node(value: Parsed, beside: Parsed, depth: int) -> Node:
    if isinstance(value, dict):
        return _body(value, depth)
    if isinstance(value, list):
        return _body({"item": value}, depth)
    text = value if isinstance(value, str) else _primitive(value)
    if isinstance(beside, dict):
        inner = _body(beside, depth)
        if text:
            inner["value"] = [text]
        return inner
    return text


def _primitive(value: float | None) -> str:
    if value is None:
        return ""
    if type(value) is float:
        raise InexactError
    return str(value).lower()  # booleans too
