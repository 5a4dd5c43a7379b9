"""An algorithm explained on a screen: 80 columns, in both languages."""

from __future__ import annotations

import pytest

from kt_migrate import language
from kt_migrate.algorithm.explain import explained
from kt_migrate.algorithm.load import load_whole
from kt_migrate.reports.explained import WIDTH, explained_text


@pytest.fixture(scope="module")
def whole() -> str:
    """The standard algorithm, explained."""
    return explained_text(explained(load_whole("standard")))


def test_nothing_is_wider_than_the_screen_but_a_path_that_cannot_be_broken(whole: str) -> None:
    """A reader of a terminal sees everything."""
    wide = [line for line in whole.splitlines() if len(line) > WIDTH]

    assert [line for line in wide if " " in line.strip().split("  [")[0]] == []


def test_an_element_has_source_function_reason_and_place(whole: str) -> None:
    """In Dutch, unless English was chosen."""
    lines = whole.splitlines()
    at = lines.index("birthDate (verplicht)  [patient-birth-date]")

    assert lines[at + 1] == "    uit birthDate · date_only · verrijking: birthDate"
    assert lines[at + 2].startswith("    omdat: KT2_Patient birthDate 1..1")
    assert any("besloten in standard.yaml:" in line for line in lines[at + 2 : at + 6])


def test_a_choice_has_its_consequence_and_a_table_its_codes(whole: str) -> None:
    """So that a care provider can read what was chosen."""
    assert "sub_activities: count\n    Deelactiviteiten worden geteld en niet gemigreerd." in whole
    assert "task-status  (7 codes, onbekend: reject)\n    Waiting → draft, " in whole


def test_it_is_told_in_english_when_that_was_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every word that is ours."""
    monkeypatch.setattr(language, "_CURRENT", ["en"])
    text = explained_text(explained(load_whole("standard")))

    assert "birthDate (required)  [patient-birth-date]\n    from birthDate · date_only · " in text
    for dutch in ("verplicht", "omdat", "besloten", "Keuzes", "Zonder plaats"):
        assert dutch not in text
