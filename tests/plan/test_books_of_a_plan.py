"""The books and the census of what was decided, on hand-made rows: every gap is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kt_migrate.errors import BooksError, CensusError, ExitCode
from kt_migrate.history.census import Census, Found
from kt_migrate.history.store import History
from kt_migrate.model import Outcome
from kt_migrate.plan.account import NAMED, require_census, take_books
from kt_migrate.plan.ledger import Ledger, Subject

FIX = "Report this with the error list; do not migrate with this plan."


class Decided:
    """A history in which everything is decided, row by row."""

    def __init__(self, folder: Path) -> None:
        self.history = History(folder)
        self.ledger = Ledger(self.history.db)
        self.census = Census(self.history.db)
        self._copies: dict[str, int] = {}

    def see(self, source_type: str, link: str, event: str = "E") -> int:
        """See an object in a document of its event."""
        if event not in self._copies:
            self._copies[event] = self.history._add_copy(f"m-{event}", event, "queue")
        number = self.history._see(self._copies[event], event, source_type, link)
        self.history.write()
        return number

    def end(
        self, source_type: str, link: str, outcome: Outcome, *, event: str = "E", copies: int = 0
    ) -> int:
        """Have an object seen, its earlier sightings superseded, and its fate decided."""
        last = self.see(source_type, link, event)
        for _copy in range(copies):
            older = self.see(source_type, link, event)
            self.run(f"INSERT INTO superseded VALUES ({older}, {last}, 'copy')")
        self.history.db.execute(
            "INSERT INTO object VALUES (?, ?, ?, 'only', 0)", (source_type, link, last)
        )
        self.ledger.fate(Subject(source_type=source_type, link=link, event=event), outcome, "r")
        return last

    def run(self, sql: str) -> None:
        """Change what was decided."""
        self.history.db.execute(sql)


@pytest.fixture
def decided(tmp_path: Path) -> Iterator[Decided]:
    """Return two types with objects of every fate, in two events."""
    made = Decided(tmp_path)
    for place, outcome in enumerate(Outcome, start=1):
        made.end("Patient", f"p{place}", outcome, copies=place)
        for number in range(place):
            made.end("Task", f"t{place}-{number}", outcome, event="F")
    made.end("Patient", "p9", Outcome.MIGRATED, event="F", copies=1)
    yield made
    made.history.close()


def row(*figures: int) -> dict[str, int]:
    """Return a line of the books, as JSON."""
    names = ("read", "superseded", "objects", *(outcome.value for outcome in Outcome))
    return dict(zip(names, figures, strict=True))


def test_each_figure_is_counted_from_its_own_rows_per_type_and_event(decided: Decided) -> None:
    """What came in, what was superseded, which objects there are, how each ended."""
    books = take_books(decided.history)

    assert books.as_json_per_event() == {
        "Patient": {"E": row(14, 10, 4, 1, 1, 1, 1), "F": row(2, 1, 1, 1, 0, 0, 0)},
        "Task": {"F": row(10, 0, 10, 1, 2, 3, 4)},
    }


@pytest.mark.parametrize(
    ("broken", "where"),
    [
        ("DELETE FROM superseded WHERE sighting = 2", "Patient / E"),
        ("INSERT INTO superseded VALUES (1, 1, 'copy')", "Patient / E"),
        ("DELETE FROM object WHERE link = 'p9'", "Patient / F"),
        ("INSERT INTO object VALUES ('Patient', 'new', 1, 'only', 0)", "Patient / E"),
        *((f"DELETE FROM fate WHERE link = 'p{n}'", "Patient / E") for n in (1, 2, 3, 4)),
        *((f"DELETE FROM fate WHERE link = 't{n}-0'", "Task / F") for n in (1, 2, 3, 4)),
        ("UPDATE fate SET source_type = 'Patient' WHERE link = 't1-0'", "Task / F"),
        ("UPDATE fate SET link = 'x' WHERE link = 'p9'", "Patient / F"),
        ("UPDATE copy SET event = 'G' WHERE event = 'F'", "Patient / F"),
        ("DELETE FROM fate WHERE link IN ('t1-0', 'p9')", "Patient / F"),
    ],
)
def test_either_account_that_is_broken_in_any_column_is_refused(
    decided: Decided, broken: str, where: str
) -> None:
    """And the first line that does not balance is named."""
    decided.run(broken)

    with pytest.raises(BooksError) as caught:
        take_books(decided.history)

    assert caught.value.where == where
    assert caught.value.fix == FIX


@pytest.mark.parametrize("gap", [1, -1])
@pytest.mark.parametrize("line", [("Patient", "E"), ("Task", "F"), ("Nieuw", "E")])
def test_a_sighting_that_was_counted_and_not_kept_or_the_other_way_round_is_refused(
    decided: Decided, line: tuple[str, str], gap: int
) -> None:
    """The count of what came in is no count of rows."""
    decided.history.count(*line, gap)

    with pytest.raises(BooksError) as caught:
        take_books(decided.history)

    assert caught.value.where == " / ".join(line)
    assert caught.value.exit_code is ExitCode.BOOKS


def test_how_many_lines_do_not_balance_is_said(decided: Decided) -> None:
    """One type may have more than one."""
    decided.run("DELETE FROM fate")

    with pytest.raises(BooksError) as caught:
        take_books(decided.history)

    assert caught.value.what == "The books of 3 type(s) do not balance."


@pytest.fixture
def counted(tmp_path: Path) -> Iterator[Decided]:
    """Return objects with fates that are exactly those of the census."""
    made = Decided(tmp_path)
    for source_type, link in (("Patient", "p1"), ("CarePlan", "c1"), ("CarePlanActivity", "a1")):
        made.end(source_type, link, Outcome.MIGRATED)
        made.census.add([Found(source_type == "CarePlanActivity", source_type, link)])
    made.end("UserMessage", "u1", Outcome.REJECTED)
    made.census.add([Found(activity=False, source_type="", link="u1")])
    for source_type in (
        "MessageHeader",
        "Document",
        "Application",
        "CarePlanSubActivity",
        "CarePlanGoal",
    ):
        made.end(source_type, f"own {source_type}", Outcome.NOT_MIGRATED)
    broken = made.end("Patient", "m-1#entry-1", Outcome.REJECTED)
    made.run(f"INSERT INTO refusal VALUES ({broken}, 'object-without-link', '', '')")
    made.census.settle()
    yield made
    made.history.close()


def test_a_plan_with_the_objects_of_the_census_passes(counted: Decided) -> None:
    """Untyped ones by link alone; those that no census can count, and broken entries, left out."""
    require_census(counted.history.db)


@pytest.mark.parametrize(
    ("broken", "named"),
    [
        ("DELETE FROM fate WHERE link = 'p1'", "Patient p1"),
        ("DELETE FROM fate WHERE link = 'u1'", " u1"),
        ("DELETE FROM fate WHERE link = 'a1'", "CarePlanActivity a1"),
        ("DELETE FROM object WHERE link = 'p1'", "Patient p1"),
        ("INSERT INTO census VALUES (0, 'Patient', 'p2')", "Patient p2"),
        ("INSERT INTO census VALUES (0, '', 'a1')", " a1"),
        ("INSERT INTO census VALUES (1, 'CarePlanActivity', 'c1')", "CarePlanActivity c1"),
        ("DELETE FROM census WHERE link = 'p1'", "Patient p1"),
        ("DELETE FROM census WHERE link = 'u1'", "UserMessage u1"),
        ("DELETE FROM census WHERE link = 'a1'", "CarePlanActivity a1"),
        ("DELETE FROM refusal", "Patient m-1#entry-1"),
        (
            "UPDATE census SET source_type = 'CareTeam' WHERE link = 'p1'",
            "CareTeam p1; Patient p1",
        ),
    ],
)
def test_an_object_that_only_the_plan_or_only_the_census_has_is_refused(
    counted: Decided, broken: str, named: str
) -> None:
    """By its type and link; an activity is never taken for an object with that link."""
    counted.run(broken)

    with pytest.raises(CensusError) as caught:
        require_census(counted.history.db)

    assert caught.value.where == named
    assert caught.value.fix == FIX
    assert caught.value.exit_code is ExitCode.CENSUS


@pytest.mark.parametrize(("missing", "extra"), [(0, 12), (12, 0), (8, 8), (1, 0), (0, 1)])
def test_how_many_differ_is_said_and_the_first_ten_are_named(
    counted: Decided, missing: int, extra: int
) -> None:
    """Those without a fate first, each group sorted."""
    for number in range(missing):
        counted.run(f"INSERT INTO census VALUES (0, 'Patient', 'x{number:02}')")
    for number in range(extra):
        counted.end("Patient", f"y{number:02}", Outcome.MIGRATED)

    with pytest.raises(CensusError) as caught:
        require_census(counted.history.db)

    names = [f"Patient x{n:02}" for n in range(missing)] + [
        f"Patient y{n:02}" for n in range(extra)
    ]
    assert caught.value.where == "; ".join(names[:NAMED])
    assert NAMED == 10
    assert f"has {missing} object(s) without" in caught.value.what
    assert f" {extra} that the census" in caught.value.what
