"""Changes that keep the form: a document stays JSON or XML, a tar keeps its sums, an XLSX its zip.

Most changes of single bytes end at the parser; these reach what comes after it. Everything is
drawn from one `Random`, so that the same seed makes the same change.
"""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable
from copy import deepcopy
from random import Random
from typing import Any

from lxml import etree

Bytes = Callable[[bytes], bytes]
"""Changes single bytes, without an idea of what they mean."""

ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 10.0, 1e400, 10**30, "", " ", "x", "\0", "\b", "\ud800", "é"),
    *([], {}, [[]], ["x"], [None], {"value": "x"}, {"coding": [{"code": "x"}]}, "x" * 5000),
    *("/_history/", "a/_history/2", "#", "urn:uuid:", "MessageHeader", "CarePlan", "Other"),
)
"""Values where another is expected."""


def json_changed(content: bytes, random: Random) -> bytes:
    """Return JSON with something in its tree changed; other bytes as they are."""
    try:
        tree = json.loads(content)
    except (ValueError, RecursionError):
        return content
    for _time in range(random.choice((1, 1, 2, 4))):
        places = _places(tree)
        if not places:
            return content
        parent, key = random.choice(places)
        _change(parent, key, random, places)
    return json.dumps(tree, ensure_ascii=random.random() < 0.5).encode("utf-8", "surrogatepass")


def _places(node: Any, most: int = 20_000) -> list[tuple[Any, Any]]:  # noqa: ANN401 (JSON)
    """Return every (parent, key) of a tree."""
    found: list[tuple[Any, Any]] = []
    rest = [node] if isinstance(node, dict | list) else []
    while rest and len(found) < most:
        parent = rest.pop()
        keys = parent if isinstance(parent, dict) else range(len(parent))
        for key in keys:
            found.append((parent, key))
            if isinstance(parent[key], dict | list):
                rest.append(parent[key])
    return found


def _change(parent: Any, key: Any, random: Random, places: list[tuple[Any, Any]]) -> None:  # noqa: ANN401
    other, other_key = random.choice(places)
    match random.randrange(6):
        case 0:
            del parent[key]
        case 1:
            parent[key] = deepcopy(random.choice(ODD))
        case 2:
            parent[key] = deepcopy(other[other_key])
        case 3:
            parent[key] = [parent[key], deepcopy(parent[key])]
        case 4 if isinstance(parent, dict):
            name = random.choice((f"_{key}", str(other_key), "value", "extension", "id", "x"))
            parent[name] = parent.pop(key)
        case _:
            if isinstance(parent[key], str):
                parent[key] = _text(parent[key], random)
            elif isinstance(parent[key], list) and parent[key]:
                parent[key] = parent[key][0]


def _text(text: str, random: Random) -> str:
    place = random.randrange(len(text) + 1)
    more = random.choice(("", "\b", "\x85", "\u200b", " ", "/_history/3", "é", "'", "\n"))
    return text[:place] + more + text[place + random.choice((0, 1)) :]


def xml_changed(content: bytes, random: Random) -> bytes:
    """Return XML with something in its tree changed; other bytes as they are."""
    try:
        root = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError:
        return content
    for _time in range(random.choice((1, 1, 2, 4))):
        elements = [node for node in root.iter() if isinstance(node.tag, str)]
        node, other = random.choice(elements), random.choice(elements)
        _change_element(node, other, random)
    made = etree.tostring(root, encoding=random.choice(("utf-8", "utf-16", "ascii")))
    return made if isinstance(made, bytes) else made.encode()


def _change_element(node: etree._Element, other: etree._Element, random: Random) -> None:
    parent = node.getparent()
    match random.randrange(7):
        case 0 if parent is not None:
            parent.remove(node)
        case 1 if parent is not None:
            parent.append(deepcopy(other))
        case 2:
            node.tag = other.tag
        case 3 if node.attrib:
            name = random.choice(list(node.attrib))
            node.set(name, _plain(_text(str(node.get(name)), random)))
        case 4:
            node.text = _plain(_text(node.text or "", random))
        case 5 if node.attrib:
            del node.attrib[random.choice(list(node.attrib))]
        case _:
            node.set(random.choice(("id", "url", "value", "href", "rel")), "x")


def _plain(text: str) -> str:
    return "".join(c for c in text if c.isprintable() or c in "\n\x85\u200b")


def tar_summed(content: bytes) -> bytes:
    """Return a tar of which every block that could be a header has its sum right."""
    blocks = [content[place : place + 512] for place in range(0, len(content), 512)]
    return b"".join(_summed(block) if block[257:262] == b"ustar" else block for block in blocks)


def _summed(block: bytes) -> bytes:
    total = sum(block[:148]) + sum(block[156:]) + 8 * ord(" ")
    return block[:148] + b"%06o\0 " % total + block[156:]


def seven_summed(content: bytes) -> bytes:
    """Return a 7z of which the sums of both headers are right."""
    if len(content) < 32:
        return content
    place, size = struct.unpack_from("<QQ", content, 12)
    head = content[12:28] + struct.pack("<I", zlib.crc32(content[32 + place :][:size]))
    return content[:8] + struct.pack("<I", zlib.crc32(head)) + head + content[32:]


def zip_changed(content: bytes, random: Random, change: Bytes) -> bytes:
    """Return a zip of which one file is changed, and packed again."""
    out = io.BytesIO()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
            names = old.namelist()
            chosen = random.choice(names)
            for name in names:
                inner = old.read(name)
                if name == chosen:
                    inner = xml_changed(inner, random) if random.random() < 0.5 else change(inner)
                new.writestr(zipfile.ZipInfo(name), inner)
    except Exception:  # noqa: BLE001 (whatever is wrong with it: then it is not changed this way)
        return content
    return out.getvalue()


def changed(target: str, content: bytes, random: Random, change: Bytes) -> bytes:
    """Return the bytes changed, half of the times in a way that fits the target."""
    if random.random() < 0.4:
        return change(content)
    match target:
        case "document" | "plan":
            start = content.lstrip()[:1]
            return (xml_changed if start == b"<" else json_changed)(content, random)
        case "tar":
            return tar_summed(change(content))
        case "sevenzip":
            return seven_summed(change(content))
        case "xlsx":
            return zip_changed(content, random, change)
        case "answers":
            head, end, body = content.partition(b"\n\n")
            return head + end + json_changed(body, random)
        case _:
            return change(content)
