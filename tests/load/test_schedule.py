"""The order: nothing before what it refers to, all that can go goes, a failure holds back its own only."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kt_migrate.errors import JournalError
from kt_migrate.load.schedule import Schedule

Graph = dict[int, set[int]]
"""Per write what it refers to."""


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Draw a plan: numbers with gaps, and targets that come before."""
    seqs = sorted(draw(st.sets(st.integers(1, 60), max_size=25)))
    return {
        seq: draw(st.sets(st.sampled_from(seqs[:place]), max_size=4)) if place else set()
        for place, seq in enumerate(seqs)
    }


def edges(graph: Graph) -> list[tuple[int, int]]:
    """Return the references, each by two paths."""
    return [(seq, target) for seq, targets in graph.items() for target in targets] * 2


def behind(graph: Graph, failures: set[int]) -> set[int]:
    """Return what refers to a failure, directly or further on."""
    held: set[int] = set()
    for seq in sorted(graph):
        if graph[seq] & (held | failures):
            held.add(seq)
    return held


def drained(schedule: Schedule) -> list[int]:
    """Return all that may go now."""
    found = []
    while (seq := schedule.take()) is not None:
        found.append(seq)
    return found


def deferrals(schedule: Schedule) -> list[int]:
    """Return all that is held back now."""
    found = []
    while (seq := schedule.deferred()) is not None:
        found.append(seq)
    return found


@pytest.mark.property
@given(graphs(), st.randoms(use_true_random=False), st.data())
def test_whatever_fails_and_in_whatever_order_answers_come(
    graph: Graph, chance: Random, data: st.DataObject
) -> None:
    """Each goes once, after its targets; exactly what is behind a failure is held back, once."""
    some = st.sets(st.sampled_from(sorted(graph) or [0]))
    lost, done, bad = (data.draw(some) & set(graph) for _ in range(3))
    lost -= done
    schedule = Schedule(sorted(graph), done=done, failed=lost, references=edges(graph))
    there, sent, held, under_way = set(done), list[int](), list[int](), list[int]()
    most = data.draw(st.integers(1, 6))
    while True:
        held += deferrals(schedule)
        while len(under_way) < most and (seq := schedule.take()) is not None:
            assert graph[seq] <= there
            sent.append(seq)
            under_way.append(seq)
        if not under_way:
            break
        seq = under_way.pop(chance.randrange(len(under_way)))
        assert schedule.open > 0
        if seq in bad:
            schedule.failed(seq)
        else:
            there.add(seq)
            schedule.settled(seq)

    open_at_first = set(graph) - done - lost
    failed = lost | (bad & set(sent))
    assert schedule.open == 0
    assert (len(set(sent)), len(set(held))) == (len(sent), len(held))
    assert set(held) == behind({s: t - done for s, t in graph.items()}, failed) & open_at_first
    assert set(sent) == open_at_first - set(held)


def test_the_first_of_the_plan_that_may_go_goes_first() -> None:
    """Also when it could not go a moment ago."""
    schedule = Schedule(range(1, 6), references=[(2, 1), (4, 3)])
    assert drained(schedule) == [1, 3, 5]
    schedule.settled(3)
    schedule.settled(1)
    assert drained(schedule) == [2, 4]


def test_what_is_said_twice_counts_once() -> None:
    """An outcome that comes again, or of what is no write of the plan, changes nothing."""
    schedule = Schedule([1, 2, 4], references=[(2, 1)])
    assert drained(schedule) == [1, 4]
    for _twice in range(2):
        schedule.settled(1)
        schedule.failed(1)
        schedule.settled(3)
    assert (schedule.open, deferrals(schedule), drained(schedule)) == (2, [], [2])


def test_an_empty_plan_is_done() -> None:
    """There is nothing to take."""
    schedule = Schedule(())
    assert (schedule.open, schedule.take(), schedule.deferred(), schedule.ring()) == (
        0,
        None,
        None,
        (),
    )


@pytest.mark.parametrize("edge", [(1, 9), (9, 1), (1, 0), (0, 1), (1, 3), (3, 1), (1, -1)])
def test_a_reference_out_of_the_plan_is_refused(edge: tuple[int, int]) -> None:
    """Nothing would ever come of what waits for it."""
    with pytest.raises(JournalError, match="leads to no write"):
        Schedule([1, 2, 4], references=[edge])


@pytest.mark.parametrize(
    ("references", "ring"),
    [
        ([(1, 2), (2, 1)], {1, 2}),
        ([(3, 3)], {3}),
        ([(1, 2), (2, 3), (3, 1), (4, 3), (5, 4)], {1, 2, 3}),
        ([(1, 2), (3, 1)], set()),
        ([(1, 5), (5, 4), (2, 1)], set()),
    ],
)
def test_a_ring_is_named(references: list[tuple[int, int]], ring: set[int]) -> None:
    """Those of the ring, not those that merely refer to it; and an odd order is no ring."""
    schedule = Schedule(range(1, 6), references=references)
    assert set(schedule.ring()) == ring


@pytest.mark.property
@given(graphs(), st.data())
def test_a_ring_is_found_wherever_it_is(graph: Graph, data: st.DataObject) -> None:
    """One reference backwards: a ring exactly when it closes one."""
    seqs = sorted(graph)
    if len(seqs) < 2:
        return
    low, high = sorted(
        data.draw(st.lists(st.sampled_from(seqs), min_size=2, max_size=2, unique=True))
    )
    schedule = Schedule(seqs, references=[*edges(graph), (low, high)])
    closes = high in behind(graph, {low})
    ring = schedule.ring()
    assert bool(ring) is closes
    assert not ring or {low, high} <= set(ring)


def test_a_ring_of_which_one_is_there_already_is_none() -> None:
    """What is on the server waits for nothing."""
    schedule = Schedule([1, 2], done=[2], references=[(1, 2), (2, 1)])
    assert schedule.ring() == ()
    assert drained(schedule) == [1]


def test_a_hub_frees_all_who_waited_for_it() -> None:
    """Ten thousand refer to one: one step, and they may all go."""
    count = 10_000
    schedule = Schedule(range(1, count + 2), references=((seq, 1) for seq in range(2, count + 2)))
    assert drained(schedule) == [1]
    schedule.settled(1)
    assert len(drained(schedule)) == count
