"""Compares what was planned with what was read back: totals, and one by one where they differ.

It does not use the mapping: it takes the plan's digests as they stand, brings the server's
resources to the canonical form, once each, and compares.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import orjson

from kt_migrate.books import HashTotal, canonical, digest
from kt_migrate.model import Json
from kt_migrate.plan.findings import Findings
from kt_migrate.plan.rows import PlannedWrite
from kt_migrate.plan.store import Plan
from kt_migrate.verify.read_back import ReadBack, There
from kt_migrate.verify.written import Written


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
class Unplanned:
    """Resources with a temporary identifier of ours that are not in the plan.

    Attributes:
        earlier_run: another run of this working folder wrote them.
        other_origin: another client posted them (their resource-origin is not our Device).
        unknown: nobody knows: a reason to look. `listed` has them, at most `LISTED`.
    """

    earlier_run: int = 0
    other_origin: int = 0
    unknown: int = 0
    listed: tuple[Difference, ...] = ()

    def as_json(self) -> dict[str, int]:
        """Return the three counts by their names."""
        return {
            "earlier_run": self.earlier_run,
            "other_origin": self.other_origin,
            "unknown": self.unknown,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Histories:
    """What became of the histories.

    Attributes:
        read: objects whose history was read and compared.
        cut_short: objects that were there before this plan, of which none was planned.
    """

    read: int = 0
    cut_short: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyResult:
    """What the verification saw.

    Attributes:
        types: one per R4 type of the plan.
        differences: planned resources that are missing, different or double; at most `LISTED`.
        counts: how many differences of each code there are, listed or not.
        unplanned: others of the same systems; they alone do not make a verification fail.
        findings: every planned write that differs, listed or not.
        histories: of how many objects the history was compared; None in mode `latest`.
    """

    types: tuple[TypeResult, ...]
    differences: tuple[Difference, ...]
    counts: Mapping[str, int] = field(default_factory=dict)
    unplanned: Unplanned = field(default_factory=Unplanned)
    findings: Findings = field(default_factory=Findings)
    histories: Histories | None = None

    @property
    def passed(self) -> bool:
        """All totals equal, no difference, and there was something to look at."""
        return bool(self.types) and not self.different and all(t.equal for t in self.types)

    @property
    def different(self) -> int:
        """How many differences there are, listed or not."""
        return sum(self.counts.values())

    @property
    def duplicates(self) -> bool:
        """Whether a temporary identifier occurs more than once."""
        return self.counts.get("verify-duplicate", 0) > 0


LISTED = 10_000
"""More differences than this are counted, but not listed one by one."""


_KINDS = {
    "verify-missing": "missing",
    "verify-different": "different",
    "verify-changed": "different",
    "verify-adopted": "different",
    "verify-duplicate": "duplicate",
}
"""The kind of finding of each code."""


def compare(plan: Plan, there: ReadBack, written: Written, own_device: str) -> VerifyResult:
    """Compare a plan with what was read back.

    Args:
        plan: what should be there.
        there: what is there.
        written: what the journals know.
        own_device: id of our own Device; empty: not known.
    """
    planned: dict[str, HashTotal] = {}
    found: dict[str, HashTotal] = {}
    differences: list[Difference] = []
    counts: Counter[str] = Counter()
    found_wrong: dict[str, array[int]] = {}
    for write in plan.writes():
        r4_type = write.key.r4_type
        resources = there.found(write.key)
        forms = [canonical(one.resource, there.conditional) for one in resources]
        digests = [digest(form) for form in forms]
        planned[r4_type] = planned.get(r4_type, HashTotal()).plus(write.digest)
        total = found.get(r4_type, HashTotal())
        for hex_digest in digests:
            total = total.plus(hex_digest)
        found[r4_type] = total
        if digests != [write.digest]:
            difference = _difference(write, resources, forms, written)
            counts[difference.code] += 1
            found_wrong.setdefault(_KINDS[difference.code], array("q")).append(write.seq)
            if len(differences) < LISTED:
                differences.append(difference)
    return VerifyResult(
        types=tuple(
            TypeResult(r4_type=t, planned=planned[t], found=found[t]) for t in sorted(planned)
        ),
        differences=tuple(differences),
        counts=dict(sorted(counts.items())),
        unplanned=_unplanned(there, written, own_device),
        findings=Findings(**{kind: tuple(seqs) for kind, seqs in found_wrong.items()}),
    )


def _difference(
    write: PlannedWrite, resources: tuple[There, ...], forms: list[bytes], written: Written
) -> Difference:
    code = "verify-missing"
    paths: tuple[str, ...] = ()
    if len(resources) > 1:
        code = "verify-duplicate"
    elif resources:
        code = _of_one(write.key.r4_type, resources[0], written)
        mine, theirs = orjson.loads(canonical(write.resource)), orjson.loads(forms[0])
        paths = tuple(sorted(set(_paths(mine, theirs, write.key.r4_type))))
    return Difference(
        code=code,
        r4_type=write.key.r4_type,
        source_type=write.source_type,
        link=write.link,
        paths=paths,
    )


def _of_one(r4_type: str, there: There, written: Written) -> str:
    """Say why one resource is another than planned."""
    if _newer(there.version, written.version_of(r4_type, there.id)):
        return "verify-changed"
    adopted = written.adopted(r4_type, there.id)
    return "verify-adopted" if adopted else "verify-different"


def _newer(version: str, known: str | None) -> bool:
    """Whether the server's version came after the one that the journal has."""
    if not known or not version:
        return False
    if version.isdecimal() and known.isdecimal():
        return int(version) > int(known)
    return version != known


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


def _unplanned(there: ReadBack, written: Written, own_device: str) -> Unplanned:
    kinds: Counter[str] = Counter()
    listed: list[Difference] = []
    for one in there.unasked():
        if written.earlier(one.r4_type, one.id):
            kinds["earlier_run"] += 1
        elif own_device and one.origin not in ("", f"Device/{own_device}"):
            kinds["other_origin"] += 1
        else:
            kinds["unknown"] += 1
            if len(listed) < LISTED:
                listed.append(
                    Difference(
                        code="verify-unplanned",
                        r4_type=one.r4_type,
                        source_type="",
                        link=one.value,
                    )
                )
    return Unplanned(
        earlier_run=kinds["earlier_run"],
        other_origin=kinds["other_origin"],
        unknown=kinds["unknown"],
        listed=tuple(listed),
    )
