"""The list as it comes back: CSV or XLSX, row by row, whatever order its columns have.

What is wrong is said with file and line (in a workbook file, sheet and line), and never with what
stands there.
"""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import IO, Any

from openpyxl import load_workbook
from openpyxl.utils.escape import unescape

from kt_migrate.catalogue import CATALOGUE
from kt_migrate.errors import ConfigurationError, UsageError, said
from kt_migrate.pseudonyms import checked
from kt_migrate.reports.errors.actions import COLUMNS, FILLED, column_named, status_named
from kt_migrate.reports.errors.holders import holder_named, holder_of
from kt_migrate.reports.errors.remarks import MOST, NOTHING, Remark
from kt_migrate.reports.errors.writing import GUARDED, unguarded

_MAX_BYTES, _MAX_COLUMNS = 1 << 30, 256
_LONGEST = 1 << 20
"""Characters of a first line: what is longer is no list of ours."""

_KEY = ("code", "path")


class Wrong(StrEnum):
    """Why a row cannot be taken over."""

    FORMULA = "formula"
    HOLDER = "holder"
    STATUS = "status"
    TOO_LONG = "too-long"
    NO_OBJECT = "no-object"
    NO_CODE = "no-code"
    APART = "apart"
    """Link and pseudonym are of two objects: the columns were sorted apart."""
    UNKNOWN = "unknown"
    """No run has this line."""
    TWICE = "twice"
    """The line stands in the file twice, and differs."""
    CONFLICT = "conflict"
    """Something else was taken over since this list was written."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A row that cannot be taken over.

    Attributes:
        where: file and line.
        wrong: why; never what stands there.
    """

    where: str
    wrong: Wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """One row of a list that came back.

    Attributes:
        where: file and line.
        link, pseudonym: of the object; one of them may be empty.
        code, path: of the line.
        remark: what stands there now.
        mark: of what stood there when the list was written; None: the column is gone.
    """

    where: str
    link: str
    pseudonym: str
    code: str
    path: str
    remark: Remark
    mark: str | None


@dataclass(frozen=True, slots=True)
class _Cell:
    text: str
    formula: bool = False


_Row = tuple[str, list[_Cell]]


def read_back(path: Path) -> Iterator[Filled | Problem]:
    """Yield every row of a list that people filled in; rows without anything are passed over.

    Raises:
        ConfigurationError: the file is no list of ours, or cannot be read at all.
    """
    tables = _xlsx(path) if path.suffix.lower() == ".xlsx" else _csv(path)
    found = 0
    for table in tables:
        rows = iter(table)
        names = _names(next(rows, ("", []))[1])
        if not _is_ours(names):
            continue
        if any(name and names.count(name) > 1 for name in names):
            raise ConfigurationError(
                "A column stands in the list twice.",
                where=path.name,
                fix="Keep the one that was filled in.",
            )
        found += 1
        for where, cells in rows:
            words = _row(where, dict(zip(names, cells, strict=False)))
            if words is not None:
                yield words
    if not found:
        raise ConfigurationError(
            "This is no list of errors: its columns are not those of errors export.",
            where=path.name,
            fix=said(
                "Keep the first row as it was written; {names} and link or pseudonym must be "
                "there.",
                names=", ".join(_KEY),
            ),
        )


def _names(cells: Sequence[_Cell]) -> list[str]:
    return [column_named(cell.text) for cell in cells]


def _is_ours(names: Sequence[str]) -> bool:
    told = {"link", "pseudonym"} & set(names)
    return bool(told) and set(_KEY) <= set(names) and bool(set(FILLED) & set(names))


def _row(where: str, cells: dict[str, _Cell]) -> Filled | Problem | None:
    """Return what a row says; None: nothing, whatever is wrong with the rest of it."""
    if any(cell.formula for name, cell in cells.items() if name):
        return Problem(where, Wrong.FORMULA)
    texts = {name: cells[name].text if name in cells else "" for name in COLUMNS}
    found = _filled_in(where, texts)
    mark = texts["mark"].strip() if "mark" in cells else None
    if isinstance(found, Problem):
        return found
    if found == NOTHING and not mark:
        return None
    code, name = texts["code"].strip(), _name(texts["pseudonym"])
    if name is None or not (texts["link"] or name):
        return Problem(where, Wrong.NO_OBJECT)
    if code not in CATALOGUE:
        return Problem(where, Wrong.NO_CODE)
    return Filled(
        where=where,
        link=texts["link"],
        pseudonym=name,
        code=code,
        path=texts["path"],
        remark=found,
        mark=mark,
    )


