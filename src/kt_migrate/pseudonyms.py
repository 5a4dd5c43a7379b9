"""A short name for a link, to read aloud and to type over: of one link always the same.

Twelve characters of Crockford's base32 (60 bits of a SHA-256) and a check character. It hides
nothing: whoever has a link can work its pseudonym out.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable

from kt_migrate.errors import UsageError, said

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's: without I, L, O and U. Source: https://www.crockford.com/base32.html."""

LENGTH = 12
"""So long that two of a million links share one with a chance of less than one in a million."""

_BITS = 5
_PREFIX = b"kt-migrate-pseudonym/1\n"
_AS_TYPED = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})
_MODULUS = 0b100101
"""x⁵ + x² + 1, in which x is primitive: its first 31 powers, the weights, all differ."""


def pseudonym(link: str) -> str:
    """Return the pseudonym of a link, in groups.

    >>> pseudonym("https://epd.example/fhir/Koppeltaal/Patient/0")
    'QPCA-M8NV-D9F49'
    """
    return _grouped(_body(_number(link)))


def is_like(text: str) -> bool:
    """Whether a person may have meant a pseudonym: a mistyped one has one character more or less.

    >>> is_like("qpca m8nv d9f49"), is_like("https://epd.example/Patient/0")
    (True, False)
    """
    plain = _plain(text)
    return abs(len(plain) - LENGTH - 1) <= 1 and set(plain) <= set(ALPHABET)


def checked(text: str) -> str:
    """Return a pseudonym as `pseudonym` writes it; dashes, spaces and capitals do not matter.

    Raises:
        UsageError: it is none; one character that is wrong, and two that changed places, always
            show. What was typed is not repeated: it may be a name.

    >>> checked("qpcam8nvd9f49")
    'QPCA-M8NV-D9F49'
    """
    plain = _plain(text)
    if len(plain) == LENGTH + 1 and set(plain) <= set(ALPHABET) and not _weighed(plain):
        return _grouped(plain[:LENGTH])
    raise UsageError(
        "This is no pseudonym: its check character does not fit what stands before it.",
        where="pseudonym",
        fix=said(
            "Type it over once more from the error list: {n} characters, capitals and "
            "dashes do not matter.",
            n=LENGTH + 1,
        ),
    )


def belongs_to(text: str) -> Callable[[str], bool]:
    """Return what says of a link whether it has this pseudonym.

    Raises:
        UsageError: the text is no pseudonym.
    """
    wanted = checked(text)
    number = 0
    for character in _plain(wanted)[:LENGTH]:
        number = number << _BITS | ALPHABET.index(character)
    return lambda link: _number(link) == number


def collision(links: int) -> float:
    """Return how likely it is that two of so many links share a pseudonym.

    >>> collision(1_000_000) < 1e-6
    True
    """
    return -math.expm1(-links * (links - 1) / 2 / (1 << _BITS * LENGTH))


def _number(link: str) -> int:
    digest = hashlib.sha256(_PREFIX + link.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8]) >> (64 - _BITS * LENGTH)


def _body(number: int) -> str:
    places = range(_BITS * (LENGTH - 1), -1, -_BITS)
    return "".join(ALPHABET[number >> place & 31] for place in places)


def _grouped(body: str) -> str:
    return f"{body[:4]}-{body[4:8]}-{body[8:]}{ALPHABET[_times_x(_weighed(body))]}"


def _weighed(characters: str) -> int:
    """Return the sum in GF(32) of the characters, each times x to the power of its place.

    The check character makes it zero. All weights differ and none is zero, so that one wrong
    character, or two that changed places, never leave it zero.
    """
    total = 0
    for character in characters:
        total = _times_x(total) ^ ALPHABET.index(character)
    return total


def _times_x(value: int) -> int:
    doubled = value << 1
    return doubled ^ _MODULUS if doubled >> _BITS else doubled


def _plain(text: str) -> str:
    return text.upper().translate(_AS_TYPED)
