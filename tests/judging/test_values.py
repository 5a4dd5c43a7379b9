"""Values as a person reads them: the same function for both sides, so that equal looks equal."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kt_migrate.judging.values import day, of_source, of_target
from kt_migrate.language import set_language
from kt_migrate.model import MIGRATION_SYSTEM, Json, Node


def nobody(_text: str) -> str:
    """Know no name."""
    return ""


def known(text: str) -> str:
    """Know one client, on both sides."""
    return "M. Voorbeeld" if text in ("https://epd.example/Patient/1", "Patient/7") else ""


@pytest.fixture
def english() -> Iterator[None]:
    """Read in English."""
    set_language("en")
    yield
    set_language("nl")


MOMENTS = [
    ("1951-02-11", "11-02-1951"),
    ("2021-03-03T10:00:00+01:00", "03-03-2021 10:00"),
    ("2021-03-03T10:00:12.1234567+01:00", "03-03-2021 10:00"),
    ("2021-03-03T10:00", "03-03-2021 10:00"),
    ("2021-07-03T10:00:00+02:00", "03-07-2021 10:00"),
    ("2021-07-03T10:00:00+01:00", "03-07-2021 11:00"),
    ("2021-03-03T09:00:00Z", "03-03-2021 10:00"),
    ("2021-03-03T09:00:00+0000", "03-03-2021 10:00"),
    ("2021-03-03T23:30:00Z", "04-03-2021 00:30"),
    ("2021-03-03T00:00:00+01:00", "03-03-2021"),
    ("2021-03-03T00:00:00", "03-03-2021"),
    ("2021-03-03T00:00:00Z", "03-03-2021 01:00"),
    ("2021-13-45T10:00:00Z", "2021-13-45T10:00:00Z"),
    ("0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00+14:00"),
    ("2021-03-03T10:00:00 or so", "2021-03-03T10:00:00 or so"),
    ("12-03-2021", "12-03-2021"),
]


@pytest.mark.parametrize(("text", "said"), MOMENTS)
def test_a_moment_is_said_in_its_readers_zone(text: str, said: str) -> None:
    """Two that look the same are the same, to the minute; another zone is another hour."""
    assert day(text) == said
    assert of_source(text, "executionPeriod", nobody) == said


@pytest.mark.parametrize(
    "text", ["1951-02-11T00:00:00Z", "1951-02-11T00:00:00+02:00", "1951-02-11"]
)
def test_a_birthday_is_a_day_in_every_zone(text: str) -> None:
    """It is cut, never converted; an hour that is none of midnight is shown."""
    assert of_source(text, "birthDate", nobody) == "11-02-1951"
    assert of_source("1951-02-11T23:00:00Z", "birthDate", nobody) == "11-02-1951 23:00"


@pytest.mark.usefixtures("english")
def test_a_date_is_written_as_its_reader_does() -> None:
    """In English the year comes first."""
    assert day("2021-03-03T10:00:00+01:00") == "2021-03-03 10:00"
    assert day("1951-02-11") == "1951-02-11"


OLD: list[tuple[Node, str, str]] = [
    (
        {"given": ["Maria", "A."], "prefix": ["van der", "dr."], "family": ["Voorbeeld"]},
        "name",
        "dr. Maria A. van der Voorbeeld",
    ),
    ({"line": ["Weg 1"], "zip": ["1234 AB"], "city": ["Dorp"]}, "address", "Weg 1, 1234 AB, Dorp"),
    (
        {"country": ["NL"], "city": ["Dorp"], "postalCode": ["1234"]},
        "address",
        "1234, Dorp, NL",
    ),
    ({"system": ["http://fhir.nl/fhir/NamingSystem/bsn"], "value": ["12"]}, "identifier", "BSN 12"),
    ({"system": ["urn:x"], "value": ["2021-03-03"]}, "identifier", "2021-03-03"),
    ({"system": ["urn:x"], "value": ["true"]}, "active", "ja"),
    ({"coding": [{"code": ["F"]}]}, "gender", "vrouw"),
    ({"coding": [{"code": ["M"], "display": ["heer"]}]}, "gender", "man"),
    ({"coding": [{"code": ["xyz"], "display": ["Een woord"]}]}, "type", "Een woord"),
    ({"coding": [{"code": ["xyz"]}], "text": ["In tekst"]}, "type", "In tekst"),
    ({"coding": [{"code": ["xyz"]}]}, "type", "xyz"),
    ({"reference": ["https://epd.example/Patient/1"]}, "subject", "M. Voorbeeld"),
    (
        {"reference": ["https://epd.example/Patient/1"], "display": ["X"]},
        "subject",
        "M. Voorbeeld",
    ),
    ({"reference": ["https://epd.example/Patient/2"], "display": ["P. Ander"]}, "x", "P. Ander"),
    (
        {"reference": ["https://epd.example/Patient/2"]},
        "x",
        "niet in het archief (Patient/2)",
    ),
    ({"reference": ["Patient/9"]}, "x", "Patient/9"),
    (
        {
            "member": [{"reference": ["https://epd.example/Patient/1"]}],
            "role": [{"coding": [{"code": ["Caregiver"]}]}],
        },
        "participant",
        "M. Voorbeeld (behandelt)",
    ),
    ({"start": ["2021-03-03"], "end": ["2021-03-04"]}, "period", "03-03-2021 tot 04-03-2021"),
    ({"start": ["2021-03-03"]}, "period", "vanaf 03-03-2021"),
    ({"end": ["2021-03-04"]}, "period", "tot 04-03-2021"),
    ({"other": [{"url": ["http://x"], "system": ["y"], "a": ["z", {"b": ["c"]}]}]}, "x", "z, c"),
    ({"url": ["urn:x"], "valueString": ["een"], "valueCode": ["twee"]}, "x", "een twee"),
    ({"value": ["los"], "id": ["a1"]}, "x", "los"),
]


@pytest.mark.parametrize(("node", "element", "said"), OLD)
def test_a_value_of_kt13_is_said_in_words(node: Node, element: str, said: str) -> None:
    """Its codes by their words, its references by a name."""
    assert of_source(node, element, known) == said


NEW: list[tuple[Json, str, list[str]]] = [
    ([{"family": "Voorbeeld", "given": ["Maria"]}], "name", ["Maria Voorbeeld"]),
    (
        [
            {"system": f"{MIGRATION_SYSTEM}Patient", "value": "https://epd.example/Patient/1"},
            {"system": "urn:x", "value": "12"},
        ],
        "identifier",
        ["12"],
    ),
    (True, "active", ["ja"]),
    (False, "active", ["nee"]),
    (None, "active", []),
    (12, "x", ["12"]),
    ({"reference": "Patient/7"}, "subject", ["M. Voorbeeld"]),
    ("completed", "status", ["afgerond"]),
    ("completed", "description", ["completed"]),
]


@pytest.mark.parametrize(("value", "element", "said"), NEW)
def test_a_value_of_kt2_is_said_in_the_same_words(
    value: Json, element: str, said: list[str]
) -> None:
    """One text per value; the temporary identifier is nobody's number."""
    assert of_target(value, element, known) == said
