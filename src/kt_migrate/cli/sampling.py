"""Samples: the options of `trial`, and how a sample and its estimate are shown."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kt_migrate.cli.screen import Screen
from kt_migrate.errors import UsageError
from kt_migrate.language import tr
from kt_migrate.plan.sampling.asked import asked_of
from kt_migrate.plan.sampling.choosing import Chosen, Extent, Wish
from kt_migrate.plan.sampling.record import Sample
from kt_migrate.reports.estimating import Estimate, estimated, write_estimate
from kt_migrate.reports.held import Held, held
from kt_migrate.reports.result import RunResult
from kt_migrate.reports.sampled import (
    duration_text,
    estimate_columns,
    estimate_rows,
    estimate_title,
    exact_text,
    held_columns,
    held_rows,
    held_title,
    sample_text,
    shown_text,
    widened_text,
)

SampleShare = Annotated[
    str,
    typer.Option(
        "--sample",
        help=tr("A sample only: that share of the dossiers, 5% say."),
    ),
]
SamplePatients = Annotated[
    int | None,
    typer.Option(
        "--patients",
        min=1,
        help=tr("A sample only: that many dossiers."),
    ),
]
SampleSeed = Annotated[
    str,
    typer.Option(
        "--seed",
        help=tr("Word that decides which dossiers; else the plan does."),
    ),
]
Whole = Annotated[
    bool,
    typer.Option(
        "--whole",
        help=tr("The whole plan, also what an earlier sample left (by itself without --sample)."),
    ),
]


def wish_of(sample: str, patients: int | None, seed: str, *, whole: bool, repair: bool) -> Wish:
    """Return which part of the plan is to be written.

    A repair alone is of what was written, so it goes on with what the run was begun with.

    Raises:
        UsageError: the options do not go together.
    """
    asked = asked_of(sample, patients, seed)
    if asked is not None and whole:
        raise UsageError(
            "The whole is no sample.", where="--whole", fix="Leave out --whole, or the sample."
        )
    if asked is not None:
        return asked
    return Extent.KEEP if repair and not whole else Extent.WHOLE


def say_chosen(screen: Screen, chosen: Chosen) -> None:
    """Say which part of the plan is written, before anything is."""
    if chosen.sample is not None:
        screen.say(sample_text(chosen.sample))
    if chosen.anew and chosen.sample is not None:
        screen.say(shown_text(chosen.sample))
    if chosen.widened is not None:
        screen.say(widened_text(chosen.widened))


def say_sample(screen: Screen, sample: Sample | None) -> None:
    """Say that what is shown is of a sample; nothing when it is of the whole plan."""
    if sample is not None:
        screen.say(sample_text(sample))


def sample_json(sample: Sample | None) -> dict[str, object]:
    """Return what `--json` says of a sample: nothing when it is of the whole plan."""
    return {} if sample is None else {"sample": sample.brief()}


def concluded(screen: Screen, folder: Path, result: RunResult) -> dict[str, object]:
    """Show what a sample says of the whole, or of a whole run whether an earlier sample was right.

    Args:
        screen: where to.
        folder: the run folder; a sample's estimate is kept there.
        result: where the run stands.

    Returns:
        What `--json` prints of it.
    """
    more = sample_json(result.sample)
    if result.sample is not None:
        estimate = estimated(folder, result)
        write_estimate(folder, estimate)
        _show_estimate(screen, estimate)
        return {**more, "estimate": None if estimate is None else estimate.as_json()}
    found = held(folder, result)
    if found is None:
        return more
    _show_held(screen, found)
    return {**more, "estimate_held": found.as_json()}


def _show_estimate(screen: Screen, estimate: Estimate | None) -> None:
    if estimate is None:
        screen.say(tr("No estimate yet: the sample has not ended."))
        return
    screen.table(estimate_title(), estimate_columns(), estimate_rows(estimate))
    screen.say(duration_text(estimate.duration))
    screen.say(exact_text())


def _show_held(screen: Screen, found: Held) -> None:
    screen.table(held_title(found), held_columns(), held_rows(found))
