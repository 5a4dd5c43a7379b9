"""Rings: what waits, by any road, for itself."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kt_migrate.plan.rings import _trimmed, rings

PAIRS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=14)


@given(PAIRS)
def test_a_ring_is_all_that_waits_for_each_other_and_nothing_else(
    pairs: list[tuple[int, int]],
) -> None:
    """Against the closure, computed the long way; each ring once, the lowest first."""
    roads = set(pairs)
    for _round in range(7):
        roads |= {(a, d) for a, b in roads for c, d in roads if b == c}
    ring_of = {
        a: frozenset(b for _a, b in roads if _a == a and (b, a) in roads)
        for a, other in roads
        if a == other
    }

    found = list(rings(iter(pairs)))

    assert {frozenset(ring) for ring in found} == set(ring_of.values())
    assert found == sorted(found, key=min)


def test_a_long_line_that_waits_for_a_ring_costs_no_more_than_a_look_at_each() -> None:
    """A whole domain may wait for one pair: 20,000 here."""
    many = 20_000
    line = [(number, number + 1) for number in range(many)]

    assert list(rings([*line, (many, many + 1), (many + 1, many)])) == [{many, many + 1}]


def test_what_only_waits_for_a_ring_is_not_looked_at() -> None:
    """What is left is the ring and no more, whatever waits for it."""
    ahead, back = _trimmed([*((number, number + 1) for number in range(50)), (50, 49)])

    assert set(ahead) == {49, 50}
    assert back[49] == {50}
