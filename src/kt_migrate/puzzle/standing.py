"""Says of each supplier what it brought, what is still missing, and who waits for whom.

What is there comes from the server alone. What should be there comes from our own plan, when there
is one, and from the lists of the others, when they gave theirs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

from kt_migrate.plan.announced import Announced, digest_of
from kt_migrate.plan.store import Plan
from kt_migrate.puzzle.seen import Seen

LINKS_SHOWN = 20
"""So many links of what is missing are named: those that our own plan knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """What of one type one supplier brings.

    Attributes:
        supplier: its name; of who gave no list, the name of its Device, else its id.
        r4_type: type of KT 2.0.
        there: how many of this type its clients brought.
        promised: how many it is to bring, by our plan or by its list; None: nobody said.
        missing: how many of those are not there.
        by_others: how many of those are there, and another brought them.
    """

    supplier: str
    r4_type: str
    there: int
    promised: int | None
    missing: int
    by_others: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """Who waits for whom.

    Attributes:
        supplier: who cannot go on.
        on: for whom; empty: something there names it, and nobody says who brings it.
        r4_type: for what.
        missing: for how many.
    """

    supplier: str
    on: str
    r4_type: str
    missing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Something that we need, or are to bring, and that is not there."""

    supplier: str
    source_type: str
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Twice:
    """How many temporary identifiers of one type more than one object there has.

    Who refers to one by it waits: nobody knows which is meant.
    """

    r4_type: str
    count: int


@dataclass(frozen=True, slots=True)
class Standing:
    """The state of the puzzle at one look."""

    pieces: tuple[Piece, ...]
    waits: tuple[Waits, ...]
    links: tuple[Link, ...]
    twice: tuple[Twice, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether nothing that anybody promised or needs is missing, and each is there once."""
        missing = any(piece.missing for piece in self.pieces)
        return not missing and not self.waits and not self.twice

    def as_json(self) -> dict[str, object]:
        """Return it for `--json`."""
        return {
            "pieces": [asdict(piece) for piece in self.pieces],
            "waits": [asdict(one) for one in self.waits],
            "links": [asdict(link) for link in self.links],
            "twice": [asdict(one) for one in self.twice],
            "complete": self.complete,
        }


class _Promises:
    """Adds up what should be there."""

    def __init__(self, seen: Seen, names: Mapping[str, str]) -> None:
        self._seen = seen
        self._names = names
        self.promised: Counter[tuple[str, str]] = Counter()
        self.missing: Counter[tuple[str, str]] = Counter()
        self.by_others: Counter[tuple[str, str]] = Counter()

    def add(self, supplier: str, r4_type: str, digest: str) -> bool:
        """Count one promise; say whether it is there."""
        kind = (supplier, r4_type)
        origins = self._seen.origins(digest)
        self.promised[kind] += 1
        self.missing[kind] += not origins
        self.by_others[kind] += bool(origins) and all(
            origin and self._names.get(origin, origin) != supplier for origin in origins
        )
        return bool(origins)


def standing_of(
    seen: Seen, names: Mapping[str, str], ours: str, plan: Plan | None, announced: Announced
) -> Standing:
    """Judge one look at the server.

    Args:
        seen: what is there.
        names: who is behind each `Device/<id>`.
        ours: how we are called.
        plan: ours; None: there is none yet.
        announced: the lists of the others.
    """
    promises = _Promises(seen, names)
    waits: Counter[tuple[str, str, str]] = Counter()
    links: list[Link] = []
    if plan is not None:
        _of_plan(plan, seen, ours, announced.domain, promises, waits, links)
    for one in announced.lists:
        for r4_type, digests in one.owned.items():
            for digest in digests:
                promises.add(one.supplier, r4_type, digest)
        for on, needs in one.needs.items():
            for r4_type, digests in needs.items():
                gone = sum(not seen.origins(digest) for digest in digests)
                waits[one.supplier, on, r4_type] += gone
    for r4_type, count in seen.absent():
        waits["", "", r4_type] += count
    return Standing(
        pieces=tuple(_pieces(seen, names, promises)),
        waits=tuple(
            Waits(supplier=who, on=on, r4_type=r4_type, missing=count)
            for (who, on, r4_type), count in sorted(waits.items())
            if count
        ),
        links=tuple(links),
        twice=tuple(Twice(r4_type=r4_type, count=count) for r4_type, count in seen.twice()),
    )


def _of_plan(  # noqa: PLR0913, PLR0917 (what is filled in)
    plan: Plan,
    seen: Seen,
    ours: str,
    domain: str,
    promises: _Promises,
    waits: Counter[tuple[str, str, str]],
    links: list[Link],
) -> None:
    for write in plan.sources_of_keys():
        there = promises.add(ours, write.key.r4_type, digest_of(domain, write.key))
        if not there and len(links) < LINKS_SHOWN:
            links.append(Link(supplier=ours, source_type=write.source_type, link=write.link))
    for one in plan.expected():
        if not seen.origins(digest_of(domain, one.key)):
            waits[ours, one.supplier, one.key.r4_type] += 1
            if len(links) < LINKS_SHOWN:
                links.append(
                    Link(supplier=one.supplier, source_type=one.source_type, link=one.link)
                )


def _pieces(seen: Seen, names: Mapping[str, str], promises: _Promises) -> Iterable[Piece]:
    there: Counter[tuple[str, str]] = Counter()
    for origin, r4_type, count in seen.counts():
        there[names.get(origin, origin), r4_type] += count
    for kind in sorted(there.keys() | promises.promised.keys()):
        supplier, r4_type = kind
        yield Piece(
            supplier=supplier,
            r4_type=r4_type,
            there=there[kind],
            promised=promises.promised.get(kind),
            missing=promises.missing[kind],
            by_others=promises.by_others[kind],
        )
