"""The pages of reference say what the code knows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import function_examples
import references
from kt_migrate.algorithm.load import load_algorithm
from kt_migrate.algorithm.registry import FUNCTIONS
from words import messages as words_of_all

PAGES = sorted(
    path.name for path in references.DOCS.glob("*.md") if "references.py" in path.read_text("utf-8")
)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_reference_is_as_the_code_knows(name: str) -> None:
    """`python tools/references.py` renews it."""
    page = (references.DOCS / name).read_text("utf-8")

    assert references.renewed(page) == page


def test_every_place_is_on_a_page() -> None:
    """What is made and stands nowhere is of no use."""
    text = "".join((references.DOCS / name).read_text("utf-8") for name in PAGES)

    assert [name for name in references.PLACES if f"references.py: {name} -->" not in text] == []


def test_every_function_of_the_standard_algorithm_has_an_example() -> None:
    """A real one: what it was given, and made."""
    load_algorithm("standard")
    heard = function_examples.calls("standard")
    unheard = {name for name in FUNCTIONS if not function_examples.shortest(heard.get(name, []))}

    assert unheard == {
        "date_time"
    }  # of no rule of the standard: nothing in KT 1.3 is a moment alone


def test_a_page_that_is_behind_is_told_and_renewed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--check` changes nothing."""
    page = tmp_path / "a.md"
    old = "x\n<!-- made by tools/references.py: steps -->\nold\n<!-- until here -->\ny\n"
    page.write_text(old, "utf-8")
    monkeypatch.setattr(references, "DOCS", tmp_path)
    monkeypatch.setattr(references, "ROOT", tmp_path)

    assert references.main(["--check"]) == 1
    assert page.read_text("utf-8") == old
    assert references.main([]) == 0
    assert references.main(["--check"]) == 0
    text = page.read_text("utf-8")
    assert "kt-migrate run --env prd2" in text
    assert text.startswith("x\n")
    assert text.endswith("\ny\n")
    assert "a.md: behind" in capsys.readouterr().out


def test_the_proof_names_parts_that_the_report_has() -> None:
    """Each in italics, in the table: as the report calls it in English."""
    table = (references.DOCS / "proven.md").read_text("utf-8").partition("Follow along")[0]
    named = set(re.findall(r"\*([A-Z][^*|]+)\*", table))
    words = {message for message in words_of_all() if isinstance(message, str)}

    assert len(named) > 5
    assert named - words == set()
