"""The success criteria: typed, checked, judged. No criteria is no pass."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from algorithm.files import HEAD, refused, written
from kt_migrate.algorithm.load import load_algorithm
from kt_migrate.algorithm.success import (
    REASONS,
    Figures,
    Success,
    Verdict,
    bound,
    judge,
    read_bound,
)
from kt_migrate.algorithm.success_words import criterion_words, demanded
from kt_migrate.language import shown

EXTENDS = HEAD + "extends: standard\n"
BECOMES = {"Patient": "Patient", "CarePlanActivity": "Task", "CarePlanSubActivity": "Task"}
DONE = Figures(
    migrated={"Patient": 99, "CarePlanActivity": 180, "CarePlanSubActivity": 10},
    rejected={"Patient": 1, "CarePlanActivity": 8, "CarePlanSubActivity": 2},
    reasons={"value-missing": 9, "code-unknown": 2},
    settled=True,
    hours=3.5,
    verified=True,
)
ALL: dict[str, Any] = {
    "totals": {"rejected": 11, "rejected_share": 0.04, "migrated": 289},
    "types": {
        "Patient": {"rejected": 1, "rejected_share": 0.01, "migrated": 99},
        "Task": {"rejected": 10, "rejected_share": 0.05, "migrated": 190},
        "CarePlanActivity": {"rejected": 8},
    },
    "reasons": {"value-missing": {"count": 9, "share": 0.03}, "type-unknown": {"count": 0}},
    "hours": 3.5,
    "verified": True,
}


def verdicts(criteria: dict[str, Any], figures: Figures = DONE) -> dict[str, str]:
    """Return the verdict on every criterion by its name."""
    found = judge(Success.model_validate(criteria), BECOMES, figures)
    return {one.name: one.verdict.value for one in found.judged}


def test_what_is_just_enough_is_met() -> None:
    """A limit is included, whichever way it goes; an R4 type has all that become it."""
    found = verdicts(ALL)

    assert set(found.values()) == {"met"}
    assert len(found) == 3 + 3 + 3 + 1 + 3 + 2
    assert judge(Success.model_validate(ALL), BECOMES, DONE).passed


@pytest.mark.parametrize(
    ("criteria", "name"),
    [
        ({"totals": {"rejected": 10}}, "totals.rejected"),
        ({"totals": {"rejected_share": 0.036}}, "totals.rejected_share"),
        ({"totals": {"migrated": 290}}, "totals.migrated"),
        ({"types": {"Task": {"rejected": 9}}}, "types.Task.rejected"),
        ({"types": {"Task": {"rejected_share": 0.049}}}, "types.Task.rejected_share"),
        ({"types": {"Task": {"migrated": 191}}}, "types.Task.migrated"),
        ({"types": {"CarePlanActivity": {"rejected": 7}}}, "types.CarePlanActivity.rejected"),
        ({"reasons": {"value-missing": {"count": 8}}}, "reasons.value-missing.count"),
        ({"reasons": {"value-missing": {"share": 0.029}}}, "reasons.value-missing.share"),
        ({"hours": 3.4}, "hours"),
    ],
)
def test_what_is_just_not_enough_is_not_met(criteria: dict[str, Any], name: str) -> None:
    """And one that is not met fails all of them."""
    merged = {**ALL, **criteria}

    assert verdicts(criteria) == {name: "not-met"}
    assert judge(Success.model_validate(merged), BECOMES, DONE).verdict is Verdict.NOT_MET


def test_without_criteria_nothing_passes() -> None:
    """Not even a run in which all went well."""
    found = judge(Success(), BECOMES, DONE)

    assert (found.verdict, found.passed) == (Verdict.NO_CRITERIA, False)


def test_what_is_not_done_or_not_looked_at_cannot_be_measured() -> None:
    """That is no pass either; what was looked at and differs is not met."""
    under_way = replace(DONE, settled=False)
    found = judge(Success.model_validate(ALL), BECOMES, under_way)
    assert {one.verdict for one in found.judged if one.name != "verified"} == {
        Verdict.NOT_MEASURABLE
    }
    assert all(one.found is None for one in found.judged if one.name != "verified")
    assert (found.verdict, found.passed) == (Verdict.NOT_MEASURABLE, False)

    assert verdicts({"hours": 1}, replace(DONE, hours=None)) == {"hours": "not-measurable"}
    for verified, verdict in ((True, "met"), (False, "not-met"), (None, "not-measurable")):
        looked = replace(DONE, verified=verified)
        assert verdicts({"verified": True}, looked) == {"verified": verdict}


def test_one_that_is_not_met_counts_before_one_that_cannot_be_measured() -> None:
    """It will not be met by waiting."""
    criteria = Success.model_validate({"totals": {"rejected": 0}, "verified": True})
    looked = replace(DONE, verified=None)

    assert judge(criteria, BECOMES, looked).verdict is Verdict.NOT_MET


def test_of_nothing_nothing_was_rejected() -> None:
    """A type that the archive does not have is within its share, but not migrated."""
    criteria = {"types": {"Organization": {"rejected_share": 0.0, "migrated": 1}}}

    assert verdicts(criteria) == {
        "types.Organization.rejected_share": "met",
        "types.Organization.migrated": "not-met",
    }


@pytest.mark.property
@given(
    st.integers(0, 50), st.integers(0, 50), st.floats(0, 1), st.integers(0, 50), st.integers(0, 50)
)
def test_a_stricter_limit_never_passes_what_a_looser_one_refuses(
    migrated: int, rejected: int, share: float, one: int, other: int
) -> None:
    """Of counts and of shares; and more rejects never help."""
    figures = replace(
        DONE, migrated={"Patient": migrated}, rejected={"Patient": rejected}, reasons={}
    )
    worse = replace(figures, rejected={"Patient": rejected + 1})
    low, high = sorted((one, other))

    def met(threshold: str, limit: float, found: Figures = figures) -> bool:
        return verdicts({"totals": {threshold: limit}}, found)[f"totals.{threshold}"] == "met"

    assert met("rejected", low) <= met("rejected", high)
    assert met("migrated", high) <= met("migrated", low)
    assert met("rejected_share", share / 2) <= met("rejected_share", share)
    for threshold, limit in (("rejected", low), ("rejected_share", share)):
        assert met(threshold, limit, worse) <= met(threshold, limit)


@pytest.mark.parametrize(
    ("success", "place", "says"),
    [
        ("{types: {Patien: {rejected: 0}}}", "5:19", "Bedoelt u Patient?"),
        ("{types: {Taks: {rejected: 0}}}", "5:19", "Bedoelt u Task?"),
        ("{reasons: {value-mising: {count: 0}}}", "5:21", "Bedoelt u value-missing?"),
        ("{reasons: {owner-first: {count: 0}}}", "5:21", "owner-first"),
        ("{types: {Task: {rejcted: 0}}}", "5:26", "rejcted"),
        ("{types: {Task: {rejected: -1}}}", "5:36", "0 of meer"),
        ("{types: {Task: {rejected: 1.5}}}", "5:36", "een geheel getal"),
        ("{types: {Task: {rejected_share: 2}}}", "5:42", "hoogstens 1"),
        ("{types: {Task: {}}}", "5:25", "ten minste één drempel"),
        ("{hours: 0}", "5:18", "boven 0"),
        ("{verified: false}", "5:21", "Verwacht: true"),
    ],
)
def test_a_mistake_in_the_criteria_is_named_by_its_place_and_the_nearest_word(
    tmp_path: Path, success: str, place: str, says: str
) -> None:
    """Types, reasons (a notice rejects nothing), thresholds and their values."""
    error = refused(tmp_path, f"{EXTENDS}success: {success}\n")

    assert says in f"{error.what} {error.fix}"
    assert error.where == f"eigen.yaml:{place}"


def test_criteria_stand_in_the_algorithm_and_bind_the_plan(tmp_path: Path) -> None:
    """Threshold by threshold over what an algorithm below says."""
    written(
        tmp_path,
        f"{EXTENDS}success:\n  hours: 8\n  verified: true\n"
        "  types: {Patient: {rejected: 0}, Task: {rejected: 5, migrated: 1}}\n",
        "onder.yaml",
    )
    above = written(
        tmp_path,
        f"{HEAD}extends: onder.yaml\nsuccess:\n  hours: 4\n  types: {{Task: {{rejected: 9}}}}\n"
        "  reasons: {code-unknown: {count: 2}}\n",
    )
    below, found = load_algorithm(str(tmp_path / "onder.yaml")), load_algorithm(str(above))

    assert found.success == Success.model_validate(
        {
            "hours": 4,
            "verified": True,
            "types": {"Patient": {"rejected": 0}, "Task": {"rejected": 9, "migrated": 1}},
            "reasons": {"code-unknown": {"count": 2}},
        }
    )
    assert found.digest != below.digest
    assert read_bound(bound(found.success, BECOMES)) == (found.success, BECOMES)
    assert read_bound("") == (Success(), {})
    assert load_algorithm("standard").success == Success()


def test_every_criterion_has_its_sentence() -> None:
    """In both languages, with its limit and whom it is about."""
    said = {name: criterion_words(name, limit) for name, limit in demanded(_all())}

    assert list(said) == list(verdicts(ALL))
    for name, words in said.items():
        whose = name.split(".")[1] if name.count(".") == 2 else ""
        for sentence in (shown(words), str(words)):
            assert whose in sentence
            assert sentence.endswith(".")
        assert shown(words) != words
    assert "1 %" in said["types.Patient.rejected_share"]
    assert "99" in said["types.Patient.migrated"]
    assert "3,5" in shown(said["hours"])
    assert "value-missing" in REASONS
    assert "owner-first" not in REASONS


def _all() -> Success:
    return Success.model_validate(ALL)
