"""What a person sees of a run from another terminal, and what it came to at the end."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest

from inside import inside, typed
from kt_migrate.cli.sight import duration, progress_text, waiting_text
from kt_migrate.errors import ExitCode
from kt_migrate.language import set_language
from kt_migrate.load.control import ORDERS, Command, Order, forget_orders, order_in
from kt_migrate.load.events import EventLog
from kt_migrate.load.lock import run_lock

RUN = Path("runs/local/001")
GOING: dict[str, object] = {
    "done": 20,
    "total": 44,
    "rate": 12.4,
    "in_flight": 7,
    "error_share": 0.05,
    "seconds_left": 75,
    "waiting": "",
    "waiting_seconds": 0,
}


@contextmanager
def working(folder: Path) -> Iterator[list[Order | None]]:
    """Be a process that works on a run, and obeys; yields what it was told."""
    told: list[Order | None] = []
    ended = Event()

    def obey() -> None:
        while not ended.is_set():
            if (folder / RUN / ORDERS).exists():
                told.append(order_in(folder / RUN))
                forget_orders(folder / RUN)
            time.sleep(0.002)

    with run_lock(folder / RUN):
        thread = Thread(target=obey)
        thread.start()
        try:
            yield told
        finally:
            ended.set()
            thread.join()


@pytest.mark.parametrize(
    ("line", "order"),
    [
        ("pause", Order(Command.PAUSE)),
        ("resume --run 1", Order(Command.RESUME)),
        ("rate 12.5 --env local", Order(Command.RATE, 12.5)),
        ("rate 0", Order(Command.RATE, 0.0)),
        ("stop", Order(Command.STOP)),
    ],
)
def test_an_order_reaches_the_run_that_is_under_way(tried: Path, line: str, order: Order) -> None:
    """Also when it is not the newest; and it is said that it was obeyed."""
    newer = tried / "runs/local/002"
    newer.mkdir()
    (newer / "plan.sqlite").write_bytes((tried / RUN / "plan.sqlite").read_bytes())
    with working(tried) as told:
        done = typed("control", *line.split(), cwd=tried)

    assert (done.code, done.err) == (ExitCode.OK, "")
    assert told == [order]
    obeyed = f"local 001: {order.command} is opgevolgd."
    assert done.out.splitlines() == [obeyed, "Hierna: kt-migrate status"]


def test_an_order_to_a_run_that_nobody_works_on_is_an_error(tried: Path) -> None:
    """Also while somebody works on another one."""
    newer = tried / "runs/local/002"
    newer.mkdir()
    with working(tried) as told:
        done = typed("control", "stop", "--run", "2", cwd=tried)

    assert (done.code, told) == (ExitCode.NOT_RUNNING, [])
    assert list(newer.glob("*control*")) == []


def test_status_shows_how_a_run_goes_that_is_under_way(tried: Path) -> None:
    """Its last look, in words and for machines; of one that has ended nothing."""
    with EventLog(tried / RUN, clock=lambda: 0.0) as log:
        log.write("progress", **GOING)
    before = typed("status", "--json", cwd=tried)
    with working(tried):
        shown = typed("status", cwd=tried)
        machine = typed("status", "--json", cwd=tried)

    assert before.document["runs"][0]["running"] is None
    assert shown.out.splitlines()[-1].split(" · ") == [
        "local 001: loopt",
        "12/s",
        "7 tegelijk",
        "fouten 5 %",
        "nog 1 min 15 s",
    ]
    (run,) = machine.document["runs"]
    assert (run["writes"], run["done"], run["pending"]) == (44, 44, 0)
    assert GOING.items() <= run["running"].items()


def test_a_trial_ends_with_what_it_came_to(tried: Path) -> None:
    """Settled, succeeded, duration, latency, bytes and statuses; nothing when there was nothing."""
    again = typed("trial", "--env", "local", cwd=tried)
    assert "Deze start" not in again.out
    for path in (tried / RUN).glob("journal.sqlite*"):
        path.unlink()
    with inside(tried):
        done = typed("trial", "--env", "local", "--max-in-flight", "2", "--rate", "0", cwd=tried)

    block = done.out.partition("Deze start\n")[2].splitlines()[1:7]
    block = [line.rstrip() for line in block]
    assert [re.split(r" {2}|(?<=\)) ", line)[0] for line in block] == [
        "afgehandeld",
        "gelukt",
        "duur",
        "antwoordtijd, ms (gem/50/95/99/max)",
        "bytes",
        "statuscodes",
    ]
    assert block[0].endswith(" 44")
    assert block[1].endswith(" 100 %")
    assert block[5].endswith(" 200: 44")


@pytest.mark.parametrize(
    ("option", "name", "value"),
    [("--max-in-flight", "max_in_flight", 3), ("--rate", "per_second", 77.0)],
)
def test_limits_of_the_command_line_go_before_the_environments(
    tried: Path, option: str, name: str, value: float
) -> None:
    """The other ones stay."""
    import json  # noqa: PLC0415 (this test only)

    typed("trial", "--env", "local", option, str(value), cwd=tried)
    starts = [
        event
        for line in (tried / RUN / "events.ndjson").read_bytes().splitlines()
        if (event := json.loads(line))["event"] == "start"
    ]
    usual = {"max_in_flight": 32, "per_second": 0}
    assert {n: starts[-1][n] for n in usual} == {**usual, name: value}


def test_what_is_not_known_is_not_said() -> None:
    """No time left, and no reason, when there is none."""
    assert progress_text({**GOING, "seconds_left": None}) == "12/s · 7 tegelijk · fouten 5 %"
    assert progress_text({}).startswith("0/s")


@pytest.mark.parametrize(
    ("reason", "dutch", "english"),
    [
        ("person", "iemand heeft gepauzeerd", "paused by a person"),
        ("server", "de server vroeg nog 30 s", "server asked for 30 s more"),
        ("rate", "eigen snelheidslimiet", "own rate limit"),
        ("", "", ""),
    ],
)
def test_the_reason_for_waiting_is_said(reason: str, dutch: str, english: str) -> None:
    """In both languages."""
    try:
        for language, words in (("nl", dutch), ("en", english)):
            set_language(language)
            assert words in waiting_text(reason, 30)
            assert bool(waiting_text(reason, 30)) is bool(words)
    finally:
        set_language("nl")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59.4, "59 s"), (60, "1 min 0 s"), (3599, "59 min 59 s"), (7325, "2 u 2 min")],
)
def test_a_duration_is_said_as_people_do(seconds: float, text: str) -> None:
    """Two units at most."""
    assert duration(seconds) == text
