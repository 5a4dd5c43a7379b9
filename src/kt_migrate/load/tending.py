"""Looks after a load while it runs: obeys orders, shows how it goes, writes the event log."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kt_migrate.kt2.pace import Pace, Reason
from kt_migrate.kt2.traffic import Traffic
from kt_migrate.load.control import ORDERS, Command, forget_orders, order_in
from kt_migrate.load.events import EventLog
from kt_migrate.load.run import Load, LoadResult
from kt_migrate.load.watch import Sight, Watch

TICK_SECONDS = 0.2
EVENT_SECONDS = 2.0
"""How often the event log gets a line of progress; another reason to wait gets one at once."""

FIGURES_SECONDS = 20.0
"""How often it gets the figures so far, which a start that is killed leaves."""

Watcher = Callable[[Sight], None]
"""Is told how it goes, a few times per second."""


def nobody_looks(_sight: Sight) -> None:
    """Be the watcher that does nothing."""


@dataclass(slots=True)
class Tending:
    """The care for one start of a load.

    Attributes:
        folder: the run folder, where orders come in.
        load, pace: what is looked after.
        events: where it is written down.
        watcher: who looks on.
        now: seconds, from any moment.
    """

    folder: Path
    load: Load
    pace: Pace
    events: EventLog
    watcher: Watcher
    now: Callable[[], float]
    _next_event: float = 0.0
    _reason: Reason = Reason.NONE
    _began: float | None = None
    _figured: float = 0.0

    async def run(self) -> None:
        """Look after it until cancelled."""
        watch = Watch(self.load, self.pace, self.now)
        while True:
            self.tick(watch)
            await asyncio.sleep(TICK_SECONDS)

    def tick(self, watch: Watch) -> None:
        """Look once."""
        self._obey()
        sight = watch.look()
        self.watcher(sight)
        now = self.now()
        if now >= self._next_event or sight.waiting.reason is not self._reason:
            self._next_event, self._reason = now + EVENT_SECONDS, sight.waiting.reason
            self.events.write("progress", **progress_fields(sight))
        self._write_figures(now)

    def _write_figures(self, now: float) -> None:
        if self._began is None:
            self._began = self._figured = now
        if now >= self._figured + FIGURES_SECONDS:
            self._figured = now
            self.events.write("figures", **figures_fields(self.load, now - self._began))

    def _obey(self) -> None:
        if not (self.folder / ORDERS).exists():
            return
        order = order_in(self.folder)
        if order is None:
            forget_orders(self.folder)
            return
        match order.command:
            case Command.PAUSE:
                self.pace.hold()
            case Command.RESUME:
                self.pace.release()
            case Command.RATE:
                self.pace.set_rate(order.per_second)
            case Command.STOP:
                self.load.interrupt()
        self.events.write("control", command=str(order.command), per_second=order.per_second)
        forget_orders(self.folder)


def progress_fields(sight: Sight) -> dict[str, object]:
    """Return one look as the fields of an event."""
    return {
        "done": sight.done,
        "total": sight.total,
        "failed": sight.failed,
        "rate": round(sight.rate, 1),
        "in_flight": sight.in_flight,
        "allowed": sight.allowed,
        "error_share": round(sight.error_share, 4),
        "seconds_left": None if sight.seconds_left is None else round(sight.seconds_left),
        "waiting": str(sight.waiting.reason),
        "waiting_seconds": round(sight.waiting.seconds),
        **_others_fields(sight),
    }


def _others_fields(sight: Sight) -> dict[str, object]:
    """Return what is waited for, while it is."""
    if sight.others is None or not sight.others.seconds_left:
        return {}
    return {
        "others_missing": dict(sight.others.missing),
        "others_seconds_left": round(sight.others.seconds_left),
    }


def end_fields(result: LoadResult) -> dict[str, object]:
    """Return what a start came to as the fields of an event; the same block a person sees."""
    return {
        "ended": _ended(result),
        "total": result.total,
        "already": result.already,
        "done": result.outcomes,
        "failed": result.refused,
        "pending": result.pending,
        "sent": result.sent,
        "success_share": success_share(result),
        "seconds": round(result.seconds, 3),
        "rate": round(result.outcomes / result.seconds, 1) if result.seconds else None,
        **wire_fields(result.traffic),
    }


def wire_fields(traffic: Traffic) -> dict[str, object]:
    """Return what went over the wire as the fields of an event."""
    writes = traffic.writes
    return {
        "latency_mean": round(writes.mean, 4),
        **{f"latency_{p}": round(writes.percentile(p / 100), 4) for p in (50, 95, 99)},
        "latency_max": round(writes.longest, 4),
        "bytes_out": traffic.bytes_out,
        "bytes_in": traffic.bytes_in,
        "reads": traffic.reads,
        "statuses": dict(sorted(traffic.statuses.items())),
    }


def figures_fields(load: Load, seconds: float) -> dict[str, object]:
    """Return what a start has come to so far: all that is left of it when it is killed."""
    return {
        "done": load.done - load.already,
        "failed": load.failed,
        "seconds": round(seconds, 3),
        **wire_fields(load.traffic),
        "latency_classes": load.traffic.writes.classes(),
    }


def success_share(result: LoadResult) -> float | None:
    """Return which share of this start's outcomes is on the server; None: there were none."""
    if not result.outcomes:
        return None
    return round((result.outcomes - result.refused) / result.outcomes, 4)


def _ended(result: LoadResult) -> str:
    if result.stopped_by is not None:
        return "stopped"
    if result.over_budget:
        return "over-budget"
    if result.interrupted:
        return "interrupted"
    return "done"
