"""Golden pairs: the last state of an object, and what becomes of it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from kt_migrate.algorithm.load import load_algorithm
from kt_migrate.conformance import check
from kt_migrate.mapping import map_object
from kt_migrate.model import Mapped, NotMigrated, Rejected, SourceObject
from ruling import Known

GOLDEN = Path(__file__).parents[1] / "golden"
CASES = sorted(p.name for p in GOLDEN.iterdir() if p.is_dir())
STANDARD = load_algorithm("standard")


def outcome(case: str) -> object:
    """Map a case, and say what became of it in the form of its expectation."""
    content = json.loads((GOLDEN / case / "kt13.json").read_text("utf-8"))
    source = SourceObject(**content["source"])
    policies = STANDARD.policies.model_copy(update=content.get("policies", {}))
    algorithm = replace(STANDARD, policies=policies)
    mapped = map_object(source, algorithm, Known(**content.get("lookup", {})))
    match mapped:
        case NotMigrated():
            return {"not_migrated": mapped.rule}
        case Rejected():
            return {"rejected": [[i.code, i.path, i.rule] for i in mapped.issues]}
        case Mapped():
            return [write.resource for write in mapped.writes]


def test_there_are_cases() -> None:
    """No check, no pass."""
    assert len(CASES) >= 12


@pytest.mark.parametrize("case", CASES)
def test_golden(case: str) -> None:
    """The result is the one that lies beside the source; a resource keeps to KT 2.0."""
    expected = json.loads((GOLDEN / case / "r4.json").read_text("utf-8"))

    result = outcome(case)

    assert result == expected
    assert outcome(case) == result
    for resource in result if isinstance(result, list) else []:
        assert check(resource) == ()


def test_every_rule_of_the_standard_algorithm_says_why() -> None:
    """`because` is never empty, and no two rules share an id."""
    types = STANDARD.types.values()
    rules = [(rule.id, rule.because) for found in types for rule in found.rules]
    rules += [(entry.id, entry.because) for found in types for entry in found.ignored]

    assert all(because for _id, because in rules)
    assert len(dict(rules)) == len(rules)


def test_every_rule_has_a_golden_case() -> None:
    """Each rule's element is in some result of its type; each type without a home has a case."""
    made: set[tuple[str, str]] = set()
    for case in CASES:
        source = json.loads((GOLDEN / case / "kt13.json").read_text("utf-8"))["source"]
        result = json.loads((GOLDEN / case / "r4.json").read_text("utf-8"))
        for element in result[0] if isinstance(result, list) else result.values():
            made.add((source["source_type"], str(element)))
    rules = {(t, rule.to) for t, found in STANDARD.types.items() for rule in found.rules}

    assert rules - made == set()
    assert set(STANDARD.not_migrated.items()) - made == set()
