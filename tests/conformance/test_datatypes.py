"""What stands in an element: its characters, its parts, its dates; broken, it is named by its path."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.resources import good, problems
from kt_migrate.conformance.datatypes import PATTERNS
from kt_migrate.model import Json

pytestmark = pytest.mark.property

USAGE = "http://terminology.hl7.org/CodeSystem/usage-context-type"
CONTROL = [chr(n) for n in range(32) if n not in (9, 10, 13)]


@pytest.mark.parametrize("place", ["{}Jan", "Ja{}n", "Jan{}", "{}"])
@pytest.mark.parametrize("character", CONTROL)
def test_forbidden_characters_are_refused(character: str, place: str) -> None:
    """One is enough; in a string, a markdown text, and whatever else is text."""
    text = place.format(character)

    assert problems(good("CareTeam", name=text)) == {("CareTeam.name", "format")}
    assert problems(good("ActivityDefinition", description=text)) == {
        ("ActivityDefinition.description", "format")
    }


@pytest.mark.parametrize("text", ["", " ", "\t\r\n", "\u00a0"])
def test_a_text_says_something(text: str) -> None:
    """Spaces alone are none."""
    assert problems(good("CareTeam", name=text)) == {("CareTeam.name", "format")}


@pytest.mark.parametrize("text", ["x", " x ", "a\tb\r\nc", "é\U0001f600", "\u00a0x", "<p>"])
def test_any_other_text_is_fine(text: str) -> None:
    """As it is."""
    assert problems(good("CareTeam", name=text)) == set()


@given(st.text(min_size=1))
def test_a_text_is_good_unless_it_is_blank_or_has_a_control_character(text: str) -> None:
    """For any text."""
    fine = bool(text.strip()) and not any(c in text for c in CONTROL)

    assert (PATTERNS["string"].fullmatch(text) is not None) == fine


def test_a_long_text_is_judged_in_time_that_grows_with_its_length() -> None:
    """A megabyte that goes wrong at its end: the square of that would take hours."""
    text = "a" * 1_000_000 + "\x01\x01"

    assert problems(good("CareTeam", name=text)) == {("CareTeam.name", "format")}


GOOD_DATES = ["2021", "2021-02", "2021-02-28", "2020-02-29", "1900-12-31"]
GOOD_MOMENTS = [
    "2021-02-28T00:00:00Z",
    "2021-02-28T23:59:60+14:00",
    "2021-02-28T12:00:00.123456789-01:30",
]
BAD_DATES = [
    "", " 2021", "21", "2021-13", "2021-00", "2021-2", "2021-02-30", "2021-02-29", "2021-04-31", "2021-02-00",
    "2021-02-32", "28-02-2021", "2021/02/28", "2021-02-28\n", "2021-02-28T", "20210228",
    "\u0662\u0660\u0662\u0661", "gisteren",
]  # fmt: skip
BAD_MOMENTS = [
    "2021-02-28T00:00:00", "2021-02-28T24:00:00Z", "2021-02-28T00:60:00Z", "2021-02-28T00:00:61Z",
    "2021-02-28T00:00Z", "2021-02-28T00:00:00+15:00", "2021-02-28T00:00:00+01", "2021-02-28 00:00:00Z",
    "2021-02-30T00:00:00Z", "2021-02T00:00:00Z", "2021-02-28T00:00:00,5Z", "2021-02-28T\u0660\u0660:00:00Z",
]  # fmt: skip


@pytest.mark.parametrize("text", GOOD_DATES)
def test_a_date_may_be_partial(text: str) -> None:
    """A date and a moment alike."""
    assert problems(good("Patient", birthDate=text)) == set()
    assert problems(good("Task", authoredOn=text)) == set()


@pytest.mark.parametrize("text", GOOD_MOMENTS)
def test_a_moment_has_a_zone_and_is_no_date(text: str) -> None:
    """To the second at least."""
    meta: Json = {**as_dict(good("Task")["meta"]), "lastUpdated": text}

    assert problems(good("Task", authoredOn=text, meta=meta)) == set()
    assert problems(good("Patient", birthDate=text)) == {("Patient.birthDate", "format")}


@pytest.mark.parametrize("text", [*BAD_DATES, *BAD_MOMENTS])
def test_what_is_not_on_the_calendar_or_the_clock_is_refused(text: str) -> None:
    """As a date, a moment or an instant."""
    meta: Json = {**as_dict(good("Task")["meta"]), "lastUpdated": text}

    assert problems(good("Patient", birthDate=text)) == {("Patient.birthDate", "format")}
    assert problems(good("Task", authoredOn=text, meta=meta)) == {
        ("Task.authoredOn", "format"),
        ("Task.meta.lastUpdated", "format"),
    }


@pytest.mark.parametrize("text", GOOD_DATES)
def test_an_instant_is_a_whole_moment(text: str) -> None:
    """A partial one is none."""
    meta: Json = {**as_dict(good("Task")["meta"]), "lastUpdated": text}

    assert problems(good("Task", meta=meta)) == {("Task.meta.lastUpdated", "format")}


def as_dict(value: Json) -> dict[str, Json]:
    """Return an element with parts."""
    assert isinstance(value, dict)
    return value


PRIMITIVES: dict[str, tuple[list[object], list[object], str]] = {
    "boolean": ([True, False], ["true", 1, 0, None, [], {}], "type"),
    "date": (["2021"], [2021, True, None, {}], "type"),
    "uri": (["urn:x", "a"], ["a b", "", " a"], "format"),
    "code": (["a", "a b"], [" a", "a ", "a  b", ""], "format"),
    "id": (["a.B-9", "x" * 64], ["a_b", "", "x" * 65, "é"], "format"),
    "integer": ([0, 1, -1], ["1", True, None, {}], "type"),
}


@pytest.mark.parametrize("datatype", PRIMITIVES)
def test_a_primitive_is_what_its_type_says(datatype: str) -> None:
    """In an extension, where each of them may stand."""
    name = f"value{datatype[0].upper()}{datatype[1:]}"
    right, wrong, detail = PRIMITIVES[datatype]

    def said(value: object) -> set[tuple[str, str]]:
        extension: Json = {"url": "urn:x", name: value}  # type: ignore[dict-item]  # as broken as can be
        return problems(good("Patient", extension=[extension]))

    for value in right:
        assert said(value) == set()
    for value in wrong:
        bad = "cardinality" if value == [] else detail
        assert said(value) == {(f"Patient.extension.{name}", bad)}


def test_only_a_list_holds_many_and_none_is_no_member() -> None:
    """Null stands for a value only beside its extensions."""
    official = as_dict(good("Patient")["name"][0])  # type: ignore[index]
    beside: Json = official["_given"][:1]  # type: ignore[index]
    official = {**official, "given": ["X."], "_given": beside}

    def said(**changes: Json) -> set[tuple[str, str]]:
        return problems(good("Patient", name=[{**official, **changes}]))

    path = "Patient.name"
    assert said() == set()
    assert said(given=[None]) == set()
    first: Json = beside[0] if isinstance(beside, list) else None
    assert said(prefix=[None, "x", ""], _prefix=[first]) == {(f"{path}.prefix", "format")}
    assert said(prefix=[None]) == {(f"{path}.prefix", "type")}
    assert said(prefix=[]) == {(f"{path}.prefix", "min")}
    assert said(prefix="x") == {(f"{path}.prefix", "cardinality")}
    assert said(family=["x"]) == {(f"{path}.family", "cardinality")}
    assert said(prefix=["drs.", ""]) == {(f"{path}.prefix", "format")}
    assert said(nonsense="x") == {(f"{path}.nonsense", "unknown-element")}
    assert said(_nonsense="x") == {(f"{path}.nonsense", "unknown-element")}
    assert said(id="x") == set()
    assert said(_family=first) == set()
    assert said(_family=beside) == {(f"{path}.family", "cardinality")}


@pytest.mark.parametrize(
    ("r4_type", "element", "value", "path"),
    [
        ("Patient", "identifier", {"use": "nieuw", "value": "x"}, "use"),
        ("Patient", "telecom", {"system": "mail", "value": "x"}, "system"),
        ("Patient", "telecom", {"system": "phone", "use": "oud"}, "use"),
        ("Patient", "address", {"use": "elders", "city": "x"}, "use"),
        ("Patient", "address", {"type": "elders", "city": "x"}, "type"),
        ("Patient", "name", {"use": "alias", "family": "x"}, "use"),
    ],
)
def test_a_code_inside_a_datatype_is_one_of_its_own(
    r4_type: str, element: str, value: Json, path: str
) -> None:
    """FHIR's required bindings."""
    assert problems(good(r4_type, **{element: [value]})) == {
        (f"{r4_type}.{element}.{path}", "code")
    }


