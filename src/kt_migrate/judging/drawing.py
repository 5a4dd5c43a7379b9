"""Draws the dossiers of a sample, in strata by kind and outcome. Pure.

Each stratum gives its part, and one at least. What is drawn is decided by a SHA-256 of the seed
and the dossier's key: the same plan and seed give the same dossiers, on every machine.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What is in a dossier."""

    ACTIVITIES = "activities"
    """Activities, whatever else."""
    PEOPLE = "people"
    """Related persons or a team, and no activity."""
    ALONE = "alone"
    """The client alone."""
    UNKNOWN = "unknown"
    """Nobody looked: nothing of it was to be migrated."""


class Ending(StrEnum):
    """What became of a dossier."""

    MIGRATED = "migrated"
    """All of it that was to be migrated."""
    PARTLY = "partly"
    """The client is there, and something of the dossier was rejected."""
    REJECTED = "rejected"
    """The client is not there."""
    NOT_MIGRATED = "not_migrated"
    """The algorithm does not migrate clients."""
    OUT_OF_SCOPE = "out_of_scope"
    """It was left out (K.1, K.2)."""


@dataclass(frozen=True, slots=True, order=True)
class Stratum:
    """Dossiers that are alike."""

    kind: Kind
    ending: Ending


@dataclass(frozen=True, slots=True)
class Drawn:
    """A sample.

    Attributes:
        keys: of the dossiers, in the order in which they are shown, which is of chance.
        of: per stratum how many dossiers there are.
        drawn: per stratum how many of those.
    """

    keys: tuple[str, ...]
    of: Mapping[Stratum, int]
    drawn: Mapping[Stratum, int]

    @property
    def population(self) -> int:
        """How many dossiers there are."""
        return sum(self.of.values())

    @property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """(how many there are, how many were drawn) of each stratum."""
        return tuple((self.of[one], self.drawn[one]) for one in sorted(self.of))

    @property
    def digest(self) -> str:
        """SHA-256 over what was drawn, in its order."""
        return hashlib.sha256("\n".join(self.keys).encode()).hexdigest()


def draw(dossiers: Mapping[str, Stratum], wanted: int, seed: str) -> Drawn:
    """Draw a sample.

    Args:
        dossiers: by key, the stratum of each.
        wanted: so many; more when there are more strata, fewer when there are fewer dossiers.
        seed: decides which.
    """
    members: dict[Stratum, list[str]] = {}
    for key in sorted(dossiers, key=lambda key: _chance(seed, key)):
        members.setdefault(dossiers[key], []).append(key)
    of = {one: len(keys) for one, keys in sorted(members.items())}
    drawn = shared(of, wanted)
    chosen = [key for one, keys in members.items() for key in keys[: drawn[one]]]
    return Drawn(tuple(sorted(chosen, key=lambda key: _chance(seed, key))), of, drawn)


def shared(of: Mapping[Stratum, int], wanted: int) -> dict[Stratum, int]:
    """Share a number out over strata: each its part of the whole, and one at least."""
    population = sum(of.values())
    total = min(population, max(wanted, len(of)))
    found = dict.fromkeys(of, 1)
    for _more in range(total - len(of)):
        # Who has least of the part that is due gets the next; of equals the first by name.
        due = {n: of[n] * total - found[n] * population for n in sorted(of) if found[n] < of[n]}
        found[max(due, key=due.__getitem__)] += 1
    return found


def _chance(seed: str, key: str) -> str:
    return hashlib.sha256(f"kt-migrate-judging {seed} {key}".encode()).hexdigest()
