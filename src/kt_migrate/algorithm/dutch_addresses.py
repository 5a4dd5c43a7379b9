"""How a line of a Dutch address is built: street, house number, letter and addition.

Whatever is not certain stays whole: a wrong house number is worse than none.
Source: nl-core-AddressInformation (line); kt2.md §1.0.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

LONGEST = 100
"""A line longer than this is no street with a number, and stays whole."""

_LINE = re.compile(
    r"(?P<street>(?:[0-9]{1,3}(?:e|de|ste) )?[^\d\s]\D*[^\W\d_][.)]?) "
    r"(?P<number>[1-9][0-9]{0,4})"
    r"(?:[ -]?(?P<letter>[A-Za-z])(?: (?P<addition>[A-Za-z0-9]{1,4}))?)?"
)
_NO_STREET = re.compile(
    "postbus|antwoordnummer|box|po|bus|kamer|kamernummer|unit|gebouw|flat|etage|verdieping|afdeling"
    "|afd|huis|huisnummer|nr|nummer|no|hs|t/o|to|tegenover|by|bij|nabij|naast|boven|achter|woonboot"
    "|ligplaats|kavel|perceel|blok|route|appartement|app|apt|suite|zaal|woning|a|n|en"
)
"""What a line does not begin or end with before a house number."""

_YEARS = range(1500, 2100)
"""Squares and streets are called after years: *Plein 1813* may have no number."""


@dataclass(frozen=True, slots=True)
class Line:
    """The parts of an address line.

    Attributes:
        street: its name.
        number: digits.
        suffix: a letter, and what is behind it; or empty. Never an addition without a letter.
    """

    street: str
    number: str
    suffix: str


def split_line(line: str) -> Line | None:
    """Split an address line, or return None when that is not certain.

    >>> split_line("1e Jacob van Campenstraat 15 A 2e")
    Line(street='1e Jacob van Campenstraat', number='15', suffix='A 2e')
    >>> split_line("Plein 1813"), split_line("Postbus 12"), split_line("Dorpsstraat 12-14")
    (None, None, None)
    """
    found = _LINE.fullmatch(line) if len(line) <= LONGEST else None
    if found is None:
        return None
    street, number, letter, addition = found.groups()
    words = street.lower().replace(".", " ").split()
    if any(map(_NO_STREET.fullmatch, (words[0], words[-1]))) or int(number) in _YEARS:
        return None
    return Line(street, number, " ".join(filter(None, (letter, addition))))
