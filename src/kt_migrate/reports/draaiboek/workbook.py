"""The runbook as a workbook: one sheet, its header frozen, with filters; no cell is a formula."""

from __future__ import annotations

import io

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from kt_migrate.language import tr
from kt_migrate.reports.draaiboek.lines import Line, Runbook, column_names

_WIDTHS = (8, 60, 28, 44, 40, 44, 14, 12, 10)
_WRAP = Alignment(wrap_text=True, vertical="top")


def workbook(found: Runbook) -> bytes:
    """Return a runbook as XLSX."""
    book = Workbook()
    sheet = book.active
    if not isinstance(sheet, Worksheet):
        raise TypeError(sheet)
    sheet.title = tr("Runbook")
    _fill(sheet, found)
    facts = book.create_sheet(tr("About"))
    for name, value in ((tr("title"), found.title), *found.facts):
        _append(facts, (name, value))
    facts.column_dimensions["A"].width, facts.column_dimensions["B"].width = 28, 90
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _fill(sheet: Worksheet, found: Runbook) -> None:
    _append(sheet, column_names())
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    for chapter in found.chapters:
        _append(sheet, (chapter.letter, chapter.title))
        for cell in sheet[sheet.max_row]:
            cell.font = Font(bold=True)
        for line in chapter.lines:
            _append(sheet, _cells(line))
    for place, width in enumerate(_WIDTHS, 1):
        sheet.column_dimensions[get_column_letter(place)].width = width
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(_WIDTHS))}{sheet.max_row}"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = "1:1"


def _cells(line: Line) -> tuple[str, ...]:
    by_hand = "" if line.is_action else tr("by hand")
    commands = "\n".join(line.commands) or by_hand
    return (line.number, line.what, line.who, commands, line.before, line.check, line.time, "", "")


def _append(sheet: Worksheet, texts: tuple[str, ...]) -> None:
    """Add a row of texts: whatever they start with, they are computed by nobody."""
    row = sheet.max_row + (sheet.max_row > 1 or sheet.cell(1, 1).value is not None)
    for place, text in enumerate(texts, 1):
        cell = sheet.cell(row, place)
        if isinstance(cell, Cell) and text:
            cell.value = ILLEGAL_CHARACTERS_RE.sub(" ", text)
            cell.data_type = "s"
            cell.quotePrefix = True
        cell.alignment = _WRAP
