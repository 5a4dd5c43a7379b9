"""Whose turn it is, what is asked for, and what is counted per reason."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kt_migrate.catalogue import CATALOGUE, ErrorClass
from kt_migrate.errors import UsageError
from kt_migrate.plan.rows import IssueRow
from kt_migrate.pseudonyms import pseudonym
from kt_migrate.reports.error_list import is_error
from kt_migrate.reports.errors.choosing import Asked, chooser, takes_notices
from kt_migrate.reports.errors.groups import Grouped
from kt_migrate.reports.errors.holders import Holder, holder_named, holder_of
from kt_migrate.reports.result import issues_of
from reports.lists import CODES, P1, P2, ROWS, Row, run_with

DOCS = Path(__file__).parents[2] / "docs" / "errors.md"


def issue(row: Row) -> IssueRow:
    """Return a line."""
    kind, link, code, path = row
    return IssueRow(source_type=kind, event="", link=link, code=code, path=path, rule="", detail="")


def table(first: str) -> dict[str, str]:
    """Return the two columns of a table of the page, by the heading of its first."""
    page = DOCS.read_text("utf-8").partition(f"| {first} | action holder |")[2]
    rows = [line.strip("| ").split(" | ") for line in page.split("\n\n")[0].splitlines()[2:]]
    return {name.strip("`"): holder for name, holder in rows}


@pytest.mark.parametrize("code", CATALOGUE)
def test_the_page_says_who_acts_on_a_code(code: str) -> None:
    """By its code when that is there, else by its class, else by its step."""
    entry, by_code, by_class = CATALOGUE[code], table("code"), table("class or step")
    words = {f"class *{entry.error_class.value}*", f"step {entry.step}"}
    steps = {
        f"step {step}": holder
        for row, holder in by_class.items()
        if row.startswith("step ")
        for step in row.removeprefix("step ").split(", ")
    }
    classes = {row: holder for row, holder in by_class.items() if row.startswith("class ")}
    fallen = next((h for row, h in {**classes, **steps}.items() if row in words), None)

    assert holder_of(code) == by_code.get(code, fallen)


def test_a_holder_is_known_however_it_is_written() -> None:
    """Capitals, spaces and hyphens aside; and nobody else is one."""
    assert holder_named("  it deelnemer ") is Holder.SUPPLIER
    assert holder_named("kt2-SUPPORT") is Holder.SUPPORT
    assert holder_named("Zorgaanbieder") is Holder.PROVIDER
    assert holder_named("Jan") is None
    assert holder_named("") is None


@pytest.mark.parametrize(
    ("asked", "near"),
    [
        (Asked(codes=("value-mising",)), "value-missing"),
        (Asked(types=("patient",)), "Patient"),
        (Asked(types=("Raadsel",)), ""),
        (Asked(classes=("tijdelijke",)), "tijdelijk"),
        (Asked(steps=("write", "mapping")), "map"),
        (Asked(holders=("zorgaanbieders",)), "zorgaanbieder"),
    ],
)
def test_a_word_that_no_line_can_have_is_a_mistake(asked: Asked, near: str) -> None:
    """And the nearest one is named."""
    with pytest.raises(UsageError, match="No line of any error list") as caught:
        chooser(asked)

    assert f"Perhaps {near}" in caught.value.fix


def test_a_type_that_only_this_archive_has_is_known() -> None:
    """Its lines are in the list."""
    takes = chooser(Asked(types=("Raadsel",)), ["Raadsel"])

    assert takes(issue(("Raadsel", P1, "type-unknown", "")))


FILTERS = st.builds(
    Asked,
    types=st.sampled_from([(), ("Patient",), ("Patient", "Practitioner")]),
    codes=st.lists(st.sampled_from(CODES), max_size=2, unique=True).map(tuple),
    classes=st.sampled_from([(), ("melding",), ("gegevensverwerking",)]),
    steps=st.sampled_from([(), ("read", "plan")]),
    holders=st.sampled_from([(), ("IT-deelnemer",)]),
    link=st.sampled_from(["", P1]),
    pseudonym=st.sampled_from(["", pseudonym(P2), pseudonym(P1).lower().replace("-", "")]),
    notices=st.booleans(),
)


@given(ROWS, FILTERS)
def test_filters_take_what_fits_every_one_of_them(rows: list[Row], asked: Asked) -> None:
    """Counted per reason; notices apart unless they are asked for."""
    notices = takes_notices(asked)
    found = Grouped(chooser(asked), notices)
    for row in rows:
        found.add(issue(row))

    fits = [
        (kind, link, code, path)
        for kind, link, code, path in rows
        if (not asked.types or kind in asked.types)
        and (not asked.codes or code in asked.codes)
        and (not asked.classes or CATALOGUE[code].error_class.value in asked.classes)
        and (not asked.steps or CATALOGUE[code].step in asked.steps)
        and (not asked.holders or holder_of(code).value in asked.holders)
        and (not asked.link or link == asked.link)
        and (not asked.pseudonym or link == (P2 if "-" in asked.pseudonym else P1))
    ]
    errors = [row for row in fits if CATALOGUE[row[2]].error_class is not ErrorClass.NOTICE]
    shown = fits if notices else errors
    assert found.total == sum(is_error(issue(row)) for row in rows)
    assert (found.shown, found.hidden) == (len(shown), len(fits) - len(shown))
    assert [row for row in rows if found.takes_line(issue(row))] == shown
    groups = found.groups()
    assert {g.code: g.count for g in groups} == {
        code: sum(row[2] == code for row in shown) for code in {row[2] for row in shown}
    }
    assert [-g.count for g in groups] == sorted(-g.count for g in groups)
    for group in groups:
        mine = [row for row in shown if row[2] == group.code]
        assert group.example == issue(mine[0])
        assert group.types.total() == group.holders.total() == group.count


def test_naming_a_notice_asks_for_notices() -> None:
    """Nobody who asks for it by name wants to hear that it is hidden."""
    assert takes_notices(Asked(codes=("owner-first",)))
    assert takes_notices(Asked(classes=("melding",)))
    assert takes_notices(Asked(notices=True))
    assert not takes_notices(Asked(codes=("value-missing",)))


@settings(max_examples=10, deadline=None)
@given(ROWS)
def test_a_list_passes_by_as_it_lies_in_the_plan(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Row]
) -> None:
    """Every line of it, in its order."""
    folder = run_with(tmp_path_factory.mktemp("root"), "local/001", rows)

    assert list(issues_of(folder)) == [issue(row) for row in rows]