@pytest.mark.parametrize("value", ["x", 5, None, {}])
def test_an_element_with_parts_is_no_text_and_not_empty(value: Json) -> None:
    """At the root and inside."""
    assert problems(good("CareTeam", period=value)) == {("CareTeam.period", "type")}
    assert problems(good("Organization", type=[{"coding": [value]}])) == {
        ("Organization.type.coding", "type")
    }


@pytest.mark.parametrize(
    ("extension", "path", "detail"),
    [
        ([], "", "min"),
        ({"url": "urn:x"}, "", "cardinality"),
        (["x"], "", "type"),
        ([{"valueString": "x"}], "", "type"),
        ([{"url": 5}], "", "type"),
        ([{"url": "a b", "valueString": "x"}], ".url", "format"),
        ([{"url": "urn:x", "valueNonsense": "x"}], ".valueNonsense", "unknown-element"),
        ([{"url": "urn:x"}], "", "ext-1"),
        ([{"url": "urn:x", "extension": [{}]}], ".extension", "type"),
        ([{"url": "urn:x", "valueCoding": {"code": " "}}], ".valueCoding.code", "format"),
    ],
)
def test_an_extension_has_a_url_and_a_value_of_its_type(
    extension: Json, path: str, detail: str
) -> None:
    """Inside any datatype, beside a primitive, and in another extension."""
    inside: Json = {"system": "phone", "value": "1", "extension": extension}
    beside: Json = {"url": "urn:x", "extension": extension}

    assert problems(good("Patient", telecom=[inside])) == {
        (f"Patient.telecom.extension{path}", detail)
    }
    assert problems(good("Patient", extension=[beside])) == {
        (f"Patient.extension.extension{path}", detail)
    }


