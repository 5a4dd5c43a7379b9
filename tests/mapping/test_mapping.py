"""The standard algorithm does what its examples say, and each of its rules has some."""

from pathlib import Path

import pytest

from golden import EXAMPLES, STANDARD, golden
from kt_migrate.conformance import check
from kt_migrate.plan.examples import run_example


def test_there_are_examples() -> None:
    """No check, no pass."""
    assert len(EXAMPLES) >= 150
    assert len(golden()) >= 80


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_has_the_outcome_that_it_says(name: str, tmp_path: Path) -> None:
    """Reading, last state, mapping, references and conformance."""
    assert run_example(EXAMPLES[name], STANDARD.algorithm, tmp_path).differences == ()


def test_every_resource_keeps_to_kt2() -> None:
    """What an example says must come of it can be written."""
    assert [check(resource) for resource in golden() if check(resource)] == []


def test_every_rule_of_the_standard_algorithm_says_why() -> None:
    """`because` is never empty, and no two rules share an id."""
    types = STANDARD.algorithm.types.values()
    rules = [(rule.id, rule.because) for found in types for rule in found.rules]
    rules += [(entry.id, entry.because) for found in types for entry in found.ignored]

    assert all(because for _id, because in rules)
    assert len(dict(rules)) == len(rules)
