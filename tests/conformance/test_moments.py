"""What comes first: as HAPI, asked, compares the ends of a period (invariant per-1)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kt_migrate.conformance import in_order

ASKED = [
    ("2021-03-01", "2021-03-01T00:00:00+01:00", False),
    ("2021-03-01T00:00:00+01:00", "2021-03-01", True),
    ("2021-03-01", "2021-03", False),
    ("2021-03", "2021-03-01", False),
    ("2021-03-01T12:00:00Z", "2021-03-02", True),
    ("2021-03-02T12:00:00Z", "2021-03-01", False),
    ("2021", "2021", True),
    ("2021-03-01T12:00:00+02:00", "2021-03-01T11:00:00Z", True),
    ("2021-03-01T12:00:00.5Z", "2021-03-01T12:00:00Z", False),
    ("2021-03-01T12:00:00Z", "2021-03-01T12:00:00.5Z", True),
    ("2022", "2021-03-01T00:00:00Z", False),
    ("2021", "2021-03-01T00:00:00Z", False),
    ("2021", "2022-03-01T00:00:00Z", True),
    ("2021-03-01", "2021-03-02T00:00:00Z", True),
]
"""Of the judge, in November 2026."""


@pytest.mark.parametrize(("first", "second", "fine"), ASKED)
def test_moments_are_compared_as_the_judge_does(first: str, second: str, *, fine: bool) -> None:
    """Unequal precision that is the same as far as both go is in no order."""
    assert in_order(first, second) == fine


@pytest.mark.parametrize("odd", ["x", "", "2021-02-01T12:00:60Z", "2021-02-01T12:00:00", "2021-xx"])
def test_what_is_no_moment_is_not_compared(odd: str) -> None:
    """Its format is judged elsewhere."""
    assert in_order(odd, "2021-01-01")
    assert in_order("2021-01-01", odd)


@pytest.mark.property
@given(st.datetimes(), st.datetimes())
def test_of_two_whole_moments_one_comes_first(one: object, other: object) -> None:
    """Or they are the same."""
    first, second = (f"{moment!s:.19}Z".replace(" ", "T") for moment in (one, other))

    assert in_order(first, first)
    assert (in_order(first, second) and in_order(second, first)) == (first == second)
    assert in_order(first, second) or in_order(second, first)
