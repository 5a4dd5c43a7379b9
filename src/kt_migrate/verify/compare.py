"""Compares what was planned with what was read back: totals first, then one by one.

It does not use the mapping: it takes the plan's resources as they stand and the server's as they
were read, brings both to the canonical form, and compares.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import orjson

from kt_migrate.books import HashTotal, canonical, digest
from kt_migrate.model import Json, Key
from kt_migrate.plan.store import Plan, PlannedWrite
from kt_migrate.verify.read_back import ReadBack


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One resource that is not on the server as it was planned.

    Attributes:
        code: a `verify-…` code of the catalogue.
        r4_type: its R4 type.
        source_type: KT 1.3 type of the object that it comes from; empty when not in the plan.
        link: resource link of that object (or the temporary identifier's value).
        paths: FHIR paths that differ, without values; empty when it is missing or double.
    """

    code: str
    r4_type: str
    source_type: str
    link: str
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeResult:
    """Planned and found, of one R4 type."""

    r4_type: str
    planned: HashTotal
    found: HashTotal

    @property
    def equal(self) -> bool:
        """Whether count and sum are the same on both sides."""
        return self.planned == self.found


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyResult:
    """What the verification saw.

    Attributes:
        types: one per R4 type of the plan.
        differences: planned resources that are missing, different or double; at most `LISTED`.
        unplanned: how many others of the same systems there are (earlier runs, other suppliers).
    """

    types: tuple[TypeResult, ...]
    differences: tuple[Difference, ...]
    unplanned: int

    @property
    def passed(self) -> bool:
        """All totals equal, no difference, and there was something to look at."""
        return bool(self.types) and not self.differences and all(t.equal for t in self.types)

    @property
    def duplicates(self) -> bool:
        """Whether a temporary identifier occurs more than once."""
        return any(d.code == "verify-duplicate" for d in self.differences)


LISTED = 10_000
"""More differences than this are counted by the totals, but not listed one by one."""


def compare(plan: Plan, there: ReadBack) -> VerifyResult:
    """Compare a plan with what was read back.

    Args:
        plan: what should be there.
        there: what is there.
    """
    planned: dict[str, HashTotal] = {}
    found: dict[str, HashTotal] = {}
    differences: list[Difference] = []
    for write in plan.writes():
        r4_type = write.key.r4_type
        planned[r4_type] = planned.get(r4_type, HashTotal()).plus(write.digest)
        found.setdefault(r4_type, HashTotal())
        for resource in there.found(write.key):
            hex_digest = digest(canonical(resource, there.conditional))
            found[r4_type] = found[r4_type].plus(hex_digest)
        if len(differences) < LISTED:
            differences.extend(_differences(write, there))
    types = tuple(
        TypeResult(r4_type=t, planned=planned[t], found=found[t]) for t in sorted(planned)
    )
    return VerifyResult(
        types=types, differences=tuple(differences), unplanned=_unplanned(plan, there)
    )


def _differences(write: PlannedWrite, there: ReadBack) -> Iterator[Difference]:
    resources = there.found(write.key)
    if len(resources) != 1:
        yield _difference(write, "verify-missing" if not resources else "verify-duplicate")
        return
    mine = orjson.loads(canonical(write.resource))
    theirs = orjson.loads(canonical(resources[0], there.conditional))
    paths = tuple(sorted(set(_paths(mine, theirs, write.key.r4_type))))
    if paths:
        yield _difference(write, "verify-different", paths)


def _difference(write: PlannedWrite, code: str, paths: tuple[str, ...] = ()) -> Difference:
    return Difference(
        code=code,
        r4_type=write.key.r4_type,
        source_type=write.source_type,
        link=write.link,
        paths=paths,
    )


def _paths(mine: Json, theirs: Json, path: str) -> Iterator[str]:
    """Yield the FHIR paths at which two values differ; never the values."""
    if isinstance(mine, dict) and isinstance(theirs, dict):
        for name in mine.keys() | theirs.keys():
            yield from _paths(mine.get(name), theirs.get(name), f"{path}.{name}")
    elif isinstance(mine, list) and isinstance(theirs, list) and len(mine) == len(theirs):
        for left, right in zip(mine, theirs, strict=True):
            yield from _paths(left, right, path)
    elif mine != theirs:
        yield path


def _unplanned(plan: Plan, there: ReadBack) -> int:
    types = sorted({r4_type for r4_type, _system in plan.systems()})
    return sum(
        1 for r4_type in types for key, _resource in there.resources(r4_type) if not _in(plan, key)
    )


def _in(plan: Plan, key: Key) -> bool:
    return plan.write(key) is not None
