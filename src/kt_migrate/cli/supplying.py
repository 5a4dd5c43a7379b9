"""Several suppliers in one domain: what is expected of others, waited for, and brought by them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from kt_migrate.cli.screen import Screen
from kt_migrate.errors import UsageError
from kt_migrate.language import number, tr, trn
from kt_migrate.load.run import LoadResult
from kt_migrate.plan.announced import FILE
from kt_migrate.plan.rows import ExpectedCount
from kt_migrate.plan.sampling.sampled import planned_in

Others = Annotated[
    list[Path] | None,
    typer.Option(
        "--others",
        help=tr(
            "Another supplier's owned.json; repeatable. Bringing the same object is refused "
            "(docs/suppliers.md)."
        ),
    ),
]
Wait = Annotated[
    str,
    typer.Option(
        "--wait",
        metavar=tr("DURATION"),
        help=tr(
            "Wait so long, at most, for what other suppliers bring: 90s, 30m, 2h. Without it what "
            "needs them is left for the next start."
        ),
    ),
]
_DURATION = re.compile(r"(?P<number>[0-9]{1,6}(?:\.[0-9]+)?)(?P<unit>[smh]?)")
_SECONDS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}
LONGEST_WAIT = 7 * 24 * 3600.0
"""A migration weekend is shorter."""


def seconds_of(text: str, option: str = "--wait") -> float:
    """Return a duration in seconds; nothing is none.

    Args:
        text: as it was typed.
        option: by which, to be named.

    Raises:
        UsageError: it is no duration, or a longer one than a week.

    >>> seconds_of("1.5m"), seconds_of("")
    (90.0, 0.0)
    """
    if not text:
        return 0.0
    found = _DURATION.fullmatch(text)
    seconds = float(found["number"]) * _SECONDS[found["unit"]] if found else -1.0
    if not 0 < seconds <= LONGEST_WAIT:
        raise UsageError(
            "This is no time to wait.", where=option, fix="Give one as 90s, 30m or 2h."
        )
    return seconds


def show_expected(screen: Screen, folder: Path) -> dict[str, object]:
    """Print who is expected to bring what; return it for `--json`. Nothing when we are alone."""
    with planned_in(folder) as plan:
        counts = plan.expected_counts()
    owned = folder / FILE
    if counts:
        screen.table(
            tr("What other suppliers bring"),
            (
                tr("supplier"),
                tr("type"),
                tr("objects"),
                tr("we need"),
                tr("announced"),
                tr("of ours waits"),
            ),
            [_row(count) for count in counts],
        )
    if owned.is_file():
        screen.say(tr("Give the other suppliers this list of what we bring:"))
        screen.line(f"  {owned}")
    return {
        "owned": str(owned) if owned.is_file() else None,
        "expected": [asdict(count) for count in counts],
    }


def _row(count: ExpectedCount) -> tuple[object, ...]:
    return (
        count.supplier,
        count.r4_type,
        number(count.objects),
        number(count.needed),
        number(count.announced),
        number(count.waiting),
    )


def say_waiting(screen: Screen, load: LoadResult) -> None:
    """Say what other suppliers have not brought, and what they brought of ours."""
    if load.missing:
        screen.table(
            tr("Not there yet, of other suppliers"),
            (tr("supplier"), tr("objects")),
            [(supplier, number(count)) for supplier, count in load.missing.items()],
        )
    if load.waiting:
        screen.say(
            trn(
                "{n} object of ours waits for them; the same command goes on with it.",
                "{n} objects of ours wait for them; the same command goes on with them.",
                load.waiting,
            )
        )
    if load.twice:
        screen.say(
            trn(
                "{n} of them is on the server more than once: nobody knows which is meant.",
                "{n} of them are on the server more than once: nobody knows which are meant.",
                load.twice,
            )
        )
    if load.brought:
        screen.table(
            tr("Ours by the plan, and brought by another supplier"),
            (tr("client of"), tr("objects")),
            [(origin, number(count)) for origin, count in load.brought.items()],
        )


def others_json(load: LoadResult) -> Mapping[str, object]:
    """Return what a load came to beside other suppliers, for `--json`."""
    return {
        "waiting": load.waiting,
        "missing": dict(load.missing),
        "twice": load.twice,
        "brought": dict(load.brought),
    }


def paths_of(others: Sequence[Path] | None) -> tuple[Path, ...]:
    """Return the lists that were named."""
    return tuple(others or ())
