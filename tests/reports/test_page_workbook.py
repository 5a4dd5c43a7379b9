"""A page as a spreadsheet: a sheet per subject, numbers as numbers, and no cell a formula."""

from __future__ import annotations

import io
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook

from kt_migrate.reports.page.model import Kind, Page, Table
from kt_migrate.reports.page.workbook import _name, sheets_of, write_workbook
from reports.paper import FULL, evil_page


def opened(page: Page) -> tuple[Workbook, bytes]:
    """Return a page's spreadsheet, as another program opens it, and its bytes."""
    with tempfile.TemporaryDirectory() as folder:
        raw = write_workbook(page, Path(folder) / "a.xlsx").read_bytes()
    return load_workbook(io.BytesIO(raw)), raw


def test_every_table_is_a_sheet_with_its_head_frozen_and_filters() -> None:
    """And every cell is what the table has there."""
    book, _raw = opened(FULL)

    tables = list(sheets_of(FULL))
    assert len(book.worksheets) == len(tables) >= 12
    for sheet, table in zip(book.worksheets, tables, strict=True):
        assert sheet.freeze_panes == "A2"
        last = get_column_letter(len(table.columns))
        assert sheet.auto_filter.ref == f"A1:{last}{len(table.rows) + 1}"
        assert sheet.print_title_rows == "$1:$1"
        assert sheet.page_setup.orientation == "landscape"
        rows = [list(row) for row in sheet.iter_rows(values_only=True)]
        assert rows[0] == list(table.columns)
        wanted = [[None if cell == "" else cell for cell in row] for row in table.rows]
        assert rows[1:] == wanted


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0", "{=1}", "\t=1"]
)
def test_no_text_is_a_formula(text: str) -> None:
    """Whatever it begins with: a spreadsheet shows it, and computes nothing."""
    book, raw = opened(evil_page(text))

    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            assert [cell.data_type for cell in row if cell.data_type not in "sn"] == []
    with zipfile.ZipFile(io.BytesIO(raw)) as parts:
        for name in parts.namelist():
            body = parts.read(name)
            assert b"<f>" not in body
            assert b"externalLink" not in body
            assert b"<hyperlink" not in body


@pytest.mark.parametrize("text", ["007", "1e5", "http://voorbeeld.example/", "=1", "mailto:a@b.nl"])
def test_a_text_stays_the_text_that_it_is(text: str) -> None:
    """No number, no link; and who edits the cell gets no formula of it either."""
    table = Table(key="k", title="t", columns=(text,), rows=((text,),))
    book, _raw = opened(Page(kind=Kind.RUN, title="t", tables=(table,)))
    sheet = book.worksheets[1]

    assert [sheet["A1"].value, sheet["A2"].value] == [text, text]
    assert (sheet["A2"].data_type, sheet["A2"].hyperlink) == ("s", None)
    assert sheet["A2"].quotePrefix


def test_what_is_no_number_stops_no_spreadsheet() -> None:
    """Nor does a text longer than a cell may be: it is cut off."""
    rows = ((float("nan"),), (float("inf"),), ("x" * 40_000,))
    table = Table(key="k", title="t", columns=("a",), rows=rows)
    book, _raw = opened(Page(kind=Kind.RUN, title="t", tables=(table,)))

    assert book.worksheets[1]["A4"].value == "x" * 16_000


def test_every_section_has_its_numbers() -> None:
    """Milliseconds, whether a run was undone, and what has to be known first."""
    trial = replace(FULL.trials[0], undone=True)
    latency = replace(FULL.latencies[0], name="start 1", p50=0.0123)
    book, _raw = opened(replace(FULL, trials=(trial,), latencies=(latency,), warnings=("Pas op",)))
    cells = {
        sheet.title: [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
        for sheet in book.worksheets
    }

    assert cells["Hoe lang de server over een ant"][0][3] == 12.3
    assert cells["Naast eerdere runs"][0][-1] == "teruggedraaid"
    assert ["let op", "Pas op"] in cells["Overzicht"]


def test_a_table_without_rows_has_no_sheet() -> None:
    """An empty sheet with a filter says nothing."""
    empty = Table(key="k", title="Leeg", columns=("a",), rows=())
    book, _raw = opened(Page(kind=Kind.RUN, title="t", gate=empty, server=empty, left=empty))

    assert book.sheetnames == ["Overzicht"]


@settings(max_examples=25, deadline=None)
@given(
    st.text(min_size=1, max_size=60),
    st.one_of(st.integers(-(10**12), 10**12), st.text(max_size=40)),
)
def test_any_text_and_number_can_stand_in_a_cell(title: str, value: str | int) -> None:
    """What XML cannot hold becomes a space; all else is there as it was."""
    table = Table(key="k", title=title, columns=("a",), rows=((value,),))
    book, _raw = opened(Page(kind=Kind.RUN, title="t", tables=(table, table)))

    for sheet in book.worksheets[1:]:
        found = sheet["A2"].value
        if isinstance(value, int) or (value.isprintable() and value):
            assert found == value


@given(st.lists(st.text(max_size=50), max_size=8))
def test_a_sheet_s_name_is_one_that_a_spreadsheet_takes(titles: list[str]) -> None:
    """Not empty, not too long, without forbidden marks, and no other sheet's."""
    taken: set[str] = set()
    names = [_name(title, taken) for title in titles]

    assert len({name.casefold() for name in names}) == len(names)
    for name in names:
        assert 0 < len(name) <= 31
        assert not set("[]:*?/\\") & set(name)
        assert not name.startswith("'")


def test_the_same_page_gives_the_same_bytes(tmp_path: Path) -> None:
    """No clock; and it is its owner's alone."""
    path = write_workbook(FULL, tmp_path / "a.xlsx")

    assert opened(FULL)[1] == path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.xlsx"]
    with zipfile.ZipFile(path) as parts:
        assert b"2025-01-01" in parts.read("docProps/core.xml")


def test_a_page_without_tables_is_a_sheet_all_the_same() -> None:
    """Its overview."""
    book, _raw = opened(replace(Page(kind=Kind.RUN, title="Leeg"), warnings=("Let op",)))

    assert book.sheetnames == ["Overzicht"]
    assert [cell.value for cell in book.worksheets[0]["B"]] == ["antwoord", "Leeg", "Let op"]
