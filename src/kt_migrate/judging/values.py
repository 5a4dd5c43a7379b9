"""Values of KT 1.3 and of KT 2.0 as a person reads them.

Both sides are brought to one form (that of a KT 1.3 body), and said by one function: what is
equal looks equal.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from kt_migrate.judging.words import code_word
from kt_migrate.kt13.body import coding, first_text, texts
from kt_migrate.kt13.body import text as text_of
from kt_migrate.language import language, tr
from kt_migrate.model import MIGRATION_SYSTEM, Body, Json, Node

Naming = Callable[[str], str]
"""Returns what is called by a reference: a KT 1.3 link, or `Type/id`; empty: nobody knows."""

_DAY = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})"
    r"(?:T(\d{2}:\d{2})(?::\d{2}(?:\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?",
    re.ASCII,
)
_HERE = ZoneInfo("Europe/Amsterdam")
"""Where who reads it lives: a moment is said in this zone, whichever it was written in."""
_DAYS = frozenset({"birthDate"})
"""Elements of which the day counts, and no zone moves it."""
_NUMBERS = {"bsn": "BSN", "agb-z": "AGB"}
_SKIPPED = frozenset({"url", "id", "system", "use", "extension"})
_PARTICLES = frozenset(
    {"van der", "van den", "van de", "van het", "van 't", "van", "de", "den", "der", "het", "'t"}
    | {"ter", "ten", "te", "in 't", "op de", "von", "du", "la", "le"}
)
"""What of a prefix stands before the family name; the rest is a title."""
_VERBATIM = frozenset({"identifier", "url"})
_ADDRESS = ("line", "zip", "postalCode", "city", "country")


def of_target(value: Json, element: str, naming: Naming) -> list[str]:
    """Return an element of KT 2.0 as texts, one per value; the temporary identifier is left out."""
    return [text for node in _nodes(value) if (text := of_source(node, element, naming))]


def _nodes(value: Json) -> list[Node]:
    """Bring R4 JSON to the form of a KT 1.3 body."""
    match value:
        case None:
            return []
        case bool():
            return ["true" if value else "false"]
        case list():
            return [node for one in value for node in _nodes(one)]
        case dict():
            return [{name: _nodes(one) for name, one in value.items()}]
        case _:
            return [str(value)]


def of_source(node: Node, element: str, naming: Naming) -> str:
    """Return one node of KT 1.3 as text.

    Args:
        node: a text, or an element with children.
        element: of KT 2.0 that it becomes, or its own name.
        naming: knows what references are called.
    """
    if isinstance(node, str) or (set(node) <= {"value", "id", "extension"} and "value" in node):
        return _plain(text_of(node) or "", element, naming)
    if "url" in node:
        return _joined([of_source(one, element, naming) for one in _extended(node)])
    for names, say in _SHAPES:
        if names & node.keys():
            return say(node, element, naming)
    return _joined([_plain(one, element, naming) for one in leaves(node)], ", ")


def _extended(node: Body) -> Iterator[Node]:
    """Yield the values of an extension."""
    for name, nodes in node.items():
        if name.startswith("value"):
            yield from nodes


def _name(node: Body, _element: str, _naming: Naming) -> str:
    before = [(one.casefold() in _PARTICLES, one) for one in texts(node, "prefix")]
    titles = [one for particle, one in before if not particle]
    particles = [one for particle, one in before if particle]
    return _joined([*titles, *texts(node, "given"), *particles, *texts(node, "family")])


def _reference(node: Body, _element: str, naming: Naming) -> str:
    link = first_text(node, "reference") or ""
    known = naming(link) or first_text(node, "display")
    if known or "://" not in link:
        return known or link
    return tr("not in the archive ({link})", link="/".join(link.rsplit("/", 2)[1:]))


def _member(node: Body, _element: str, naming: Naming) -> str:
    named = [*node.get("member", ()), *node.get("reference", ())]
    who = [of_source(one, "", naming) for one in named]
    roles = [of_source(one, "role", naming) for one in node.get("role", ())]
    return _joined([*who, *(f"({role})" for role in roles if role)])


def _address(node: Body, _element: str, _naming: Naming) -> str:
    return _joined([one for part in _ADDRESS for one in texts(node, part)], ", ")


def _period(node: Body, _element: str, _naming: Naming) -> str:
    start, end = (day(first_text(node, part) or "") for part in ("start", "end"))
    if start and end:
        return tr("{start} to {end}", start=start, end=end)
    return tr("from {start}", start=start) if start else tr("until {end}", end=end)


def _value(node: Body, element: str, naming: Naming) -> str:
    system, value = (first_text(node, part) or "" for part in ("system", "value"))
    if system.startswith(MIGRATION_SYSTEM):
        return ""
    number = _NUMBERS.get(system.rstrip("/").rpartition("/")[2].lower(), "")
    return _joined([number, _plain(value, element, naming)])


def _code(node: Body, element: str, _naming: Naming) -> str:
    found = coding(node)
    code = first_text(found, "code") or ""
    word = code_word(element, code)
    shown = first_text(found, "display") or first_text(node, "text")
    return word if word != code else shown or code


_SHAPES: tuple[tuple[frozenset[str], Callable[[Body, str, Naming], str]], ...] = (
    (frozenset({"family", "given"}), _name),
    (frozenset({"role", "member"}), _member),
    (frozenset({"reference"}), _reference),
    (frozenset({"postalCode", "zip", "city", "line"}), _address),
    (frozenset({"coding", "code"}), _code),
    (frozenset({"value"}), _value),
    (frozenset({"start", "end"}), _period),
)
"""How to say an element, by one of the names that it has; the first that fits."""


def leaves(node: Body) -> Iterator[str]:
    """Yield every text below a node, but for what names systems and extensions."""
    for name, nodes in node.items():
        for one in nodes if name not in _SKIPPED else ():
            plain = text_of(one)
            if plain is not None:
                yield plain
            elif isinstance(one, dict):
                yield from leaves(one)


def _joined(parts: list[str], between: str = " ") -> str:
    return between.join(part for part in parts if part)


def _plain(text: str, element: str, naming: Naming) -> str:
    word = code_word(element, text)
    if word != text or element in _VERBATIM:
        return word
    return naming(text) or day(text, zoned=element not in _DAYS)


def day(text: str, *, zoned: bool = True) -> str:
    """Return a date, or a moment, as its reader writes it; any other text as it is.

    Args:
        text: any.
        zoned: a moment is said in its reader's zone: what looks the same is the same moment.

    >>> day("1959-09-19"), day("2023-05-05T14:30:00+02:00"), day("x")
    ('19-09-1959', '05-05-2023 14:30', 'x')
    >>> day("2023-05-05T12:30:00Z"), day("2023-05-05T12:30:00Z", zoned=False)
    ('05-05-2023 14:30', '05-05-2023 12:30')
    """
    found = _DAY.fullmatch(text)
    if found is None:
        return text
    year, month, date, clock, zone = found.groups()
    if zone and zoned:
        try:
            here = datetime.fromisoformat(f"{year}-{month}-{date}T{clock}{zone}").astimezone(_HERE)
        except (ValueError, OverflowError):  # no such day, or hour
            return text
        year, month, date, clock = f"{here:%Y %m %d %H:%M}".split()
    written = f"{year}-{month}-{date}" if language() == "en" else f"{date}-{month}-{year}"
    return written if clock in (None, "00:00") else f"{written} {clock}"
