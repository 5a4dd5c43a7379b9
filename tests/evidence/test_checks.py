"""What the papers of a pack say, held against each other."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.papering import decided, good, ledger, total
from kt_migrate.errors import ExitCode
from kt_migrate.evidence.checks import CODES, Holds, checked, ending

UNDONE = {
    "undone": 2,
    "left": 0,
    "pending": 0,
    "types": {},
    "proof": {
        "gone": 2,
        "with_history": 2,
        "retired": 0,
        "restored": 0,
        "wrong": 0,
        "overtaken": 0,
    },
}
Path = tuple[str | int, ...]


def holds(papers: dict[str, Any], name: str) -> tuple[Holds, str]:
    """Return what came of one check."""
    found = next(check for check in checked(papers) if check.name == name)
    return found.holds, found.found


def spoilt(path: Path, value: object, papers: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return good papers with one value changed; `None` as name of the last step deletes."""
    made = deepcopy(papers or good())
    place: Any = made
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return made


def undone(**changes: object) -> dict[str, Any]:
    """Return the papers of a run that was undone after a NO-GO."""
    papers = good(rollback={**UNDONE, **changes})
    del papers["verify"]
    papers["totals"]["Patient"]["server"] = None
    papers["gates"] = ledger(
        decided(1, "pre", "go", person=1),
        decided(2, "pre", "go", person=2),
        decided(3, "post", "no-go"),
    )
    return papers


def test_all_is_well() -> None:
    """Every check holds, and that is exit code 0."""
    found = checked(good())

    assert {check.holds for check in found} == {Holds.YES}
    assert ending(found) is ExitCode.OK


def test_what_was_undone_is_proven_gone_instead_of_equal() -> None:
    """NO-GO and a proven rollback is a good ending too, whatever the criteria of success were."""
    found = checked(undone())
    assert not {check.name for check in found} & {"verify", "success"}

    assert {check.holds for check in found} == {Holds.YES}
    assert {check.name for check in found} >= {"rollback", "totals", "gates"}


SPOILS: list[tuple[Path, object, str, str]] = [
    (("books", "types", "Patient", "read"), 6, "books", "Patient"),
    (("books", "types", "Patient", "migrated"), 3, "books", "Patient"),
    (("books", "events", "Patient", "CreateOrUpdatePatient", "migrated"), 1, "books", "Patient"),
    (("books", "events", "Device"), {}, "books", "Device"),
    (("books", "events", "Task"), {}, "books", "Task"),
    (("books", "census", "Device"), 2, "books", "Device"),
    (("books", "census", "Task"), 2, "books", "Task"),
    (("books", "without_link"), {}, "books", "Patient"),
    (("totals", "Patient", "journal"), total(1), "totals", "Patient"),
    (("totals", "Patient", "server"), total(2, "2"), "totals", "Patient"),
    (("verify", "passed"), False, "verify", ""),
    (("verify", "audited"), False, "verify", ""),
    (("success", "verdict"), "not-met", "success", ""),
    (("probe", "points", 0, "verdict"), "not-met", "probe", "scopes"),
    (("gates", "lines", 1, "prev"), "f" * 64, "chain", "2"),
    (("gates", "lines", 0, "prev"), "f" * 64, "chain", "1"),
    (("gates", "lines", 1, "number"), 3, "chain", "2"),
    (("gates", "head"), "f" * 64, "chain", "5"),
    (("gates", "lines", 3, "verdict"), "no-go", "gates", "pre go, post no-go"),
    (("gates", "lines", 1, "verdict"), "no-go", "gates", "start 1, 2"),
    (("figures", "starts", 1, "go"), "", "gates", "start 2"),
    (("figures", "starts", 1, "go"), "f" * 64, "gates", "start 2"),
    (("figures", "starts", 1, "go"), f"{3:064x}", "gates", "start 2"),
]


@pytest.mark.parametrize(("path", "value", "name", "found"), SPOILS)
def test_what_does_not_add_up_is_named(path: Path, value: object, name: str, found: str) -> None:
    """Each by its own check, which says where."""
    papers = spoilt(path, value)

    assert holds(papers, name) == (Holds.NO, found)
    assert ending(checked(papers)) is CODES[name]


def test_a_negative_figure_does_not_balance() -> None:
    """Though the sums are right."""
    papers = good()
    for place in (
        papers["books"]["types"]["Patient"],
        papers["books"]["events"]["Patient"]["CreateOrUpdatePatient"],
    ):
        place["migrated"] += 5
        place["out_of_scope"] -= 5

    assert holds(papers, "books") == (Holds.NO, "Patient")


ABSENT: list[tuple[str, str]] = [
    ("verify", "verify"),
    ("probe", "probe"),
    ("gates", "chain"),
    ("gates", "gates"),
    ("books", "books"),
    ("totals", "totals"),
    ("success", "success"),
]


@pytest.mark.parametrize(("paper", "name"), ABSENT)
def test_what_is_absent_is_no_pass(paper: str, name: str) -> None:
    """It is listed, and the exit code is that of *could not look*."""
    papers = good()
    del papers[paper]
    found = checked(papers)

    assert holds(papers, name)[0] is Holds.ABSENT
    assert ending(found) is ExitCode.COULD_NOT_LOOK


