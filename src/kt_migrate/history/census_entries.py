"""What the census looks at in one document: its entries, in either serialisation.

It shares nothing with `kt13`, which reads documents for the plan: see `census`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import chain, zip_longest
from typing import Any, NamedTuple, TypeVar

import orjson
from lxml import etree

HEADER = "MessageHeader"
_IDENTIFIERS = tuple(
    f"http://ggz.koppeltaal.nl/fhir/Koppeltaal/{between}CarePlan#ActivityIdentifier"
    for between in ("", "Profile/")
)
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
_CONTROLS, _SURROGATES = {*range(0x20)} - {*b"\t\n\r"}, range(0xD800, 0xE000)
_MAY_FORBID = re.compile(rb"\\[bfu]|[\x00-\x08\x0b\x0c\x0e-\x1f]|\xed[\xa0-\xbf]")
_NO_XML = re.compile(
    rb"&#(?:([0-9]{1,9})|x([0-9a-fA-F]{1,8}));|[\x00-\x08\x0b\x0c\x0e-\x1f]"
    rb"|\xed[\xa0-\xbf][\x80-\xbf]"
)

_Thing = TypeVar("_Thing")


class Entry(NamedTuple):
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


def entries_of(content: bytes) -> list[Entry]:
    """Return the entries of one document, in their order.

    Args:
        content: the bytes of a document that could be read.
    """
    text = content.removeprefix(b"\xef\xbb\xbf").lstrip()
    return list(_of_json(text) if text[:1] in (b"{", b"[") else _of_xml(content))


def _only(things: list[_Thing]) -> list[_Thing]:
    """Return what is certain: of two usages, neither is."""
    return things if len(things) == 1 else []


# JSON


_PARENTS = (dict, list)
_NO_TEXT = (dict, list, bool)


class _InexactError(ValueError):
    """A number that counts, of which the fast parser does not keep the digits."""


def _of_json(text: bytes) -> list[Entry]:
    odd = _MAY_FORBID.search(text) is not None
    try:
        return list(_in_json(orjson.loads(text), odd=odd))
    except (orjson.JSONDecodeError, _InexactError):  # the fast parser does not take all
        plain = json.loads(text, strict=False, parse_float=str, parse_int=str, parse_constant=str)
        return list(_in_json(plain, odd=odd))


def _in_json(bundle: Any, *, odd: bool) -> Iterator[Entry]:  # noqa: ANN401 (parsed JSON)
    for entry in _objects(bundle, "entry"):
        contents = _objects(entry, "content")
        content = contents[0] if len(contents) == 1 else {}
        hrefs = [_text(x.get("href")) for x in _objects(entry, "link") if x.get("rel") == "self"]
        name = _text(content.get("resourceType"))
        content = _plainly_named(content) if odd else content
        yield Entry(
            links=[*hrefs[:1], _text(entry.get("id"))],
            resource_type=name,
            usage=[
                (_first(coding, "system"), _first(coding, "code"))
                for code in (_only(_elements(content, "code")) if name == "Other" else ())
                for coding in _elements(code, "coding")
            ],
            header=_header_of_json(content) if name == HEADER else ("", ""),
            activities=[
                (_own_of_json(activity), _first(activity, "id"))
                for activity in (_elements(content, "activity") if name == "CarePlan" else ())
            ],
        )


def _plainly_named(value: Any) -> Any:  # noqa: ANN401 (parsed JSON)
    """Return a content with what FHIR forbids taken out of the names of its elements too."""
    if isinstance(value, list):
        return [_plainly_named(item) for item in value]
    if not isinstance(value, dict):
        return value
    made: dict[str, Any] = {}
    for name, child in value.items():
        plain, inner = _plain(name), _plainly_named(child)
        made[plain] = [*_listed(made[plain]), *_listed(inner)] if plain in made else inner
    return made


def _header_of_json(header: dict[str, Any]) -> tuple[str, str]:
    event = next(_nodes(header, "event"), "")
    if isinstance(event, dict):
        codings = _elements(event, "coding") or [event]
        event = "".join(_first(one, "code") for one in codings) or _first(event, "value")
    return _first(header, "identifier"), event


def _own_of_json(activity: dict[str, Any]) -> str:
    for extension in _elements(activity, "extension"):
        if _first(extension, "url") in _IDENTIFIERS:
            names = sorted(extension, key=lambda name: name.startswith("_"))
            plain = (name.removeprefix("_") for name in names)
            values = (_nodes(extension, name) for name in plain if name.startswith("value"))
            value = next(chain.from_iterable(values), "")
            return _first(value, "value") if isinstance(value, dict) else value
    return ""


def _objects(parent: Any, name: str) -> list[dict[str, Any]]:  # noqa: ANN401 (parsed JSON)
    """Return the objects of the envelope with this name."""
    value = parent.get(name) if isinstance(parent, dict) else None
    return [item for item in _listed(value) if isinstance(item, dict)]


def _text(value: Any) -> str:  # noqa: ANN401 (parsed JSON)
    """Return a text of the envelope, which may stand alone in a list; nothing else is one."""
    if type(value) is str:
        return _plain(value)
    if isinstance(value, list):
        value = value[0] if len(value) == 1 else None
    return "" if isinstance(value, _NO_TEXT) else _primitive(value)


def _nodes(parent: dict[str, Any], name: str) -> Iterator[str | dict[str, Any]]:
    """Yield what is left of an element without empty texts, lists and objects, in its order."""
    pairs = zip_longest(_listed(parent.get(name)), _listed(parent.get(f"_{name}")))
    for item, beside in pairs:  # beside a primitive stands what it has in XML besides a value
        if isinstance(item, _PARENTS):
            if _says(item):
                yield item if isinstance(item, dict) else {"item": item}
        elif found := _primitive(item):
            yield found
        elif isinstance(beside, dict) and _says(beside):
            yield beside


def _listed(value: Any) -> list[Any]:  # noqa: ANN401 (parsed JSON)
    return value if isinstance(value, list) else [value]


def _elements(parent: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return [node for node in _nodes(parent, name) if isinstance(node, dict)]


def _first(parent: dict[str, Any], name: str) -> str:
    """Return the first text of an element: of a primitive, or of what has a value."""
    value = parent.get(name)
    if type(value) is str and (text := _plain(value)):
        return text
    for node in _nodes(parent, name):
        found = next(_nodes(node, "value"), None) if isinstance(node, dict) else node
        if isinstance(found, str):
            return found
    return ""


def _primitive(value: Any) -> str:  # noqa: ANN401 (parsed JSON)
    if isinstance(value, float):
        raise _InexactError
    text = str(value).lower() if isinstance(value, bool) else value
    return "" if text is None else _plain(str(text))


def _says(value: Any) -> bool:  # noqa: ANN401 (parsed JSON)
    """Whether anything is left of a value without its empty texts, lists and objects."""
    if isinstance(value, dict):
        return any(_says(child) for name, child in value.items() if name not in ("div", "_div"))
    if isinstance(value, list):
        return any(map(_says, value))
    return bool(_plain(value)) if isinstance(value, str) else value is not None


def _plain(text: str) -> str:
    """Return a text without what FHIR forbids in one; whoever reads it for the plan does so too."""
    return text if text.isprintable() else _FORBIDDEN.sub("", text)


# XML


def _of_xml(content: bytes) -> Iterator[Entry]:
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError:
        root = etree.fromstring(_NO_XML.sub(_allowed, content), parser)
    for entry in root.iterchildren("{*}entry"):
        contents = [found for found in entry.iterchildren("{*}content") if len(found)]
        if len(contents) != 1:
            continue
        resource = contents[0][0]
        hrefs = [x.get("href", "") for x in entry.iterchildren("{*}link") if x.get("rel") == "self"]
        ids = [(found.text or "").strip() for found in entry.iterchildren("{*}id")]
        name = str(resource.tag).rpartition("}")[2]
        yield Entry(
            links=[*hrefs[-1:], *ids[-1:]],
            resource_type=name,
            usage=[
                (_child(coding, "system"), _child(coding, "code"))
                for code in (_only(resource.findall("{*}code")) if name == "Other" else ())
                for coding in code.iterfind("{*}coding")
            ],
            header=(
                _child(resource, "identifier") or _child(resource, "identifier/{*}value"),
                "".join(
                    code.get("value", "")
                    for event in resource.iterchildren("{*}event")
                    for code in (event, *event.iterfind(".//{*}code"), *event.iterfind("{*}value"))
                ),
            ),
            activities=[
                (_own_of_xml(activity), activity.get("id", ""))
                for activity in resource.iterchildren("{*}activity")
                if name == "CarePlan" and _says_something(activity)
            ],
        )


def _allowed(found: re.Match[bytes]) -> bytes:
    """Return a character reference as it is, when XML has such a character."""
    number = int(found[1] or 0) or int(found[2] or b"0", 16)
    return b"" if number in _CONTROLS or number in _SURROGATES else found[0]


def _says_something(activity: etree._Element) -> bool:
    """Whether an element is an activity: not an empty one, nor a mere text."""
    bare = len(activity) == 0 and activity.get("value") is not None and activity.get("id") is None
    return not bare and any(map(_has_text, activity.iter()))


def _has_text(element: etree._Element) -> bool:
    return any(element.get(name) for name in ("id", "url", "value"))


def _own_of_xml(activity: etree._Element) -> str:
    for extension in activity.iterchildren("{*}extension"):
        if extension.get("url", "") in _IDENTIFIERS:
            for child in extension.iterchildren():
                if str(child.tag).rpartition("}")[2].startswith("value"):
                    return child.get("value") or _child(child, "value")
            return ""
    return ""


def _child(element: etree._Element, path: str) -> str:
    values = (child.get("value") for child in element.iterfind(f"{{*}}{path}"))
    return next(filter(None, values), "")
