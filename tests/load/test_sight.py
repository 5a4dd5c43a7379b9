"""What is seen of a load: time left, reasons, the event log, the block at the end."""

from __future__ import annotations

import json
import stat
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from kt_migrate.errors import LoginError
from kt_migrate.kt2.answers import Throttled
from kt_migrate.kt2.pace import Pace, Reason, Waiting
from kt_migrate.kt2.traffic import Traffic
from kt_migrate.load.control import ORDERS, Command, Order, give_order
from kt_migrate.load.events import EVENTS, EventLog, last_event, read_events
from kt_migrate.load.foreign import Waited
from kt_migrate.load.run import LoadResult
from kt_migrate.load.states import State
from kt_migrate.load.tending import (
    FIGURES_SECONDS,
    Tending,
    end_fields,
    nobody_looks,
    progress_fields,
    wire_fields,
)
from kt_migrate.load.watch import ENOUGH_OUTCOMES, ENOUGH_SECONDS, SPAN_SECONDS, Sight, Watch
from load.starting import Start
from load.wire import Reply, Request
from load.world import Clock

CANARY = "Jansen-Kanarie"


@dataclass
class Going:
    """A load as far as one looks at it."""

    total: int = 1_000
    already: int = 100
    done: int = 100
    failed: int = 0
    traffic: Traffic = field(default_factory=Traffic)
    waited: Waited | None = None


class Looking:
    """A load, its pace and a clock that a test moves."""

    def __init__(self) -> None:
        self.load, self.clock = Going(), Clock(0.0)
        self.pace = Pace(max_in_flight=8, per_second=0, now=self.clock.now)
        self.watch = Watch(self.load, self.pace, self.clock.now)  # type: ignore[arg-type]  # all that it looks at

    def after(self, seconds: float, outcomes: int, failed: int = 0) -> Sight:
        """Look again, a while and some outcomes later."""
        self.clock.time += seconds
        self.load.done += outcomes
        self.load.failed += failed
        return self.watch.look()


def test_how_long_it_takes_is_not_said_before_it_can_be_known() -> None:
    """Twenty outcomes and five seconds; then what is left, at the rate of the last minute."""
    looking = Looking()
    assert looking.after(0, 0).seconds_left is None
    assert looking.after(ENOUGH_SECONDS - 1, 4 * ENOUGH_OUTCOMES).seconds_left is None
    assert looking.after(1, 20).seconds_left == pytest.approx((900 - 100) / 20)

    slow = Looking()
    slow.after(0, 0)
    assert slow.after(50, ENOUGH_OUTCOMES - 1).seconds_left is None
    assert slow.after(0, 1).seconds_left == pytest.approx(880 / (20 / 50))


def test_the_rate_is_that_of_the_last_minute() -> None:
    """What was before it does not count; without outcomes there is no time left to tell."""
    looking = Looking()
    looking.after(0, 0)
    looking.after(SPAN_SECONDS, 600)
    sight = looking.after(SPAN_SECONDS, 60)
    assert sight.rate == pytest.approx(1)
    assert sight.seconds_left == pytest.approx(240)
    sight = looking.after(2 * SPAN_SECONDS, 0)
    assert (sight.rate, sight.seconds_left) == (0, None)


def test_in_a_pause_nobody_knows_how_long_it_takes() -> None:
    """Neither a person's nor the server's; the share of errors stays."""
    looking = Looking()
    looking.after(0, 0)
    assert looking.after(10, 100, 25).seconds_left is not None
    looking.pace.hold()
    sight = looking.after(0, 0)
    assert (sight.waiting.reason, sight.seconds_left, sight.error_share) == (
        Reason.PERSON,
        None,
        0.25,
    )
    looking.pace.release()
    looking.pace.learn(Throttled(seconds=30), 0.0)
    sight = looking.after(10, 0)
    assert (sight.waiting.reason, sight.waiting.seconds) == (Reason.SERVER, 20)
    assert sight.seconds_left is None


def events_in(folder: Path) -> list[dict[str, Any]]:
    """Read the log."""
    return [json.loads(line) for line in (folder / EVENTS).read_bytes().splitlines()]


def test_only_fields_of_the_list_with_plain_values_leave(tmp_path: Path) -> None:
    """A name, a link, an address, an object: none of them, in whatever field they stand."""
    with EventLog(tmp_path, clock=lambda: 0.0) as log:
        log.write("progress", done=1, link="https://a.example/1", name=CANARY)
        log.write("progress", done=2, waiting=f"{CANARY} <x@y.example>", statuses={"201": 3})
        log.write("end", statuses={CANARY + " ": 1}, rate=[CANARY], ended="https://a.example/1")
    assert events_in(tmp_path) == [
        {"event": "progress", "at": "1970-01-01T00:00:00.000+00:00", "done": 1},
        {
            "event": "progress",
            "at": "1970-01-01T00:00:00.000+00:00",
            "done": 2,
            "statuses": {"201": 3},
        },
        {"event": "end", "at": "1970-01-01T00:00:00.000+00:00"},
    ]
    assert stat.S_IMODE((tmp_path / EVENTS).stat().st_mode) == 0o600


