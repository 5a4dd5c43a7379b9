"""Orders from another terminal: obeyed by who works on the run, and by nobody else."""

from __future__ import annotations

import asyncio
import os
import stat
import time
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest

from kt_migrate.errors import NotRunningError
from kt_migrate.load.control import (
    ORDERS,
    PATIENCE_SECONDS,
    Command,
    Order,
    forget_orders,
    give_order,
    order_in,
)
from kt_migrate.load.events import last_event
from kt_migrate.load.lock import run_lock, writer_of
from load.starting import Start
from load.wire import Reply, Request

PAUSE = Order(Command.PAUSE)


def somebody() -> int | None:
    """Be there."""
    return 1


def nobody() -> int | None:
    """Be away."""
    return None


def asleep(_seconds: float) -> None:
    """Do nothing with the time."""


@pytest.mark.parametrize("order", [*(Order(c) for c in Command), Order(Command.RATE, 12.5)])
def test_an_order_is_obeyed_when_it_was_taken_away(order: Order, tmp_path: Path) -> None:
    """What the writer finds is what was given, for its owner's eyes only; nothing stays behind."""
    seen: list[Order | None] = []

    def obey(_seconds: float) -> None:
        assert stat.S_IMODE((tmp_path / ORDERS).stat().st_mode) == 0o600
        seen.append(order_in(tmp_path))
        forget_orders(tmp_path)

    give_order(tmp_path, order, somebody, sleep=obey)
    assert seen == [order]
    assert list(tmp_path.iterdir()) == []


def test_without_a_writer_there_is_no_order(tmp_path: Path) -> None:
    """An error, and nothing that a next start could find."""
    with pytest.raises(NotRunningError, match="Nobody works on this run"):
        give_order(tmp_path, PAUSE, nobody, sleep=asleep)
    assert list(tmp_path.iterdir()) == []


def test_a_writer_that_ends_before_it_obeys_gets_no_order(tmp_path: Path) -> None:
    """It is taken back."""
    answers = iter([1, 1, None])
    with pytest.raises(NotRunningError, match="Nobody"):
        give_order(tmp_path, PAUSE, lambda: next(answers), sleep=asleep)
    assert list(tmp_path.iterdir()) == []


def test_a_writer_that_does_not_react_is_given_up(tmp_path: Path) -> None:
    """After a while, and the order is taken back; not sooner."""
    moments = iter([0.0, PATIENCE_SECONDS - 1, PATIENCE_SECONDS, PATIENCE_SECONDS + 0.1])
    with pytest.raises(NotRunningError, match="does not react"):
        give_order(tmp_path, PAUSE, somebody, now=lambda: next(moments), sleep=asleep)
    assert list(moments) == []
    assert list(tmp_path.iterdir()) == []


def test_two_orders_are_obeyed_one_after_the_other(tmp_path: Path) -> None:
    """The second does not overwrite the first, and takes no other's order back."""
    (tmp_path / ORDERS).write_text('{"command": "stop"}')
    seen: list[Order | None] = []

    def obey(_seconds: float) -> None:
        seen.append(order_in(tmp_path))
        forget_orders(tmp_path)

    give_order(tmp_path, PAUSE, somebody, sleep=obey)
    assert seen == [Order(Command.STOP), PAUSE]

    (tmp_path / ORDERS).write_text('{"command": "stop"}')
    with pytest.raises(NotRunningError):
        give_order(tmp_path, PAUSE, nobody, sleep=asleep)
    assert order_in(tmp_path) == Order(Command.STOP)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "x",
        "[]",
        "{}",
        '{"command": "delete"}',
        '{"command": "rate", "per_second": -1}',
        '{"command": "rate", "per_second": 1e9}',
        '{"command": "rate", "per_second": "x"}',
        '{"command": "rate", "per_second": null}',
    ],
)
def test_what_is_no_order_is_none(content: str, tmp_path: Path) -> None:
    """Whatever lies there."""
    (tmp_path / ORDERS).write_text(content)
    assert order_in(tmp_path) is None


def test_who_works_on_a_run_is_who_holds_its_lock(tmp_path: Path) -> None:
    """Nobody before, nobody after, and nobody when only a number was left behind by a crash."""
    assert writer_of(tmp_path) is None
    with run_lock(tmp_path):
        assert writer_of(tmp_path) == os.getpid()
    assert writer_of(tmp_path) is None
    (tmp_path / "lock").write_text("1\n")
    assert writer_of(tmp_path) is None


def test_what_a_crash_left_is_forgotten_before_orders_are_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the lock names its holder, from which moment orders are given, the old one is gone."""
    (tmp_path / ORDERS).write_text('{"command": "pause"}')
    named: list[int | None] = []

    def forget(folder: Path) -> None:
        named.append(writer_of(folder))
        forget_orders(folder)

    monkeypatch.setattr("kt_migrate.load.lock.forget_orders", forget)
    with run_lock(tmp_path):
        assert named == [None]
        assert order_in(tmp_path) is None


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the writer look often."""
    monkeypatch.setattr("kt_migrate.load.tending.TICK_SECONDS", 0.002)


def at_post(start: Start, place: int, act: Callable[[], None]) -> None:
    """Do something in another thread while one write is under way."""

    async def script(request: Request) -> Reply:
        if request.method == "POST" and len(start.server.sent("POST")) == place:
            await asyncio.to_thread(act)
        return start.server.effect(request)

    start.server.script = script


@pytest.mark.usefixtures("quick")
def test_a_run_that_is_told_to_stop_ends_in_order_and_goes_on_later(start: Start) -> None:
    """As by Ctrl-C: what is under way is recorded; the log says who asked."""
    at_post(
        start,
        3,
        lambda: give_order(start.folder, Order(Command.STOP), lambda: writer_of(start.folder)),
    )
    result = start(max_in_flight=1)
    assert (result.interrupted, result.on_server) == (True, 3)
    assert (last_event(start.folder, "control") or {})["command"] == "stop"
    assert (last_event(start.folder, "end") or {})["ended"] == "interrupted"
    start.server.script = start.server.answer
    assert start().on_server == 10


@pytest.mark.usefixtures("quick")
def test_a_run_that_is_paused_sends_nothing_until_it_may_go_on(start: Start) -> None:
    """And says why; the rate can be changed meanwhile."""
    counts: list[int] = []
    reasons: list[str] = []

    def give(command: Command) -> None:
        give_order(start.folder, Order(command), lambda: writer_of(start.folder))

    def pause_a_while() -> None:
        give(Command.PAUSE)
        counts.append(len(start.server.sent("POST")))
        Thread(target=go_on).start()

    def go_on() -> None:
        time.sleep(0.1)
        counts.append(len(start.server.sent("POST")))
        reasons.append((last_event(start.folder, "progress") or {}).get("waiting", ""))
        give(Command.RATE)
        counts.append(len(start.server.sent("POST")))
        give(Command.RESUME)

    at_post(start, 3, pause_a_while)
    assert start(max_in_flight=1).on_server == 10
    assert counts == [3, 3, 3]
    assert reasons == ["person"]


@pytest.mark.usefixtures("quick")
def test_what_is_no_order_is_taken_away_and_changes_nothing(start: Start) -> None:
    """It would keep every later order from being given."""
    seen: list[bool] = []

    def litter() -> None:
        (start.folder / ORDERS).write_text("x")
        until = time.monotonic() + 5
        while (start.folder / ORDERS).exists() and time.monotonic() < until:
            time.sleep(0.002)
        seen.append((start.folder / ORDERS).exists())

    at_post(start, 2, litter)
    assert start(max_in_flight=1).on_server == 10
    assert seen == [False]
