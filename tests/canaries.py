"""Values of invented people, put in an archive to see whether they come out where they should not.

Everybody is invented. The BSNs pass the 11-test, as real ones do; they are of the range 9999xxxxx,
which RvIG keeps for tests: nobody has one.
"""

from __future__ import annotations

import base64
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from unittest.mock import patch
from urllib.parse import quote

import make_example

from kt_migrate.model import Body, Node

PEOPLE = 15
_MONTHS = [
    "januari",
    "februari",
    "maart",
    "april",
    "mei",
    "juni",
    "juli",
    "augustus",
    "september",
    "oktober",
    "november",
    "december",
]
_LETTERS = "abcdefghijklmno"

FAMILIES = tuple(f"Kwikzilver{letter}berg" for letter in _LETTERS)
GIVEN = tuple(f"Zebedë{letter}" for letter in _LETTERS)
BIRTHDAYS = tuple(date(1931 + n, 1 + n % 12, 13 + n) for n in range(PEOPLE))
EMAILS = tuple(f"kwik{letter}.zilver@seed.example" for letter in _LETTERS)
PHONES = tuple(f"06717{n:02}393" for n in range(PEOPLE))
STREETS = tuple(f"Zilverkwikdreef {701 + n}" for n in range(PEOPLE))
CITY, POSTCODE = "Kwikstad aan Zee", "1939 KZ"
TEXTS = {
    "Een verzonnen bericht": "Kwikbericht van de buurvrouw",
    "Een verzonnen notitie.": "Kwiknotitie over het gezin.",
    "Een verzonnen doel.": "Kwikdoel: weer slapen.",
}
"""What stands in messages, notes and goals."""


def bsn(number: int) -> str:
    """Return a BSN of the range for tests that passes the 11-test."""
    found = -1
    for candidate in range(999_900_000, 1_000_000_000):
        digits = [int(d) for d in str(candidate)]
        weighted = sum(w * d for w, d in zip((9, 8, 7, 6, 5, 4, 3, 2, -1), digits, strict=True))
        found += not weighted % 11
        if found == number:
            return str(candidate)
    raise ValueError(number)


BSNS = tuple(bsn(n + 4) for n in range(PEOPLE))
_WORDS = (*FAMILIES, *GIVEN, *EMAILS, *PHONES, *STREETS, *BSNS, CITY, POSTCODE, *TEXTS.values())


def _patient(number: int, **changes: list[Node]) -> tuple[str, str, Body]:
    """Return the example's patient with values of ours; a change of the example's stays."""
    kind, link, body = _PATIENT(number, **changes)
    seeded: Body = {
        "identifier": [
            {
                "use": ["official"],
                "system": ["http://fhir.nl/fhir/NamingSystem/bsn"],
                "value": [BSNS[number]],
            }
        ],
        "telecom": [
            {"system": ["email"], "value": [EMAILS[number]], "use": ["home"]},
            {"system": ["phone"], "value": [PHONES[number]], "use": ["mobile"]},
        ],
        "birthDate": [f"{BIRTHDAYS[number].isoformat()}T00:00:00+01:00"],
        "address": [
            {
                "use": ["home"],
                "line": [STREETS[number]],
                "city": [CITY],
                "zip": [POSTCODE],
                "country": ["NL"],
            }
        ],
    }
    return kind, link, {**body, **{n: v for n, v in seeded.items() if n not in changes}}


_PATIENT: Callable[..., tuple[str, str, Body]] = make_example.patient


def archive() -> dict[str, bytes]:
    """Return the example's archive with our values in it: by name, below `archive/`."""
    with (
        patch.object(make_example, "SURNAMES", FAMILIES),
        patch.object(make_example, "GIVEN", GIVEN),
        patch.object(make_example, "patient", _patient),
    ):
        files = make_example.make()
    return {
        name.removeprefix("archive/"): _with_texts(content)
        for name, content in files.items()
        if name.startswith("archive/")
    }


def _with_texts(content: bytes) -> bytes:
    for before, after in TEXTS.items():
        content = content.replace(before.encode(), after.encode())
    return content


def spellings(value: str) -> Iterator[bytes]:
    """Yield how a value may look where it should not be."""
    for text in (value, value.upper(), value.lower()):
        yield text.encode()
        yield text.encode("utf-16-le")
        yield quote(text, safe="").encode()
        yield quote(text).encode()
        yield json.dumps(text)[1:-1].encode()
        yield text.encode("ascii", "xmlcharrefreplace")
        yield text.replace(" ", "+").encode()
    yield from _base64(value)


def _base64(value: str) -> Iterator[bytes]:
    """Yield what of a value is always the same in base64, at each of the three places."""
    for before in range(3):
        whole = base64.b64encode(bytes(before) + value.encode()).rstrip(b"=")
        yield whole[(0, 2, 3)[before] : len(whole) - (len(whole) * 3 // 4 * 8 % 6 != 0)]


def _days(day: date) -> Iterator[str]:
    yield day.isoformat()
    yield f"{day:%d-%m-%Y}"
    yield f"{day:%d/%m/%Y}"
    yield f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _seeds() -> dict[bytes, str]:
    found = {spelling: word for word in _WORDS for spelling in spellings(word)}
    for day in BIRTHDAYS:
        for text in _days(day):
            found |= dict.fromkeys(spellings(text), day.isoformat())
    return {spelling: value for spelling, value in found.items() if len(spelling) > 5}


SEEDS: Mapping[bytes, str] = _seeds()
"""Every spelling of every value."""
_ANY = re.compile(b"|".join(map(re.escape, sorted(SEEDS, key=lambda seed: -len(seed)))))
_KINDS: Mapping[str, tuple[str, ...]] = {
    "family name": FAMILIES,
    "given name": GIVEN,
    "birthday": tuple(day.isoformat() for day in BIRTHDAYS),
    "BSN": BSNS,
    "e-mail": EMAILS,
    "telephone": PHONES,
    "address": STREETS,
}


def seeds_in(content: bytes) -> set[str]:
    """Return the values of ours that stand in some bytes, in whatever spelling."""
    return {SEEDS[found] for found in _ANY.findall(content)}


def kinds_in(content: bytes) -> set[str]:
    """Return the kinds of values that stand in some bytes: to see that the search finds them."""
    found = seeds_in(content)
    return {kind for kind, values in _KINDS.items() if found & set(values)}


@dataclass(frozen=True, slots=True)
class Leak:
    """A value of ours where it should not be."""

    place: str
    value: str


def leaks(root: Path, allowed: Callable[[Path], bool]) -> list[Leak]:
    """Look in every file below a folder, and in its name; zips and workbooks are unpacked.

    Args:
        root: the folder.
        allowed: whether a file, by its path from there, may hold our values.
    """
    found: list[Leak] = []
    for path in sorted(root.rglob("*")):
        place = path.relative_to(root)
        found += [Leak(f"name of {place}", seed) for seed in seeds_in(str(place).encode())]
        if path.is_file() and not allowed(place):
            for name, content in unpacked(str(place), path.read_bytes()):
                found += [Leak(name, seed) for seed in sorted(seeds_in(content))]
    return found


def unpacked(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield a file, and what is packed in it."""
    yield name, content
    if zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            for entry in packed.infolist():
                yield f"{name}!name", entry.filename.encode()
                yield from unpacked(f"{name}!{entry.filename}", packed.read(entry))
