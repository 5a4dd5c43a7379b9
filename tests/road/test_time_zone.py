"""The machine's own clock and zone have no say in a plan."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from support import EXAMPLE, plan_of


@contextmanager
def zone(name: str) -> Iterator[None]:
    """Be in another time zone, for real."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = name
    time.tzset()
    try:
        yield
    finally:
        os.environ.pop("TZ")
        if before is not None:
            os.environ["TZ"] = before
        time.tzset()


def planned(folder: Path, name: str) -> bytes:
    """Return the bytes of the example's plan, made in a zone."""
    path = folder / "plan.sqlite"
    folder.mkdir()
    with zone(name):
        assert time.tzname[0] != "UTC" or name == "UTC"
        plan_of(
            [EXAMPLE / "archive"], path, enrichment=EXAMPLE / "enrichment", domains=("EXAMPLE",)
        ).close()
    return path.read_bytes()


def test_the_plan_is_the_same_in_every_time_zone(tmp_path: Path) -> None:
    """A birthday at local midnight stays that day, on the other side of the world too."""
    here = planned(tmp_path / "utc", "UTC")

    assert planned(tmp_path / "east", "Pacific/Auckland") == here  # 12 ahead, in the seventies too
    assert planned(tmp_path / "west", "America/Adak") == here  # 10 or 11 behind


def test_the_plan_is_the_same_whatever_the_clock_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clock that jumps back a year between two readings changes nothing."""
    here = planned(tmp_path / "now", "UTC")
    moments = iter(range(2_000_000_000, 0, -31_536_000))
    monkeypatch.setattr(time, "time", lambda: float(next(moments)))

    assert planned(tmp_path / "back", "UTC") == here
