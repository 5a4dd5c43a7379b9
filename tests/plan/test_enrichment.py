"""Supplied values: CSV or XLSX, one value for one field of one object; never a value in an error."""

from __future__ import annotations

import csv
import datetime as dt
import io
import tempfile
from collections.abc import Sequence
from itertools import count
from pathlib import Path

import openpyxl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kt_migrate.errors import ConfigurationError
from kt_migrate.plan.enrichment import Enrichment, enrichment_of, read_enrichment
from supplying import values_of

HEADER = ("link", "field", "value")
ROWS = [HEADER, ("http://a/1", "birthDate", "1950-01-02"), ("http://a/2", "email", "een@b.example")]
VALUES = {("http://a/1", "birthDate"): "1950-01-02", ("http://a/2", "email"): "een@b.example"}
SECRET = "1951-11-29"


def text_of(rows: Sequence[Sequence[str]], delimiter: str = ",", end: str = "\n") -> str:
    """Return rows as CSV."""
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator=end).writerows(rows)
    return out.getvalue()


def read_text(folder: Path, text: str, encoding: str = "utf-8") -> Enrichment:
    """Read one CSV file with this text."""
    (folder / "a.csv").write_bytes(text.encode(encoding))
    return read_enrichment([folder / "a.csv"])


def workbook(
    path: Path, rows: Sequence[Sequence[object]], *more: Sequence[Sequence[object]]
) -> Path:
    """Write sheets to a workbook."""
    book = openpyxl.Workbook()
    for place, sheet in enumerate([rows, *more]):
        target = book.worksheets[0] if not place else book.create_sheet()
        for row in sheet:
            target.append(list(row))
    book.save(path)
    return path


@pytest.mark.parametrize(
    "text",
    [
        text_of(ROWS),
        text_of(ROWS, ";"),
        text_of(ROWS, end="\r\n"),
        text_of(ROWS, end="\r"),
        "\ufeff" + text_of(ROWS, ";", "\r\n"),
        text_of(ROWS).replace("link,field", " LINK , Field"),
        text_of([(v, k, f"{f} ") for k, f, v in ROWS]),
        text_of([("x", "note;n", *row, "y") for row in ROWS]).replace("note;n", "note"),
        text_of(
            [*ROWS, (), ("", "email", "x"), ("http://a/3", "", "x"), ("http://a/3", "email", "")]
        ),
        text_of([*ROWS, ("http://a/3",), ("http://a/3", "email"), ("http://a/3", "email", "  ")]),
        text_of([*ROWS, ROWS[1]]),
        text_of([HEADER, *reversed(ROWS[1:])]),
    ],
    ids=count(),
)
def test_the_same_values_in_any_spelling_are_the_same(tmp_path: Path, text: str) -> None:
    """Comma or semicolon, with a mark, other line ends, columns or order; empty lines say nothing."""
    found = read_text(tmp_path, text)

    assert values_of(found) == VALUES
    assert found.digest == read_text(tmp_path, text_of(ROWS)).digest


SOME = st.dictionaries(
    st.tuples(*[st.sampled_from(["a", "b", "ab"])] * 2),
    st.sampled_from(["x", "y", "a"]),
    max_size=3,
)


@settings(max_examples=25, deadline=None)
@example({("a", "b"): "x"}, {("ab", "b"): "x"})
@example({("a", "b"): "ax"}, {("a", "ba"): "x"})
@given(SOME, SOME)
def test_another_value_is_another_digest(
    values: dict[tuple[str, str], str], other: dict[tuple[str, str], str]
) -> None:
    """One changed, one more, or the same letters cut otherwise: each gives another."""
    with tempfile.TemporaryDirectory() as name:
        one, two = (
            read_text(Path(name), text_of([HEADER, *((*k, v) for k, v in some.items())]))
            for some in (values, other)
        )
    assert (one.digest == two.digest) == (values_of(one) == values_of(two)) == (values == other)
    assert len(one.digest) == 64


