"""How Dutch names are built: initials in a given name, prefixes before a family name.

Whatever is not certain stays whole: a wrong split is worse than none, for the whole text can be
split later. Nothing is ever lost: joined again without spaces, the parts are the text.
Source: nl-core-NameInformation (given, family); kt2.md §1.0.
"""

from __future__ import annotations

import re
from collections.abc import Callable

LONGEST = 200
"""A text longer than this is no name of a person, and stays whole."""

_LETTER = r"[^\W\d_]"
_SHORTENED = r"(?:IJ|Ij|ij|[A-Z][bcdfghjklmnpqrstvwxz]{1,2})"  # IJ., Th., Chr.: no vowel, no name
_SEVERAL = re.compile(rf"(?:(?:{_SHORTENED}|{_LETTER})\.)+{_LETTER}?")
_ONE_OF_THEM = re.compile(rf"(?:{_SHORTENED}|{_LETTER})\.|{_LETTER}")
_HYPHENED = re.compile(rf"{_LETTER}(?:-{_LETTER})+")
_CONSONANTS = re.compile(r"[BCDFGHJKLMNPQRSTVWXZ]{2,}")
_OWN_NAME = re.compile(rf"{_LETTER}(?:'?{_LETTER})*")
_ATTACHED = re.compile(r"[dl]'")
_APOSTROPHES = str.maketrans(dict.fromkeys("\u2018\u2019\u00b4`", "'"))


def split_given(text: str) -> tuple[str, ...]:
    """Split a given name at its initials; names of several words stay together.

    Whether *Anne Marie* is one name or two, its writer knows; nl-core allows both.

    >>> split_given("A.B."), split_given("Jan Piet P."), split_given("Anne Marie")
    (('A.', 'B.'), ('Jan Piet', 'P.'), ('Anne Marie',))
    """
    words = text.split() if len(text) <= LONGEST else []
    apart = [_initials(word) for word in words]
    if not any(apart):
        return (text,)
    parts: list[str] = []
    name: list[str] = []
    for word, initials in zip(words, apart, strict=True):
        if not initials:
            name.append(word)
            continue
        if name:
            parts.append(" ".join(name))
        name = []
        parts.extend(initials)
    return (*parts, " ".join(name)) if name else tuple(parts)


def _initials(word: str) -> list[str]:
    """Return the initials that a word is made of; empty: it is a name."""
    if _SEVERAL.fullmatch(word):
        return _ONE_OF_THEM.findall(word)
    one = is_initial(word) and word.find(".") in (-1, len(word) - 1)
    return [word] if one else []


def is_initial(text: str) -> bool:
    """Tell whether a part of a given name stands for a name rather than being one.

    A letter of a script without capitals is a name of its own.

    >>> [is_initial(t) for t in ("J", "J.", "J.-P.", "J-P", "HJM", "Jo", "J.P. Jan", "明")]
    [True, True, True, True, True, False, False, False]
    """
    if text.endswith(".") or _HYPHENED.fullmatch(text) or _CONSONANTS.fullmatch(text):
        return True
    return len(text) == 1 and text.lower() != text.upper()


def split_family(text: str, is_particle: Callable[[str], bool]) -> tuple[str, str] | None:
    """Split a family name into its prefix and the name itself, or None when that is not certain.

    Certain is: known particles in lower case (only the first may have a capital, when another
    follows: *Van der Berg*), before one word with a capital and nothing else. *De Smet* may be the
    whole name of a Belgian, *de Vries-Jansen* two names, *le thi* no Dutch one.

    Args:
        text: the family name.
        is_particle: whether a word, in lower case with plain apostrophes, is a particle.

    >>> particles = {"van", "der", "de", "'t", "d'"}.__contains__
    >>> split_family("van der Berg", particles), split_family("van d'Hondt", particles)
    (('van der', 'Berg'), ("van d'", 'Hondt'))
    """
    words = text.split() if len(text) <= LONGEST else []
    count = 0
    while count < len(words) and is_particle(plain(words[count])):
        count += 1
    if len(words) != count + 1:
        return None
    *particles, name = words
    attached = name[:2] if _ATTACHED.match(name.translate(_APOSTROPHES)) else ""
    if attached and is_particle(plain(attached)):
        particles.append(attached)
        name = name[2:]
    if not particles or not _lower(particles) or not _is_own(name):
        return None
    return " ".join(particles), name


def plain(word: str) -> str:
    """Return a word as tables write it: lower case, plain apostrophes."""
    return word.translate(_APOSTROPHES).lower()


def _lower(particles: list[str]) -> bool:
    first, *others = particles
    written = first if not others else first[:1].lower() + first[1:]
    return all(word == word.lower() for word in (written, *others))


def _is_own(name: str) -> bool:
    return name[:1].isupper() and _OWN_NAME.fullmatch(name.translate(_APOSTROPHES)) is not None


def joined(prefix: str, name: str) -> str:
    """Write a prefix before a name, as `split_family` takes them apart.

    >>> joined("van der", "Berg"), joined("d'", "Hondt")
    ('van der Berg', "d'Hondt")
    """
    last = plain(prefix.rpartition(" ")[2])
    return f"{prefix}{name}" if _ATTACHED.fullmatch(last) else f"{prefix} {name}"
