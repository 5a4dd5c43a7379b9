"""The course of a run: what happened when, how fast it went, how long answers took.

All of it comes from events.ndjson, so that the same record gives the same page.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from kt_migrate.errors import said
from kt_migrate.language import number, shown, tr
from kt_migrate.load.events import read_events
from kt_migrate.reports.page.model import Latency, Moment, Stream, Tone
from kt_migrate.reports.page.spoken import lasted
from kt_migrate.reports.starts import StartFigures, together

MOST_POINTS = 120
"""More do not show on a page, whatever the length of a run."""
_MOST_STREAMS = 4
_FEW = 10
"""Below so many per second a decimal says something."""
_LEAST_SECONDS = 2.0
"""A shorter run has no course that a line could show."""
_ENDED = {
    "done": said("done"),
    "interrupted": said("interrupted"),
    "over-budget": said("too many rejects"),
    "stopped": said("stopped by an error"),
}
_KILLED = said("without a word (killed, or no power)")
_TONES = {"done": Tone.GOOD, "interrupted": Tone.OPEN}


def moments_of(starts: Iterable[StartFigures], folder: Path) -> tuple[Moment, ...]:
    """Return when each start began and ended, and what people ordered meanwhile."""
    found: list[Moment] = []
    for place, start in enumerate(starts, 1):
        under = tr(" under a GO") if start.go else ""
        began = tr("start {place} began{under}", place=place, under=under)
        found += [Moment(at=start.began, what=began), _ended(place, start)]
    found += _orders(folder)
    return tuple(sorted(found, key=lambda one: one.at))


def _ended(place: int, start: StartFigures) -> Moment:
    what = tr(
        "start {place} ended, {how}: {done} writes settled, {failed} of them failed",
        place=place,
        how=ended_text(start.ended),
        done=number(start.done),
        failed=number(start.failed),
    )
    if start.done and start.seconds:
        rate = start.done / start.seconds
        what = tr(
            "{what}, in {took}: {rate} per second",
            what=what,
            took=lasted(start.seconds),
            rate=number(rate, int(rate < _FEW)),
        )
    return Moment(at=start.last, what=what, tone=_TONES.get(start.ended, Tone.BAD))


def ended_text(how: str) -> str:
    """Return in words how a start ended."""
    return shown(_ENDED.get(how, _KILLED))


def _orders(folder: Path) -> Iterator[Moment]:
    words = {
        "pause": tr("somebody paused it"),
        "resume": tr("somebody let it go on"),
        "rate": tr("somebody changed its rate"),
        "stop": tr("somebody stopped it"),
    }
    for event in read_events(folder):
        command = event.get("command")
        if event.get("event") == "control" and command in words:
            yield Moment(at=str(event.get("at", "")), what=words[command])


def streams_of(folder: Path) -> tuple[Stream, ...]:
    """Return the throughput of each start, over the time at work of all of them.

    What was settled between two looks counts per second of the time between them. Of more than
    four starts the line is one; of a run of a moment there is none, for there is nothing to see.
    """
    lines: list[list[tuple[float, float]]] = []
    offset = 0.0
    for events in _starts(folder):
        points = list(_points(events, offset))
        if len(points) > 1:
            lines.append(points)
            offset = points[-1][0]
    if offset < _LEAST_SECONDS:
        return ()
    if len(lines) > _MOST_STREAMS:
        lines = [[point for line in lines for point in line]]
    return tuple(
        Stream(name=tr("start {place}", place=place), points=_thinned(points))
        for place, points in enumerate(lines, 1)
    )


def _starts(folder: Path) -> Iterator[list[dict[str, Any]]]:
    """Yield the events of each start."""
    events: list[dict[str, Any]] = []
    for event in read_events(folder):
        if event.get("event") == "start" and events:
            yield events
            events = []
        events.append(event)
    if events:
        yield events


def _points(events: list[dict[str, Any]], offset: float) -> Iterator[tuple[float, float]]:
    """Yield (seconds at work, outcomes per second) of one start."""
    looks = list(_looks(events))
    if not looks:
        return
    first, before, done = looks[0][0], looks[0][0], looks[0][1]
    for at, now in looks[1:]:
        if at > before:
            rate = max(0, now - done) / (at - before)
            if before == first:
                yield offset, rate
            yield offset + at - first, rate
            before, done = at, now


def _looks(events: list[dict[str, Any]]) -> Iterator[tuple[float, int]]:
    """Yield (moment in seconds, writes done so far) of one start."""
    already = 0
    for event in events:
        at, done = _seconds(event), event.get("done")
        if event.get("event") == "start":
            already = event["already"] if isinstance(event.get("already"), int) else 0
            done = already
        elif event.get("event") == "end" and isinstance(done, int):
            done += already
        elif event.get("event") != "progress":
            continue
        if at is not None and isinstance(done, int):
            yield at, done


def _seconds(event: Mapping[str, Any]) -> float | None:
    try:
        return datetime.fromisoformat(str(event.get("at"))).timestamp()
    except ValueError:
        return None


def _thinned(points: list[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """Return at most so many points: each the mean of those that stand together."""
    size = -(-len(points) // MOST_POINTS)
    parts = [points[at : at + size] for at in range(0, len(points), size)]
    return tuple(
        (round(part[-1][0], 3), round(sum(rate for _at, rate in part) / len(part), 3))
        for part in parts
    )


def latencies_of(starts: tuple[StartFigures, ...]) -> tuple[Latency, ...]:
    """Return how long answers took in each start, and last of all together; none: no request."""
    whole = together(starts)
    if whole is None or not whole.latency.count:
        return ()
    named = [(tr("start {place}", place=place), one) for place, one in enumerate(starts, 1)]
    return tuple(
        Latency(
            name=name,
            requests=one.latency.count,
            mean=one.latency.mean,
            p50=one.latency.percentile(0.5),
            p95=one.latency.percentile(0.95),
            p99=one.latency.percentile(0.99),
            longest=one.latency.longest,
        )
        for name, one in (*named, (tr("together"), whole))
        if one.latency.count
    )
