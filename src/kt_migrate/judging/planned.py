"""Which dossiers a run has, and what became of each: by its plan and its journal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from kt_migrate.judging.drawing import Ending, Kind, Stratum
from kt_migrate.load.execute import open_journal
from kt_migrate.load.journal import ON_SERVER
from kt_migrate.model import Outcome
from kt_migrate.plan.opened import Opened
from kt_migrate.plan.sampling.population import PATIENT, Population, population_of
from kt_migrate.plan.sampling.record import read_sample
from kt_migrate.plan.sampling.rows import Rows
from kt_migrate.plan.sampling.sampled import planned_in

Named = tuple[str, str]
"""(KT 1.3 type, link) of an object."""

_ACTIVITIES = frozenset({"Task", "CarePlanActivity", "CarePlanSubActivity"})
_PEOPLE = frozenset({"RelatedPerson", "CareTeam"})
_LEFT = {Outcome.OUT_OF_SCOPE.value, Outcome.NOT_MIGRATED.value}


@dataclass(slots=True)
class _Marks:
    """What is seen of one dossier while its writes go by.

    Attributes:
        types: of what is in it, KT 1.3's or R4's.
        client: the client is on the server.
        whole: everything that was planned of it is.
        drawn: something of it was to be written.
    """

    types: set[str] = field(default_factory=set)
    client: bool = False
    whole: bool = True
    drawn: bool = False

    @property
    def kind(self) -> Kind:
        if self.types & _ACTIVITIES:
            return Kind.ACTIVITIES
        return Kind.PEOPLE if self.types & _PEOPLE else Kind.ALONE


class _Clients(Opened):
    """Reads which clients a plan has."""

    def fates(self) -> Iterator[tuple[str, str]]:
        """Yield (link, outcome) of each."""
        yield from self._db.execute(
            "SELECT link, outcome FROM object WHERE source_type = ? ORDER BY link", (PATIENT,)
        )


class Dossiers:
    """Every dossier of a run; nothing of what is in them.

    A dossier is a client and everything that refers to it, as a sample of a trial has it
    (docs/sample.md); clients that nothing was planned of are one too. Of a run that wrote a
    sample those count of which something was written.

    Args:
        folder: the run folder, with a journal.

    Raises:
        JournalError: there is no plan, or it is damaged.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / "plan.sqlite"
        with Rows(path) as rows:
            self.population = population_of(rows)
            self.plan = rows.sha256()
        there = _on_server(folder, len(self.population.kind))
        sampled = read_sample(folder) is not None
        with _Clients(path) as clients:
            fates = dict(clients.fates())
        marks = _marks(folder, self.population, there)
        self.strata = dict(_strata(self.population, marks, fates, sampled=sampled))
        self._numbers = {one.key: number for number, one in self.population.dossiers.items()}

    def rejected(self, key: str) -> list[Named]:
        """Return the objects of a dossier that the plan rejects."""
        number = self._numbers.get(key)
        return [] if number is None else self.population.dossiers[number].rejected

    def seqs(self, keys: tuple[str, ...]) -> dict[str, list[int]]:
        """Return the numbers of the writes of some dossiers."""
        wanted = {self._numbers[key]: key for key in keys if key in self._numbers}
        found: dict[str, list[int]] = {key: [] for key in keys}
        for seq, number in enumerate(self.population.dossier):
            if number and number in wanted:
                found[wanted[number]].append(seq)
        return found

    def around(self, seqs: list[int]) -> list[int]:
        """Return the numbers of what a dossier refers to, directly or further on."""
        mine, found, new = set(seqs), set[int](), set(seqs)
        while new:
            new = {t for seq in new for t in self.population.refers_to(seq)} - mine - found
            found |= new
        return sorted(found)


def _on_server(folder: Path, size: int) -> bytearray:
    """Return per write whether the journal has it on the server."""
    there = bytearray(size)
    with open_journal(folder) as journal:
        for seq in journal.seqs(*ON_SERVER):
            there[seq] = 1
    return there


def _marks(folder: Path, population: Population, there: bytearray) -> dict[int, _Marks]:
    marks = {number: _Marks() for number in population.dossiers}
    with planned_in(folder) as plan:
        for seq in plan.seqs():
            number = population.dossier[seq]
            if number:
                mine, r4_type = marks[number], population.kinds[population.kind[seq]].r4_type
                mine.drawn = True
                mine.types.add(r4_type)
                mine.whole = mine.whole and bool(there[seq])
                mine.client = mine.client or (r4_type == PATIENT and bool(there[seq]))
    return marks


def _strata(
    population: Population, marks: dict[int, _Marks], fates: dict[str, str], *, sampled: bool
) -> Iterator[tuple[str, Stratum]]:
    for number, dossier in population.dossiers.items():
        mine, fate = marks[number], fates.pop(dossier.key, Outcome.REJECTED.value)
        if sampled and not mine.drawn:
            continue
        mine.types.update(source_type for source_type, _link in dossier.rejected)
        yield dossier.key, Stratum(mine.kind, _ending(fate, mine, rejects=bool(dossier.rejected)))
    for link, fate in fates.items():
        if fate in _LEFT and not sampled:
            yield link, Stratum(Kind.UNKNOWN, Ending(fate))


def _ending(fate: str, mine: _Marks, *, rejects: bool) -> Ending:
    if fate in _LEFT:
        return Ending(fate)
    if not mine.client:
        return Ending.REJECTED
    return Ending.MIGRATED if mine.whole and not rejects else Ending.PARTLY