def _filled_in(where: str, texts: dict[str, str]) -> Remark | Problem:
    """Return what people filled in on a row."""
    code = texts["code"].strip()
    usual = holder_of(code) if code in CATALOGUE else None
    holder = holder_named(texts["holder"]) if texts["holder"].strip() else usual
    status, text = status_named(texts["status"]), _remark(texts["remark"])
    if texts["holder"].strip() and holder is None:
        return Problem(where, Wrong.HOLDER)
    if status is None:
        return Problem(where, Wrong.STATUS)
    if len(text) > MOST:
        return Problem(where, Wrong.TOO_LONG)
    return Remark("" if holder in (usual, None) else str(holder), status, text)


def _name(text: str) -> str | None:
    """Return a pseudonym as it is written; empty when there is none, None when it is mistyped."""
    try:
        return checked(text) if text.strip() else ""
    except UsageError:
        return None


def _remark(text: str) -> str:
    """Return a remark in the one form that it has in every kind of file."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c if c.isprintable() or c == "\n" else " " for c in lines).strip()


def _csv(path: Path) -> Iterator[Iterable[_Row]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield _csv_rows(path.name, file)


def _csv_rows(name: str, file: IO[str]) -> Iterator[_Row]:
    line = 1
    try:
        first = file.readline(_LONGEST)
        file.seek(0)
        reader = csv.reader(file, delimiter=max(";,\t", key=first.count), strict=True)
        for row in reader:
            yield f"{name}:{line}", [_csv_cell(cell) for cell in row]
            line = reader.line_num + 1  # a row with an end of line in it takes more than one
    except UnicodeDecodeError:
        raise ConfigurationError(
            "The list is no UTF-8 text.", where=name, fix="Save it as CSV in UTF-8, or as XLSX."
        ) from None
    except csv.Error:
        raise ConfigurationError(
            "The list is no CSV.",
            where=f"{name}:{line}",
            fix="Correct this line, or save the file again as CSV.",
        ) from None


def _csv_cell(cell: str) -> _Cell:
    return _Cell(unguarded(cell), formula=bool(GUARDED.match(cell)) and not cell.startswith("'"))


def _xlsx(path: Path) -> Iterator[Iterable[_Row]]:
    with _broken_named(path), path.open("rb") as file:
        _fits(path.name, file)
        book = load_workbook(file, read_only=True)
        for number, sheet in enumerate(book.worksheets, 1):
            yield _xlsx_rows(path, f"{path.name}:{number}", sheet)


def _xlsx_rows(path: Path, place: str, sheet: Any) -> Iterator[_Row]:  # noqa: ANN401
    with _broken_named(path):
        width = min(sheet.max_column or _MAX_COLUMNS, _MAX_COLUMNS)
        for line, row in enumerate(sheet.iter_rows(max_col=width), 1):
            yield f"{place}:{line}", [_xlsx_cell(cell) for cell in row]


@contextmanager
def _broken_named(path: Path) -> Iterator[None]:
    """Turn what the library says of a broken workbook into words without what stands in it."""
    try:
        yield
    except (ConfigurationError, FileNotFoundError, PermissionError, IsADirectoryError):
        raise
    except Exception:  # noqa: BLE001  # the library has no end of ways to fail on a broken one
        raise ConfigurationError(
            "The list is no XLSX workbook.",
            where=path.name,
            fix="Save it again as XLSX, or as CSV.",
        ) from None


def _fits(name: str, file: IO[bytes]) -> None:
    """Refuse a workbook that would fill the disk or the memory: a small zip can be gigabytes."""
    with zipfile.ZipFile(file) as packed:
        size = sum(entry.file_size for entry in packed.infolist())
    if size > _MAX_BYTES:
        raise ConfigurationError(
            "The workbook is too large.",
            where=name,
            fix=said(
                "Keep it under {max_bytes} bytes unpacked, or save it as CSV.", max_bytes=_MAX_BYTES
            ),
        )


def _xlsx_cell(cell: Any) -> _Cell:  # noqa: ANN401 (openpyxl does not say)
    if cell.data_type == "f":
        return _Cell("", formula=True)
    return _Cell("" if cell.value is None else unescape(str(cell.value)))
