"""Each function for plain elements: a good, an odd and a refused value."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from kt_migrate.algorithm.model import Policies
from kt_migrate.model import Json, Node
from ruling import Ruling, Tables, asked, link_to

pytestmark = pytest.mark.property


GENDERS: Tables = {"gender": {"M": "male", "unk": "unknown", "X": {"system": "urn:s", "code": "x"}}}


LONG = "L" * 60


P1, P2 = "http://epd.example/fhir/Patient/1", "http://epd.example/fhir/Patient/2"


def test_each_code_becomes_a_concept_and_one_without_is_said() -> None:
    """As the table says; an unknown one does what that says, too."""
    kinds: Tables = {"kind": {"dept": {"system": "urn:s", "code": "d"}, "icu": "none", "x": "y"}}
    made: Json = {"coding": [{"system": "urn:s", "code": "d"}]}
    nodes: list[Node] = [
        "dept",
        {"coding": [{"code": ["icu"]}]},
        "x",
        {},
        {"coding": ["z"]},
        "dept",
    ]

    found, ruling = asked("concepts(kind)", nodes, Ruling(tables=kinds))
    assert found == [made, made]
    assert (ruling.notices, ruling.rejects) == ([("code-dropped", "icu")], [])

    found, ruling = asked("concepts(kind)", ["icu", "wat"], Ruling(tables=kinds))
    assert found is None
    assert ruling.rejects == [("code-unknown", "wat")]


@pytest.mark.parametrize(
    ("nodes", "value"),
    [
        (["x"], "x"),
        (["", "y", "z"], "y"),
        ([{"value": ["v"], "id": ["1"]}], "v"),
        ([{"id": ["1"]}], None),
        ([], None),
    ],
)
def test_text_is_the_first_that_there_is(nodes: list[Node], value: Json) -> None:
    """As it stands."""
    found, ruling = asked("text", nodes)

    assert found == value
    assert ruling.silent


@pytest.mark.parametrize(
    ("using", "nodes", "policy", "value", "rejected"),
    [
        ("boolean", ["true"], "true", True, False),
        ("boolean", ["false"], "true", False, False),
        ("boolean", [{"value": ["false"]}, "true"], "true", False, False),
        ("boolean", ["TRUE"], "true", None, True),
        ("boolean", ["1"], "true", None, True),
        ("boolean", [], "true", None, False),
        ("boolean(active)", [], "true", True, False),
        ("boolean(active)", [], "reject", None, False),
        ("boolean(active)", ["false"], "true", False, False),
        ("boolean(active)", ["ja"], "true", None, True),
        ("boolean(active)", [{"id": ["1"]}], "true", True, False),
    ],
)
def test_a_boolean_is_true_or_false_and_absent_what_its_policy_says(
    using: str, nodes: list[Node], policy: str, value: Json, *, rejected: bool
) -> None:
    """Another text rejects."""
    policies = Policies.model_validate({"active_missing": policy})

    found, ruling = asked(using, nodes, Ruling(policies=policies))

    assert found is value
    assert ruling.rejects == ([("value-invalid", "")] if rejected else [])


@pytest.mark.parametrize(
    ("using", "nodes", "policy", "value", "rejects"),
    [
        ("code(gender)", ["M"], "unknown", "male", []),
        ("code(gender)", [{"coding": [{"code": ["M"]}]}], "unknown", "male", []),
        ("code(gender)", [{"code": ["M"]}], "unknown", "male", []),
        ("code(gender)", ["", "M", "X"], "unknown", "male", []),
        ("code(gender)", ["UNK"], "unknown", "unknown", []),
        ("code(gender)", ["X"], "unknown", {"system": "urn:s", "code": "x"}, []),
        ("code(gender)", [], "unknown", None, []),
        ("code(gender, gender_missing)", [], "unknown", "unknown", []),
        ("code(gender, gender_missing)", [], "reject", None, []),
        ("code(gender, no_such_policy)", [], "unknown", None, []),
        ("code(gender)", ["Q"], "unknown", None, [("code-unknown", "Q")]),
        ("code(other)", ["M"], "unknown", None, [("code-unknown", "M")]),
        ("code(gender)", [LONG], "unknown", None, [("code-unknown", "Unknown")]),
        ("code(gender)", ["Jan Jansen"], "unknown", None, [("code-unknown", "Unknown")]),
    ],
)
def test_a_code_is_translated_by_its_table_or_refused(
    using: str, nodes: list[Node], policy: str, value: Json, rejects: list[tuple[str, str]]
) -> None:
    """As it stands, else in small letters; absent: what the policy says."""
    policies = Policies.model_validate({"gender_missing": policy})

    found, ruling = asked(using, nodes, Ruling(policies=policies, tables=GENDERS))

    assert (found, ruling.rejects) == (value, rejects)
    assert found is not GENDERS["gender"]["X"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1972-02-28", "1972-02-28"),
        ("1972-02", "1972-02"),
        ("1972", "1972"),
        ("1972-02-28T00:00:00+01:00", "1972-02-28"),
        ("1972-02-28T00:00:00-11:00", "1972-02-28"),
        ("1972-02-28T00:00:00Z", "1972-02-28"),
        ("1972-02-28T00:00:00", "1972-02-28"),
        ("1972-02-28T00:00", "1972-02-28"),
        ("1972-02-28T00:00:00.000", "1972-02-28"),
        ("1972-02T00:00", "1972-02"),
    ],
)
def test_a_day_is_cut_from_midnight_never_moved_by_a_time_zone(text: str, value: str) -> None:
    """kt13.md D1: the local date part counts."""
    found, ruling = asked("date_only", ["", text])

    assert found == value
    assert ruling.silent


@given(
    st.dates(),
    st.sampled_from(["", "T00:00:00", "T00:00:00Z", "T00:00:00+14:00", "T00:00:00.0-12:00"]),
)
def test_any_day_survives_any_zone(day: object, time: str) -> None:
    """A birthday never moves."""
    assert asked("date_only", [f"{day}{time}"])[0] == str(day)


@pytest.mark.parametrize(
    "text",
    [
        "1972-02-28T10:30:00Z",
        "1972-02-28T00:00:01Z",
        "1972-02-28T00:00:00.5Z",
        "1972-02-28T00:00:00+1:00",
        "1972-02-28T",
        "1972-02-30",
        "1971-02-29T00:00:00",
        "1972-13",
        "28-02-1972",
        "1972-2-28",
        "19720228",
        "x1972-02-28",
        "1972-02-28 ",
        "1972-02-28\n",
        "1972-02-28T00:00:00Z\n",
        "\u0661\u0669\u0667\u0662",
        "gisteren",
    ],
)
def test_what_may_be_a_moment_or_is_no_date_is_refused(text: str) -> None:
    """Whoever wrote it."""
    found, ruling = asked("date_only", [text])

    assert found is None
    assert ruling.rejects == [("value-invalid", "")]


def test_a_day_that_is_absent_is_absent() -> None:
    """None is made up."""
    nothing, ruling = asked("date_only", [{"id": ["1"]}])
    assert nothing is None
    assert ruling.silent


MOMENTS = [
    "2021",
    "2021-03",
    "2021-03-01",
    "2021-03-01T10:11:12Z",
    "2021-03-01T10:11:12.1234567+01:00",
    "2021-03-01T10:11:12-11:30",
]


NO_MOMENTS = [
    "2021-03-01T10:11",
    "2021-02-30T10:11:12",
    "2021-03-01T10:11:60",
    "1900-03-01T10:11:12",
    "0000-03-01T10:11:12",
    "2021-03-01T10:11Z",
    "2021-03-01T10:11:12+1",
    "01-03-2021",
    "2021-3",
    "x2021",
    "2021-03-01x",
    "2021-03-01\n",
    "2021-13-01",
    "2021-02-30",
    "2021-02-30T12:00:00Z",
    "2021-02-01T24:00:00Z",
    "Hl7.Fhir.Model.FhirDateTime",
    "\u0662\u0660\u0662\u0661",
]


@pytest.mark.parametrize("text", MOMENTS)
def test_a_moment_is_taken_as_it_is(text: str) -> None:
    """R4's dateTime."""
    found, ruling = asked("date_time", ["", text, "2000"])

    assert found == text
    assert ruling.silent


