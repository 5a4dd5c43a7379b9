"""What is kept of a server's words: enough to act on, and nothing that could be a value."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kt_migrate.kt2.answers import Refused
from kt_migrate.kt2.outcome import TEMPLATES, ServerIssue, server_issues
from kt_migrate.model import Json

ERROR = {"severity": "error", "code": "invalid", "expression": ["Patient.birthDate"]}
VALUES = [
    "Jansen",
    "1980-02-30",
    "999900146",
    "j.jansen@epd.example",
    "HAPI-Jansen",
    "https://x.y/1",
]


def outcome(*issues: object) -> bytes:
    """Return an OperationOutcome."""
    return orjson.dumps({"resourceType": "OperationOutcome", "issue": issues})


def issue(**elements: object) -> ServerIssue:
    """Return what is kept of one error."""
    (kept,) = server_issues(outcome({"severity": "error", "code": "invalid", **elements}))
    return kept


@pytest.mark.parametrize(
    ("body", "issues"),
    [
        (b"", ()),
        (b"no json", ()),
        (b"[]", ()),
        (b'{"issue": [{"severity": "error", "code": "invalid"}]}', ()),
        (b'{"resourceType": "Patient", "issue": [{"severity": "error"}]}', ()),
        (b'{"resourceType": "OperationOutcome"}', ()),
        (b'{"resourceType": "OperationOutcome", "issue": {"severity": "error"}}', ()),
        (outcome("error", None, {"code": "x"}, {"severity": "warning", "code": "invalid"}), ()),
        (
            outcome(
                {"severity": "information", "code": "informational"},
                {"severity": "warning", "code": "value"},
                ERROR,
                {"severity": "fatal", "code": "exception"},
            ),
            (("invalid", "Patient.birthDate"), ("exception", "")),
        ),
        (outcome({"severity": "error"}), (("", ""),)),
        (outcome({"severity": "error", "code": None}), (("", ""),)),
        (outcome({"severity": "error", "code": "Jansen"}), (("", ""),)),
        (outcome({"severity": "error", "code": ["invalid"]}), (("", ""),)),
    ],
)
def test_only_the_errors_of_an_outcome_are_taken(
    body: bytes, issues: tuple[tuple[str, str], ...]
) -> None:
    """Information and warnings stand first in it, and are not why it was refused."""
    assert server_issues(body) == tuple(ServerIssue(code=c, path=p) for c, p in issues)


@pytest.mark.parametrize(
    ("elements", "path"),
    [
        ({"expression": ["Task.owner"]}, "Task.owner"),
        ({"location": ["Task.for"]}, "Task.for"),
        ({"expression": ["Task.owner"], "location": ["Task.for"]}, "Task.owner"),
        ({"expression": [], "location": ["Task.for"]}, "Task.for"),
        ({"expression": [7], "location": ["Task.for"]}, "Task.for"),
        ({"expression": ["/f:Task"], "location": ["Task.for"]}, "Task.for"),
        ({"expression": "Task.owner"}, ""),
        ({"expression": None}, ""),
        ({"expression": ["Task.a", "Task.b"]}, "Task.a"),
        ({"expression": ["Patient"]}, "Patient"),
        ({"expression": ["Patient.name[0].given[12]"]}, "Patient.name[0].given[12]"),
        ({"expression": ["Patient.identifier:bsn.value[x]"]}, "Patient.identifier:bsn.value[x]"),
        (
            {"expression": ["Task.extension[0].value.ofType(Reference)"]},
            "Task.extension[0].value.ofType(Reference)",
        ),
        ({"expression": ["Patient.name.where(family='Jansen')"]}, "Patient.name.where"),
        ({"expression": ["Patient.name[family='Jansen']"]}, "Patient.name"),
        ({"expression": ["Patient.Jansen"]}, "Patient"),
        ({"expression": ["Patient Jansen"]}, "Patient"),
        ({"expression": ["Jansen.name"]}, ""),
        ({"expression": ["Patient" + ".a" * 97]}, ""),
        ({"expression": ["Patient.ab" + ".a" * 95]}, "Patient.ab" + ".a" * 95),
        ({"diagnostics": "Jansen", "details": {"text": "Jansen"}}, ""),
    ],
)
def test_an_issue_gives_its_place_and_never_its_text(
    elements: dict[str, object], path: str
) -> None:
    """The place ends where it stops being a path: text of a server may hold a name."""
    assert issue(**elements) == ServerIssue(code="invalid", path=path)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("HAPI-1094: Jansen", "HAPI-1094"),
        ("Failed: HAPI-0574: HAPI-0389: Jansen", "HAPI-0574 HAPI-0389"),
        (
            "HAPI-0001: HAPI-0001: HAPI-0002: HAPI-0003: HAPI-0004: x",
            "HAPI-0001 HAPI-0002 HAPI-0003",
        ),
        ("x" * 1_991 + " HAPI-1094", ""),
        ("HAPI-10941: x", ""),
        ("HAPI-109 Jansen", ""),
        ("HAPI-1094Jansen", ""),
        ("XHAPI-1094: x", ""),
        ("hapi-1094: x", ""),
    ],
)
@pytest.mark.parametrize("where", ["diagnostics", "details"])
def test_hapis_number_is_kept(text: str, number: str, where: str) -> None:
    """Four digits, by which its documentation and its source can be searched."""
    words = {"text": text} if where == "details" else text

    assert issue(**{where: words}) == ServerIssue(code="invalid", path="", number=number)


@pytest.mark.parametrize(
    ("system", "code", "rule"),
    [
        ("http://hl7.org/fhir/java-core-messageId", "Validation_VAL_Profile_Minimum", True),
        ("http://hl7.org/fhir/java-core-messageId", "Terminology_TX_NoValid_1_CC", True),
        ("http://hl7.org/fhir/java-core-messageId", "Jansen_Piet", False),
        ("http://hl7.org/fhir/java-core-messageId", "Validation", False),
        ("http://hl7.org/fhir/java-core-messageId", "Validation_Jansen 1980", False),
        ("http://other.example", "Validation_VAL_Profile_Minimum", False),
    ],
)
def test_the_validators_message_id_is_kept(system: str, code: str, *, rule: bool) -> None:
    """One of its own kinds, and of its own system."""
    coding = ["?", {"code": code}, {"system": system, "code": code}]

    assert issue(details={"coding": coding}).rule == (code if rule else "")


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("Constraint failed: dom-6: 'Jansen'", "dom-6"),
        ("HAPI-0574: Constraint failed: kt2pnu-2: 'x' (defined in y)", "kt2pnu-2"),
        ("Rule zib-NameInformation-1: 'x' Failed", "zib-NameInformation-1"),
        ("Constraint failed: nl-core-NameInformation-01: 'x'", "nl-core-NameInformation-01"),
        ("Constraint failed: Jansen: 'x'", ""),
        ("Constraint failed: jansen-19800230: 'x'", ""),
        ("x Constraint failed: dom-6: 'Jansen'", ""),
    ],
)
def test_the_key_of_an_invariant_is_kept(text: str, rule: str) -> None:
    """By which a person finds it in the profile."""
    assert issue(diagnostics=text).rule == rule


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("prefix", ["", "HAPI-0574: ", "HAPI-0550: HAPI-0515: "])
def test_a_known_text_is_shown_without_its_values(template: str, prefix: str) -> None:
    """Each template of the table, filled with what must not be seen."""
    text = prefix + template.replace("…", "Jansen (1980-02-30)")

    kept = issue(diagnostics=text)

    assert kept.template == template
    assert "Jansen" not in kept.said
    assert "1980" not in kept.said
    assert kept.number == prefix.replace(":", "").strip()


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("Patient.birthDate: minimum required = 1, but only found 0 (from x)", "Patient.birthDate"),
        ("Task.owner: max allowed = 1, but found 2 (from x)", "Task.owner"),
        (
            "HAPI-1094: Resource Organization/Jansen not found, specified in path: Patient.managingOrganization",
            "Patient.managingOrganization",
        ),
        ("HAPI-1096: Resource O/1 is deleted, specified in path: Task.for", "Task.for"),
        ("Jansen: minimum required = 1, but only found 0 (from x)", "Patient"),
        ("Resource O/1 not found, specified in path: Jansen", "Patient"),
        ("Patient.a" + ".a" * 100 + ": minimum required = 1, but only found 0 (from x)", "Patient"),
    ],
)
def test_a_text_that_names_the_place_names_it_best(text: str, path: str) -> None:
    """HAPI gives the parent of what lacks, and no place at all of a reference; its text has it."""
    assert issue(diagnostics=text, expression=["Patient"]).path == path


def test_the_second_text_is_looked_at_when_the_first_is_not_known() -> None:
    """A server may say it in either place."""
    kept = issue(diagnostics="Jansen", details={"text": "HAPI-0001: Device not present"})

    assert (kept.template, kept.number) == ("Device not present", "HAPI-0001")


def test_a_text_that_only_resembles_a_known_one_is_not_shown() -> None:
    """All of it must fit."""
    assert issue(diagnostics="Device not present: Jansen").template == ""
    assert issue(diagnostics="Jansen: Unknown extension x").template == ""
    assert issue(diagnostics=["Device not present"]).template == ""


WORDS = st.lists(st.sampled_from([*VALUES, *TEMPLATES, "HAPI-1094:", "Constraint failed: "])).map(
    " ".join
)


@given(
    st.text() | WORDS,
    st.text() | WORDS,
    st.lists(st.text() | WORDS, max_size=2),
    st.text() | WORDS,
)
def test_no_value_leaves_an_outcome(
    diagnostics: str, text: str, places: list[str], code: str
) -> None:
    """Wherever a server puts it, and whatever stands around it."""
    coding: Json = [{"system": "http://hl7.org/fhir/java-core-messageId", "code": code}]
    kept = issue(
        code=code,
        diagnostics=diagnostics,
        details={"text": text, "coding": coding},
        expression=places,
    )

    told = f"{kept.said} {kept.path}"
    assert not [value for value in VALUES if value in told]
    assert kept.template in ("", *TEMPLATES)


def test_a_refusal_says_the_first_error_and_how_many_more() -> None:
    """In one line; the place is the first that is named."""
    fatal = {"severity": "fatal", "code": "exception", "diagnostics": "HAPI-0389: Jansen"}
    both = Refused(status=422, issues=server_issues(outcome(fatal, ERROR, ERROR)))

    assert both.said == "exception HAPI-0389 (+2)"
    assert both.path == "Patient.birthDate"
    assert Refused(status=400).said == "no-outcome"
    assert Refused(status=400).path == ""