def test_a_value_may_hold_the_other_separator_and_an_end_of_line(tmp_path: Path) -> None:
    """The first line decides what separates; what is between quotes is taken as it stands."""
    rows = [HEADER, ("a", "f", "een; twee"), ("b", "f", "een\r\ntwee"), ("c", "f", "een;")]

    values = values_of(read_text(tmp_path, text_of([*rows, ("d", "f", "x")])))

    assert values == {**{(k, f): v for k, f, v in rows[1:]}, ("d", "f"): "x"}


def test_a_value_is_asked_by_link_and_field(tmp_path: Path) -> None:
    """Of one object; None for any other."""
    found = read_text(tmp_path, text_of(ROWS))

    assert found.get("http://a/1", "birthDate") == "1950-01-02"
    assert found.get("http://a/1", "email") is None
    assert found.get("http://a/2", "birthDate") is None


def test_a_workbook_says_what_its_first_sheet_says(tmp_path: Path) -> None:
    """Dates, numbers and empty cells as a person sees them; other sheets are the person's own."""
    path = workbook(
        tmp_path / "a.XLSX",
        [
            ("link", "field", "value"),
            ("http://a/1", "birthDate", dt.date(1950, 1, 2)),
            ("http://a/2", "email", "een@b.example"),
            (None, None, None),
            ("http://a/3", "number", 33),
            ("http://a/4", "moment", "om 00:00:00"),
            ("http://a/4", "lines", "een_x000D_\ntwee_x005F_x0041_"),
            ("http://a/4", "later", dt.datetime(2024, 1, 2, 3, 0, 0)),  # noqa: DTZ001 (as a cell has it)
            ("http://a/5", "formula", "=1+1"),
            ("http://a/5", "email", None),
        ],
        [HEADER, ("http://a/9", "email", "x")],
    )

    found = read_enrichment([path])

    assert values_of(found) == {
        **VALUES,
        ("http://a/3", "number"): "33",
        ("http://a/4", "moment"): "om 00:00:00",
        ("http://a/4", "later"): "2024-01-02 03:00:00",
        ("http://a/4", "lines"): "een\r\ntwee_x0041_",
    }


def test_a_csv_and_a_workbook_with_the_same_values_are_the_same(tmp_path: Path) -> None:
    """Both are read; the digest is of the values."""
    one = read_enrichment([workbook(tmp_path / "a.xlsx", ROWS)])

    assert one.digest == read_text(tmp_path, text_of(ROWS)).digest
    assert one.digest == read_enrichment([tmp_path]).digest
    assert one.digest != read_enrichment([]).digest


def test_a_folder_gives_its_tables_and_nothing_else(tmp_path: Path) -> None:
    """Not what an office left open, what is hidden, what is no table, or what lies deeper."""
    for name, link in (("b.CSV", "b"), ("a.csv", "a"), ("c.csv", "c")):
        (tmp_path / name).write_text(text_of([HEADER, (link, "f", "v")]))
    for name in (".a.csv", "~$a.xlsx", "a.txt", "a.csv.bak", "csv"):
        (tmp_path / name).write_bytes(b"\xff")
    workbook(tmp_path / "d.XLSX", [HEADER, ("d", "f", "v")])
    workbook(tmp_path / "e.xlsx", [HEADER, ("e", "f", "v")])
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper" / "a.csv").write_bytes(b"\xff")
    own = tmp_path / "deeper" / "waarden.txt"
    own.write_text(text_of([HEADER, ("t", "f", "v")]))

    assert set(values_of(read_enrichment([tmp_path, own]))) == {(x, "f") for x in "abcdet"}
    assert values_of(read_enrichment([])) == {}