@pytest.mark.parametrize("text", NO_MOMENTS)
def test_what_is_no_moment_is_left_out_and_reported(text: str) -> None:
    """Without its value; the object stays."""
    found, ruling = asked("date_time", [text])

    assert found is None
    assert (ruling.notices, ruling.rejects) == ([("value-dropped", "")], [])


def test_no_moment_at_all_is_nothing_to_report() -> None:
    """Absent is absent."""
    found, ruling = asked("date_time", [])

    assert found is None
    assert ruling.silent


@pytest.mark.parametrize(
    ("start", "end", "value", "notices"),
    [
        ("2021-01-01", "2021-02-01", {"start": "2021-01-01", "end": "2021-02-01"}, []),
        ("2021-01-01", "2021-01-01", {"start": "2021-01-01", "end": "2021-01-01"}, []),
        ("2020", "2021-02-01", {"start": "2020", "end": "2021-02-01"}, []),
        ("2021", "2021-02-01", {"start": "2021", "end": "2021"}, ["period-cut"]),
        ("2021-02-01", "2021", {"start": "2021", "end": "2021"}, ["period-cut"]),
        (
            "2021-02-01",
            "2021-02-01T00:30:00+01:00",
            {"start": "2021-02-01", "end": "2021-02-01"},
            ["period-cut"],
        ),
        ("2021-03", "2021-02-01", None, ["period-dropped"]),
        ("2021-02-02", "2021-02-01", None, ["period-dropped"]),
        ("2022", "2021", None, ["period-dropped"]),
        (
            "2021-02-01T12:00:00Z",
            "2021-02-01",
            {"start": "2021-02-01", "end": "2021-02-01"},
            ["period-cut"],
        ),
        ("2021-02-02T12:00:00Z", "2021-02-01", None, ["period-dropped"]),
        ("2021-02-02", "2021-02-01T12:00:00Z", None, ["period-dropped"]),
        (
            "2021-02-01T13:00:00+01:00",
            "2021-02-01T12:00:00Z",
            {"start": "2021-02-01T13:00:00+01:00", "end": "2021-02-01T12:00:00Z"},
            [],
        ),
        (
            "2021-02-02T00:30:00+02:00",
            "2021-02-01T23:00:00Z",
            {"start": "2021-02-02T00:30:00+02:00", "end": "2021-02-01T23:00:00Z"},
            [],
        ),
        ("2021-02-01T12:00:01Z", "2021-02-01T13:00:00+01:00", None, ["period-dropped"]),
        ("2021-02-01", None, {"start": "2021-02-01"}, []),
        (None, "2021-02-01", {"end": "2021-02-01"}, []),
        (None, None, None, []),
        ("gisteren", "2021-02-01", {"end": "2021-02-01"}, [("value-dropped", "start")]),
        ("2021-02-01", "morgen", {"start": "2021-02-01"}, [("value-dropped", "end")]),
        ("a", "b", None, [("value-dropped", "start"), ("value-dropped", "end")]),
        (
            "2021-02-01T12:00:60Z",
            "2021-02-01T12:00:00Z",
            {"start": "2021-02-01T12:00:60Z", "end": "2021-02-01T12:00:00Z"},
            [],
        ),
        (
            "2021-02-03T12:00:00Z",
            "2021-02-01T12:00:60Z",
            {"start": "2021-02-03T12:00:00Z", "end": "2021-02-01T12:00:60Z"},
            [],
        ),
    ],
)
def test_a_period_keeps_its_ends_unless_they_are_reversed(
    start: str | None, end: str | None, value: Json, notices: list[str | tuple[str, str]]
) -> None:
    """Of different precision what both have counts, and stays; two moments by their zones."""
    node: Node = {n: [v] for n, v in (("start", start), ("end", end)) if v is not None}

    found, ruling = asked("period", ["text", node, {"start": ["1900"]}])

    assert found == value
    assert ruling.notices == [n if isinstance(n, tuple) else (n, "") for n in notices]
    assert ruling.rejects == []


