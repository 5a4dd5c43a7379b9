"""Says, before anything is written, which of a plan's objects are on the server, and whose.

Reads only, by the road of the verification: the whole of what has a temporary identifier of the
plan's systems, compared by digest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from kt_migrate.books import canonical, digest, origin_of
from kt_migrate.kt2.complete import Finder
from kt_migrate.plan.store import Plan
from kt_migrate.scratch import room_on
from kt_migrate.verify.read_back import ReadBack, There
from kt_migrate.verify.run import NO_OTHERS, read_systems
from kt_migrate.verify.written import Written

THIS_FOLDER = "this-folder"
"""A run of this working folder wrote it, or saw it there."""
OWN_CLIENT = "own-client"
"""Our own Device posted it, but no run of this working folder knows it."""
UNSTATED = "unstated"
"""The server does not say who posted it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeThere:
    """What is there of one R4 type.

    Attributes:
        planned: how many the plan has.
        double: how many of them are there more than once.
        there: how many are there, per (whose, equal to the plan).
    """

    planned: int
    double: int
    there: dict[tuple[str, bool], int]

    @property
    def absent(self) -> int:
        """How many are not there."""
        return self.planned - self.double - sum(self.there.values())

    def as_json(self) -> dict[str, object]:
        """Return the counts by their names."""
        return {
            "planned": self.planned,
            "absent": self.absent,
            "double": self.double,
            "there": [
                {"origin": whose, "equal": equal, "count": count}
                for (whose, equal), count in sorted(self.there.items())
            ],
        }


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """What a probe saw, per R4 type."""

    types: dict[str, TypeThere]

    def as_json(self) -> dict[str, object]:
        """Return what `--json` prints."""
        return {r4_type: found.as_json() for r4_type, found in self.types.items()}


async def probe(  # noqa: PLR0913 (what should be there, and who looks)
    plan: Plan,
    client: Finder,
    folder: Path,
    progress: Callable[[int], None] = lambda _count: None,
    *,
    written: Written,
    own_device: str,
    others: Mapping[str, Finder] = NO_OTHERS,
) -> ProbeResult:
    """Look which of a plan's objects are on the server.

    Args:
        plan: what is going to be written.
        client: the server; all that it can be asked is to search.
        folder: the run folder, for a temporary file.
        progress: is told how many resources each page held.
        written: what the journals know.
        own_device: id of the Device that our resources come from; empty: not known.
        others: by name the other clients of ours that write.

    Raises:
        CouldNotLookError: what was read cannot be shown to be all.
        LoginError, ServerUnavailableError: the server could not be looked at.
        ConfigurationError: there is no room on the disk.
    """
    with room_on(folder):
        there = ReadBack(folder)
        try:
            await read_systems(plan, client, there, progress, others)
            return _compared(plan, there, written, own_device)
        finally:
            there.close()


def _compared(plan: Plan, there: ReadBack, written: Written, own_device: str) -> ProbeResult:
    planned: Counter[str] = Counter()
    double: Counter[str] = Counter()
    found: dict[str, Counter[tuple[str, bool]]] = {}
    for write in plan.writes():
        r4_type = write.key.r4_type
        planned[r4_type] += 1
        seen = found.setdefault(r4_type, Counter())
        resources = there.found(write.key)
        if len(resources) > 1:
            double[r4_type] += 1
        elif resources:
            (one,) = resources
            equal = digest(canonical(one.resource, there.conditional)) == write.digest
            seen[_whose(r4_type, one, written, own_device), equal] += 1
    return ProbeResult(
        {
            r4_type: TypeThere(planned=count, double=double[r4_type], there=dict(found[r4_type]))
            for r4_type, count in sorted(planned.items())
        }
    )


def _whose(r4_type: str, one: There, written: Written, own_device: str) -> str:
    if written.version_of(r4_type, one.id) is not None or written.earlier(r4_type, one.id):
        return THIS_FOLDER
    origin = origin_of(one.resource)
    if not origin:
        return UNSTATED
    return OWN_CLIENT if origin == f"Device/{own_device}" else origin
