"""The books: two accounts per type and event, each figure booked apart."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kt_migrate.books import Books, Row
from kt_migrate.model import Outcome

LINES = st.tuples(st.sampled_from(["Patient", "Task"]), st.sampled_from(["E", "F"]))
FIGURES = ["read", "superseded", "objects", *(outcome.value for outcome in Outcome)]


@st.composite
def balanced(draw: st.DrawFn) -> tuple[Books, set[tuple[str, str]]]:
    """Return books that balance, and the lines in them."""
    books = Books()
    lines = draw(st.sets(LINES, min_size=1))
    for line in lines:
        ended = {outcome: draw(st.integers(0, 9)) for outcome in Outcome}
        superseded, objects = draw(st.integers(0, 9)), sum(ended.values())
        books.see(*line, superseded + objects)
        books.supersede(*line, superseded)
        books.know(*line, objects)
        for outcome, count in ended.items():
            books.end(*line, outcome, count)
    return books, lines


def book(books: Books, figure: str, line: tuple[str, str], count: int) -> None:
    """Book more or less of one figure."""
    plain: dict[str, Callable[..., None]] = {
        "read": books.see,
        "superseded": books.supersede,
        "objects": books.know,
    }
    if figure in plain:
        plain[figure](*line, count)
    else:
        books.end(*line, Outcome(figure), count)


@given(balanced(), st.sampled_from(FIGURES), st.sampled_from([-2, -1, 1, 3]), st.data())
def test_a_gap_in_any_figure_of_either_account_is_found_where_it_is(
    made: tuple[Books, set[tuple[str, str]]], figure: str, gap: int, data: st.DataObject
) -> None:
    """Balanced books say nothing; one figure of one line wrong, and that line is named."""
    books, lines = made
    line = data.draw(st.sampled_from(sorted(lines)))
    assert books.unbalanced() == ()

    book(books, figure, line, gap)

    assert books.unbalanced() == (line,)
    book(books, figure, line, -gap)
    assert books.unbalanced() == ()


@given(balanced(), st.sampled_from([-1, 1]))
def test_gaps_that_cancel_over_two_events_are_two_gaps(
    made: tuple[Books, set[tuple[str, str]]], gap: int
) -> None:
    """A total per type would hide them."""
    books, _lines = made
    books.see("Zorgplan", "E", 5 + gap)
    books.see("Zorgplan", "F", 5 - gap)
    for event in "EF":
        books.know("Zorgplan", event, 5)
        books.end("Zorgplan", event, Outcome.MIGRATED, 5)

    assert books.unbalanced() == (("Zorgplan", "E"), ("Zorgplan", "F"))


@given(balanced(), st.permutations(list(Outcome)), st.data())
def test_an_object_that_is_booked_over_keeps_the_balance(
    made: tuple[Books, set[tuple[str, str]]], fates: list[Outcome], data: st.DataObject
) -> None:
    """One fewer of the one fate, one more of the other, nothing else."""
    books, lines = made
    source_type, event = data.draw(st.sampled_from(sorted(lines)))
    before = books.as_json_per_event()[source_type][event]

    books.move(source_type, event, fates[0], fates[1])

    after = books.as_json_per_event()[source_type][event]
    assert books.unbalanced() == ()
    assert {
        name: after[name] - before[name] for name in FIGURES if after[name] != before[name]
    } == {
        fates[0].value: -1,
        fates[1].value: 1,
    }


@given(balanced())
def test_the_total_of_a_type_is_the_sum_of_its_events(
    made: tuple[Books, set[tuple[str, str]]],
) -> None:
    """Figure by figure; types are in alphabetical order."""
    books, lines = made
    per_event, per_type = books.as_json_per_event(), books.as_json()

    assert list(per_type) == sorted({source_type for source_type, _event in lines})
    assert {(t, e) for t, events in per_event.items() for e in events} == lines
    for source_type, events in per_event.items():
        assert list(events) == sorted(events)
        for figure in FIGURES:
            assert per_type[source_type][figure] == sum(row[figure] for row in events.values())


@pytest.mark.parametrize("figure", FIGURES)
def test_each_figure_is_booked_one_at_a_time_under_its_own_name(figure: str) -> None:
    """Without a count it is one; all others stay nothing."""
    books = Books()
    plain: dict[str, Callable[[str, str], None]] = {
        "read": books.see,
        "superseded": books.supersede,
        "objects": books.know,
    }
    for _time in range(2):
        if figure in plain:
            plain[figure]("Patient", "E")
        else:
            books.end("Patient", "E", Outcome(figure))

    assert books.as_json() == {"Patient": {name: 2 * (name == figure) for name in FIGURES}}
    assert books.as_json_per_event() == {"Patient": {"E": books.as_json()["Patient"]}}
    assert list(books.as_json()["Patient"]) == FIGURES


def test_books_without_a_line_are_empty() -> None:
    """Whoever uses them must look at what was read: nothing balances by itself."""
    assert Books().as_json() == {}
    assert list(Books().rows()) == []
    assert Row().balances
