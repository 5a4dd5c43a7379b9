"""How a load goes, in words: the line beside the bar, and the block at the end."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from kt_migrate.cli.plainly import plainly
from kt_migrate.cli.screen import Screen
from kt_migrate.cli.terminal import console_of, paints
from kt_migrate.cli.waiting import Timely, far
from kt_migrate.kt2.pace import Reason
from kt_migrate.language import number, percent, tr
from kt_migrate.load.run import LoadResult
from kt_migrate.load.tending import progress_fields, success_share
from kt_migrate.load.watch import Sight

_MINUTE, _HOUR = 60, 3600


@contextmanager
def watching(text: str) -> Iterator[Callable[[Sight], None]]:
    """Show a bar with how it goes on a terminal; else a line a minute."""
    console = console_of(sys.stderr)
    if not paints(console):
        yield _lines(text)
        return
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TextColumn("{task.fields[sight]}", markup=False),
        console=console,
        transient=True,
    ) as bar:
        task = bar.add_task(text, total=None, sight="")

        def show(sight: Sight) -> None:
            words = progress_text(progress_fields(sight))
            bar.update(task, completed=sight.done, total=sight.total, sight=words)

        yield show


def _lines(text: str) -> Callable[[Sight], None]:
    timely = Timely()

    def line(sight: Sight) -> None:
        if timely.due():
            words = progress_text(progress_fields(sight))
            sys.stderr.write(plainly(f"{text} {far(sight.done, sight.total)} · {words}\n"))

    return line


def progress_text(fields: dict[str, object]) -> str:
    """Return one look in words; `fields` are those of a `progress` event."""
    rate, share = _number(fields, "rate"), _number(fields, "error_share")
    parts = [
        f"{rate:.0f}/s",
        tr("{get} in flight", get=fields.get("in_flight")),
        f"{tr('errors')} {percent(share)}",
    ]
    if fields.get("seconds_left") is not None:
        left = duration(_number(fields, "seconds_left"))
        parts.append(tr("{left} left", left=left))
    if why := waiting_text(str(fields.get("waiting", "")), _number(fields, "waiting_seconds")):
        parts.append(why)
    if isinstance(missing := fields.get("others_missing"), dict):
        parts.append(_others_text(missing, _number(fields, "others_seconds_left")))
    return " · ".join(parts)


def _others_text(missing: dict[str, int], seconds: float) -> str:
    """Say for whom is waited, for how much, and how long still."""
    whom = tuple(f"{supplier} {number(count)}" for supplier, count in missing.items())
    return tr("waits for {whom} (at most {left})", whom=whom, left=duration(seconds))


def waiting_text(reason: str, seconds: float) -> str:
    """Say why nothing starts just now; empty when nothing waits."""
    match reason:
        case Reason.PERSON:
            return tr("waits: paused by a person (kt-migrate control resume)")
        case Reason.SERVER:
            left = duration(seconds)
            return tr("waits: server asked for {left} more", left=left)
        case Reason.RATE:
            return tr("waits: own rate limit")
        case _:
            return ""


def duration(seconds: float) -> str:
    """Return a duration as a person says it.

    >>> duration(75), duration(7_260)
    ('1 min 15 s', '2 h 1 min')
    """
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE} s"
    return f"{whole // _HOUR} {tr('h')} {whole % _HOUR // _MINUTE} min"


def _number(fields: dict[str, object], name: str) -> float:
    value = fields.get(name)
    return float(value) if isinstance(value, (int, float)) else 0.0


def end_block(screen: Screen, load: LoadResult) -> None:
    """Print what this start came to; nothing when it had nothing to do."""
    writes, traffic = load.traffic.writes, load.traffic
    if not writes.count:
        return
    share = success_share(load)
    latency = [writes.mean, *(writes.percentile(p / 100) for p in (50, 95, 99)), writes.longest]
    statuses = ", ".join(f"{status}: {n}" for status, n in sorted(traffic.statuses.items()))
    screen.table(
        tr("This start"),
        (tr("what"), tr("how much")),
        [
            (tr("settled"), str(load.outcomes)),
            (tr("succeeded"), "" if share is None else percent(share)),
            (tr("duration"), _time_taken(load)),
            (
                tr("latency, ms (mean/50/95/99/max)"),
                " / ".join(f"{1000 * value:.0f}" for value in latency),
            ),
            (
                "bytes",
                tr(
                    "{bytes_out} out, {bytes_in} in",
                    bytes_out=traffic.bytes_out,
                    bytes_in=traffic.bytes_in,
                ),
            ),
            (tr("status codes"), statuses),
        ],
    )


def _time_taken(load: LoadResult) -> str:
    if not load.seconds:
        return ""
    return f"{duration(load.seconds)}, {load.outcomes / load.seconds:.0f}/s"
