"""What an estimate is made of: what was measured, what was drawn together, whose plan it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from kt_migrate.errors import JournalError
from kt_migrate.plan.binding import Binding, write_binding
from kt_migrate.plan.sampling.durations import Stretch
from kt_migrate.reports.estimating import NAME, SCHEMA, measured_in, read_estimate
from kt_migrate.reports.held import Interval, _estimates
from kt_migrate.reports.sampled import between, percent_text, seconds_text


def _event(name: str, second: int, **fields: str | int) -> dict[str, Any]:
    return {"event": name, "at": f"2026-01-01T00:00:{second:02}.000+00:00", **fields}


def test_a_stretch_is_from_one_look_to_the_next() -> None:
    """Of every start; what was there before a start is not done by it."""
    events = [
        _event("start", 0, already=0, per_second=60),
        _event("progress", 0, done=0),
        _event("progress", 2, done=10),
        _event("progress", 4, done=25),
        _event("end", 5, done=30),
        _event("start", 30, already=30, per_second=20),
        _event("progress", 32, done=36),
    ]

    assert measured_in(events) == (
        [Stretch(0.0, 0), Stretch(2.0, 10), Stretch(2.0, 15), Stretch(2.0, 6)],
        20,
    )


def test_what_a_person_held_is_left_out_and_another_rate_counts() -> None:
    """From the look before it to the look after it; a server that asks to wait is the server's."""
    events = [
        _event("start", 0, already=0, per_second=0),
        _event("progress", 2, done=10, waiting="none"),
        _event("progress", 4, done=12, waiting="person"),
        _event("progress", 9, done=12, waiting="person"),
        _event("progress", 11, done=20, waiting="none"),
        _event("control", 11, command="rate", per_second=5),
        _event("progress", 13, done=22, waiting="server"),
    ]

    assert measured_in(events) == ([Stretch(2.0, 10), Stretch(2.0, 2)], 5)


def test_nothing_was_measured() -> None:
    """No events: no stretches, no limit."""
    assert measured_in([]) == ([], None)
    assert measured_in([_event("progress", 1, done=5)]) == ([], None)


@pytest.mark.parametrize("content", [b"", b"{}", b'{"schema": "x", "types": {}}', b"[]"])
def test_an_estimate_that_cannot_be_read_says_so(tmp_path: Path, content: bytes) -> None:
    """Absent is none; damaged is an error."""
    assert read_estimate(tmp_path) is None
    (tmp_path / NAME).write_bytes(content)

    with pytest.raises(JournalError):
        read_estimate(tmp_path)


def _run(root: Path, env: str, run: str, *, estimate: bool, **bound: str) -> Path:
    folder = root / "runs" / env / run
    folder.mkdir(parents=True)
    (folder / "plan.sqlite").touch()
    names = ("archive", "algorithm", "enrichment", "domain_file", "environment_file", "limits")
    same = {**dict.fromkeys((*names, "tool", "profile"), "same"), "plan": "p", **bound}
    write_binding(folder, Binding(environment=env, **same))
    if estimate:
        (folder / NAME).write_bytes(orjson.dumps({"schema": SCHEMA, "types": {}}))
    return folder


def test_an_estimate_is_of_the_same_plan(tmp_path: Path) -> None:
    """Its own run's first, then its environment's newest, then another's; another archive's never."""
    _run(tmp_path, "mgr2", "001", estimate=True, plan="another, of the same archive")
    _run(tmp_path, "mgr2", "002", estimate=True, plan="other", archive="other")
    _run(tmp_path, "mgr2", "003", estimate=True, plan="p", archive="other")
    _run(tmp_path, "acc21", "001", estimate=True)
    _run(tmp_path, "acc21", "002", estimate=False)
    mine = _run(tmp_path, "mgr2", "004", estimate=False)

    found = [f"{folder.parent.name}/{folder.name}" for folder, _content in _estimates(mine)]
    assert found == ["mgr2/003", "mgr2/001", "acc21/001"]

    (mine / NAME).write_bytes(orjson.dumps({"schema": SCHEMA, "types": {}}))
    assert next(_estimates(mine))[0] == mine


@pytest.mark.parametrize(
    ("low", "high", "found", "held"),
    [
        (0.0, 0.1, 0.05, True),
        (0.0, 0.1, 0.1, True),
        (0.05, 0.1, 0.049, False),
        (0.0, 0.1, 0.101, False),
        (None, 0.1, 0.05, None),
        (0.0, 0.1, None, None),
    ],
)
def test_whether_it_lay_inside(
    low: float | None, high: float | None, found: float | None, *, held: bool | None
) -> None:
    """Both ends are inside; of nothing nothing is said."""
    assert Interval(low=low, high=high, found=found).held is held


def test_numbers_as_a_person_reads_them() -> None:
    """Two digits when small; one interval when both ends are the same."""
    assert percent_text(0.00123) == "0,12 %"
    assert percent_text(0.5) == "50,0 %"
    assert between(0.0, 0.0123) == "0 tot 1,2 %"
    assert between(0.25, 0.25) == "25,0 %"
    assert between(None, 0.1) == ""
    assert [seconds_text(s) for s in (7.25, 75, 7_260)] == ["7.25 s", "1 min 15 s", "2 u 1 min"]
