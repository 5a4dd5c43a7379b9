"""What events.ndjson tells of each start, and of all together; whatever a crash left of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kt_migrate.kt2.traffic import Histogram
from kt_migrate.language import set_language
from kt_migrate.load.events import EVENTS
from kt_migrate.load.journal import State
from kt_migrate.model import Outcome
from kt_migrate.reports.page.course import ended_text
from kt_migrate.reports.starts import KILLED, starts_of, together
from kt_migrate.reports.summary import write_report
from reports.world import Page, Thing, World, Write, build


def wire(*seconds: float, **more: object) -> dict[str, object]:
    """Return what an event says of the wire, of writes that took so long."""
    taken = Histogram()
    for each in seconds:
        taken.add(each)
    return {
        "latency_mean": taken.mean,
        "latency_max": taken.longest,
        "latency_classes": {str(place): n for place, n in taken.classes().items()},
        "bytes_out": 1_000,
        "bytes_in": 2_000,
        "reads": 3,
        "statuses": {"201": len(seconds)},
        **more,
    }


def at(second: int) -> str:
    """Return a moment of the run."""
    return f"2026-11-26T04:{second // 60:02}:{second % 60:02}.000+00:00"


FIRST: list[dict[str, Any]] = [
    {"event": "start", "at": at(0), "already": 0, "total": 10},
    {"event": "progress", "at": at(1), "done": 1, "failed": 0},
    {"event": "figures", "at": at(20), "done": 3, "failed": 1, "seconds": 20.0, **wire(0.1, 0.1)},
    {"event": "control", "at": at(21), "command": "pause"},
    {"event": "progress", "at": at(22), "done": 4, "failed": 1},
]
GO, TRACE = "0a" * 32, "3f0e7a52-6f0c-4b7e-9d43-1b7d5a3f9c11"
SECOND: list[dict[str, Any]] = [
    {"event": "start", "at": at(60), "already": 3, "total": 10, "trace_id": TRACE, "go": GO},
    {"event": "progress", "at": at(62), "done": 9, "failed": 0},
    {
        "event": "end",
        "at": at(64),
        "ended": "done",
        "done": 7,
        "failed": 0,
        "seconds": 4.5,
        **wire(0.2, 0.3, 0.4, statuses={"201": 2, "none": 1}),
    },
]


MIGRATED = Thing(
    "Patient", ("Create",), Outcome.MIGRATED, "", (Write("Patient", State.CREATED),), 0
)


def log(folder: Path, events: list[dict[str, Any]], tail: bytes = b"") -> None:
    """Write an event log."""
    lines = b"".join(json.dumps(event).encode() + b"\n" for event in events)
    (folder / EVENTS).write_bytes(lines + tail)


def test_a_start_that_ended_is_told_by_its_end(tmp_path: Path) -> None:
    """Its own figures, to the last."""
    log(tmp_path, SECOND)

    (start,) = starts_of(tmp_path)

    assert start.as_json() == {
        "began": at(60),
        "last": at(64),
        "trace_id": TRACE,
        "go": GO,
        "ended": "done",
        "done": 7,
        "failed": 0,
        "success_share": 1.0,
        "seconds": 4.5,
        "rate": 1.6,
        "sent": 3,
        "latency_mean": 0.3,
        "latency_50": pytest.approx(0.3, rel=0.05),
        "latency_95": 0.4,
        "latency_99": 0.4,
        "latency_max": 0.4,
        "bytes_out": 1_000,
        "bytes_in": 2_000,
        "reads": 3,
        "statuses": {"201": 2, "none": 1},
    }


def test_a_start_that_was_killed_is_told_by_what_it_last_said(tmp_path: Path) -> None:
    """Outcomes and time by its last look, the wire by its last figures."""
    log(tmp_path, FIRST)

    (start,) = starts_of(tmp_path)

    assert (start.ended, start.last, start.done, start.failed) == (KILLED, at(22), 4, 1)
    assert (start.seconds, start.latency.count, start.bytes_in) == (22, 2, 2_000)
    assert start.as_json()["success_share"] == 0.75


def test_what_was_there_before_a_start_is_not_its_own(tmp_path: Path) -> None:
    """A look counts it, the start does not."""
    log(tmp_path, SECOND[:2])

    (start,) = starts_of(tmp_path)

    assert (start.done, start.seconds, start.latency.count) == (6, 2, 0)
    assert start.as_json()["latency_95"] is None


def test_starts_come_together(tmp_path: Path) -> None:
    """Times and counts are added up, latencies are those of all requests."""
    log(tmp_path, [*FIRST, *SECOND])
    starts = starts_of(tmp_path)

    total = together(starts)

    assert [start.ended for start in starts] == [KILLED, "done"]
    assert total is not None
    assert (total.began, total.last, total.ended) == (at(0), at(64), "done")
    assert (total.done, total.failed, total.seconds) == (11, 1, 26.5)
    assert (total.bytes_out, total.bytes_in, total.reads) == (2_000, 4_000, 6)
    assert total.statuses == {"201": 4, "none": 1}
    assert total.latency.count == 5
    assert total.latency.mean == pytest.approx(0.22)
    assert total.latency.longest == 0.4
    assert total.latency.percentile(0.4) == pytest.approx(0.1, rel=0.06)


def begins(content: bytes) -> bool:
    """Whether the first line is whole: its end may be missing, but no more than that."""
    try:
        return isinstance(json.loads(content.partition(b"\n")[0]), dict)
    except ValueError:
        return False


@example(cut=497, tail=b"")
@example(cut=497, tail=b"x")
@given(cut=st.integers(0, 600), tail=st.binary(max_size=40))
def test_a_log_that_was_cut_tells_what_is_whole(
    tmp_path_factory: pytest.TempPathFactory, cut: int, tail: bytes
) -> None:
    """Wherever it was cut, and whatever stands after it; a later start is not part of the rest."""
    folder = tmp_path_factory.mktemp("cut")
    log(folder, FIRST)
    whole = (folder / EVENTS).read_bytes()
    left = whole[: len(whole) - min(cut, len(whole))]
    (folder / EVENTS).write_bytes(left)
    assert len(starts_of(folder)) == begins(left)
    rest = left + tail.replace(b"{", b"") + b"\n"
    (folder / EVENTS).write_bytes(rest)
    with (folder / EVENTS).open("ab") as file:
        file.write(b"".join(json.dumps(event).encode() + b"\n" for event in SECOND))

    starts = starts_of(folder)

    assert len(starts) == begins(rest) + 1
    assert starts[-1].as_json()["done"] == 7


ODD: list[dict[str, Any]] = [
    {"event": "end", "at": at(1)},
    {"event": "start", "at": 3, "already": "x"},
    {"event": "progress", "at": "yesterday", "done": None, "failed": -1},
    {"event": "nothing"},
    {
        "event": "end",
        "ended": 1,
        "seconds": "x",
        "statuses": [1],
        "latency_classes": {"a": 1, "2": "b"},
    },
]


def test_odd_events_stop_no_report(tmp_path: Path) -> None:
    """Nor does a log that is not there."""
    assert starts_of(tmp_path) == ()
    assert together(()) is None
    log(tmp_path, ODD, b"[1]\n3\nnull\n")

    (start,) = starts_of(tmp_path)

    assert (start.began, start.ended, start.done, start.seconds) == ("", KILLED, 0, 0)
    assert start.as_json()["rate"] is None


def test_the_report_has_a_row_per_start_and_one_of_all(tmp_path: Path) -> None:
    """On the page as in the JSON; of one start the sum is not said twice."""
    build(tmp_path, World([MIGRATED]))
    log(tmp_path, [*FIRST, *SECOND])

    html, machine = write_report(tmp_path)

    content = json.loads(machine.read_bytes())
    assert content["starts"] == [start.as_json() for start in starts_of(tmp_path)]
    assert content["figures"]["done"] == 11
    table = Page(html.read_text("utf-8")).keyed["starts"]
    assert [row[:3] for row in table[1:]] == [
        ["2026-11-26 04:00:00", "zonder afscheid (gedood of stroom weg)", ""],
        ["2026-11-26 04:01:00", "klaar", GO[:12]],
        ["samen", "", ""],
    ]
    assert [row[4] for row in table[1:]] == ["4", "7", "11"]
    assert table[2][3:9] == ["4,5 s", "7", "0", "100 %", "1,6", "3"]
    assert table[2][9:] == ["1.000", "2.000", "201: 2, geen antwoord: 1"]
    log(tmp_path, SECOND)
    assert len(Page(write_report(tmp_path)[0].read_text("utf-8")).keyed["starts"]) == 2


@pytest.mark.parametrize(
    ("ended", "dutch", "english"),
    [
        ("done", "klaar", "done"),
        ("interrupted", "onderbroken", "interrupted"),
        ("over-budget", "te veel uitval", "too many rejects"),
        ("stopped", "gestopt door een fout", "stopped by an error"),
    ],
)
def test_how_a_start_ended_is_said_in_words(
    tmp_path: Path, ended: str, dutch: str, english: str
) -> None:
    """In both languages."""
    log(tmp_path, [SECOND[0], {**SECOND[2], "ended": ended}])
    (start,) = starts_of(tmp_path)
    try:
        said = [ended_text(start.ended) for language in ("nl", "en") if _speak(language)]
    finally:
        set_language("nl")

    assert said == [dutch, english]


def _speak(language: str) -> bool:
    set_language(language)
    return True
