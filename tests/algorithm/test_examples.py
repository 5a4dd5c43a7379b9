"""The examples that an algorithm carries: read strictly, each mistake with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from algorithm.files import HEAD, written
from kt_migrate.algorithm.carried import Carried, carried_examples
from kt_migrate.algorithm.load import load_algorithm
from kt_migrate.algorithm.policies import Policies
from kt_migrate.errors import ConfigurationError

RULES = """extends: standard
examples: voorbeelden
types:
  Organization:
    target: Organization
    identifier: Organization
    rules:
      - {id: own-name, from: name, to: name, because: x}
"""
TOP = "schema: kt-migrate-examples/1\nexamples:\n"
GOOD = """  - id: een
    shows: x
    source:
      - link: http://a.example/O/1
        json: {resourceType: Organization, name: A}
    becomes:
      - object: http://a.example/O/1
        type: Organization
        not_migrated: x
"""


def carried(folder: Path, *files: str, rules: str = RULES) -> tuple[Carried, ...]:
    """Write an algorithm with files of examples, and read them."""
    path = written(folder, HEAD + rules)
    for number, text in enumerate(files):
        written(folder / "voorbeelden", text, f"{number}.yaml")
    return carried_examples(str(path))


def test_an_algorithm_comes_with_what_it_extends(tmp_path: Path) -> None:
    """Its own first; each with its own examples and its own rules."""
    two = GOOD.replace("een", "twee")
    own, standard = carried(tmp_path, TOP + GOOD, TOP + two + "cannot_fail: {own-name: x}\n")

    assert (own.name, standard.name) == ("eigen", "standard")
    assert [told.example.id for told in own.examples] == ["een", "twee"]
    assert {told.owner for told in own.examples} == {"eigen"}
    assert own.own_rules == {"own-name"}
    assert own.cannot_fail == {"own-name": "x"}
    assert "patient-name" in standard.own_rules
    assert "patient-age" in standard.own_rules
    assert "device" in standard.own_rules
    assert len(standard.examples) > len(own.examples)
    assert standard.algorithm.digest == load_algorithm("standard").digest
    assert "own-name" in {rule.id for rule in own.algorithm.types["Organization"].rules}


def test_examples_decide_nothing(tmp_path: Path) -> None:
    """The same algorithm with and without them is the same: its digest binds plans."""
    without = RULES.replace("examples: voorbeelden\n", "")
    bare = carried(tmp_path / "a", rules=without)[0]

    assert bare.examples == ()
    assert carried(tmp_path / "b", TOP + GOOD)[0].algorithm.digest == bare.algorithm.digest


def test_a_text_is_read_as_json_and_what_is_chosen_otherwise_is_kept(tmp_path: Path) -> None:
    """YAML or JSON, whichever reads best; background by its name."""
    text = f"""schema: kt-migrate-examples/1
background:
  deel: {{link: "http://a.example/O/9", xml: "<Organization/>"}}
examples:
{GOOD.replace("{resourceType: Organization, name: A}", "|")}""".replace(
        "json: |", 'json: |\n          {"resourceType": "Organization"}'
    ).replace("    shows: x", "    shows: x\n    with: [deel]\n    policies: {task_owner: reject}")
    told = carried(tmp_path, text)[0].examples[0]

    assert told.example.source[0].content == {"resourceType": "Organization"}
    assert [one.link for one in told.background] == ["http://a.example/O/9"]
    assert told.example.policies.model_dump(exclude_unset=True) == {"task_owner": "reject"}
    assert told.example.policies == Policies(task_owner="reject")


@pytest.mark.parametrize(
    ("old", "new", "place", "what"),
    [
        ("id: een", "id: Een", "3:5", "lower case letters"),
        ("    shows: x\n", "", "3:5", "this key is missing"),
        ("shows: x", "shws: x", "3:5", "there is no such key here"),
        ("json: {resourceType: Organization, name: A}", "json: '{'", "7:9", "this is no JSON"),
        (
            "json: {resourceType: Organization, name: A}",
            "json: '[]'",
            "7:9",
            "expected keys with values",
        ),
        ("        json: {resourceType: Organization, name: A}\n", "", "6:9", "give one of json"),
        ("json: {resourceType", "xml: x\n        json: {resourceType", "6:9", "give one of json"),
        ("- link: http://a.example/O/1\n        json", "- json", "6:9", "need the link"),
        ("        not_migrated: x\n", "", "9:9", "give one of resources"),
        ("not_migrated: x", "not_migrated: x\n        out_of_scope: x", "9:9", "give one of"),
        ("not_migrated: x", "resources: '{'", "11:9", "this is no JSON"),
        ("not_migrated: x", "resources: []", "11:9", "at least 1"),
        ("not_migrated: x", "rejected: []", "11:9", "at least 1"),
        ("not_migrated: x", "rejected: [{cod: x}]", "11:20", "this key is missing"),
        ("    shows: x", "    shows: x\n    with: [x]", "5:12", "There is no x in background"),
        (
            "    shows: x",
            "    shows: x\n    policies: {task_ownr: x}",
            "5:16",
            "there is no such key here",
        ),
        ("    shows: x", "    shows: x\n    applications: {A: {}}", "5:20", "endpoint or ref"),
        (GOOD, GOOD + GOOD, "12:5", "The example een occurs twice"),
        (GOOD, GOOD + "cannot_fail: {patient-name: x}\n", "12:15", "no rule patient-name of its"),
    ],
)
def test_each_mistake_is_named_by_its_file_line_and_column(
    old: str, new: str, place: str, what: str, tmp_path: Path
) -> None:
    """And nothing is run."""
    text = TOP + GOOD
    assert text.count(old) == 1

    with pytest.raises(ConfigurationError) as caught:
        carried(tmp_path, text.replace(old, new))

    assert caught.value.where == f"0.yaml:{place}"
    assert what in caught.value.what


def test_what_stands_in_two_files_is_refused(tmp_path: Path) -> None:
    """An id is one example's; why a rule cannot fail is said once."""
    excuse = "cannot_fail: {own-name: x}\n"
    with pytest.raises(ConfigurationError) as caught:
        carried(tmp_path / "a", TOP + GOOD, TOP + GOOD)
    assert (caught.value.where, caught.value.what) == (
        "1.yaml:3:5",
        "The example een occurs twice.",
    )

    two = GOOD.replace("een", "twee")
    with pytest.raises(ConfigurationError) as caught:
        carried(tmp_path / "b", TOP + GOOD + excuse, TOP + two + excuse)
    assert caught.value.what == "Why own-name cannot fail is said twice."


def test_a_folder_without_examples_is_refused(tmp_path: Path) -> None:
    """It would test nothing, and say that all is well."""
    written(tmp_path / "voorbeelde", TOP + GOOD, "een.yaml")
    with pytest.raises(ConfigurationError) as caught:
        carried(tmp_path)

    assert caught.value.where == "eigen.yaml:5:11"
    assert "voorbeelden" in caught.value.what
    assert "voorbeelde?" in caught.value.fix
