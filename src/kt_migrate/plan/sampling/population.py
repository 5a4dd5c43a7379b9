"""What there is to draw from: dossiers, and the objects that belong to none. Pure, but for a plan.

An object belongs to the dossier of every patient that it refers to, directly or further on.
Dossiers that share an object are one: half a dossier is never drawn. What refers to no patient
(a practitioner, the catalogue) belongs to none, whoever refers to it.

A plan has what is referred to before what refers to it, so one pass in its order is enough.
Arrays by number of the write: a million writes with three million references take some 40 MB.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field

from kt_migrate.plan.sampling.rows import RejectedRow, Rows, WriteRow

PATIENT = "Patient"


@dataclass(frozen=True, slots=True, order=True)
class Kind:
    """What writes have in common that a sample must show.

    Attributes:
        stage: everything that they refer to has a lower one.
        r4_type, status, source_type, event: as in `rows.WriteRow`.
    """

    stage: int
    r4_type: str
    status: str
    source_type: str
    event: str

    @property
    def features(self) -> tuple[str, ...]:
        """What a sample must show of it, as words."""
        status = (f"{self.r4_type} {self.status}",) if self.status else ()
        return (self.r4_type, *status, f"{self.source_type} by {self.event}")


@dataclass(slots=True)
class Dossier:
    """One patient's dossier, or those of several patients that share an object.

    Attributes:
        key: the patient's link; of several the first.
        patients: how many.
        marks: which features it has, a bit each (`Population.features`).
        rejected: (type, link) of its objects that the plan rejects.
    """

    key: str
    patients: int = 0
    marks: int = 0
    rejected: list[tuple[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class Population:
    """A plan's writes and rejected objects, by dossier.

    Attributes:
        kinds: every kind of write.
        kind: per write the place of its kind; 0 is no write.
        dossier: per write the number of its dossier; 0: it belongs to none.
        edges, targets: what a write refers to is `targets[edges[seq]:edges[seq + 1]]`.
        referred: per write whether anything refers to it.
        dossiers: by number. Those of which nothing is written have numbers beyond the writes.
        loose: per write without a dossier its key.
        lost: rejected objects without a dossier, with their error codes.
        features: per feature its bit.
    """

    kinds: list[Kind]
    kind: array[int]
    dossier: array[int]
    edges: array[int]
    targets: array[int]
    referred: bytearray
    dossiers: dict[int, Dossier] = field(default_factory=dict)
    loose: dict[int, str] = field(default_factory=dict)
    lost: list[tuple[RejectedRow, frozenset[str]]] = field(default_factory=list)
    features: dict[str, int] = field(default_factory=dict)

    def mark(self, feature: str) -> int:
        """Return the bit of a feature."""
        return 1 << self.features.setdefault(feature, len(self.features))

    def refers_to(self, seq: int) -> array[int]:
        """Return the numbers of what a write refers to."""
        return self.targets[self.edges[seq] : self.edges[seq + 1]]

    @property
    def patients(self) -> int:
        """How many patients there are, in all dossiers."""
        return sum(dossier.patients for dossier in self.dossiers.values())


def population_of(rows: Rows) -> Population:
    """Read a plan, and say which dossiers there are in it."""
    last = rows.count()
    found = Population(
        kinds=[],
        kind=array("I", bytes(4 * (last + 1))),
        dossier=array("I", bytes(4 * (last + 1))),
        edges=array("I", bytes(4 * (last + 2))),
        targets=array("I"),
        referred=bytearray(last + 1),
    )
    _connect(found, rows)
    links = _gather(found, rows)
    _reject(found, rows, links)
    return found


def _connect(found: Population, rows: Rows) -> None:
    """Take in the references, in the order of the writes."""
    at = 0
    for seq, target in rows.references():
        while at < seq:
            at += 1
            found.edges[at] = len(found.targets)
        found.targets.append(target)
        found.referred[target] = 1
    for rest in range(at + 1, len(found.edges)):
        found.edges[rest] = len(found.targets)


def _gather(found: Population, rows: Rows) -> dict[str, int]:
    """Put every write in its dossier; return the number of each patient's, by link."""
    joined, places, patients = _Joined(len(found.kind)), dict[Kind, int](), dict[str, int]()
    found.kinds.append(Kind(0, "", "", "", ""))
    for row in rows.writes():
        found.kind[row.seq] = _place(found, places, row)
        mine = {joined.root(found.dossier[t]) for t in found.refers_to(row.seq)} - {0}
        if row.r4_type == PATIENT:
            mine.add(row.seq)
            patients[row.link] = row.seq
        found.dossier[row.seq] = joined.join(mine)
        if not mine:
            found.loose[row.seq] = f"{row.r4_type}|{row.system}|{row.value}"
    marks = [sum(found.mark(f) for f in kind.features) for kind in found.kinds]
    for link, seq in sorted(patients.items()):
        root = patients[link] = joined.root(seq)
        found.dossiers.setdefault(root, Dossier(link)).patients += 1
    for seq, number in enumerate(found.dossier):
        if number:
            root = found.dossier[seq] = joined.root(number)
            found.dossiers[root].marks |= marks[found.kind[seq]]
    return patients


def _place(found: Population, places: dict[Kind, int], row: WriteRow) -> int:
    kind = Kind(row.stage, row.r4_type, row.status, row.source_type, row.event)
    place = places.setdefault(kind, len(found.kinds))
    if place == len(found.kinds):
        found.kinds.append(kind)
    return place


def _reject(found: Population, rows: Rows, links: dict[str, int]) -> None:
    """Put every rejected object in its dossier, if it belongs to one."""
    codes, beyond = rows.codes(), len(found.kind)
    for row in rows.rejected():
        mine = codes.get((row.source_type, row.link), frozenset()) | {row.reason}
        if not row.patient:
            found.lost.append((row, mine))
            continue
        number = links.setdefault(row.patient, beyond)
        if number == beyond:
            found.dossiers[number] = Dossier(row.patient, patients=1)
            beyond += 1
        dossier = found.dossiers[number]
        dossier.rejected.append((row.source_type, row.link))
        for feature in rejected_features(row, mine):
            dossier.marks |= found.mark(feature)


def rejected_features(row: RejectedRow, codes: frozenset[str]) -> Iterator[str]:
    """Yield what a sample must show of a rejected object, as words."""
    for code in sorted(codes):
        yield f"{row.source_type} rejected {code}"


class _Joined:
    """Which dossiers are one: a forest of numbers."""

    def __init__(self, size: int) -> None:
        self._parent = array("I", range(size))

    def root(self, number: int) -> int:
        parent = self._parent
        while parent[number] != number:
            parent[number] = parent[parent[number]]
            number = parent[number]
        return number

    def join(self, numbers: set[int]) -> int:
        """Make one of some; return its number; 0 when there are none."""
        roots = sorted({self.root(number) for number in numbers})
        for other in roots[1:]:
            self._parent[other] = roots[0]
        return roots[0] if roots else 0
