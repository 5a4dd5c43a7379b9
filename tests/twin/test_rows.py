"""Every row of server.md §1 has its test, and no test asks a row that is not there.

A row is known by a mark: the first eight digits of the SHA-256 of its first cell, so that a row
that is new or says something else is noticed, and nothing of the sheet is copied here.
"""

from __future__ import annotations

import hashlib
import re

import pytest

from support import SHARED
from twin import test_login, test_searching, test_writing
from twin.service import ROWS

SHEET = SHARED / "reference" / "server.md"
NUMBER = 47
"""Rows of the sheet when this was written."""


def marks(text: str) -> list[str]:
    """Return the mark of each row of the first table."""
    section = text.partition("## 1. ")[2].partition("\n## ")[0]
    cells = [
        re.split(r"(?<!\\)\|", line)[1].strip() for line in section.splitlines() if line[:2] == "| "
    ]
    return [hashlib.sha256(cell.encode()).hexdigest()[:8] for cell in cells if cell != "asked"]


def test_as_many_rows_are_asked_as_the_sheet_has() -> None:
    """Also where the sheet is not at hand."""
    assert all((test_login, test_searching, test_writing))  # their tests note what they ask
    assert len(ROWS) == NUMBER


@pytest.mark.skipif(not SHEET.is_file(), reason="the sheet is not at hand")
def test_every_row_of_the_sheet_is_asked() -> None:
    """And nothing else."""
    assert sorted(marks(SHEET.read_text("utf-8"))) == sorted(ROWS)


def test_a_row_that_changes_is_noticed() -> None:
    """The mark is of what is asked; a bar that is escaped ends no cell."""
    sheet = "# x\n## 1. A\n\n| asked | answer |\n|---|---|\n| a \\| b | 200 |\n## 2. B\n| c | d |\n"

    assert marks(sheet) == [hashlib.sha256(rb"a \| b").hexdigest()[:8]]
    assert marks(sheet.replace("a", "A")) != marks(sheet)