def test_the_last_event_is_found_whatever_a_crash_left(tmp_path: Path) -> None:
    """A line that was cut is passed over; without a file, or of another name, there is none."""
    assert last_event(tmp_path, "progress") is None
    with EventLog(tmp_path, clock=lambda: 0.0) as log:
        for number in range(2_000):
            log.write("progress", done=number)
        log.write("control", command="pause")
    with (tmp_path / EVENTS).open("ab") as file:
        file.write(b'{"event": "progress", "done": 9')
    assert (last_event(tmp_path, "progress") or {})["done"] == 1_999
    assert last_event(tmp_path, "end") is None


def test_a_start_after_a_crash_begins_a_line_of_its_own(tmp_path: Path) -> None:
    """Else its first event would be a part of the one that was cut."""
    for name in ("start", "end"):
        with EventLog(tmp_path, clock=lambda: 0.0) as log:
            log.write(name, done=1)
        with (tmp_path / EVENTS).open("ab") as file:
            file.write(b'{"event": "progress", "do')

    assert [event["event"] for event in read_events(tmp_path)] == ["start", "end"]
    assert (tmp_path / EVENTS).read_bytes().count(b"\n") == 3
    assert list(read_events(tmp_path / "nowhere")) == []


def test_a_look_is_written_every_two_seconds_and_when_the_reason_changes(tmp_path: Path) -> None:
    """Not more often, and the watcher sees every look."""
    looking, seen = Looking(), list[Sight]()
    with EventLog(tmp_path, clock=lambda: 0.0) as log:
        load: Any = looking.load
        tending = Tending(tmp_path, load, looking.pace, log, seen.append, looking.clock.now)

        def after(seconds: float) -> int:
            looking.clock.time += seconds
            tending.tick(looking.watch)
            return len([e for e in events_in(tmp_path) if e["event"] == "progress"])

        written = [after(0), after(1), after(0.9), after(0.1), after(1), after(1)]
        looking.pace.hold()
        written += [after(0.1), after(0.1), after(1.8), after(0.2)]

    assert written == [1, 1, 1, 2, 2, 3, 4, 4, 4, 5]
    assert len(seen) == 10


def test_a_look_becomes_an_event_of_plain_rounded_numbers() -> None:
    """A tenth of a write per second, a ten-thousandth of a share, whole seconds."""
    sight = Sight(
        done=5,
        total=9,
        failed=1,
        rate=12.3456,
        in_flight=3,
        allowed=4,
        error_share=0.123456,
        seconds_left=7.6,
        waiting=Waiting(Reason.SERVER, 2.6),
    )
    fields = {
        "done": 5,
        "total": 9,
        "failed": 1,
        "rate": 12.3,
        "in_flight": 3,
        "allowed": 4,
        "error_share": 0.1235,
        "seconds_left": 8,
        "waiting": "server",
        "waiting_seconds": 3,
    }

    assert progress_fields(sight) == fields
    assert type(progress_fields(sight)["seconds_left"]) is int
    assert progress_fields(replace(sight, seconds_left=None)) == {**fields, "seconds_left": None}


ENDS = [
    (LoadResult(total=9, already=1), "done"),
    (LoadResult(total=9, already=1, interrupted=True), "interrupted"),
    (LoadResult(total=9, already=1, interrupted=True, over_budget=True), "over-budget"),
    (
        LoadResult(
            total=9, already=1, over_budget=True, stopped_by=LoginError("x", where="y", fix="z")
        ),
        "stopped",
    ),
]


@pytest.mark.parametrize(("result", "ended"), ENDS)
def test_how_a_start_ended_is_said_in_a_word(result: LoadResult, ended: str) -> None:
    """The gravest reason, when there are several."""
    assert end_fields(result)["ended"] == ended


def test_the_end_has_every_figure_rounded() -> None:
    """Seconds to a thousandth, latencies to a tenth of a millisecond, shares to a ten-thousandth."""
    result = LoadResult(total=9, already=1, sent=7, outcomes=6, refused=1, seconds=3.14159)
    for seconds in (0.12344, 0.2):
        result.traffic.writes.add(seconds)
    result.traffic.statuses.update({"422": 1, "201": 6})
    result.traffic.bytes_out, result.traffic.bytes_in, result.traffic.reads = 10, 20, 2
    result.states = {State.CREATED: 5, State.REJECTED: 1}
    fields = end_fields(result)

    assert {name: fields[name] for name in ("total", "already", "done", "failed", "sent")} == {
        "total": 9,
        "already": 1,
        "done": 6,
        "failed": 1,
        "sent": 7,
    }
    assert (fields["pending"], fields["success_share"]) == (3, 0.8333)
    assert (fields["seconds"], fields["rate"]) == (3.142, 1.9)
    assert (fields["latency_mean"], fields["latency_max"]) == (0.1617, 0.2)
    assert fields["latency_50"] == pytest.approx(0.1234, rel=0.05)
    assert fields["latency_95"] == fields["latency_99"] == 0.2
    assert len(str(fields["latency_50"])) <= 6
    assert (fields["bytes_out"], fields["bytes_in"], fields["reads"]) == (10, 20, 2)
    assert list(dict(fields["statuses"]).items()) == [("201", 6), ("422", 1)]  # type: ignore[call-overload]  # a dict
    assert end_fields(LoadResult(total=9, already=1))["rate"] is None


