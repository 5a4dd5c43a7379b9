"""What each start of a run came to, and all of them together: events.ndjson, for the report.

A start that was killed has no end: what it had come to when it last said so counts. Of its
latencies, bytes and statuses up to 20 seconds may be missing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from kt_migrate.kt2.traffic import Histogram
from kt_migrate.load.events import read_events

KILLED = "killed"
"""How a start ended that did not say so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StartFigures:
    """What one start came to, or several together.

    Attributes:
        began, last: moment of the first event and of the last, as they stand there.
        trace_id: that its requests carried; empty: unknown, or several starts.
        go: digest of the GO record under which it wrote; empty: under none, or several starts.
        ended: `done`, `interrupted`, `over-budget`, `stopped` or `killed`.
        already: writes that were there before it.
        done: writes that got an outcome; `failed` of them are not on the server.
        seconds: that it worked.
        latency: of the writing requests.
        statuses: of their answers.
        reads: other requests.
        bytes_out, bytes_in: of bodies.
    """

    began: str
    last: str
    trace_id: str = ""
    go: str = ""
    ended: str = KILLED
    already: int = 0
    done: int = 0
    failed: int = 0
    seconds: float = 0.0
    latency: Histogram = field(default_factory=Histogram)
    statuses: Counter[str] = field(default_factory=Counter)
    reads: int = 0
    bytes_out: int = 0
    bytes_in: int = 0

    def as_json(self) -> dict[str, Any]:
        """Return it as rapport.json has it; latencies in seconds, None when nothing was sent."""
        sent = self.latency.count
        points = {str(p): self.latency.percentile(p / 100) for p in (50, 95, 99)}
        return {
            "began": self.began,
            "last": self.last,
            "trace_id": self.trace_id,
            "go": self.go,
            "ended": self.ended,
            "done": self.done,
            "failed": self.failed,
            "success_share": round(1 - self.failed / self.done, 4) if self.done else None,
            "seconds": round(self.seconds, 3),
            "rate": round(self.done / self.seconds, 1) if self.seconds else None,
            "sent": sent,
            "latency_mean": round(self.latency.mean, 4) if sent else None,
            **{f"latency_{p}": round(at, 4) if sent else None for p, at in points.items()},
            "latency_max": round(self.latency.longest, 4) if sent else None,
            "bytes_out": self.bytes_out,
            "bytes_in": self.bytes_in,
            "reads": self.reads,
            "statuses": dict(sorted(self.statuses.items())),
        }


def starts_of(folder: Path) -> tuple[StartFigures, ...]:
    """Return what each start of a run came to; none when it has no events."""
    starts: list[StartFigures] = []
    for event in read_events(folder):
        at = _text(event, "at")
        if event.get("event") == "start":
            starts.append(_began(event, at))
        elif starts and starts[-1].ended == KILLED:
            starts[-1] = _after(starts[-1], event, at)
    return tuple(starts)


def _began(event: Mapping[str, Any], at: str) -> StartFigures:
    return StartFigures(
        began=at,
        last=at,
        trace_id=_text(event, "trace_id"),
        go=_text(event, "go"),
        already=_whole(event, "already"),
    )


def _after(start: StartFigures, event: Mapping[str, Any], at: str) -> StartFigures:
    """Return a start with what one more event says of it."""
    match event.get("event"):
        case "progress":
            return replace(
                start,
                last=at,
                done=max(start.done, _whole(event, "done") - start.already),
                failed=max(start.failed, _whole(event, "failed")),
                seconds=max(start.seconds, _between(start.began, at)),
            )
        case "figures" | "end" as name:
            return replace(
                start,
                last=at,
                ended=_text(event, "ended") or KILLED if name == "end" else KILLED,
                done=_whole(event, "done"),
                failed=_whole(event, "failed"),
                seconds=_number(event, "seconds"),
                latency=_latency(event),
                statuses=Counter(_counts(event, "statuses")),
                reads=_whole(event, "reads"),
                bytes_out=_whole(event, "bytes_out"),
                bytes_in=_whole(event, "bytes_in"),
            )
        case _:
            return replace(start, last=at)


def together(starts: Iterable[StartFigures]) -> StartFigures | None:
    """Return all starts as one; None when there are none.

    A write that failed in one start and came in the next is an outcome of both.
    """
    every = list(starts)
    if not every:
        return None
    latency = Histogram()
    for start in every:
        latency = latency.plus(start.latency)
    return StartFigures(
        began=every[0].began,
        last=every[-1].last,
        ended=every[-1].ended,
        done=sum(start.done for start in every),
        failed=sum(start.failed for start in every),
        seconds=sum(start.seconds for start in every),
        latency=latency,
        statuses=sum((start.statuses for start in every), Counter()),
        reads=sum(start.reads for start in every),
        bytes_out=sum(start.bytes_out for start in every),
        bytes_in=sum(start.bytes_in for start in every),
    )


def _latency(event: Mapping[str, Any]) -> Histogram:
    classes = {int(name): n for name, n in _counts(event, "latency_classes").items()}
    mean, longest = _number(event, "latency_mean"), _number(event, "latency_max")
    return Histogram.of(classes, mean=mean, longest=longest)


def _counts(event: Mapping[str, Any], name: str) -> dict[str, int]:
    found = event.get(name)
    return {
        key: count
        for key, count in (found.items() if isinstance(found, dict) else ())
        if isinstance(count, int) and (name == "statuses" or key.isdecimal())
    }


def _between(began: str, at: str) -> float:
    try:
        return (datetime.fromisoformat(at) - datetime.fromisoformat(began)).total_seconds()
    except ValueError:
        return 0.0


def _text(event: Mapping[str, Any], name: str) -> str:
    found = event.get(name)
    return found if isinstance(found, str) else ""


def _number(event: Mapping[str, Any], name: str) -> float:
    found = event.get(name)
    return float(found) if isinstance(found, int | float) and found >= 0 else 0.0


def _whole(event: Mapping[str, Any], name: str) -> int:
    return int(_number(event, name))
