"""Draws a sample: deterministic, by a hash of each key and the seed. Pure.

The procedure, obeyed below by number:

1. *To show it.* For every feature (R4 type, status, KT 1.3 event, reason of a rejection), the
   rarest first, that no drawn dossier has yet: one dossier that has it. These are certain: what
   becomes of them is counted, and stands for nothing else.
2. *To measure.* The other dossiers, in strata by the R4 types that are in them and whether
   anything of theirs was rejected: of each its part of what was asked for, two at least.
3. Strata of fewer than four dossiers are one.
4. *What they need.* Everything that a drawn object refers to is drawn, to the end.
5. *What belongs to no dossier*, and was not needed: in strata by type, status, event, and whether
   anything refers to it; of each the share that was asked for, two at least. From the last stage
   to the first, since what is drawn may need what stands in an earlier one.
6. Rejected objects without a dossier: per type and reason, one at least.

A key's place in the draw is a SHA-256 of the seed, the step and the key: neither the order of the
archive nor the numbers of the writes matter.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import TypeVar

from kt_migrate.plan.sampling.population import Dossier, Kind, Population

_K = TypeVar("_K", bound=Hashable)

LEAST = 2
"""Of each stratum: with one, nothing is known of how much they differ."""

OWN_STRATUM = 4
"""Smaller strata are put together."""

SHOWN, NEEDED = "shown", "needed"
"""The strata of what is certain."""


@dataclass(frozen=True, slots=True)
class Stratum:
    """What was drawn of what is alike.

    Attributes:
        name: what they have in common, as words.
        of: `dossiers`, `objects` (written, of no dossier) or `rejected` (not written).
        population, drawn: how many.
    """

    name: str
    of: str
    population: int
    drawn: int

    @property
    def weight(self) -> float:
        """How many a drawn one stands for."""
        return self.population / self.drawn if self.drawn else 0.0


@dataclass(slots=True)
class Drawing:
    """A sample.

    Attributes:
        strata: in the order in which they were drawn.
        stratum: per write the place of its stratum, from 1; 0: it was not drawn.
        cluster: per write what it was drawn with: the number of its dossier, or its own.
        rejected: (type, link) of rejected objects that were drawn; sorted.
        dossiers, patients: how many dossiers were drawn, and how many patients that is.
    """

    strata: list[Stratum]
    stratum: array[int]
    cluster: array[int]
    rejected: list[tuple[str, str]] = field(default_factory=list)
    dossiers: int = 0
    patients: int = 0


def draw(population: Population, seed: str, wanted: int) -> Drawing:
    """Draw a sample.

    Args:
        population: what there is.
        seed: decides which.
        wanted: how many dossiers; more are drawn when the steps above need more.
    """
    size = len(population.kind)
    found = Drawing([], array("I", bytes(4 * size)), array("I", bytes(4 * size)))
    chosen = _dossiers(population, seed, wanted, found)
    needed = _needs(population, chosen, found)
    found.strata.append(Stratum(NEEDED, "objects", 0, 0))
    share = wanted / len(population.dossiers) if population.dossiers else 1.0
    _loose(population, seed, share, needed, found)
    _lost(population, seed, share, found)
    found.dossiers = len(chosen)
    found.patients = sum(population.dossiers[number].patients for number in chosen)
    for number in chosen:
        found.rejected += population.dossiers[number].rejected
    found.rejected.sort()
    return found


def _dossiers(population: Population, seed: str, wanted: int, found: Drawing) -> dict[int, int]:
    """(1) to (3): return the place of the stratum, from 1, of every drawn dossier."""
    shown = _show(population, seed)
    found.strata.append(Stratum(SHOWN, "dossiers", len(shown), len(shown)))
    chosen = dict.fromkeys(shown, 1)
    strata = _strata(population, chosen)
    sizes = {name: len(numbers) for name, numbers in strata.items()}
    for name, many in allotted(sizes, wanted - len(shown)).items():
        key = {number: population.dossiers[number].key for number in strata[name]}
        found.strata.append(Stratum(name, "dossiers", sizes[name], many))
        drawn = _first(seed, "measure", key, many)
        chosen.update(dict.fromkeys(drawn, len(found.strata)))
    return chosen


def _show(population: Population, seed: str) -> list[int]:
    """(1): return the dossiers that show every feature."""
    many: dict[int, int] = {}
    best: dict[int, tuple[bytes, int]] = {}
    for number, dossier in population.dossiers.items():
        mine = (_rank(seed, "show", dossier.key), number)
        for bit in _bits(dossier.marks):
            many[bit] = many.get(bit, 0) + 1
            best[bit] = min(best.get(bit, mine), mine)
    names = {bit: name for name, bit in population.features.items()}
    shown, marks = list[int](), 0
    for bit in sorted(best, key=lambda b: (many[b], names[b])):
        if not marks >> bit & 1:
            shown.append(best[bit][1])
            marks |= population.dossiers[shown[-1]].marks
    return shown


def _strata(population: Population, chosen: Mapping[int, int]) -> dict[str, list[int]]:
    """(2), (3): return the dossiers that are left, by the name of their stratum."""
    types = {kind.r4_type: 0 for kind in population.kinds if kind.r4_type}
    marks = {name: population.mark(name) for name in sorted(types)}
    found: dict[str, list[int]] = {}
    for number, dossier in population.dossiers.items():
        if number not in chosen:
            found.setdefault(_alike(dossier, marks), []).append(number)
    small = [name for name, numbers in found.items() if len(numbers) < OWN_STRATUM]
    others = [number for name in small for number in found.pop(name)]
    return dict(sorted(found.items())) | ({"other dossiers": others} if others else {})


def _alike(dossier: Dossier, marks: Mapping[str, int]) -> str:
    types = ", ".join(name for name, mark in marks.items() if dossier.marks & mark)
    return f"{types or 'nothing written'}{'; rejected too' if dossier.rejected else ''}"


def allotted(sizes: Mapping[str, int], wanted: int) -> dict[str, int]:
    """Divide what is wanted over strata, by their size; of each `LEAST`, if there are so many.

    >>> allotted({"a": 80, "b": 20, "c": 3}, 10)
    {'a': 7, 'b': 2, 'c': 2}
    """
    total = sum(sizes.values())
    exact = {name: max(0, wanted) * size / total for name, size in sizes.items()}
    found = {name: min(size, max(LEAST, int(exact[name]))) for name, size in sizes.items()}
    left = wanted - sum(found.values())
    for name in sorted(exact, key=lambda n: (int(exact[n]) - exact[n], n)):
        if left > 0 and found[name] < sizes[name] and exact[name] > found[name]:
            found[name] += 1
            left -= 1
    return found


def _needs(population: Population, chosen: Mapping[int, int], found: Drawing) -> bytearray:
    """(4): put what the drawn dossiers have in the drawing; return what they refer to besides."""
    needed = bytearray(len(population.kind))
    for seq, number in enumerate(population.dossier):
        if number in chosen and number:
            found.stratum[seq], found.cluster[seq] = chosen[number], number
            _need(population, seq, needed)
    return needed


def _need(population: Population, seq: int, needed: bytearray) -> None:
    for target in population.refers_to(seq):
        if not population.dossier[target]:
            needed[target] = 1


def _loose(
    population: Population, seed: str, share: float, needed: bytearray, found: Drawing
) -> None:
    """(5), with (4) for what they need: the last stage first."""
    place, certain = len(found.strata), 0
    groups: dict[tuple[int, str], list[int]] = {}
    for seq in population.loose:
        kind = population.kinds[population.kind[seq]]
        groups.setdefault((-kind.stage, _group(kind, population.referred[seq])), []).append(seq)
    for (_stage, name), seqs in sorted(groups.items()):
        sure = [seq for seq in seqs if needed[seq]]
        rest = {seq: population.loose[seq] for seq in seqs if not needed[seq]}
        many = min(len(rest), max(LEAST, ceil(share * len(rest))))
        drawn = _first(seed, "objects", rest, many)
        if rest:
            found.strata.append(Stratum(name, "objects", len(rest), many))
        certain += len(sure)
        for seqs_drawn, at in ((sure, place), (drawn, len(found.strata))):
            for seq in seqs_drawn:
                found.stratum[seq], found.cluster[seq] = at, seq
                _need(population, seq, needed)
    found.strata[place - 1] = Stratum(NEEDED, "objects", certain, certain)


def _group(kind: Kind, referred: int) -> str:
    words = (kind.r4_type, kind.status, f"{kind.source_type} by {kind.event}")
    return ", ".join((*filter(None, words), "referred to" if referred else "nothing refers to it"))


def _lost(population: Population, seed: str, share: float, found: Drawing) -> None:
    """(6): rejected objects that belong to no dossier."""
    groups: dict[str, dict[tuple[str, str], str]] = {}
    for row, codes in population.lost:
        name = f"{row.source_type} rejected {', '.join(sorted(codes))}"
        mine = (row.source_type, row.link)
        groups.setdefault(name, {})[mine] = "|".join(mine)
    for name, keys in sorted(groups.items()):
        many = max(1, ceil(share * len(keys)))
        found.strata.append(Stratum(name, "rejected", len(keys), many))
        found.rejected += _first(seed, "rejected", keys, many)


def _first(seed: str, step: str, keys: Mapping[_K, str], many: int) -> Sequence[_K]:
    """Return so many of some keys: those whose hash comes first."""
    ranked = sorted(keys, key=lambda one: (_rank(seed, step, keys[one]), keys[one]))
    return ranked[:many]


def _rank(seed: str, step: str, key: str) -> bytes:
    return hashlib.sha256(f"{seed}\x1f{step}\x1f{key}".encode()).digest()


def _bits(marks: int) -> Iterator[int]:
    while marks:
        low = marks & -marks
        yield low.bit_length() - 1
        marks ^= low
