"""A code table reads as a table, and says itself what a code does that it lacks."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from algorithm.files import HEAD, written
from kt_migrate.algorithm.codes import REJECT, CodeTable, Otherwise, otherwise, targets
from kt_migrate.algorithm.load import load_algorithm
from kt_migrate.model import Json
from ruling import Ruling, asked

SCT = "http://snomed.info/sct"


def table(**content: object) -> CodeTable:
    """Return a table of this content."""
    return CodeTable.model_validate(content)


def test_a_plain_table_is_no_more_than_codes() -> None:
    """Written either way it is the same."""
    plain, whole = table(M="male", F="female"), table(codes={"M": "male", "F": "female"})

    assert targets(plain) == targets(whole) == {"M": "male", "F": "female"}
    assert otherwise(plain) == otherwise(whole) == REJECT


def test_a_table_says_its_system_once() -> None:
    """A target is a code of it, a coding by name, a coding of its own, or nothing."""
    made = targets(
        table(
            system=SCT,
            codings={"doctor": {"code": "1", "display": "Doctor"}, "o": {"system": "n", "code": "OTH"}},
            codes={"A": "7", "B": "$doctor", "C": "$o", "D": "none", "E": {"code": "8"}, "F": {"system": "z", "code": "9"}},
        )
    )  # fmt: skip

    assert made == {
        "A": {"system": SCT, "code": "7"},
        "B": {"system": SCT, "code": "1", "display": "Doctor"},
        "C": {"system": "n", "code": "OTH"},
        "D": "none",
        "E": {"system": SCT, "code": "8"},
        "F": {"system": "z", "code": "9"},
    }


def test_a_coding_has_a_code_and_nothing_that_nobody_knows() -> None:
    """Neither has a table."""
    for wrong in ({"codes": {"A": {"system": "x"}}}, {"codes": {}, "sistem": "x"}, {"A": 1}):
        with pytest.raises(ValidationError):
            table(**wrong)


@pytest.mark.parametrize(
    ("unknown", "value", "notices", "rejects"),
    [
        ("reject", None, [], ["code-unknown"]),
        ("drop", None, ["code-dropped"], []),
        ("keep", "Q", [], []),
        ("other", "other", ["code-defaulted"], []),
        ("$o", {"system": "n", "code": "OTH"}, ["code-defaulted"], []),
        ({"code": "drop"}, {"code": "drop"}, ["code-defaulted"], []),
    ],
)
def test_an_unknown_code_does_what_its_table_says(
    unknown: object, value: Json, notices: list[str], rejects: list[str]
) -> None:
    """Never a guess, and never without a word; a code that is known is not touched by it."""
    made = table(
        unknown=unknown,
        codings={"o": {"system": "n", "code": "OTH"}},
        codes={"A": "a", "N": "none"},
    )
    ruling = Ruling(tables={"t": targets(made)}, unknown={"t": otherwise(made)})

    assert asked("code(t)", ["A"], ruling)[0] == "a"
    assert asked("code(t)", ["N"], ruling)[0] is None
    assert ruling.silent
    assert asked("code(t)", ["Q"], ruling)[0] == value
    assert ruling.notices == [(code, "Q") for code in notices]
    assert ruling.rejects == [(code, "Q") for code in rejects]


@pytest.mark.parametrize("using", ["topic(t)", "default_performer(t)"])
def test_an_absent_code_is_not_an_unknown_one(using: str) -> None:
    """Nothing is said of nothing."""
    ruling = Ruling(unknown={"t": REJECT})

    assert asked(using, [], ruling)[0] is None
    assert ruling.silent
    assert asked(using, ["Q"], ruling)[0] is None
    assert ruling.rejects == [("code-unknown", "Q")]


def test_a_namespace_that_the_table_lacks_does_what_it_says() -> None:
    """The standard keeps it; a domain may want none but those of the table."""
    node: Json = {"system": ["urn:own"], "value": ["1"]}
    kept = Ruling(unknown={"s": Otherwise("keep")})
    dropped = Ruling(unknown={"s": Otherwise("drop")})

    for ruling, last in (
        (kept, {"system": "urn:own", "value": "1"}),
        (dropped, {"value": "1"}),
    ):
        made, _ = asked("identifiers(Patient, s)", [node], ruling)  # type: ignore[list-item]  # a node
        assert isinstance(made, list)
        assert made[1] == last


def test_a_domain_changes_one_line_of_a_table_and_what_an_unknown_code_does(tmp_path: Path) -> None:
    """All else of the table stays."""
    own = "extends: standard\ncodes:\n  task-status: {Expired: failed}\n"
    own += "  administrative-gender: {unknown: unknown}\n  relationship: {own_codes: [BOSS], codes: {BOSS: $other}}\n"
    standard = load_algorithm("standard")
    made = load_algorithm(str(written(tmp_path, HEAD + own)))

    assert made.codes["task-status"] == {**standard.codes["task-status"], "Expired": "failed"}
    assert made.codes["administrative-gender"] == standard.codes["administrative-gender"]
    assert made.otherwise("administrative-gender") == Otherwise("use", "unknown")
    assert made.otherwise("task-status") == standard.otherwise("task-status") == REJECT
    assert made.codes["relationship"]["BOSS"] == made.codes["relationship"]["FAMMEMB"]
    assert len(made.codes["relationship"]) == len(standard.codes["relationship"]) + 1


def test_the_standard_says_of_every_table_that_a_rule_asks_what_an_unknown_code_does() -> None:
    """One word per table, that a care provider can look up."""
    standard = load_algorithm("standard")
    asked_for = {
        "administrative-gender",
        "task-status",
        "careteam-status",
        "participant-role",
        "topic",
    }
    asked_for |= {"default-performer", "relationship", "identifier-systems"}  # fmt: skip
    actions = {name: standard.otherwise(name).action for name in asked_for}

    assert {n for n, action in actions.items() if action == "drop"} == {
        "topic",
        "default-performer",
    }
    assert {n for n, action in actions.items() if action == "keep"} == {"identifier-systems"}
