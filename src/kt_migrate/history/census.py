"""The census: which objects are there at all, by a road that shares nothing with the first.

One document → the links of its objects and the identifiers of its activities; nothing else. It
knows no copies, versions or order, so it cannot lose an object by choosing. It does not use
`kt13` or the rest of this room (import-linter holds that): a check that shares code with what it
checks is none.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import orjson
from lxml import etree

_HEADER, _IDENTIFIER = "MessageHeader", "/CarePlan#ActivityIdentifier"
_OF_THE_BOOKS = (
    "Application",
    "CarePlanActivity",
    "CarePlanGoal",
    "CarePlanSubActivity",
    "Document",
    _HEADER,
)
"""Types that no content can have: the books call other things so."""
_BATCH, _LONGEST = 20_000, 40
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
_CONTROLS, _SURROGATES = {*range(0x20)} - {*b"\t\n\r"}, range(0xD800, 0xE000)
_NO_XML = re.compile(
    rb"&#(?:([0-9]{1,9})|x([0-9a-fA-F]{1,8}));|[\x00-\x08\x0b\x0c\x0e-\x1f]"
    rb"|\xed[\xa0-\xbf][\x80-\xbf]"
)

_TABLE = """
CREATE TABLE census (
  activity INTEGER, source_type TEXT, link TEXT,
  PRIMARY KEY (link, activity, source_type)) WITHOUT ROWID
"""


class Found(NamedTuple):
    """One object that a document carries.

    Attributes:
        activity: whether it is an activity of a care plan.
        source_type: type by its content; `CarePlanActivity` for an activity; empty for an
            `Other` that does not say what it is.
        link: resource link without version; an activity's identifier.
    """

    activity: bool
    source_type: str
    link: str


class Census:
    """Collects what every document carries, each object once."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._db.execute(_TABLE)
        self._seen: set[Found] = set()

    def add(self, found: Iterable[Found]) -> None:
        """Add what one document carries."""
        self._seen.update(found)
        if len(self._seen) > _BATCH:
            self.settle()

    def settle(self) -> None:
        """Say that everything was added, for now."""
        self._db.executemany("INSERT OR IGNORE INTO census VALUES (?, ?, ?)", self._seen)
        self._seen.clear()

    def counts(self) -> dict[str, int]:
        """Return how many distinct objects there are per type; empty for untyped ones."""
        rows = self._db.execute("SELECT source_type, count(*) FROM census GROUP BY 1 ORDER BY 1")
        return {str(source_type): int(count) for source_type, count in rows}


class _Entry(NamedTuple):
    """What the census looks at in one entry, whichever serialisation it came in.

    Attributes:
        links: its self links and then its id, as they stand.
        resource_type: name of its content; empty: no content.
        usage: (system, code) of what an `Other` is used for.
        header: (identifier, event code) of a MessageHeader.
        activities: (own identifier, anchor) of each activity that is not empty.
    """

    links: list[str]
    resource_type: str
    usage: list[tuple[str, str]]
    header: tuple[str, str]
    activities: list[tuple[str, str]]


def count(content: bytes) -> set[Found]:
    """Return the objects and activities of one document.

    Args:
        content: the bytes of a document that could be read.
    """
    text = content.removeprefix(b"\xef\xbb\xbf").lstrip()
    entries = list(_of_json(text) if text[:1] in (b"{", b"[") else _of_xml(content))
    found: set[Found] = set()
    complete = next((all(e.header) for e in entries if e.resource_type == _HEADER), True)
    for entry in entries:
        if entry.resource_type == _HEADER:
            complete = all(entry.header)
        elif complete:
            found.update(_found(entry))
    return found


def _found(entry: _Entry) -> Iterator[Found]:
    link = next(filter(None, entry.links), "").split("/_history/")[0]
    if not link or not entry.resource_type:
        return
    yield Found(activity=False, source_type=_type(entry), link=link)
    for place, (own, anchor) in enumerate(entry.activities, start=1):
        identifier = own or f"{link}#{anchor or place}"
        yield Found(activity=True, source_type="CarePlanActivity", link=identifier)


def _type(entry: _Entry) -> str:
    name = entry.resource_type
    if name == "Other":
        ours = {code for system, code in entry.usage if "otherresourceusage" in system.lower()}
        codes = (ours or {code for _system, code in entry.usage}) - {""}
        name = codes.pop() if len(codes) == 1 else ""
    if name in _OF_THE_BOOKS:
        return ""
    # What is no plain word, or not certain, is not compared by its type.
    return name if name.isascii() and name.isalpha() and len(name) <= _LONGEST else ""


# JSON


def _of_json(text: bytes) -> Iterator[_Entry]:
    try:
        bundle: Any = orjson.loads(text)
    except orjson.JSONDecodeError:
        bundle = json.loads(text, strict=False)  # what the fast parser refuses
    for entry in _objects(bundle, "entry"):
        content = next(iter(_objects(entry, "content")), {})
        hrefs = [_text(x.get("href")) for x in _objects(entry, "link") if x.get("rel") == "self"]
        name = _text(content.get("resourceType"))
        yield _Entry(
            links=[*hrefs[:1], _text(entry.get("id"))],
            resource_type=name,
            usage=_usage_of_json(content) if name == "Other" else [],
            header=_header_of_json(content) if name == _HEADER else ("", ""),
            activities=_activities_of_json(content) if name == "CarePlan" else [],
        )


