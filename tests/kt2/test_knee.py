"""Where the number of requests under way settles, against servers that are modelled: no time passes."""

from __future__ import annotations

from random import Random
from statistics import median

import pytest
from modelled import SERVERS, Modelled, drive, smallest_good

from kt_migrate.kt2.knee import PATIENCE, START, Knee


@pytest.mark.parametrize("spread", [None, 1])
@pytest.mark.parametrize("server", SERVERS)
def test_it_settles_at_the_knee(server: tuple[int, float, float], spread: int | None) -> None:
    """At most twice what is needed, and enough for the throughput; of constant and uneven servers."""
    needed = smallest_good(*server, spread)
    best, _seen = drive(Modelled(*server, spread), 64, 3_000)

    knee = Knee(64)
    _flow, seen = drive(Modelled(*server, spread), knee, 6_000)
    settled = median(seen[-2_000:])
    flow, _seen = drive(Modelled(*server, spread), int(settled), 3_000)

    assert settled <= 2 * needed
    assert flow >= 0.85 * best


def test_it_is_quick_to_grow_and_never_above_what_is_allowed() -> None:
    """A server with room for all: from four to sixteen within a few turns, and no further."""
    _flow, seen = drive(Modelled(1_000, 0.1, 0.0), Knee(16), 1_000)

    assert seen[0] == START
    assert max(seen) == 16
    assert seen.index(16) <= 150
    assert median(seen[500:]) == 16


def test_a_server_that_works_on_one_at_a_time_is_sent_one_at_a_time() -> None:
    """More only queue: it goes down from where it began."""
    _flow, seen = drive(Modelled(1, 0.05, 0.0), Knee(16), 3_000)

    assert seen[0] == START
    assert median(seen[1_000:]) == 1


def test_after_a_dip_it_is_back_where_it_was() -> None:
    """A server loses three quarters of its capacity for a while: down with it, and up again."""
    server = Modelled(16, 0.08, 0.02)

    def dip(number: int) -> None:
        server.capacity = 4 if 4_000 <= number < 8_000 else 16

    _flow, seen = drive(server, Knee(64), 16_000, dip)

    assert 16 <= median(seen[3_000:4_000]) <= 40
    assert 4 <= median(seen[7_000:8_000]) <= 10
    assert 16 <= median(seen[-2_000:]) <= 40


def test_a_network_that_becomes_slow_is_no_reason_to_stay_low() -> None:
    """Latency jumps though nothing queues: fewer would only mean less, so it grows instead."""
    server = Modelled(8, 0.02, 0.01)

    def far(number: int) -> None:
        server.network = 0.2 if number >= 3_000 else 0.01

    _flow, seen = drive(server, Knee(256), 8_000, far)

    assert median(seen[2_000:3_000]) <= 24
    assert median(seen[4_000:5_000]) >= 60  # soon, not by the trials that come now and then
    assert median(seen[-2_000:]) >= 60


def test_it_does_not_go_back_at_once_to_where_it_was_throttled() -> None:
    """A server that throttles whoever has more than ten under way is asked for that seldom."""
    knee, server, refused = Knee(64), Modelled(1_000, 0.1, 0.0), [0]

    def throttle(_number: int) -> None:
        if knee.allowed > 10:
            refused[0] += 1
            knee.back_off()

    _flow, seen = drive(server, knee, 6_000, throttle)

    assert refused[0] <= 6_000 // PATIENCE + 2
    assert 6 <= median(seen[1_000:]) <= 10


def test_answers_of_a_window_that_is_not_full_are_not_judged() -> None:
    """They say nothing of more, or fewer."""
    knee = Knee(16)
    for _answer in range(2_000):
        knee.answered(0.1, full=False)

    assert knee.allowed == START


def test_a_few_slow_answers_are_no_jump() -> None:
    """A tenth takes ten times as long, in every stretch: that is how this server is."""
    knee = Knee(4)
    for number in range(4_000):
        knee.answered(1.0 if number % 10 == 9 else 0.1, full=True)
        assert knee.allowed >= 2


MEASURED = {1: 25.0, 4: 60.0, 8: 77.0, 16: 108.0, 32: 108.0, 64: 108.0}
"""Requests per second of the reference service, per number under way (server.md §1)."""


def measured(under_way: int) -> float:
    """Return the throughput of the reference service, between its measured points in a line."""
    low = max(n for n in MEASURED if n <= under_way)
    high = min(n for n in MEASURED if n >= under_way)
    part = (under_way - low) / (high - low) if high > low else 0.0
    return MEASURED[low] + part * (MEASURED[high] - MEASURED[low])


@pytest.mark.parametrize("most", [16, 32, 64])
@pytest.mark.parametrize("spread", [0.0, 0.3])
def test_it_settles_where_the_reference_service_has_its_knee(most: int, spread: float) -> None:
    """Sixteen, though latency is four times that of one by then; not thirty-two."""
    knee, chance, seen = Knee(most), Random(3), []  # noqa: S311 (a model, no secret)
    for _answer in range(8_000):
        latency = knee.allowed / measured(knee.allowed)
        knee.answered(latency * chance.uniform(1 - spread, 1 + spread), full=True)
        seen.append(knee.allowed)

    settled = median(seen[-4_000:])
    assert settled <= 24
    assert measured(int(settled)) >= 0.95 * 108