@pytest.mark.parametrize("again", [SECRET, "x"])
@pytest.mark.parametrize("place", ["same file", "other file"])
def test_two_values_for_one_field_are_a_conflict_and_neither_counts(
    tmp_path: Path, place: str, again: str
) -> None:
    """Neither counts; both lines are kept, so that a person can say which one is right."""
    first, second = ("http://a/1", "birthDate", "1950-01-02"), ("http://a/1", "birthDate", again)
    if place == "same file":
        (tmp_path / "b.csv").write_text(text_of([HEADER, first, ("", "", ""), second]))
        line = 4
    else:
        (tmp_path / "a.csv").write_text(text_of([HEADER, first]))
        (tmp_path / "b.csv").write_text(text_of([HEADER, second]))
        line = 2

    found = read_enrichment([tmp_path])

    (conflict,) = found.conflicts
    assert (conflict.by, conflict.key, conflict.field) == ("link", "http://a/1", "birthDate")
    one = "b.csv:2" if place == "same file" else "a.csv:2"
    assert [row.where for row in conflict.rows] == [one, f"b.csv:{line}"]
    assert values_of(found) == {}


@pytest.mark.parametrize(
    ("name", "content", "what", "where"),
    [
        ("a.csv", b"link,field\na,b\n", "link/identifier, field, value", "a.csv:1"),
        ("a.csv", b"", "link/identifier, field, value", "a.csv:1"),
        ("a.csv", b"link|field|value\n", "link/identifier, field, value", "a.csv:1"),
        ("a.csv", b"field,value\n", "link/identifier, field, value", "a.csv:1"),
        ("a.csv", b"link,value\n", "link/identifier, field, value", "a.csv:1"),
        ("a.csv", "link,field,value\na,b,\u00e9\n".encode("latin-1"), "UTF-8", "a.csv"),
        ("a.csv", "link,field,value\n".encode("utf-16"), "UTF-8", "a.csv"),
        ("a.xlsx", b"link,field,value\n", "XLSX", "a.xlsx"),
        ("a.xlsx", b"", "XLSX", "a.xlsx"),
        ("a.xlsx", b"PK\x05\x06" + bytes(18), "XLSX", "a.xlsx"),
    ],
    ids=count(),
)
def test_a_file_that_is_no_table_of_values_is_refused(
    tmp_path: Path, name: str, content: bytes, what: str, where: str
) -> None:
    """By its name; what stands in it is not shown."""
    (tmp_path / name).write_bytes(content)

    with pytest.raises(ConfigurationError) as caught:
        read_enrichment([tmp_path / name])

    assert what in caught.value.what
    assert caught.value.where == where
    assert caught.value.__suppress_context__ or caught.value.__cause__ is None


def test_a_file_that_may_not_be_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As no text: it cannot be known what it is."""
    (tmp_path / "a.csv").write_text(text_of(ROWS))

    def refuses(_path: Path) -> bytes:
        raise PermissionError

    monkeypatch.setattr(Path, "read_bytes", refuses)
    with pytest.raises(ConfigurationError) as caught:
        read_enrichment([tmp_path])

    assert caught.value.where == "a.csv"


def test_a_place_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """No check, no pass: a wrong name is not an empty enrichment."""
    with pytest.raises(ConfigurationError) as caught:
        read_enrichment([tmp_path / "gone"])

    assert caught.value.where == str(tmp_path / "gone")


def test_an_empty_sheet_has_no_columns(tmp_path: Path) -> None:
    """It is refused as any other table without them."""
    with pytest.raises(ConfigurationError) as caught:
        read_enrichment([workbook(tmp_path / "leeg.xlsx", [])])

    assert caught.value.where == "leeg.xlsx:1"


def test_values_that_are_given_as_they_are_stand_on_lines_of_their_own() -> None:
    """As a file with a head and a line each: what is wrong with one is told by its line."""
    found = enrichment_of({("http://a/1", "email"): "x", ("http://a/2", "email"): "y"})

    assert [found.of(f"http://a/{n}")["email"].line for n in (1, 2)] == [2, 3]
