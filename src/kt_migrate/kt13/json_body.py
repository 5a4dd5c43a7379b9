"""DSTU1 JSON → the same envelope with the same canonical bodies as Atom XML gives.

Numbers stay the text that they were (`10.0` is not `10`), and so do booleans.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import TypeAlias

import orjson

from kt_migrate.kt13.cleaning import may_hold_forbidden
from kt_migrate.kt13.envelope import MAX_DEPTH, Bundle, Entry, Seal, TooDeepError
from kt_migrate.model import Body, Node

_HALF = re.compile(r"\\u[dD][89a-fA-F]")
"""Escapes of one half of a character; most stand next to their other half."""

_MINUS_ZERO = re.compile(rb"-0[\s,\]}]")
_NESTED = 900
"""So many brackets may nest deeper than the exact parser can; it must say so itself."""

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
    root = quick_json(content) if strict else None
    try:
        return _made_of(root) if root is not None else exact_json(content, strict=strict)
    except InexactError:
        return exact_json(content)


def quick_json(content: bytes) -> dict[str, Parsed] | None:
    """Parse JSON several times faster than exactly, numbers as numbers.

    Returns:
        None when the exact parser must look: it cannot be read, or something would be lost.
    """
    if content[:1] != b"{" or may_hold_forbidden(content) or _MINUS_ZERO.search(content):
        return None
    try:
        root: Parsed = orjson.loads(content)
    except ValueError:
        return None
    if content.count(b"{") + content.count(b"[") > _NESTED and not _shallow(content):
        return None
    return root if isinstance(root, dict) else None


def _shallow(content: bytes) -> bool:
    """Whether the exact parser can read JSON that nests as deep as this."""
    try:
        json.loads(content)
    except RecursionError:
        return False
    return True


def exact_json(content: bytes, *, strict: bool = True) -> Bundle:
    """Parse a Bundle, or a bare resource, every number as its text: as `parse_json`."""
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
    return _made_of(root)


def _made_of(root: dict[str, Parsed]) -> Bundle:
    resource_type = _text(root.get("resourceType"))
    return bundle_of(root, _whole) if resource_type == "Bundle" else Bundle(root=resource_type)


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
    if type(value) is str:
        return value
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise InexactError
    return value if isinstance(value, str) else ""


def _objects(value: Parsed) -> list[dict[str, Parsed]]:
    """Return the objects in a list; a single object counts as a list of one (E8)."""
    if type(value) is dict:
        return [value]
    return [item for item in value if type(item) is dict] if type(value) is list else []


def _entry(entry: dict[str, Parsed], read: Read) -> Entry:
    self_link = ""
    for link in _objects(entry.get("link")):
        if link.get("rel") == "self":
            self_link = _text(link.get("href"))
            break
    contents = _objects(entry.get("content"))
    resource = contents[0] if len(contents) == 1 else {}  # of two, none can be chosen
    body, seal = read(resource)
    entry_id, resource_type = _text(entry.get("id")), _text(resource.get("resourceType"))
    return Entry(entry_id, self_link, resource_type, body, 0, seal)


def body_of(resource: dict[str, Parsed]) -> Body:
    """Return the canonical form of a parsed resource.

    Raises:
        TooDeepError: it nests too deep.
        InexactError: it has a number of which the text is not known any more.
    """
    return _body({k: v for k, v in resource.items() if k != "resourceType"}, 0)


def _body(value: dict[str, Parsed], depth: int) -> Body:  # noqa: C901  # a call costs more
    if depth > MAX_DEPTH:
        raise TooDeepError
    if "div" in value:
        return _body_beside(value, depth)
    for name in value:
        if name[:1] == "_":
            return _body_beside(value, depth)
    body: Body = {}
    deeper = depth + 1
    for name, child in value.items():
        # Most are plain texts.
        if type(child) is str:
            made: list[Node] = [child] if child else []
        elif type(child) is dict:
            inner = _body(child, deeper)
            made = [inner] if inner else []
        else:
            made = _some(child, deeper)
        if made:
            body[name] = made
    return body


def _some(value: Parsed, depth: int) -> list[Node]:
    values = value if type(value) is list else [value]
    made: list[Node] = []
    for one in values:
        node: Node = _body(one, depth) if type(one) is dict else _node(one, None, depth)
        if node:
            made.append(node)
    return made


def _body_beside(value: dict[str, Parsed], depth: int) -> Body:
    """Return the body of an object that says more of its primitives beside them, or has a text.

    Those are `_name` beside `name`, and `div`, which is left out.
    """
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
