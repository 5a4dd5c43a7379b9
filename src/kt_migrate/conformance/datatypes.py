"""What the text of a primitive must be like. Source: FHIR R4 4.0.1, primitive types."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from functools import partial

_TIME = r"T([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?(Z|[+-](0\d|1[0-4]):\d\d)"
_DAY = r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?"
_URI = re.compile(r"[^\s\x00-\x1f]+")
# Looks ahead for what is no space: two runs around it would take the square of a text's length.
_STRING = re.compile(r"(?=\s*\S)[^\x00-\x08\x0b\x0c\x0e-\x1f]+")

PATTERNS: dict[str, re.Pattern[str]] = {
    "date": re.compile(_DAY, re.ASCII),
    "dateTime": re.compile(
        rf"\d{{4}}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01])({_TIME})?)?)?", re.ASCII
    ),
    "instant": re.compile(rf"\d{{4}}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01]){_TIME}", re.ASCII),
    "uri": _URI,
    "url": _URI,
    "canonical": _URI,
    "code": re.compile(r"[^\s\x00-\x1f]+(\s[^\s\x00-\x1f]+)*"),
    "id": re.compile(r"[A-Za-z0-9.-]{1,64}"),
    "oid": re.compile(r"urn:oid:[0-2](\.(0|[1-9]\d*))+", re.ASCII),
    "uuid": re.compile(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII),
    "time": re.compile(r"([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?", re.ASCII),
    "base64Binary": re.compile(r"\s*([0-9a-zA-Z+/=]{4}\s*)+", re.ASCII),
    "string": _STRING,
    "markdown": _STRING,
}
"""What the text of a primitive must be like."""

_DATED = ("date", "dateTime", "instant")
_WHOLE_DAY = len("2000-01-01")


def test_of(datatype: str) -> Callable[[str], object]:
    """Return what says, truly or not, whether a text may stand where a primitive is asked."""
    return partial(_dated, datatype) if datatype in _DATED else _pattern(datatype)


def _pattern(datatype: str) -> Callable[[str], object]:
    return PATTERNS.get(datatype, _STRING).fullmatch


def _dated(datatype: str, text: str) -> bool:
    return fits(text, datatype)


def fits(text: str, datatype: str) -> bool:
    """Say whether a text may stand where this primitive is asked; a day must exist.

    >>> fits("2021-02-28", "date"), fits("2021-02-30", "date")
    (True, False)
    """
    if PATTERNS.get(datatype, _STRING).fullmatch(text) is None:
        return False
    if datatype not in _DATED or len(text) < _WHOLE_DAY:
        return True
    try:
        date.fromisoformat(text[:_WHOLE_DAY])
    except ValueError:
        return False
    return True
