"""How the objects of a plan ended, counted in one look."""

from __future__ import annotations

from collections import Counter

from kt_migrate.plan.store import Plan


def test_the_ends_are_those_of_every_object(example_plan: Plan) -> None:
    """Per type, outcome and reason; sorted, and each object once."""
    ends = example_plan.ends()

    one_by_one = Counter(
        (row.source_type, row.outcome.value, row.reason) for row in example_plan.objects()
    )
    assert {row[:3]: row[3] for row in ends} == one_by_one
    assert [row[:3] for row in ends] == sorted(one_by_one)
