"""What a person asks for: a share of the dossiers, or so many. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import ceil

from kt_migrate.errors import UsageError

_SHARE = re.compile(r"(\d{1,3}(?:[.,]\d{1,3})?) ?%")
_SEED = re.compile(r"[A-Za-z0-9._-]{1,64}")
_WHOLE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How many dossiers are asked for; one of the two.

    Attributes:
        percent: of a hundred; None: a number is asked for.
        patients: so many dossiers; None: a share is asked for.
        seed: a word that decides which; empty: the plan's digest does.
    """

    percent: float | None = None
    patients: int | None = None
    seed: str = ""

    def of(self, population: int) -> int:
        """Return how many of so many dossiers are asked for; one at least."""
        if self.patients is not None:
            return min(self.patients, population)
        return min(population, max(1, ceil(population * (self.percent or 0) / _WHOLE)))

    def __str__(self) -> str:
        return f"{self.percent:g}%" if self.patients is None else str(self.patients)


def asked_of(sample: str, patients: int | None, seed: str) -> Asked | None:
    """Return what the command line asks for; None: everything.

    Raises:
        UsageError: both are given, or a share that is none, or a seed that is no word.
    """
    if sample and patients is not None:
        raise UsageError(
            "A sample is a share or a number of patients.",
            where="--sample, --patients",
            fix="Give one of the two.",
        )
    if seed and not _SEED.fullmatch(seed):
        raise UsageError(
            "This cannot be the seed of a sample.",
            where="--seed",
            fix="Use letters, digits, dots, hyphens and underscores, 64 at most.",
        )
    if patients is not None:
        return Asked(patients=patients, seed=seed)
    if sample:
        return Asked(percent=_percent(sample), seed=seed)
    if seed:
        raise UsageError(
            "A seed is of a sample, and none is asked for.",
            where="--seed",
            fix="Give --sample or --patients too.",
        )
    return None


def _percent(text: str) -> float:
    found = _SHARE.fullmatch(text.strip())
    percent = float(found[1].replace(",", ".")) if found else 0.0
    if not 0 < percent < _WHOLE:
        raise UsageError(
            "This is no share of a whole.",
            where="--sample",
            fix="Give a percentage above 0 and below 100, 5% say; without it all is written.",
        )
    return percent
