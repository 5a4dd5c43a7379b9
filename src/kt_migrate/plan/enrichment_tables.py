"""The tables of an enrichment: CSV (comma or semicolon, UTF-8) or the first sheet of an XLSX file.

Whatever is wrong with one is said with its file and line, and never with what stands there.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from openpyxl import load_workbook
from openpyxl.utils.escape import unescape

from kt_migrate.errors import ConfigurationError, said

_MAX_BYTES, _MAX_COLUMNS = 256 * 1024 * 1024, 256
"""A workbook may claim sixteen thousand columns in each of a million rows, all of them empty."""

_MIDNIGHT = re.compile(r"\d{4}-\d\d-\d\d 00:00:00")
_GUARDED = re.compile(r"'[=+\-@\t\r]")
"""How a cell begins that a report kept from being a formula; see `reports.error_list`."""


def table_of(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield (line from 1, cells) of every row of a file, its first included.

    Raises:
        ConfigurationError: it cannot be read; says file and line, never what stands there.
    """
    table = _xlsx(path) if path.suffix.lower() == ".xlsx" else _csv(path)
    for line, row in table:
        yield line, [_plain(cell) for cell in row]


def _plain(cell: str) -> str:
    text = cell.strip()
    return text[1:] if _GUARDED.match(text) else text


def _csv(path: Path) -> Iterator[tuple[int, list[str]]]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise ConfigurationError(
            "The enrichment file is no UTF-8 text.",
            where=path.name,
            fix="Save it as CSV in UTF-8.",
        ) from None
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if ";" in first else ",")
    line = 1
    try:
        for row in reader:
            yield line, row
            line = reader.line_num + 1  # a row with an end of line in it takes more than one
    except csv.Error:
        raise ConfigurationError(
            "The enrichment file is no CSV.",
            where=f"{path.name}:{reader.line_num}",
            fix="Correct this line, or save the file again as CSV.",
        ) from None


def _xlsx(path: Path) -> Iterator[tuple[int, list[str]]]:
    try:
        with path.open("rb") as file:
            _fits(path.name, file)
            sheet = load_workbook(file, read_only=True, data_only=True).worksheets[0]
            width = min(sheet.max_column or _MAX_COLUMNS, _MAX_COLUMNS)
            rows = sheet.iter_rows(max_col=width, values_only=True)
            for line, row in enumerate(rows, start=1):
                # A cell in date format, or one that is ticked, is not its own text.
                yield line, [_cell(value) for value in row] if any(row) else []
    except ConfigurationError:
        raise
    except Exception:  # noqa: BLE001  # the library has no end of ways to fail on a broken one
        raise ConfigurationError(
            "The enrichment file is no XLSX workbook.",
            where=path.name,
            fix="Save it again as XLSX, or as CSV.",
        ) from None


def _fits(name: str, file: BinaryIO) -> None:
    """Refuse a workbook that would fill the memory: a small zip can be gigabytes."""
    with zipfile.ZipFile(file) as packed:
        size = sum(entry.file_size for entry in packed.infolist())
    if size > _MAX_BYTES:
        raise ConfigurationError(
            "The enrichment workbook is too large.",
            where=name,
            fix=said(
                "Keep it under {max_bytes} bytes unpacked, or save it as CSV.", max_bytes=_MAX_BYTES
            ),
        )


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = unescape(str(value))  # Excel writes a mark that XML does not keep as _x000D_
    return text.removesuffix(" 00:00:00") if _MIDNIGHT.fullmatch(text) else text