@pytest.mark.parametrize(
    ("start", "end", "fine"),
    [
        ("2021-01-01", "2021-01-01", True),
        ("2021-01-02", "2021-01-01", False),
        ("2021", "2021-01-01", False),
        ("2021-02-01", "2021", False),
        ("2021-02-01", "2021-01", False),
        ("2022", "2021-01-01", False),
        ("2021-01-01T12:00:00Z", "2021-01-01T13:00:00+02:00", False),
        ("2021-01-01T12:00:00Z", "2021-01-01T13:00:00+01:00", True),
        ("2021-01-02T00:30:00+02:00", "2021-01-01T23:00:00Z", True),
        ("2021-01-01T12:00:00Z", "2021-01-01", False),
        ("2021-01-02T12:00:00Z", "2021-01-01", False),
        ("2021-01-02", "2021-01-01T12:00:00Z", False),
        ("2021-01-01T12:00:60Z", "2021-01-01T12:00:00Z", True),
    ],
)
def test_a_period_starts_before_it_ends(start: str, end: str, *, fine: bool) -> None:
    """Two moments by their zones; else by what both say; a leap second is not compared."""
    found = problems(good("Task", executionPeriod={"start": start, "end": end}))

    assert found == (set() if fine else {("Task.executionPeriod", "per-1")})
    assert problems(good("Task", executionPeriod={"start": start})) == set()
    assert problems(good("Task", executionPeriod={"end": end})) == set()


def test_a_period_in_an_element_in_an_element_is_judged_too() -> None:
    """And two ends of which one has no zone are not compared: the format says enough."""
    reversed_period: Json = {"start": "2022", "end": "2021"}
    identifier: Json = {"value": "x", "period": reversed_period}
    path = "Task.executionPeriod.end"

    assert problems(good("Patient", identifier=[identifier])) == {
        ("Patient.identifier.period", "per-1")
    }
    unzoned: Json = {"start": "2021-01-02T00:00:00Z", "end": "2021-01-01T00:00:00"}
    assert problems(good("Task", executionPeriod=unzoned)) == {(path, "format")}
    assert problems(good("Task", executionPeriod={"start": "2021", "end": 5})) == {(path, "type")}


def test_numbers_are_numbers() -> None:
    """A quantity's value, a telecom's rank."""
    for value, detail in ((1, None), ("1", "type"), (True, "type"), (None, "type")):
        telecom: Json = {"system": "phone", "value": "1", "rank": value}
        expected = set() if detail is None else {("Patient.telecom.rank", detail)}
        assert problems(good("Patient", telecom=[telecom])) == expected
        code: Json = {"system": USAGE, "code": "age"}
        context: Json = {"code": code, "valueQuantity": {"value": value}}
        expected = (
            set()
            if detail is None
            else {("ActivityDefinition.useContext.valueQuantity.value", detail)}
        )
        assert problems(good("ActivityDefinition", useContext=[context])) == expected


def test_what_is_contained_is_not_judged() -> None:
    """KT 2.0 has no limits for it."""
    contained: Json = [{"resourceType": "Basic"}]

    assert problems(good("Patient", contained=contained)) == set()
