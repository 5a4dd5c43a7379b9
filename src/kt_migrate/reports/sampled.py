"""A sample and what it says of the whole, in words."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kt_migrate.language import pointed, tr
from kt_migrate.plan.sampling.durations import Duration, Unknown
from kt_migrate.plan.sampling.record import Sample
from kt_migrate.reports.estimating import Estimate, TypeEstimate, estimated
from kt_migrate.reports.held import Held, Interval, held
from kt_migrate.reports.result import RunResult

_MINUTE, _HOUR = 60, 3600
_TENTH = 0.1


def asked_text(sample: Sample) -> str:
    """Say what was asked for."""
    share = sample.asked.endswith("%")
    return sample.asked if share else f"{sample.asked} dossiers"


def sample_text(sample: Sample) -> str:
    """Say that what is shown is of a sample, and of which."""
    return tr(
        "SAMPLE of {asked_text}, seed {seed}: {dossiers} of {dossiers_of} dossiers, "
        "{writes} of {writes_of} writes. The rest was not drawn, and does not count "
        "as migrated.",
        asked_text=asked_text(sample),
        seed=sample.seed,
        dossiers=sample.dossiers,
        dossiers_of=sample.dossiers_of,
        writes=sample.writes,
        writes_of=sample.writes_of,
    )


def passed_text(*, sampled: bool) -> str:
    """Say that a verification passed, and of what."""
    if sampled:
        return tr(
            "Verified: what was drawn is on the server as planned. That says nothing of the rest."
        )
    return tr("Verified: the server equals the plan.")


def widened_text(sample: Sample) -> str:
    """Say that the rest of what was a sample is written now."""
    return tr(
        "This run began with a sample ({asked_text}). From now on it is the whole "
        "plan: the other {n} writes come now.",
        asked_text=asked_text(sample),
        n=sample.writes_of - sample.writes,
    )


def shown_text(sample: Sample) -> str:
    """Say when more was drawn than was asked for; empty: it was not."""
    shown = sample.strata[0].drawn
    return tr(
        "{shown} of those dossiers were chosen because every type, status, event and "
        "reason of a reject must be in it.",
        shown=shown,
    )


def estimate_columns() -> tuple[str, ...]:
    """Return the columns of the table of an estimate."""
    return (
        tr("type"),
        tr("drawn"),
        tr("failed"),
        tr("error, 95 %"),
        tr("plan"),
        tr("together, 95 %"),
    )


def estimate_rows(estimate: Estimate) -> list[tuple[object, ...]]:
    """Return the table of an estimate."""
    return [_row(one) for one in estimate.types]


def _row(one: TypeEstimate) -> tuple[object, ...]:
    found = one.as_json()
    both = found["with_plan"]
    return (
        one.r4_type,
        tr("{drawn} of {population}", drawn=one.share.drawn, population=one.share.population),
        one.share.failed,
        between(found["low"], found["high"]),
        one.plan_rejected,
        between(both["low"], both["high"]),
    )


def between(low: float | None, high: float | None) -> str:
    """Return an interval of shares as a person reads it.

    >>> between(0.0, 0.0123), between(None, None)
    ('0 tot 1,2 %', '')
    """
    if low is None or high is None:
        return ""
    if low == high:
        return percent_text(low)
    return tr("{low} to {high}", low=percent_text(low).removesuffix(" %"), high=percent_text(high))


def percent_text(share: float) -> str:
    """Return a share as a person reads it.

    >>> percent_text(0.00123), percent_text(0.123)
    ('0,12 %', '12,3 %')
    """
    text = f"{100 * share:.2g}" if share < _TENTH else f"{100 * share:.1f}"
    return f"{pointed(text)} %"


def duration_text(found: Duration) -> str:
    """Say how long the whole takes, and how that is known."""
    how = tr(
        "measured: {writes} writes in {seconds_text}, {batches} measurements",
        writes=found.writes,
        seconds_text=seconds_text(found.seconds),
        batches=found.batches,
    )
    if found.bounded:
        how += tr("; the limit of {limit:g} per second decides", limit=found.limit)
    if found.estimate is None:
        return tr("Time for all: unknown ({how}).", how=how)
    about = seconds_text(found.estimate)
    if found.low is None or found.high is None:
        why = _why(found.unknown)
        return tr(
            "Time for all: about {about}, margin unknown, {why} ({how}).",
            about=about,
            why=why,
            how=how,
        )
    low, high = seconds_text(found.low), seconds_text(found.high)
    return tr(
        "Time for all: {about}, with 95 % certainty {low} to {high} ({how}).",
        about=about,
        low=low,
        high=high,
        how=how,
    )


def _why(unknown: Unknown | None) -> str:
    if unknown is Unknown.UNSTEADY:
        return tr("the speed varies too much")
    return tr("it was measured too short")


def seconds_text(seconds: float) -> str:
    """Return a duration as a person says it.

    >>> seconds_text(7.25), seconds_text(75), seconds_text(7_260)
    ('7.25 s', '1 min 15 s', '2 u 1 min')
    """
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{seconds:.3g} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE} s"
    return f"{whole // _HOUR} {tr('h')} {whole % _HOUR // _MINUTE} min"


def estimate_title() -> str:
    """Return the title of the table of an estimate."""
    return tr("Estimate for the whole")


def exact_text() -> str:
    """Say what of the table is no estimate, and where the rest is explained."""
    return tr(
        "Column plan: what the plan itself rejects, exact. How the margins are "
        "computed: docs/sample.md."
    )


def held_title(found: Held) -> str:
    """Return the title of the table of what held."""
    return tr(
        "Was the estimate of sample {env} {run} ({asked}) right?",
        env=found.env,
        run=found.run,
        asked=found.asked,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplingWords:
    """What a page says of samples; all empty when there is none.

    Attributes:
        sample: that everything is of a sample.
        title, columns, rows: the estimate, or whether an earlier one was right.
        lines: below it.
    """

    sample: str = ""
    title: str = ""
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[object, ...], ...] = ()
    lines: tuple[str, ...] = ()


def sampling_words(folder: Path, result: RunResult) -> SamplingWords:
    """Return what a page says of a run's sample, or of an earlier one."""
    if result.sample is not None:
        estimate, said = estimated(folder, result), sample_text(result.sample)
        if estimate is None:
            return SamplingWords(sample=said)
        return SamplingWords(
            sample=said,
            title=estimate_title(),
            columns=estimate_columns(),
            rows=tuple(estimate_rows(estimate)),
            lines=(duration_text(estimate.duration), exact_text()),
        )
    found = held(folder, result)
    if found is None:
        return SamplingWords()
    return SamplingWords(
        title=held_title(found), columns=held_columns(), rows=tuple(held_rows(found))
    )


def held_columns() -> tuple[str, ...]:
    """Return the columns of the table of what held."""
    return (
        tr("what"),
        tr("estimated, 95 %"),
        tr("turned out"),
        tr("inside"),
    )


def held_rows(found: Held) -> list[tuple[object, ...]]:
    """Return the table of what held: per R4 type the share of failures, then the time."""
    rows: list[tuple[object, ...]] = [
        (name, between(one.low, one.high), between(one.found, one.found), _in(one))
        for name, one in found.types.items()
    ]
    time = found.seconds
    estimated = (
        ""
        if time.low is None or time.high is None
        else tr("{low} to {high}", low=seconds_text(time.low), high=seconds_text(time.high))
    )
    took = "" if time.found is None else seconds_text(time.found)
    return [*rows, (tr("time"), estimated, took, _in(time))]


def _in(one: Interval) -> str:
    if one.held is None:
        return tr("cannot be said")
    return tr("yes") if one.held else tr("NO")
