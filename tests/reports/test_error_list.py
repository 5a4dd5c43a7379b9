"""The error list: safe to open in a spreadsheet, whole to a machine, readable by its owner only."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterable
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kt_migrate.catalogue import CATALOGUE, ErrorClass
from kt_migrate.language import set_language, shown
from kt_migrate.plan.rows import IssueRow
from kt_migrate.reports.error_list import COLUMNS, is_error, lines, write_error_list

STARTS = ("=", "+", "-", "@", "\t", "\r")
FREE = ("type", "event", "link", "path", "rule", "detail")
"""Columns that hold what came from elsewhere."""

HEAD = b'{\n  "schema": "kt-migrate-error-list/1",\n  "errors": ['
"""How the list for machines begins."""


def issue(code: str = "value-missing", **values: str) -> IssueRow:
    """Return a line; `type` is the column of that name."""
    filled = dict.fromkeys(FREE, "") | values
    return IssueRow(
        source_type=filled["type"],
        event=filled["event"],
        link=filled["link"],
        code=code,
        path=filled["path"],
        rule=filled["rule"],
        detail=filled["detail"],
    )


def written(issues: Iterable[IssueRow]) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """Write an error list; return what a spreadsheet reads, and what a machine reads."""
    with tempfile.TemporaryDirectory() as folder:
        table, machine = write_error_list(Path(folder), issues)
        text = table.read_bytes().decode("utf-8-sig")
        rows: list[dict[str, str]] = orjson.loads(machine.read_bytes())["errors"]
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";")), rows


@pytest.mark.parametrize("start", STARTS, ids=["=", "+", "-", "@", "tab", "CR"])
@pytest.mark.parametrize("column", FREE)
def test_no_cell_is_a_formula(start: str, column: str) -> None:
    """Each of the six starts, in each column: a cell begins with an apostrophe instead."""
    value = f"{start}HYPERLINK(1)"

    cells, rows = written([issue(**{column: value})])

    assert cells[0][column] == f"'{value}"
    assert rows[0][column] == value
    for name in FREE:
        assert name == column or cells[0][name] == ""


@pytest.mark.parametrize("value", ["1-1", "a=b", "x@y.example", " =1", "'=1", "urn:a+b"])
def test_what_is_no_formula_stays_as_it_is(value: str) -> None:
    """Only the start counts."""
    cells, _rows = written([issue(link=value)])

    assert cells[0]["link"] == value


_TEXTS = st.text(
    st.sampled_from([*STARTS, "\n", ";", '"', "'", ",", " ", "a", "é", "\N{GRINNING FACE}"]),
    max_size=6,
)
ISSUES = st.builds(
    lambda code, values: issue(code, **dict(zip(FREE, values, strict=True))),
    st.sampled_from(sorted(CATALOGUE)),
    st.lists(_TEXTS, min_size=len(FREE), max_size=len(FREE)),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(ISSUES, max_size=4))
def test_every_line_comes_back_as_it_was(issues: list[IssueRow]) -> None:
    """Whatever stands in it: as CSV but for the apostrophe, as JSON wholly; in the same order."""
    cells, rows = written(issues)

    assert rows == lines(issues)
    assert len(cells) == len(issues)
    for cell, row in zip(cells, rows, strict=True):
        assert tuple(cell) == COLUMNS
        for name, value in row.items():
            guarded = value.startswith(STARTS)
            assert cell[name] == (f"'{value}" if guarded else value)
            assert not cell[name].startswith(STARTS)


@pytest.mark.parametrize("language", ["nl", "en"])
def test_every_code_says_what_it_means_and_what_to_do(language: str) -> None:
    """By the catalogue, in the language that is spoken."""
    set_language(language)
    try:
        rows = lines(issue(code) for code in CATALOGUE)
    finally:
        set_language("nl")

    for row, entry in zip(rows, CATALOGUE.values(), strict=True):
        said = (entry.title, entry.advice)
        assert (row["code"], row["class"], row["step"]) == (
            entry.code,
            entry.error_class.value,
            entry.step,
        )
        wanted = said if language == "en" else tuple(map(shown, said))
        assert (row["meaning"], row["advice"]) == wanted


@pytest.mark.parametrize("code", CATALOGUE)
def test_a_notice_is_no_error(code: str) -> None:
    """And everything else is one."""
    assert is_error(issue(code)) is (CATALOGUE[code].error_class != ErrorClass.NOTICE)


def test_the_files_are_their_owners_and_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mode 0600, for spreadsheets with a mark of UTF-8; stopped halfway the old ones stay."""
    table, machine = write_error_list(tmp_path, [issue(link="urn:old")])
    before = table.read_bytes()

    def stop(_path: Path, _target: Path) -> Path:
        raise KeyboardInterrupt

    assert [p.stat().st_mode & 0o777 for p in (table, machine)] == [0o600, 0o600]
    assert [p.name for p in (table, machine)] == ["foutenlijst.csv", "foutenlijst.json"]
    assert before.startswith(b"\xef\xbb\xbfcode;class;")
    assert before.count(b"\n") == before.count(b"\r\n") == 2
    assert machine.read_bytes().startswith(HEAD + b'\n    {\n      "code": "value-missing"')
    assert sorted(p.name for p in tmp_path.iterdir()) == [table.name, machine.name]
    monkeypatch.setattr(Path, "replace", stop)
    with pytest.raises(KeyboardInterrupt):
        write_error_list(tmp_path, [issue(link="urn:new")])
    assert table.read_bytes() == before
    left = list(tmp_path.glob("*.unfinished"))
    assert [path.stat().st_mode & 0o777 for path in left] == [0o600, 0o600]