def test_a_period_that_is_none_is_nothing() -> None:
    """No element, or a text."""
    assert asked("period", [])[0] is None
    assert asked("period", ["2021"])[0] is None


IN_THE_ZONE = [
    ("2021-03-01T10:11:12", "2021-03-01T10:11:12+01:00", "zone-assumed"),
    ("2021-07-01T10:11:12.5", "2021-07-01T10:11:12.5+02:00", "zone-assumed"),
    ("2021-10-31T02:30:00", "2021-10-31T02:30:00+02:00", "zone-twice"),
    ("2021-10-31T03:00:00", "2021-10-31T03:00:00+01:00", "zone-assumed"),
    ("2021-03-28T02:30:00", "2021-03-28T02:30:00+01:00", "zone-skipped"),
    ("2021-03-28T03:00:00", "2021-03-28T03:00:00+02:00", "zone-assumed"),
]


@pytest.mark.parametrize(("text", "value", "notice"), IN_THE_ZONE)
def test_a_time_without_a_zone_is_of_the_domains_and_that_is_said(
    text: str, value: str, notice: str
) -> None:
    """Of a moment, and of either end of a period; its digits stay as they are."""
    found, ruling = asked("date_time", [text])
    ends, of_period = asked("period", [{"start": [text], "end": [text]}])

    assert (found, ruling.notices, ruling.rejects) == (value, [(notice, "")], [])
    assert ends == {"start": value, "end": value}
    assert of_period.notices == [(notice, "start"), (notice, "end")]