def _usage_of_json(content: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (_text(coding.get("system")), _text(coding.get("code")))
        for code in _objects(content, "code")
        for coding in _objects(code, "coding")
    ]


def _header_of_json(content: dict[str, Any]) -> tuple[str, str]:
    return _first(content.get("identifier")), _event_of_json(content)


def _activities_of_json(content: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (_own_of_json(activity), _text(activity.get("id")))
        for activity in _objects(content, "activity")
        if _says(activity)
    ]


def _event_of_json(header: dict[str, Any]) -> str:
    events = _objects(header, "event")
    codings = [coding for event in events for coding in (event, *_objects(event, "coding"))]
    return "".join(_text(coding.get("code")) for coding in codings)


def _first(value: Any) -> str:  # noqa: ANN401 (parsed JSON)
    """Return a primitive, or the value of an Identifier."""
    return _text(value.get("value")) if isinstance(value, dict) else _text(value)


def _own_of_json(activity: dict[str, Any]) -> str:
    for extension in _objects(activity, "extension"):
        if _text(extension.get("url")).endswith(_IDENTIFIER):
            for name, value in extension.items():
                if name.startswith("value"):
                    return _first(value)
    return ""


def _objects(parent: Any, name: str) -> list[dict[str, Any]]:  # noqa: ANN401 (parsed JSON)
    value = parent.get(name) if isinstance(parent, dict) else None
    return [
        item for item in (value if isinstance(value, list) else [value]) if isinstance(item, dict)
    ]


def _text(value: Any) -> str:  # noqa: ANN401 (parsed JSON)
    if isinstance(value, list):
        value = value[0] if value else None
    return "" if value is None or isinstance(value, dict) else _plain(str(value))


def _says(value: Any) -> bool:  # noqa: ANN401 (parsed JSON)
    """Whether anything is left of a value without its empty texts, lists and objects."""
    if isinstance(value, dict):
        return any(_says(child) for name, child in value.items() if name != "div")
    if isinstance(value, list):
        return any(map(_says, value))
    return bool(_plain(value)) if isinstance(value, str) else value is not None


def _plain(text: str) -> str:
    """Return a text without what FHIR forbids in one; whoever reads it for the plan does so too."""
    return text if text.isprintable() else _FORBIDDEN.sub("", text)


# XML


def _of_xml(content: bytes) -> Iterator[_Entry]:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError:
        root = etree.fromstring(_NO_XML.sub(_allowed, content), parser)
    for entry in root.iterchildren("{*}entry"):
        href, own, resource = "", "", None  # of several the last, as the first road has it
        for child in entry:
            match str(child.tag).rpartition("}")[2]:
                case "link" if child.get("rel") == "self":
                    href = child.get("href", "")
                case "id":
                    own = (child.text or "").strip()
                case "content":
                    resource = next(child.iterchildren("*"), resource)
                case _:
                    pass
        if resource is None:
            continue
        name = str(resource.tag).rpartition("}")[2]
        yield _Entry(
            links=[href, own],
            resource_type=name,
            usage=_usage_of_xml(resource) if name == "Other" else [],
            header=_header_of_xml(resource) if name == _HEADER else ("", ""),
            activities=_activities_of_xml(resource) if name == "CarePlan" else [],
        )


def _usage_of_xml(resource: etree._Element) -> list[tuple[str, str]]:
    return [
        (_child(coding, "system"), _child(coding, "code"))
        for coding in resource.iterfind("{*}code/{*}coding")
    ]


def _header_of_xml(header: etree._Element) -> tuple[str, str]:
    codes = (code.get("value", "") for code in header.iterfind("{*}event//{*}code"))
    identifier = _child(header, "identifier") or _child(header, "identifier/{*}value")
    return identifier, "".join(codes)


def _activities_of_xml(careplan: etree._Element) -> list[tuple[str, str]]:
    return [
        (_own_of_xml(activity), activity.get("id", ""))
        for activity in careplan.iterchildren("{*}activity")
        if any(map(_has_text, activity.iter()))
    ]


def _allowed(found: re.Match[bytes]) -> bytes:
    """Return a character reference as it is, when XML has such a character."""
    number = int(found[1] or 0) or int(found[2] or b"0", 16)
    return b"" if number in _CONTROLS or number in _SURROGATES else found[0]


def _has_text(element: etree._Element) -> bool:
    return any(element.get(name) for name in ("id", "url", "value"))


def _own_of_xml(activity: etree._Element) -> str:
    for extension in activity.iterchildren("{*}extension"):
        if extension.get("url", "").endswith(_IDENTIFIER):
            for child in extension.iterchildren():
                if str(child.tag).rpartition("}")[2].startswith("value"):
                    return child.get("value") or _child(child, "value")
    return ""


def _child(element: etree._Element, path: str) -> str:
    child = element.find(f"{{*}}{path}")
    return "" if child is None else child.get("value", "")
