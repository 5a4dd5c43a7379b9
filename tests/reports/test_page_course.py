"""The course of a run on its page: how fast it went, how long answers took, what people ordered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kt_migrate.kt2.traffic import Histogram
from kt_migrate.language import moment
from kt_migrate.reports.page.course import (
    MOST_POINTS,
    ended_text,
    latencies_of,
    moments_of,
    streams_of,
)
from kt_migrate.reports.page.model import Tone
from kt_migrate.reports.page.spoken import cell, lasted
from kt_migrate.reports.starts import StartFigures
from reports.test_starts import at, log


def start(**fields: Any) -> StartFigures:  # noqa: ANN401
    """Return what a start came to."""
    return StartFigures(**{"began": at(0), "last": at(9), "ended": "done", **fields})


def looks(*done: int) -> list[dict[str, Any]]:
    """Return the events of a start that told every second how far it was."""
    begin: dict[str, Any] = {"event": "start", "at": at(0), "already": 0}
    told = [{"event": "progress", "at": at(n), "done": each} for n, each in enumerate(done, 1)]
    return [begin, *told]


@pytest.mark.parametrize(
    ("done", "seconds", "tail"),
    [
        (95, 10.0, ", in 10,0 s: 9,5 per seconde"),
        (100, 10.0, ", in 10,0 s: 10 per seconde"),
        (1_234, 1.0, ", in 1,0 s: 1.234 per seconde"),
        (4, 0.0, "4 schrijfacties afgehandeld, waarvan 0 mislukt"),
        (0, 4.0, "0 schrijfacties afgehandeld, waarvan 0 mislukt"),
    ],
)
def test_the_end_of_a_start_says_how_fast_it_went(
    tmp_path: Path, done: int, seconds: float, tail: str
) -> None:
    """A decimal where it says something; of no time or no write there is no pace."""
    _began, ended = moments_of([start(done=done, seconds=seconds)], tmp_path)

    assert ended.what.endswith(tail)


@pytest.mark.parametrize(
    ("how", "tone"),
    [
        ("done", Tone.GOOD),
        ("interrupted", Tone.OPEN),
        *[(how, Tone.BAD) for how in ("over-budget", "stopped", "killed", "")],
    ],
)
def test_only_what_was_done_ended_well(tmp_path: Path, how: str, tone: Tone) -> None:
    """Whatever else a record has is no good end."""
    assert moments_of([start(ended=how)], tmp_path)[1].tone is tone
    assert ended_text(how)


def test_moments_come_in_their_order_whoever_gave_them(tmp_path: Path) -> None:
    """An order between two starts stands between them; what is no order is none."""
    log(
        tmp_path,
        [
            {"event": "control", "at": at(5), "command": "pause"},
            {"event": "control", "at": at(6), "command": "dance"},
            {"event": "started", "at": at(7), "command": "stop"},
        ],
    )
    found = moments_of(
        [start(began=at(8), last=at(9)), start(began=at(1), last=at(4), go="x")], tmp_path
    )

    assert [one.at for one in found] == [at(1), at(4), at(5), at(8), at(9)]
    assert [one.what.partition(" ")[2][:8] for one in found][::3] == ["2 begon ", "1 begon"]
    assert found[2].what == "iemand heeft hem gepauzeerd"


@pytest.mark.parametrize(("last", "lines"), [(1, 0), (2, 1)])
def test_a_run_of_a_moment_has_no_line(tmp_path: Path, last: int, lines: int) -> None:
    """Two points say nothing of a course."""
    log(tmp_path, looks(*range(1, last + 1)))

    assert len(streams_of(tmp_path)) == lines


def test_two_looks_at_one_moment_are_one(tmp_path: Path) -> None:
    """Nothing is settled in no time."""
    events = looks(5, 10, 15)
    twice = {**events[2], "done": 12}
    log(tmp_path, [*events[:3], twice, events[3]])

    (stream,) = streams_of(tmp_path)

    assert stream.points == ((0.0, 5.0), (1.0, 5.0), (2.0, 5.0), (3.0, 5.0))


@pytest.mark.parametrize("more", [0, 1, MOST_POINTS - 1])
def test_never_more_points_than_show(tmp_path: Path, more: int) -> None:
    """Also when they do not divide."""
    log(tmp_path, looks(*range(MOST_POINTS + more)))

    (stream,) = streams_of(tmp_path)

    assert 2 <= len(stream.points) <= MOST_POINTS
    assert stream.points[-1][0] == MOST_POINTS + more


def test_each_percentile_is_its_own() -> None:
    """Of a hundred answers; a start that asked nothing is not named."""
    taken = Histogram()
    for n in range(1, 101):
        taken.add(n / 10)
    one, whole = latencies_of((start(), start(latency=taken)))

    assert (one.name, whole.name) == ("start 2", "samen")
    assert one.p50 == pytest.approx(5.0, rel=0.1)
    assert one.p95 == pytest.approx(9.5, rel=0.03)
    assert one.p99 == pytest.approx(9.9, rel=0.03)
    assert one.p50 < one.p95 < one.p99 <= one.longest == 10.0
    assert latencies_of((start(),)) == ()


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, ""),
        (0.04, "0,0 s"),
        (59.4, "59,4 s"),
        (59.6, "1 min 0 s"),
        (60, "1 min 0 s"),
        (3_599, "59 min 59 s"),
        (3_599.6, "1 u 0 min"),
        (3_600, "1 u 0 min"),
        (90_000, "25 u 0 min"),
    ],
)
def test_a_duration_is_said_as_people_say_it(seconds: float | None, said: str) -> None:
    """Nobody says sixty seconds, or sixty minutes."""
    assert lasted(seconds) == said


def test_cells_and_moments_are_written_as_their_reader_does() -> None:
    """A moment to the second; a number with its point and comma, a text as it is."""
    assert moment("2026-11-26T11:33:33.522+00:00") == "26-11-2026 11:33:33"
    assert [cell(value) for value in (1_234, 1_234.56, None, "1.234")] == [
        *("1.234", "1.234,6", "", "1.234"),
    ]