def test_the_zone_is_a_choice() -> None:
    """Two ends of a period are compared by their zones, also by one that was not there."""
    away = Ruling(policies=Policies(time_zone="America/New_York"))
    ends: Node = {"start": ["2021-03-01T10:00:00"], "end": ["2021-03-01T11:00:00+01:00"]}

    found, ruling = asked("period", [ends])
    assert found == {"start": "2021-03-01T10:00:00+01:00", "end": "2021-03-01T11:00:00+01:00"}
    assert ruling.notices == [("zone-assumed", "start")]
    assert asked("period", [ends], away)[0] is None
    assert away.notices == [("zone-assumed", "start"), ("period-dropped", "")]


def test_a_period_that_is_reversed_may_reject() -> None:
    """Policy period_reversed; one that is not reversed never does."""
    strict = Ruling(policies=Policies(period_reversed="reject"))

    assert asked("period", [{"start": ["2022"], "end": ["2021"]}], strict)[0] is None
    assert (strict.notices, strict.rejects) == ([], [("value-invalid", "period")])
    right = Ruling(policies=Policies(period_reversed="reject"))
    assert asked("period", [{"start": ["2021"], "end": ["2022"]}], right)[0] is not None
    assert right.silent


@pytest.mark.parametrize("name", ["Europe/Amsterdm", "localtime", "../etc/passwd", "", "CET/x"])
def test_a_zone_that_nobody_knows_is_refused(name: str) -> None:
    """The nearest of the list is named; `localtime` is another one on every machine."""
    with pytest.raises(ValidationError) as caught:
        Policies(time_zone=name)

    assert "IANA" in str(caught.value)
    assert ("Europe/Amsterdam" in str(caught.value)) == (name != "CET/x")
    assert ("did you mean CET" in str(caught.value)) == (name == "CET/x")


@pytest.mark.parametrize("need", ["optional", "mandatory"])
def test_an_optional_reference_may_be_made_mandatory(need: str) -> None:
    """Policy optional_reference_missing: reject; then a type that is not allowed rejects too."""
    strict = Policies(optional_reference_missing="reject")
    ruling = Ruling(policies=strict)
    asked(f"reference({need}, Patient)", [PERSON], ruling)
    assert ruling.references == [(link_to("Patient", P1)["reference"], (), None)]

    other = Ruling(policies=strict, types={P1: "Device"})
    assert asked(f"reference({need}, Patient)", [PERSON], other)[0] is None
    assert other.rejects == [("value-invalid", "")]


PERSON: Node = {"reference": [P1 + "/_history/7"]}


OTHER: Node = {"reference": [P2]}


@pytest.mark.parametrize(("need", "remove"), [("mandatory", None), ("optional", ())])
def test_a_reference_is_to_the_object_not_to_a_version_of_it(
    need: str, remove: tuple[()] | None
) -> None:
    """And known, so that it can be dropped, or its holder rejected."""
    found, ruling = asked(f"reference({need}, Patient)", ["x", {"display": ["d"]}, PERSON])

    made = link_to("Patient", P1)
    assert found == made
    assert ruling.references == [(made["reference"], (), remove)]
    assert ruling.silent


def test_the_first_of_several_references_counts_and_is_reported() -> None:
    """Also in the form of a list."""
    found, ruling = asked("reference(optional, Patient)", [PERSON, OTHER])
    listed, again = asked("references(optional, Patient)", [PERSON, OTHER])

    assert found == link_to("Patient", P1)
    assert listed == [found]
    assert ruling.notices == again.notices == [("first-of-several", "")]
    assert again.references == [(link_to("Patient", P1)["reference"], (), ())]


@pytest.mark.parametrize(
    ("need", "notices", "rejects"),
    [("mandatory", [], [("value-invalid", "")]), ("optional", [("value-dropped", "")], [])],
)
def test_a_reference_to_another_type_is_refused_or_left_out(
    need: str, notices: list[tuple[str, str]], rejects: list[tuple[str, str]]
) -> None:
    """Mandatory rejects; optional is reported."""
    for function in ("reference", "references"):
        ruling = Ruling(types={P1: "Organization"})
        found, _ = asked(f"{function}({need}, Patient, Practitioner)", [PERSON], ruling)

        assert found is None
        assert (ruling.notices, ruling.rejects, ruling.references) == (notices, rejects, [])


def test_a_reference_may_be_of_any_of_the_allowed_types_and_may_be_absent() -> None:
    """The second type is as good as the first; no link is no reference."""
    ruling = Ruling(types={P1: "Practitioner"})
    found, _ = asked("reference(mandatory, Patient, Practitioner)", [PERSON], ruling)
    assert found == link_to("Practitioner", P1)

    for function in ("reference", "references"):
        nothing, ruling = asked(f"{function}(mandatory, Patient)", [{"display": ["d"]}])
        assert nothing is None
        assert ruling.silent
