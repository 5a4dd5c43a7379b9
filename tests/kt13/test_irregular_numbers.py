"""Every number of kt13.md §6, and every row of its §9, has a test of its name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
_LETTERS = "EIXDR"
_WITHOUT_FORM = {
    "34": "how long a server kept messages",
    "35": "a parameter of a query",
    "40": "what the source standard is called",
    "41": "what the target standard is called",
    "42": "the path of a launch",
}
"""Rows of §9 that no document of an archive can show."""


def section(number: int) -> str:
    """Return a section of the sheet, where it lies."""
    sheet = next((p for p in _places() if p.is_file()), None)
    if sheet is None:
        pytest.skip("../shared/reference/kt13.md is not there")
    return sheet.read_text("utf-8").split(f"\n## {number}. ")[1].split("\n## ")[0]


def _places() -> Iterator[Path]:
    """Yield where the sheet may lie: beside the project, or beside its main worktree."""
    for parent in TESTS.parents:
        yield parent / "shared" / "reference" / "kt13.md"


def names() -> list[str]:
    """Return the name of every test of the files for irregularities."""
    files = sorted(TESTS.glob("*/test_irregular*.py"))
    return [
        n
        for file in files
        for n in re.findall(r"^def test_(\w+)", file.read_text("utf-8"), re.MULTILINE)
    ]


def numbers_of(name: str) -> Iterator[str]:
    """Yield the numbers in a test's name: `x6_x7_and_s9_22_a_gender` has X6, X7 and 22 of §9."""
    sixth, _, ninth = name.partition("s9_")
    for word in sixth.split("_"):
        if re.fullmatch(rf"[{_LETTERS.lower()}]\d+", word):
            yield word.upper()
        elif word != "and":
            break
    rows = re.match(r"(?:(?:\d+a?|and|to)(?:_|$))*", ninth)
    words = rows[0].split("_") if rows else []
    for before, word, after in zip(["", *words], words, [*words[1:], ""], strict=False):
        if word == "to":
            yield from map(str, range(int(before) + 1, int(after)))
        elif word not in ("and", ""):
            yield word


def test_the_numbers_in_names_are_read() -> None:
    """Several in one name, a range, and words that only look like numbers."""
    assert list(numbers_of("x6_x7_and_s9_22_a_gender_of_2")) == ["X6", "X7", "22"]
    assert list(numbers_of("s9_30_to_33_only")) == ["30", "31", "32", "33"]
    assert list(numbers_of("s9_45a_a_base")) == ["45a"]
    assert list(numbers_of("there_is_e1")) == []


def test_every_number_of_paragraph_6_has_a_test() -> None:
    """E, I, X, D and R: no irregularity is only known on paper."""
    listed = set(re.findall(rf"^\| ([{_LETTERS}]\d+) \|", section(6), re.MULTILINE))
    found = {number for name in names() for number in numbers_of(name) if number[0] in _LETTERS}

    assert len(listed) >= 58
    assert listed - found == set()
    assert found - listed == set()


def test_every_row_of_paragraph_9_has_a_test_or_no_form() -> None:
    """Both forms of a disagreement are read; five rows are about no document."""
    listed = set(re.findall(r"^\| (\d+a?) \|", section(9), re.MULTILINE))
    found = {number for name in names() for number in numbers_of(name) if number[0] not in _LETTERS}

    assert len(listed) >= 47
    assert listed - found - _WITHOUT_FORM.keys() == set()
    assert found - listed == set()
    assert _WITHOUT_FORM.keys() - listed == set()