def test_percentiles_are_those_that_they_are_called() -> None:
    """The 198th of two hundred is within 99 %, the 197th is another."""
    traffic = Traffic()
    for seconds, times in ((0.01, 196), (0.1, 1), (1.0, 3)):
        for _each in range(times):
            traffic.writes.add(seconds)

    assert wire_fields(traffic)["latency_99"] == 1.0
    assert wire_fields(traffic)["latency_95"] == pytest.approx(0.01, rel=0.05)


@pytest.mark.parametrize("order", [Order(Command.RATE, 12.5), Order(Command.PAUSE)])
def test_an_order_that_was_obeyed_is_an_event(tmp_path: Path, order: Order) -> None:
    """With its rate, when it has one."""
    looking = Looking()
    with EventLog(tmp_path, clock=lambda: 0.0) as log:
        load: Any = looking.load
        now = looking.clock.now
        tending = Tending(tmp_path, load, looking.pace, log, nobody_looks, now)
        give_order(
            tmp_path, order, lambda: 1, now=now, sleep=lambda _s: tending.tick(looking.watch)
        )
    (event,) = (e for e in events_in(tmp_path) if e["event"] == "control")

    assert (event["command"], event["per_second"]) == (str(order.command), order.per_second)
    assert not (tmp_path / ORDERS).exists()


def test_the_figures_so_far_are_left_now_and_then(tmp_path: Path) -> None:
    """For a start that is killed: outcomes of this start, latencies with their classes."""
    looking = Looking()
    with EventLog(tmp_path, clock=lambda: 0.0) as log:
        load: Any = looking.load
        now = looking.clock.now
        tending = Tending(tmp_path, load, looking.pace, log, nobody_looks, now)
        looking.clock.time = 5.0
        tending.tick(looking.watch)
        looking.load.traffic.writes.add(0.5)
        looking.load.traffic.statuses["201"] = 1
        looking.after(FIGURES_SECONDS - 1, 8, 2)
        tending.tick(looking.watch)
        looking.clock.time += 1.12346
        tending.tick(looking.watch)
        tending.tick(looking.watch)
        looking.clock.time += FIGURES_SECONDS
        tending.tick(looking.watch)
    first, second = (e for e in events_in(tmp_path) if e["event"] == "figures")

    assert (first["done"], first["failed"]) == (8, 2)
    assert first["seconds"] == FIGURES_SECONDS + 0.123
    assert second["seconds"] == 2 * FIGURES_SECONDS + 0.123
    assert (first["statuses"], first["latency_max"]) == ({"201": 1}, 0.5)
    assert list(first["latency_classes"].values()) == [1]


def test_a_disk_that_takes_no_events_stops_no_run(tmp_path: Path) -> None:
    """The journal is what counts."""
    (tmp_path / EVENTS).symlink_to("/dev/full")
    with EventLog(tmp_path, clock=lambda: 0.0) as log:
        log.write("progress", done=1)


def test_a_start_is_told_from_its_begin_to_its_end(start: Start) -> None:
    """What was done, how it ended, latencies, bytes and statuses; and no link of any object."""

    async def some(request: Request) -> Reply:
        bad = request.method == "POST" and request.body.get("language") == "x-0"
        return Reply(422) if bad else start.server.effect(request)

    start.server.script = some
    result = start(error_share=1.0)
    events = events_in(start.folder)
    assert [e["event"] for e in events if e["event"] != "progress"] == ["start", "end"]
    assert [e["event"] for e in events].count("progress") >= 1
    first, last = events[0], events[-1]
    assert (first["env"], first["run"], first["total"], first["already"]) == ("local", "001", 10, 0)
    assert (last["ended"], last["done"], last["failed"], last["sent"]) == ("done", 10, 2, 9)
    assert (last["success_share"], last["pending"]) == (0.8, 0)
    assert last["statuses"] == {"201": 8, "422": 1}
    assert last["bytes_out"] == sum(
        len(json.dumps(r.body, separators=(",", ":"))) for r in start.server.sent("POST")
    )
    assert last["bytes_in"] > last["bytes_out"]
    assert 0 < last["latency_50"] <= last["latency_95"] <= last["latency_99"] <= last["latency_max"]
    assert result.seconds > 0
    start()
    assert [e["event"] for e in events_in(start.folder)].count("start") == 2


def test_a_start_without_anything_to_do_has_no_share() -> None:
    """Nothing of nothing is no success."""
    fields = end_fields(LoadResult(total=3, already=3))
    assert (fields["success_share"], fields["rate"], fields["ended"]) == (None, None, "done")
