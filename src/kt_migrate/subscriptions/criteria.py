"""Reads a Subscription's criteria: the same grammar as a search. Pure. Source: FHIR R4, Search."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl

_TYPE = re.compile(r"[A-Z][A-Za-z]{0,63}")
_NAME = re.compile(
    r"(?P<name>[A-Za-z_][A-Za-z0-9_-]*)(?::(?P<modifier>[A-Za-z-]+))?(?:\.(?P<chain>.+))?"
)
_OF_THE_ANSWER = frozenset(
    {"_sort", "_count", "_summary", "_total", "_elements", "_format", "_pretty"}
)
"""Parameters that say how an answer looks: they let everything through."""
_MOST_CHAINED = 8
"""Whoever chains further asks something that is not read: anybody may make a Subscription."""


@dataclass(frozen=True, slots=True)
class Term:
    """One parameter: one of its values must match.

    Attributes:
        name: of the search parameter; empty: it cannot be read.
        modifier: after the colon; empty: none.
        chain: the parameter of what is referred to; None: no chain.
        values: as they are after decoding, escapes still in them.
    """

    name: str
    modifier: str
    chain: Term | None
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Criteria:
    """What a subscription asks.

    Attributes:
        r4_type: of which type; empty: it cannot be read.
        terms: all of them must match.
    """

    r4_type: str
    terms: tuple[Term, ...]


def read_criteria(text: str) -> Criteria:
    """Read criteria as they stand in a Subscription: `Task?status=ready&intent=order`."""
    r4_type, _, query = text.partition("?")
    terms = (
        _term(name, split(value, ","))
        for name, value in parse_qsl(query, keep_blank_values=True)
        if name not in _OF_THE_ANSWER
    )
    return Criteria(r4_type if _TYPE.fullmatch(r4_type) else "", tuple(terms))


def _term(text: str, values: tuple[str, ...], further: int = _MOST_CHAINED) -> Term:
    found = _NAME.fullmatch(text)
    if found is None or not further:
        return Term("", "", None, values)
    chain = None if found["chain"] is None else _term(found["chain"], values, further - 1)
    return Term(found["name"], found["modifier"] or "", chain, values)


def split(text: str, mark: str) -> tuple[str, ...]:
    r"""Split at a mark that no backslash escapes; escapes stay.

    >>> split(r"a\\,b,c", ",")
    ('a\\\\,b', 'c')
    """
    parts, escaped = [""], False
    for letter in text:
        if letter == mark and not escaped:
            parts.append("")
            continue
        parts[-1] += letter
        escaped = letter == "\\" and not escaped
    return tuple(parts)


def plain(text: str) -> str:
    """Return a value without its escapes."""
    return re.sub(r"\\([\\$,|])", r"\1", text)
