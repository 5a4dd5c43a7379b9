"""A sample and what it says of the whole, in words."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kt_migrate.language import tr
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
        f"STEEKPROEF van {asked_text(sample)}, seed {sample.seed}: {sample.dossiers} van "
        f"{sample.dossiers_of} dossiers, {sample.writes} van {sample.writes_of} schrijfacties. "
        "De rest is niet getrokken, en telt niet als gemigreerd.",
        f"SAMPLE of {asked_text(sample)}, seed {sample.seed}: {sample.dossiers} of "
        f"{sample.dossiers_of} dossiers, {sample.writes} of {sample.writes_of} writes. "
        "The rest was not drawn, and does not count as migrated.",
    )


def passed_text(*, sampled: bool) -> str:
    """Say that a verification passed, and of what."""
    if sampled:
        return tr(
            "Geverifieerd: wat getrokken is staat op de server zoals gepland. Dat zegt niets van "
            "de rest.",
            "Verified: what was drawn is on the server as planned. That says nothing of the rest.",
        )
    return tr(
        "Geverifieerd: de server is gelijk aan het plan.",
        "Verified: the server equals the plan.",
    )


def widened_text(sample: Sample) -> str:
    """Say that the rest of what was a sample is written now."""
    return tr(
        f"Deze run begon met een steekproef ({asked_text(sample)}). Vanaf nu geldt het hele plan: "
        f"de andere {sample.writes_of - sample.writes} schrijfacties komen er nu bij.",
        f"This run began with a sample ({asked_text(sample)}). From now on it is the whole plan: "
        f"the other {sample.writes_of - sample.writes} writes come now.",
    )


def shown_text(sample: Sample) -> str:
    """Say when more was drawn than was asked for; empty: it was not."""
    shown = sample.strata[0].drawn
    return tr(
        f"{shown} dossiers daarvan zijn gekozen omdat elke soort, status, gebeurtenis en reden "
        "van uitval erin moet zitten.",
        f"{shown} of those dossiers were chosen because every type, status, event and reason of "
        "a reject must be in it.",
    )


def estimate_columns() -> tuple[str, ...]:
    """Return the columns of the table of an estimate."""
    return (
        tr("soort", "type"),
        tr("getrokken", "drawn"),
        tr("mislukt", "failed"),
        tr("fout, 95 %", "error, 95 %"),
        tr("plan", "plan"),
        tr("samen, 95 %", "together, 95 %"),
    )


def estimate_rows(estimate: Estimate) -> list[tuple[object, ...]]:
    """Return the table of an estimate."""
    return [_row(one) for one in estimate.types]


def _row(one: TypeEstimate) -> tuple[object, ...]:
    found = one.as_json()
    both = found["with_plan"]
    return (
        one.r4_type,
        tr(
            f"{one.share.drawn} van {one.share.population}",
            f"{one.share.drawn} of {one.share.population}",
        ),
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
    return f"{percent_text(low).removesuffix(' %')} {tr('tot', 'to')} {percent_text(high)}"


def percent_text(share: float) -> str:
    """Return a share as a person reads it.

    >>> percent_text(0.00123), percent_text(0.123)
    ('0,12 %', '12,3 %')
    """
    text = f"{100 * share:.2g}" if share < _TENTH else f"{100 * share:.1f}"
    return f"{tr(text.replace('.', ','), text)} %"


def duration_text(found: Duration) -> str:
    """Say how long the whole takes, and how that is known."""
    how = tr(
        f"gemeten: {found.writes} schrijfacties in {seconds_text(found.seconds)}, "
        f"{found.batches} metingen",
        f"measured: {found.writes} writes in {seconds_text(found.seconds)}, "
        f"{found.batches} measurements",
    )
    if found.bounded:
        how += tr(
            f"; de eigen grens van {found.limit:g} per seconde bepaalt",
            f"; the limit of {found.limit:g} per second decides",
        )
    if found.estimate is None:
        return tr(f"Tijd voor het geheel: onbekend ({how}).", f"Time for all: unknown ({how}).")
    about = seconds_text(found.estimate)
    if found.low is None or found.high is None:
        why = _why(found.unknown)
        return tr(
            f"Tijd voor het geheel: ongeveer {about}, marge onbekend, {why} ({how}).",
            f"Time for all: about {about}, margin unknown, {why} ({how}).",
        )
    low, high = seconds_text(found.low), seconds_text(found.high)
    return tr(
        f"Tijd voor het geheel: {about}, met 95 % zekerheid {low} tot {high} ({how}).",
        f"Time for all: {about}, with 95 % certainty {low} to {high} ({how}).",
    )


def _why(unknown: Unknown | None) -> str:
    if unknown is Unknown.UNSTEADY:
        return tr("de snelheid wisselt te veel", "the speed varies too much")
    return tr("er is te kort gemeten", "it was measured too short")


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
    return f"{whole // _HOUR} {tr('u', 'h')} {whole % _HOUR // _MINUTE} min"


def estimate_title() -> str:
    """Return the title of the table of an estimate."""
    return tr("Schatting voor het geheel", "Estimate for the whole")


def exact_text() -> str:
    """Say what of the table is no estimate, and where the rest is explained."""
    return tr(
        "Kolom plan: wat het plan zelf laat uitvallen, exact. Hoe de marges zijn berekend: "
        "docs/sample.md.",
        "Column plan: what the plan itself rejects, exact. How the margins are computed: "
        "docs/sample.md.",
    )


def held_title(found: Held) -> str:
    """Return the title of the table of what held."""
    return tr(
        f"Klopte de schatting van steekproef {found.env} {found.run} ({found.asked})?",
        f"Was the estimate of sample {found.env} {found.run} ({found.asked}) right?",
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
        tr("wat", "what"),
        tr("geschat, 95 %", "estimated, 95 %"),
        tr("gebleken", "found"),
        tr("binnen", "inside"),
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
        else f"{seconds_text(time.low)} {tr('tot', 'to')} {seconds_text(time.high)}"
    )
    took = "" if time.found is None else seconds_text(time.found)
    return [*rows, (tr("tijd", "time"), estimated, took, _in(time))]


def _in(one: Interval) -> str:
    if one.held is None:
        return tr("niet te zeggen", "cannot be said")
    return tr("ja", "yes") if one.held else tr("NEE", "NO")
