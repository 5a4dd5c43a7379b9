"""The enrichment: values that KT 2.0 requires and KT 1.3 never had, supplied by the supplier.

A CSV file (comma or semicolon, UTF-8) or the first sheet of an XLSX file, with the columns
`link`, `field` and `value`: one value for one field of one object.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from openpyxl import load_workbook

from kt_migrate.errors import ConfigurationError

_COLUMNS = ("link", "field", "value")
_MAX_BYTES, _MAX_COLUMNS = 256 * 1024 * 1024, 256
"""A workbook may claim sixteen thousand columns in each of a million rows, all of them empty."""

_MIDNIGHT = re.compile(r"\d{4}-\d\d-\d\d 00:00:00")


@dataclass(frozen=True, slots=True)
class Enrichment:
    """All values that were supplied.

    Attributes:
        values: (link, field) → value.
        digest: SHA-256 over the values, sorted: two files with the same values are the same.
    """

    values: dict[tuple[str, str], str]
    digest: str

    def get(self, link: str, field: str) -> str | None:
        """Return the value of one field of one object, or None."""
        return self.values.get((link, field))


def read_enrichment(paths: Sequence[Path]) -> Enrichment:
    """Read every CSV and XLSX file in the given files and folders.

    Raises:
        ConfigurationError: a file that cannot be read, without the three columns, or two
            different values for one field of one object. Says file and line, never the value.
    """
    values: dict[tuple[str, str], str] = {}
    for path in _files(paths):
        for line, link, field, value in _rows(path):
            known = values.setdefault((link, field), value)
            if known != value:
                raise ConfigurationError(
                    f"Two different values for {field} of one object.",
                    where=f"{path.name}:{line}",
                    fix="Keep one of the two.",
                )
    hasher = hashlib.sha256()
    for (link, field), value in sorted(values.items()):
        hasher.update(f"{link}\0{field}\0{value}\0\0".encode())
    return Enrichment(values, hasher.hexdigest())


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(
                p
                for p in path.iterdir()
                if p.suffix.lower() in {".csv", ".xlsx"} and not p.name.startswith((".", "~$"))
            )
        elif path.is_file():
            yield path
        else:
            raise ConfigurationError(
                "There is no such enrichment file or folder.",
                where=str(path),
                fix="Correct enrichment in kt-migrate.yaml, or --enrichment.",
            )


def _rows(path: Path) -> Iterator[tuple[int, str, str, str]]:
    table = _xlsx(path) if path.suffix.lower() == ".xlsx" else _csv(path)
    header = next(table, [])
    names = [name.strip().lower() for name in header]
    if any(column not in names for column in _COLUMNS):
        raise ConfigurationError(
            f"The first line must have the columns {', '.join(_COLUMNS)}.",
            where=f"{path.name}:1",
            fix="Add the columns, separated by commas or semicolons.",
        )
    places = [names.index(column) for column in _COLUMNS]
    for line, row in enumerate(table, start=2):
        link, field, value = (row[p].strip() if p < len(row) else "" for p in places)
        if link and field and value:
            yield line, link, field, value


def _csv(path: Path) -> Iterator[list[str]]:
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
    try:
        yield from reader
    except csv.Error:
        raise ConfigurationError(
            "The enrichment file is no CSV.",
            where=f"{path.name}:{reader.line_num}",
            fix="Correct this line, or save the file again as CSV.",
        ) from None


def _xlsx(path: Path) -> Iterator[list[str]]:
    try:
        with path.open("rb") as file:
            _fits(path.name, file)
            sheet = load_workbook(file, read_only=True, data_only=True).worksheets[0]
            width = min(sheet.max_column or _MAX_COLUMNS, _MAX_COLUMNS)
            for row in sheet.iter_rows(max_col=width, values_only=True):
                # A cell in date format is the only one that is not its own text.
                yield [_cell(value) for value in row] if any(row) else []
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
            fix=f"Keep it under {_MAX_BYTES} bytes unpacked, or save it as CSV.",
        )


def _cell(value: object) -> str:
    if value is None:
        return ""
    text = str(value)
    return text.removesuffix(" 00:00:00") if _MIDNIGHT.fullmatch(text) else text
