"""The list to be filled in, as CSV, as a workbook, and as JSON for machines.

No cell is a formula, the files are their owner's (mode 0600), and the same list gives the same
bytes.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, Any

import orjson
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

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

GUARDED = re.compile(r"'*[=+\-@\t\r]")
"""How a text begins that gets an apostrophe in CSV; one that has them already gets one more."""

_SPOOLED = 32 * 1024 * 1024
_ROWS_OF_A_SHEET = 1_000_000
"""A sheet has room for 1,048,576."""

_WIDTHS = (17, 18, 50, 22, 44, 19, 8, 26, 30, 34, 44, 17, 44, 14, 12, 10)
_WRAPPED = {"reason", "advice", "remark", "detail"}
_TOP = Alignment(vertical="top")
_WRAP = Alignment(vertical="top", wrap_text=True)
_MOMENT = (1980, 1, 1, 0, 0, 0)
_STAMP = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_NO_TIME = b"1980-01-01T00:00:00Z"


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

    Returns:
        The number of rows.
    """
    book = Workbook(write_only=True)
    _summary(book, found)
    count = sum(_sheets_of(book, holder, found.rows([holder])) for holder in Holder)
    if not count:
        _close(_opened(book, Holder.PROVIDER.value), 0)
    with written(path) as file, SpooledTemporaryFile(_SPOOLED) as packed:
        book.save(packed)
        _repack(packed, file)
    return count


def _summary(book: Workbook, found: ActionList) -> None:
    """Count the rows per action holder and reason: also where they stand."""
    sheet = book.create_sheet(tr("Summary"))
    sheet.freeze_panes = "A2"
    widths = (17, 24, 10, *(13 for _ in Status), 60)
    for place, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(place)].width = width
    names = (tr("action holder"), "code", tr("lines"), *status_words())
    names = (*names, tr("reason"))
    sheet.append([_cell(sheet, name, bold=True) for name in names])
    rows = 1
    for (holder, code), counts in found.counts().items():
        rows += 1
        title = CATALOGUE[code].title
        numbers = (counts.total(), *(counts[status] for status in Status))
        cells = [_cell(sheet, holder), _cell(sheet, code), *numbers]
        sheet.append([*cells, _cell(sheet, shown(title))])
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(names))}{rows}"


def _sheets_of(book: Workbook, holder: Holder, rows: Iterator[Action]) -> int:
    """Fill the sheet of one holder; as many as it takes. Returns the number of rows."""
    sheet: Any = None
    cells: list[Any] = []
    count = number = 0
    for action in rows:
        if count % _ROWS_OF_A_SHEET == 0:
            _close(sheet, _ROWS_OF_A_SHEET)
            number += 1
            sheet = _opened(book, holder.value if number == 1 else f"{holder.value} {number}")
            cells = [_cell(sheet, "", wrap=name in _WRAPPED) for name in COLUMNS]
        count += 1
        values = action.as_row()
        if ILLEGAL_CHARACTERS_RE.search(action.link):
            values["link"] = ""  # no workbook can hold it: its pseudonym says which it is
        for cell, text in zip(cells, values.values(), strict=True):
            _fill(cell, text)
        sheet.append(cells)  # written at once: the same cells serve for every row
    _close(sheet, (count - 1) % _ROWS_OF_A_SHEET + 1)
    return count


def _opened(book: Workbook, title: str) -> Any:  # noqa: ANN401 (openpyxl does not say)
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    for place, width in enumerate(_WIDTHS, 1):
        sheet.column_dimensions[get_column_letter(place)].width = width
    sheet.column_dimensions[get_column_letter(len(COLUMNS))].hidden = True
    sheet.append([_cell(sheet, name, bold=True) for name in column_words()])
    return sheet


def _close(sheet: Any, rows: int) -> None:  # noqa: ANN401 (openpyxl does not say)
    """Give a sheet its filters, and the words to choose from."""
    if sheet is None:
        return
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(COLUMNS))}{rows + 1}"
    for name, words in (("holder", tuple(map(str, Holder))), ("status", status_words())):
        column = get_column_letter(COLUMNS.index(name) + 1)
        choice = DataValidation(type="list", formula1=f'"{",".join(words)}"', allow_blank=True)
        choice.add(f"{column}2:{column}{max(rows, 1) + 1}")
        sheet.data_validations.append(choice)


def _cell(sheet: Any, text: str, *, bold: bool = False, wrap: bool = False) -> Any:  # noqa: ANN401
    cell = WriteOnlyCell(sheet)
    _fill(cell, text)
    cell.number_format = "@"  # what is filled in stays as it was typed
    cell.alignment = _WRAP if wrap else _TOP
    if bold:
        cell.font = Font(bold=True)
    return cell


def _fill(cell: Any, text: str) -> None:  # noqa: ANN401 (openpyxl does not say)
    cell.value = ILLEGAL_CHARACTERS_RE.sub(" ", text)
    cell.data_type = "s"  # never a formula, whatever it begins with


def _repack(packed: IO[bytes], file: IO[bytes]) -> None:
    """Write a workbook again without the moment at which it was made."""
    with zipfile.ZipFile(packed) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist()):
            entry = zipfile.ZipInfo(name, _MOMENT)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            with old.open(name) as part, new.open(entry, "w", force_zip64=True) as target:
                if name == "docProps/core.xml":
                    target.write(_STAMP.sub(_NO_TIME, part.read()))
                    continue
                while block := part.read(1 << 20):
                    target.write(block)


WRITERS: dict[str, Callable[[Path, ActionList], int]] = {
    "csv": write_csv,
    "xlsx": write_xlsx,
    "json": write_json,
}
