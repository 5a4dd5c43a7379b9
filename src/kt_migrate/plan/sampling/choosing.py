"""Which part of a plan a start writes: draws a sample, goes on with it, or lets go of it.

Call it with the run's lock held: what is drawn is what is written from then on.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeAlias

from kt_migrate.books import hash_totals
from kt_migrate.errors import JournalError, UsageError, said
from kt_migrate.plan.sampling.asked import Asked
from kt_migrate.plan.sampling.drawing import Drawing, draw
from kt_migrate.plan.sampling.population import Population, population_of
from kt_migrate.plan.sampling.record import (
    Sample,
    forget_sample,
    keys_digest,
    name_table,
    read_sample,
    write_sample,
    write_table,
)
from kt_migrate.plan.sampling.rows import Rows
from kt_migrate.plan.sampling.sampled import SampledPlan, planned_in, require_drawn
from kt_migrate.scratch import room_on


class Extent(StrEnum):
    """What a start writes when no sample is asked for."""

    WHOLE = "whole"
    """Everything; also what an earlier start's sample left."""
    KEEP = "keep"
    """What the run was begun with."""


Wish: TypeAlias = Asked | Extent


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What a start writes.

    Attributes:
        sample: None: the whole plan.
        anew: it was drawn just now.
        widened: the sample that earlier starts wrote, of which the rest is written now.
    """

    sample: Sample | None = None
    anew: bool = False
    widened: Sample | None = None


def choose(folder: Path, wish: Wish, *, begun: bool) -> Chosen:
    """Settle what of a run folder's plan is written from here on.

    Args:
        folder: the run folder, with its lock held.
        wish: what the command line asks for.
        begun: whether anything of the plan was tried before.

    Raises:
        UsageError: another sample than the run was begun with.
        JournalError: what was drawn cannot be read, or is not what was drawn.
        ConfigurationError: there is no room on the disk.
    """
    if wish is Extent.WHOLE:
        return Chosen(widened=_let_go(folder))
    known = read_sample(folder)
    if known is not None:
        with planned_in(folder) as plan:
            require_drawn(folder, plan, known)
    if isinstance(wish, Extent):
        return Chosen(sample=known)
    if known is not None:
        _require_same(folder, wish, known)
        return Chosen(sample=known)
    if begun:
        raise UsageError(
            "This run was begun with the whole plan: no sample can be drawn of it any more.",
            where=str(folder),
            fix="Go on with the whole, or undo it with kt-migrate rollback and try again.",
        )
    with room_on(folder):
        return Chosen(sample=_drawn(folder, wish), anew=True)


def _let_go(folder: Path) -> Sample | None:
    """Let the whole plan count; also when what was drawn cannot be read."""
    known = None
    with suppress(JournalError):
        known = read_sample(folder)
    forget_sample(folder)
    return known


def _require_same(folder: Path, asked: Asked, known: Sample) -> None:
    if str(asked) != known.asked or asked.seed not in ("", known.seed):
        raise UsageError(
            said(
                "This run was begun with another sample: {asked}, seed {seed}.",
                asked=known.asked,
                seed=known.seed,
            ),
            where=str(folder),
            fix="Go on with that one, write the rest with --whole, or make a run folder for "
            "another with kt-migrate plan.",
        )


def _drawn(folder: Path, asked: Asked) -> Sample:
    path = folder / "plan.sqlite"
    with Rows(path) as rows:
        digest = rows.sha256()
        population = population_of(rows)
    seed = asked.seed or seed_of(digest)
    drawing = draw(population, seed, asked.of(len(population.dossiers)))
    new = write_table(folder, drawing)
    with SampledPlan(path, new) as plan:
        keys, totals = keys_digest(plan.keys()), hash_totals(plan.drawn_digests())
    name_table(new, folder, totals)
    sample = _sample(population, drawing, digest, asked=str(asked), seed=seed, keys=keys)
    write_sample(folder, sample)
    return sample


def seed_of(digest: str) -> str:
    """Return the seed that a plan gives itself: the same plan gives the same sample."""
    return hashlib.sha256(f"kt-migrate-sample {digest}".encode()).hexdigest()[:16]


def _sample(
    population: Population, drawing: Drawing, plan: str, *, asked: str, seed: str, keys: str
) -> Sample:
    in_dossiers = sum(len(dossier.rejected) for dossier in population.dossiers.values())
    return Sample(
        plan=plan,
        asked=asked,
        seed=seed,
        dossiers=drawing.dossiers,
        dossiers_of=len(population.dossiers),
        patients=drawing.patients,
        patients_of=population.patients,
        writes=sum(1 for stratum in drawing.stratum if stratum),
        writes_of=sum(1 for kind in population.kind if kind),
        rejected=len(drawing.rejected),
        rejected_of=in_dossiers + len(population.lost),
        digest=keys,
        strata=tuple(drawing.strata),
    )
