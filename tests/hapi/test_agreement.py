"""The judge and our own check agree, in both directions, but for what differences.yaml explains.

A sample, by a seed; the whole of it is `make judge`.
"""

from __future__ import annotations

import os
import random
import re
from collections import Counter
from pathlib import Path

import pytest
from agreement import (
    JUDGE_REFUSES,
    OUT,
    WE_REFUSE,
    Answer,
    Case,
    Judge,
    Reason,
    ask,
    objections,
    reasons,
    report,
    whole,
    write,
)

from kt_migrate.conformance import check
from kt_migrate.model import Resource

SEED = int(os.environ.get("KT_MIGRATE_JUDGE_SEED", "1"))
GENERATED, MUTANTS = 250, 500
"""So many are asked; golden, demo and what stands beside them all are."""


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Case], list[Case]]:
    """Return every good case, and every mutant."""
    return whole(tmp_path_factory.mktemp("judge"))


@pytest.mark.hapi
def test_no_difference_is_without_a_reason(
    judge: Judge, cases: tuple[list[Case], list[Case]]
) -> None:
    """Of what the mapper makes now, and of its mutants."""
    good, mutants = cases
    chance = random.Random(SEED)  # noqa: S311 (a draw, no secret)
    made = [case for case in good if case.kind == "generated"]
    asked = [case for case in good if case.kind != "generated"]
    asked += chance.sample(made, GENERATED) + chance.sample(mutants, MUTANTS)

    found = report(ask(asked, judge), reasons())

    write(found, OUT.with_name(f"sample-{SEED}.json"))
    assert objections(found, whole_run=False) == []


def test_there_is_enough_to_ask(cases: tuple[list[Case], list[Case]]) -> None:
    """2,000 out of a generated archive, of every type; every kind of mutant of every type."""
    good, mutants = cases
    made = [case for case in good if case.kind == "generated"]

    assert len(made) >= 2_000
    assert len({case.path for case in made}) == 8
    assert {case.kind for case in good} == {"golden", "demo", "generated", "beside"}
    assert len(mutants) >= 2_000
    per_type = Counter(case.path.partition(".")[0] for case in mutants)
    assert min(per_type.values()) >= 50
    kinds = {"dropped", "code", "many", "a-list", "control", "unknown-extension", "system"}
    kinds |= {"reference-Device", "forbidden", "unknown-element", "extension-elsewhere", "type"}
    assert kinds <= {case.kind for case in mutants}


def test_every_text_of_every_type_has_its_forbidden_character(
    cases: tuple[list[Case], list[Case]],
) -> None:
    """And every element is dropped."""
    good, mutants = cases

    def texts(value: object, path: str) -> set[str]:
        if isinstance(value, dict):
            return {p for name, child in value.items() for p in texts(child, f"{path}.{name}")}
        if isinstance(value, list):
            return {p for item in value[:2] for p in texts(item, path)}
        return {path} if isinstance(value, str) and not path.endswith(".resourceType") else set()

    wanted = {p for case in good for p in texts(case.resource, str(case.resource["resourceType"]))}
    spoiled = {case.path for case in mutants if case.kind == "control"}

    assert wanted - spoiled == set()


def answer(ours: str, judges: str, kind: str = "code", path: str = "Task.status") -> Answer:
    """Return what both said of a case."""
    resource: Resource = {"resourceType": "Task"}
    return Answer(Case(kind, path, resource), (ours,) if ours else (), (judges,) if judges else ())


def test_differences_are_counted_in_both_directions() -> None:
    """And one without a reason is an objection."""
    known = [Reason(WE_REFUSE, frozenset({"code"}), re.compile(r"Task\..*"), "so")]
    answers = [
        answer("", ""),
        answer("x", "x"),
        answer("x", ""),
        answer("", "x"),
        answer("x", "", kind="bell"),
    ]

    found = report(answers, known)

    assert (found["cases"], found["agree"], found["share"]) == (5, 2, 0.4)
    assert (found[WE_REFUSE], found[JUDGE_REFUSES]) == (2, 1)
    assert found["known"] == {"so": 1}
    assert found["table"]["Task"]["code"] == Counter(
        {"both-accept": 1, "both-refuse": 1, WE_REFUSE: 1, JUDGE_REFUSES: 1}
    )
    assert [one["difference"] for one in found["unknown"]] == [JUDGE_REFUSES, WE_REFUSE]
    assert len(objections(found, whole_run=False)) == 2
    assert len(objections(found, whole_run=True)) == 3


def test_the_whole_run_asks_that_every_reason_occurs() -> None:
    """One that explains nothing any more is to be taken out."""
    known = [Reason(WE_REFUSE, frozenset(), re.compile("x"), "so")]

    assert objections(report([answer("", "")], known), whole_run=True) == ["does not occur: so"]
    assert objections(report([answer("", "")], known), whole_run=False) == []


def test_what_is_good_passes_our_own_check(cases: tuple[list[Case], list[Case]]) -> None:
    """Golden, demo, generated and beside: without a judge too."""
    good, _mutants = cases

    assert {case.path for case in good if check(case.resource)} == set()


def test_every_reason_says_something() -> None:
    """Why, of which elements, in which direction."""
    for reason in reasons():
        assert reason.direction in (WE_REFUSE, JUDGE_REFUSES)
        assert len(reason.says) > 40
    assert Path(__file__).with_name("differences.yaml").is_file()
