"""The list to be filled in, as CSV, as a workbook, and as JSON for machines.

No cell is a formula, the files are their owner's (mode 0600), and the same list gives the same
bytes.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from kt_migrate.catalogue import CATALOGUE
from kt_migrate.language import shown, tr
from kt_migrate.reports.error_list import written
from kt_migrate.reports.errors.actions import (
    COLUMNS,
    Action,
    ActionList,
    column_words,
    status_words,
)
from kt_migrate.reports.errors.holders import Holder
from kt_migrate.reports.errors.remarks import Status

if TYPE_CHECKING:
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

GUARDED = re.compile(r"'*[=+\-@\t\r]")
"""How a text begins that gets an apostrophe in CSV; one that has them already gets one more."""

_ROWS_OF_A_SHEET = 1_000_000
"""A sheet has room for 1,048,576."""

_WIDTHS = (17, 18, 50, 22, 44, 19, 8, 26, 30, 34, 44, 17, 44, 14, 12, 10)
_WRAPPED = {"reason", "advice", "remark", "detail"}
_ILLEGAL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff]|[\ud800-\udfff]")
"""What XML cannot hold, or does not keep."""
_LONGEST_TEXT = 16_000
"""A cell takes 32,767, and counts what lies beyond 16 bits for two."""
_DAY = datetime(1980, 1, 1)  # noqa: DTZ001 (a spreadsheet has no zone)
"""When every workbook was made, as far as it says: the same list gives the same bytes."""


def write_csv(path: Path, found: ActionList) -> int:
    """Write the list as CSV. Returns the number of rows."""
    count = 0
    with written(path) as file:
        text = io.TextIOWrapper(file, "utf-8-sig", newline="", write_through=True)
        writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
        writer.writerow(column_words())
        for count, action in enumerate(found.rows(), 1):  # noqa: B007 (the last is the number)
            writer.writerow(map(guarded, action.as_row().values()))
        text.detach()
    return count


def guarded(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula; `unguarded` takes it back.

    >>> guarded("=1"), guarded("'=1"), guarded("a=1")
    ("'=1", "''=1", 'a=1')
    """
    return f"'{text}" if GUARDED.match(text) else text


def unguarded(cell: str) -> str:
    """Return the text of a cell.

    >>> unguarded("'=1"), unguarded("''=1"), unguarded("'t Hof")
    ('=1', "'=1", "'t Hof")
    """
    return cell[1:] if cell.startswith("'") and GUARDED.match(cell) else cell


def write_json(path: Path, found: ActionList) -> int:
    """Write the list as JSON, a row at a time. Returns the number of rows."""
    count = 0
    with written(path) as file:
        head = {"schema": "kt-migrate-action-list/1", "run": found.run}
        file.write(orjson.dumps(head)[:-1] + b',"lines":[')
        for count, action in enumerate(found.rows(), 1):
            row = action.as_row() | {"status": action.remark.status.value}
            file.write((b"" if count == 1 else b",") + b"\n" + orjson.dumps(row))
        file.write(b"\n]}\n")
    return count


def write_xlsx(path: Path, found: ActionList) -> int:
    """Write the list as a workbook: a summary, and a sheet per action holder.

    A row goes to the disk at once, beside the workbook: of a list that is as large as a domain,
    no more than one row is in memory.

    Returns:
        The number of rows.
    """
    import xlsxwriter  # noqa: PLC0415  (when a spreadsheet is made: docs/dependencies.md)

    options = {"constant_memory": True, "tmpdir": str(path.parent)}
    with written(path) as file, xlsxwriter.Workbook(file, options) as book:
        book.set_properties({"created": _DAY})
        sheets = _Sheets(book)
        _summary(sheets, found)
        count = sum(_sheets_of(sheets, holder, found.rows([holder])) for holder in Holder)
        if not count:
            _close(sheets.opened(Holder.PROVIDER.value, column_words(), _WIDTHS), 0)
    return count


class _Sheets:
    """A workbook in which every cell is a text, and stays as it is typed."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        text = {"num_format": "@", "valign": "top"}
        self._head = book.add_format({**text, "bold": True})
        self.body = book.add_format(text)
        self.wrapped = book.add_format({**text, "text_wrap": True})

    def opened(self, title: str, names: Sequence[str], widths: Sequence[float]) -> Worksheet:
        sheet = self._book.add_worksheet(title)
        sheet.freeze_panes(1, 0)
        for place, width in enumerate(widths):
            sheet.set_column(place, place, width)
        for place, name in enumerate(names):
            sheet.write_string(0, place, name, self._head)
        return sheet


def _summary(sheets: _Sheets, found: ActionList) -> None:
    """Count the rows per action holder and reason: also where they stand."""
    names = (tr("action holder"), "code", tr("lines"), *status_words(), tr("reason"))
    widths = (17, 24, 10, *(13 for _ in Status), 60)
    sheet = sheets.opened(tr("Summary"), names, widths)
    row = 0
    for row, ((holder, code), counts) in enumerate(found.counts().items(), 1):
        numbers = (counts.total(), *(counts[status] for status in Status))
        sheet.write_string(row, 0, holder, sheets.body)
        sheet.write_string(row, 1, code, sheets.body)
        for place, number in enumerate(numbers, 2):
            sheet.write_number(row, place, number)
        sheet.write_string(row, len(names) - 1, shown(CATALOGUE[code].title), sheets.body)
    sheet.autofilter(0, 0, row, len(names) - 1)


def _sheets_of(sheets: _Sheets, holder: Holder, rows: Iterator[Action]) -> int:
    """Fill the sheet of one holder; as many as it takes. Returns the number of rows."""
    formats = [sheets.wrapped if name in _WRAPPED else sheets.body for name in COLUMNS]
    sheet: Worksheet | None = None
    count = number = row = 0
    for action in rows:
        if sheet is None or row == _ROWS_OF_A_SHEET:
            _close(sheet, row)
            number, row = number + 1, 0
            title = holder.value if number == 1 else f"{holder.value} {number}"
            sheet = sheets.opened(title, column_words(), _WIDTHS)
        count, row = count + 1, row + 1
        values = action.as_row()
        if _ILLEGAL.search(action.link):
            values["link"] = ""  # no workbook can hold it: its pseudonym says which it is
        for place, (text, form) in enumerate(zip(values.values(), formats, strict=True)):
            sheet.write_string(row, place, _fit(text), form)
    _close(sheet, row)
    return count


def _close(sheet: Worksheet | None, rows: int) -> None:
    """Give a sheet its filters, and the words to choose from; hide what is the machine's."""
    if sheet is None:
        return
    last = len(COLUMNS) - 1
    sheet.set_column(last, last, _WIDTHS[last], None, {"hidden": True})
    sheet.autofilter(0, 0, rows, last)
    for name, words in (("holder", tuple(map(str, Holder))), ("status", status_words())):
        place = COLUMNS.index(name)
        choice = {"validate": "list", "source": list(words)}
        sheet.data_validation(1, place, max(rows, 1), place, choice)


def _fit(text: str) -> str:
    """Return a text as a cell can hold it."""
    return _ILLEGAL.sub(" ", text)[:_LONGEST_TEXT]


WRITERS: dict[str, Callable[[Path, ActionList], int]] = {
    "csv": write_csv,
    "xlsx": write_xlsx,
    "json": write_json,
}
