"""How much a content says, and whether another says no more."""

from __future__ import annotations

import pytest

from kt_migrate.history.order import leaves, says_no_more
from kt_migrate.model import Body


def test_what_a_copy_was_stripped_of_is_all_that_it_lacks() -> None:
    """A subset says no more; another value does, wherever it stands."""
    whole: Body = {"name": [{"family": ["A"], "given": ["B", "B"]}]}

    assert says_no_more({"name": [{"given": ["B"]}]}, than=whole)
    assert not says_no_more({"name": [{"given": ["B", "B", "B"]}]}, than=whole)
    assert not says_no_more({"name": [{"family": ["B"]}]}, than=whole)


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ({}, 0),
        ({"a": []}, 0),
        ({"a": ["1"]}, 1),
        ({"a": ["1", "1"], "b": ["2"]}, 3),
        ({"a": [{"b": ["1", "2"], "c": [{"d": ["3"]}]}, "4"], "e": ["5"]}, 5),
    ],
)
def test_a_body_says_as_much_as_it_has_values(body: Body, count: int) -> None:
    """However deep they stand."""
    assert leaves(body) == count


@pytest.mark.parametrize(
    ("body", "than", "no_more"),
    [
        ({}, {}, True),
        ({}, {"a": ["1"]}, True),
        ({"a": ["1"]}, {"a": ["1"]}, True),
        ({"a": ["1"]}, {}, False),
        ({"a": ["1"]}, {"b": ["1"]}, False),
        ({"a": [{"c": ["1"]}]}, {"b": [{"c": ["1"]}]}, False),
        ({"a": [{"c": ["1"]}]}, {"a": [{"d": ["1"]}]}, False),
        ({"a": [{"c": ["1"]}]}, {"a": ["1"], "c": ["1"]}, False),
        ({"a": [{"c": ["1"]}]}, {"a": [{"c": ["1"], "d": ["2"]}]}, True),
        ({"a": [{"b": [{"c": ["1"]}]}]}, {"a": [{"b": [{"c": ["1"]}, {"c": ["2"]}]}]}, True),
        ({"a": [{"b": [{"c": ["1"]}]}]}, {"x": [{"b": [{"c": ["1"]}]}]}, False),
    ],
)
def test_a_stripped_copy_says_no_more(body: Body, than: Body, *, no_more: bool) -> None:
    """A value counts with its place; lists count their values."""
    assert says_no_more(body, than) is no_more
