"""`kt-migrate algorithm test`: a table, the places that differ, and an exit code of its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from inside import Done, typed
from kt_migrate.errors import ExitCode

RULES = """schema: kt-migrate-algorithm/1
name: eigen
version: "1"
examples: voorbeelden
not_migrated:
  - {id: raadsel, source_type: UserMessage, because: x}
"""
EXAMPLE = """schema: kt-migrate-examples/1
examples:
  - id: een-raadsel
    shows: Een bericht heeft geen plaats.
    source:
      - link: https://epd.example/Other/1
        json: {resourceType: Other, code: {coding: [{system: "http://ggz.koppeltaal.nl/fhir/Koppeltaal/OtherResourceUsage", code: UserMessage}]}}
    becomes:
      - {object: "https://epd.example/Other/1", type: UserMessage, not_migrated: raadsel}
"""


def run(folder: Path, example: str, *options: str, rules: str = RULES) -> Done:
    """Write an algorithm with an example, and test it."""
    (folder / "voorbeelden").mkdir()
    (folder / "voorbeelden" / "een.yaml").write_text(example, "utf-8")
    (folder / "eigen.yaml").write_text(rules, "utf-8")
    return typed(*options[:2], "algorithm", "test", "eigen.yaml", *options[2:], cwd=folder)


@pytest.mark.parametrize(("language", "word"), [("nl", "1 klopt."), ("en", "1 passed.")])
def test_what_holds_is_a_table_and_a_sum(language: str, word: str, tmp_path: Path) -> None:
    """In either language."""
    done = run(tmp_path, EXAMPLE, "--lang", language)

    assert done.code == ExitCode.OK
    assert "een-raadsel" in done.out
    assert done.out.rstrip().endswith(word)


def test_what_does_not_hold_is_named_by_its_place_and_ends_with_29(tmp_path: Path) -> None:
    """Its values may be shown: they are invented."""
    wrong = EXAMPLE.replace("not_migrated: raadsel", "not_migrated: anders")

    done = run(tmp_path, wrong, "--lang", "en")

    assert done.code == ExitCode.EXAMPLES.value == 29
    assert "is not_migrated by raadsel, must be by anders" in done.out
    assert "raadsel: no example shows what this rule leaves behind" in done.out
    assert done.out.rstrip().endswith("1 does not hold; 1 times too few examples.")


def test_a_rule_without_examples_ends_with_29(tmp_path: Path) -> None:
    """Although every example holds."""
    more = RULES + "  - {id: nog-een, source_type: StorageItem, because: x}\n"

    done = run(tmp_path, EXAMPLE, "--lang", "nl", rules=more)

    assert done.code == ExitCode.EXAMPLES
    assert "nog-een: geen voorbeeld toont wat deze regel achterlaat" in done.out


def test_json_has_every_example_with_its_result(tmp_path: Path) -> None:
    """One document on stdout."""
    done = run(tmp_path, EXAMPLE, "--lang", "en", "--json")

    assert json.loads(done.out) == {
        "schema": "kt-migrate-algorithm-test-output/1",
        "algorithm": "eigen",
        "passed": True,
        "examples": [{"id": "een-raadsel", "of": "eigen", "result": "passed", "differences": []}],
        "gaps": [],
    }
    assert "een-raadsel" in done.err


def test_an_algorithm_without_examples_tests_those_of_what_it_extends(tmp_path: Path) -> None:
    """What its own choices change is shown, and is no failure."""
    run(tmp_path, EXAMPLE)
    own = RULES.replace("name: eigen", "name: boven").replace("examples: voorbeelden\n", "")
    own = own.replace("not_migrated:", "extends: eigen.yaml\nremove: [raadsel]\nnot_migrated:")
    own = own[: own.index("  - {id")].replace("not_migrated:\n", "")
    (tmp_path / "boven.yaml").write_text(own, "utf-8")

    done = typed("--lang", "en", "algorithm", "test", "boven.yaml", "--json", cwd=tmp_path)

    assert done.code == ExitCode.OK
    (one,) = done.document["examples"]
    assert (one["of"], one["result"]) == ("eigen", "changed")
    assert "is rejected by type-unknown, must be not_migrated" in done.err


def test_the_standard_algorithm_shows_every_rule_at_work_and_failing(tried: Path) -> None:
    """The check of the build; without a name it is the working folder's."""
    done = typed("--lang", "en", "algorithm", "test", cwd=tried)

    assert done.code == ExitCode.OK
    assert "Examples of standard" in done.out
    assert done.out.rstrip().endswith(" passed.")
    assert "failed" not in done.out
