"""What is counted of the wire, and in how much memory."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kt_migrate.kt2.traffic import Histogram, Traffic


class Reply:
    """An answer as far as it is counted."""

    def __init__(self, status_code: int, content: bytes) -> None:
        self.status_code, self.content = status_code, content


@given(st.lists(st.floats(1e-4, 900.0), min_size=1, max_size=60), st.floats(0.0, 1.0))
def test_a_percentile_is_at_most_five_percent_too_high(
    latencies: list[float], share: float
) -> None:
    """And never too low: so many were answered within it."""
    histogram = Histogram()
    for latency in latencies:
        histogram.add(latency)
    place = max(0, -(-len(latencies) * share // 1) - 1)
    exact = sorted(latencies)[int(place)]

    found = histogram.percentile(share)

    assert exact * (1 - 1e-9) <= found <= exact * 1.05 * (1 + 1e-9)
    assert histogram.longest == max(latencies)
    assert histogram.mean == pytest.approx(sum(latencies) / len(latencies))


def test_memory_does_not_grow_with_the_number_of_answers() -> None:
    """Ten thousand latencies between a millisecond and a minute: some hundreds of classes."""
    histogram = Histogram()
    for number in range(10_000):
        histogram.add(0.001 + 60 * number / 10_000)
    assert len(histogram._classes) < 300
    assert histogram.count == 10_000


def test_without_answers_there_is_nothing_to_tell() -> None:
    """Zero, and no error; what took no time at all is the smallest there is."""
    histogram = Histogram()
    assert (histogram.mean, histogram.percentile(0.5), histogram.longest) == (0, 0, 0)
    histogram.add(0.0)
    assert histogram.percentile(1.0) == 0


def test_writes_and_reads_are_counted_apart() -> None:
    """Statuses and latencies of writes only; bytes of both; no answer is a status of its own."""
    now = [0.0]
    traffic = Traffic(clock=lambda: now[0])
    for method, sent, answer in (
        ("POST", b"12345", Reply(201, b"123")),
        ("PUT", b"1", Reply(200, b"")),
        ("GET", None, Reply(500, b"12")),
        ("POST", b"1", None),
    ):
        began = traffic.begin()
        now[0] += 0.5
        traffic.end(method, began, sent, answer)

    assert traffic.statuses == {"201": 1, "200": 1, "none": 1}
    assert (traffic.writes.count, traffic.reads) == (3, 1)
    assert (traffic.bytes_out, traffic.bytes_in) == (7, 5)
    assert traffic.writes.mean == 0.5


@given(st.lists(st.floats(0, 90), max_size=9), st.lists(st.floats(0, 90), max_size=9))
def test_two_together_are_as_one_that_took_both(one: list[float], other: list[float]) -> None:
    """Also after a way through what can be written down."""
    apart, both = [Histogram(), Histogram()], Histogram()
    for place, seconds in enumerate((one, other)):
        for each in seconds:
            apart[place].add(each)
            both.add(each)
    kept = [Histogram.of(h.classes(), mean=h.mean, longest=h.longest) for h in apart]
    together = kept[0].plus(kept[1])

    assert (together.count, together.longest) == (both.count, both.longest)
    assert together.mean == pytest.approx(both.mean)
    assert [together.percentile(p / 4) for p in range(5)] == [
        both.percentile(p / 4) for p in range(5)
    ]