NOT_SEEN: list[tuple[Path, object, str]] = [
    (("totals", "Patient", "server"), None, "totals"),
    (("totals", "Patient", "journal"), None, "totals"),
    (("totals",), {}, "totals"),
    (("success", "verdict"), "no-criteria", "success"),
    (("success", "verdict"), "not-measurable", "success"),
    (("probe", "points", 0, "verdict"), "unknown", "probe"),
    (("gates", "lines", 2, "gate"), "pre", "gates"),
    (("gates", "lines", 3, "person"), 2, "gates"),
    (("gates", "lines", 1, "person"), 1, "gates"),
]


@pytest.mark.parametrize(("path", "value", "name"), NOT_SEEN)
def test_what_nobody_looked_at_is_no_pass(path: Path, value: object, name: str) -> None:
    """No criteria, no server, one person where it takes two."""
    papers = spoilt(path, value)

    assert holds(papers, name)[0] is Holds.ABSENT
    assert ending(checked(papers)) is ExitCode.COULD_NOT_LOOK


def test_a_go_for_another_plan_is_none() -> None:
    """Every line is of another plan; nothing was written under it."""
    papers = spoilt(("figures", "starts"), [])
    for line in papers["gates"]["lines"]:
        line["plan"] = "b" * 64

    assert holds(papers, "gates") == (Holds.ABSENT, "pre -, post -")


def test_one_person_is_enough_elsewhere() -> None:
    """On prd2 it takes two."""
    papers = good()
    papers["gates"] = ledger(decided(1, "pre", "go"), decided(2, "post", "go"))
    papers["figures"]["starts"] = []
    assert holds(papers, "gates")[0] is Holds.ABSENT
    papers["binding"]["environment"] = "local"

    assert holds(papers, "gates")[0] is Holds.YES


def test_a_go_that_was_taken_back_counts_no_more() -> None:
    """GO of one, NO-GO, GO of another: on prd2 that is one GO."""
    papers = good()
    papers["gates"] = ledger(
        decided(1, "pre", "go", person=1),
        decided(2, "pre", "no-go", person=2),
        decided(3, "pre", "go", person=2),
    )
    papers["figures"]["starts"] = []

    assert holds(papers, "gates") == (Holds.ABSENT, "pre -, post -")


def test_a_trial_elsewhere_wrote_under_no_go() -> None:
    """On prd2 nothing is written without."""
    papers = spoilt(("figures", "starts", 0, "go"), "")
    papers["binding"]["environment"] = "mgr2"

    assert holds(papers, "gates")[0] is Holds.YES


def test_a_sample_is_never_the_whole() -> None:
    """However well it went."""
    papers = good(sample={"writes": 37, "writes_of": 44})

    assert holds(papers, "whole") == (Holds.ABSENT, "37 / 44")
    assert ending(checked(papers)) is ExitCode.COULD_NOT_LOOK


def test_what_a_probe_only_tells_lacks_nothing() -> None:
    """A point that no plan needs may be anything."""
    papers = good()
    papers["probe"]["points"].append({"id": "clock", "verdict": "not-met", "needed": False})

    assert holds(papers, "probe")[0] is Holds.YES


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"pending": 1}, "pending 1"),
        ({"left": 2}, "left 2"),
        ({"proof": {**UNDONE["proof"], "overtaken": 1}}, "overtaken 1"),  # type: ignore[dict-item]
        ({"proof": {**UNDONE["proof"], "wrong": 1}}, "wrong 1"),  # type: ignore[dict-item]
    ],
)
def test_what_is_still_there_after_undoing_is_named(changes: dict[str, object], found: str) -> None:
    """Pending, left, or not as it was undone."""
    papers = undone(**changes)

    assert holds(papers, "rollback") == (Holds.NO, found)
    assert ending(checked(papers)) is ExitCode.MISMATCH


def test_undoing_that_nobody_looked_at_afterwards_is_no_proof() -> None:
    """Counts alone prove nothing."""
    assert holds(undone(proof=None), "rollback")[0] is Holds.ABSENT


def test_a_run_that_was_undone_after_a_no_go_before_it_is_no_good_ending() -> None:
    """Nothing should have been written."""
    papers = undone()
    papers["gates"] = ledger(decided(1, "pre", "no-go"))

    assert holds(papers, "gates")[0] is Holds.NO


@given(st.lists(st.sampled_from([*CODES]), unique=True), st.booleans())
def test_the_first_that_does_not_hold_decides(names: list[str], absent: bool) -> None:  # noqa: FBT001
    """In the order of CODES; what is absent comes after all of them."""
    from kt_migrate.evidence.checks import Check  # noqa: PLC0415

    checks = tuple(Check(name, Holds.NO) for name in names)
    last = (Check("other", Holds.ABSENT if absent else Holds.YES),)
    first = next((code for name, code in CODES.items() if name in names), None)

    expected = first or (ExitCode.COULD_NOT_LOOK if absent else ExitCode.OK)
    assert ending((*checks, *last)) is expected
