"""An enrichment that is no workbook is said so, whatever is wrong with it, and takes no memory."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from kt_migrate.errors import ConfigurationError
from kt_migrate.plan import enrichment_tables
from kt_migrate.plan.enrichment import read_enrichment
from supplying import values_of

SHEET, BOOK = "xl/worksheets/sheet1.xml", "xl/workbook.xml"
Change = Callable[[bytes], bytes]


def changed(path: Path, name: str, change: Change, compress: int = zipfile.ZIP_DEFLATED) -> Path:
    """Write a workbook of which one file in it is changed."""
    book, out = openpyxl.Workbook(), io.BytesIO()
    for row in (("link", "field", "value"), ("urn:a", "email", "b")):
        book.worksheets[0].append(row)
    book.save(out)
    with zipfile.ZipFile(out) as old, zipfile.ZipFile(path, "w", compress) as new:
        for one in old.namelist():
            content = old.read(one)
            new.writestr(
                zipfile.ZipInfo(one), change(content) if one == name else content, compress
            )
    return path


def said(path: Path) -> str:
    """Return what is said of a workbook that cannot be read; it names the file."""
    with pytest.raises(ConfigurationError) as caught:
        read_enrichment([path])
    assert caught.value.where == path.name
    return caught.value.what


@pytest.mark.parametrize(
    ("name", "change"),
    [
        (SHEET, lambda content: content[:-40]),
        (SHEET, lambda content: content.replace(b"<row", b"<row<")),
        (SHEET, lambda content: content.replace(b't="n"', b"").replace(b"<c ", b'<c t="d" ')),
        (BOOK, lambda content: content.replace(b' name="Sheet"', b"")),
        (BOOK, lambda content: re.sub(rb"<sheets>.*</sheets>", b"<sheets/>", content)),
        (BOOK, lambda _content: b""),
        ("xl/styles.xml", lambda content: content.replace(b'rgb="', b'x="')),
        ("[Content_Types].xml", lambda content: content.replace(b"PartName", b"rel")),
        ("[Content_Types].xml", lambda content: b"\xff" + content),
    ],
)
def test_a_broken_workbook_is_no_workbook(tmp_path: Path, name: str, change: Change) -> None:
    """Not a traceback of the library's, which says nothing to who saved it."""
    assert said(changed(tmp_path / "a.xlsx", name, change)) == (
        "The enrichment file is no XLSX workbook."
    )


def test_damage_in_its_zip_is_said_too(tmp_path: Path) -> None:
    """Wherever it is: cut off, a version that nobody knows, packed bytes that are nonsense."""
    whole = changed(tmp_path / "a.xlsx", "", bytes).read_bytes()
    place = whole.rindex(b"PK\x01\x02")
    packed = whole.index(SHEET.encode()) + len(SHEET)
    broken = [
        whole[: len(whole) // 2],
        whole[: place + 6] + b"\xff\xff" + whole[place + 8 :],
        whole[:packed] + b"\xff" * 60 + whole[packed + 60 :],
    ]
    for content in broken:
        (tmp_path / "b.xlsx").write_bytes(content)
        assert said(tmp_path / "b.xlsx") == "The enrichment file is no XLSX workbook."


def test_what_would_fill_the_memory_is_not_unpacked(tmp_path: Path) -> None:
    """By what its list says: a zip gives no more of an entry than that."""
    path = changed(tmp_path / "a.xlsx", "docProps/app.xml", lambda _content: bytes(300 << 20))

    assert path.stat().st_size < 1 << 20
    assert said(path) == "The enrichment workbook is too large."


def test_empty_cells_without_end_are_not_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sheet may claim all its columns in all its rows; what is in it is found all the same."""
    cell = b'<c r="%s" t="inlineStr"><is><t>%s</t></is></c>'
    row = b"".join(
        cell % pair for pair in ((b"A5000", b"urn:z"), (b"B5000", b"f"), (b"C5000", b"v"))
    )

    def claims(content: bytes) -> bytes:
        content = content.replace(b'ref="A1:C2"', b'ref="A1:XFD5000"')
        return content.replace(b"</sheetData>", b'<row r="5000">' + row + b"</row></sheetData>")

    cells = 0

    def counted(value: object, _typed: object) -> str:
        nonlocal cells
        cells += 1
        return "" if value is None else str(value)

    monkeypatch.setattr(enrichment_tables, "_cell", counted)
    found = read_enrichment([changed(tmp_path / "a.xlsx", SHEET, claims)])

    assert values_of(found) == {("urn:a", "email"): "b", ("urn:z", "f"): "v"}
    assert cells == 3 * 256
