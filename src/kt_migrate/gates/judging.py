"""Where each point of a gate stands: what was measured and what people say, together. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from kt_migrate.gates.chain import Chain, Line
from kt_migrate.gates.evidence import Evidence
from kt_migrate.gates.findings import Finding
from kt_migrate.gates.measuring import measure
from kt_migrate.gates.points import Point, needed
from kt_migrate.gates.records import Gate, Kind, Record, Verdict
from kt_migrate.gates.tables import POINTS
from kt_migrate.model import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where one point stands now.

    Attributes:
        point: which.
        verdict: met, not met, open.
        finding: what was measured; None: nothing is.
        said: what a person said that counts for it; None: nobody did, or it no longer holds.
        stale: what somebody said that no longer holds: it expired, or was about something else.
    """

    point: Point
    verdict: Verdict
    finding: Finding | None = None
    said: Line | None = None
    stale: Line | None = None

    @property
    def met(self) -> bool:
        """Whether it does not stand in the way."""
        return self.verdict is Verdict.MET


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A gate as it is at one moment.

    Attributes:
        gate: which.
        evidence: what was gathered.
        chain: the ledger.
        measured: what was measured, per point.
        standings: where every point but the decision stands.
        now: the moment, UTC.
    """

    gate: Gate
    evidence: Evidence
    chain: Chain
    measured: Mapping[str, Finding]
    standings: tuple[Standing, ...]
    now: datetime

    @property
    def env(self) -> str:
        """Whose gate it is."""
        return self.evidence.run.env

    @property
    def in_the_way(self) -> tuple[Standing, ...]:
        """What stands in the way of GO."""
        return tuple(one for one in self.standings if not one.met and not one.point.after)

    @property
    def left(self) -> tuple[Standing, ...]:
        """What is still to be done after GO."""
        return tuple(one for one in self.standings if not one.met and one.point.after)


def view(evidence: Evidence, chain: Chain, gate: Gate, now: datetime) -> View:
    """Look at a gate: measure, take what people said, put both together.

    Args:
        evidence: what was gathered.
        chain: the ledger of the environment.
        gate: which gate.
        now: the time, UTC.

    Raises:
        UsageError: the environment has no gate.
    """
    points = needed(POINTS[gate], evidence.run.env)
    measured = measure(evidence, chain, gate, now)
    found = [
        _standing(point, measured.get(point.id), chain, sight(point, evidence, measured), now)
        for point in points
        if point.kind is not Kind.DECIDED
    ]
    return View(
        gate=gate,
        evidence=evidence,
        chain=chain,
        measured=measured,
        standings=tuple(_in_order(found)),
        now=now,
    )


def sight(point: Point, evidence: Evidence, measured: Mapping[str, Finding]) -> dict[str, Json]:
    """Return what an attestation of a point is about, as it is now."""
    run = evidence.run
    match point.sees:
        case "trial":
            on = measured["O.4"].on if "O.4" in measured else {}
            return {name: on.get(name) for name in ("run", "plan", "errors", "lines", "rejected")}
        case "archive":
            return {"archive": run.binding.get("archive", "")}
        case "errors":
            return {**run.identity, "errors": run.errors, "lines": run.lines}
        case "run":
            return dict(run.identity)
        case "judged":
            found = run.judged
            return {**run.identity, "judged": "none" if found is None else found.digest}
        case _:
            return {}


def _standing(
    point: Point, finding: Finding | None, chain: Chain, seen: dict[str, Json], now: datetime
) -> Standing:
    last = _last_said(chain, point)
    holds = last is not None and _holds(last.record, point, seen, now)
    said, stale = (last, None) if holds else (None, last)
    verdict = _verdict(point, finding, said)
    return Standing(point=point, verdict=verdict, finding=finding, said=said, stale=stale)


def _verdict(point: Point, finding: Finding | None, said: Line | None) -> Verdict:
    """Put both together: nobody's word goes against a measurement that says no."""
    if finding is not None and finding.verdict is Verdict.NOT_MET:
        return Verdict.NOT_MET
    word = Verdict.OPEN if said is None else said.record.verdict
    if word is Verdict.NOT_MET or point.kind is Kind.ATTESTED:
        return word
    if finding is None or finding.verdict is Verdict.OPEN:
        return word
    return finding.verdict


def _last_said(chain: Chain, point: Point) -> Line | None:
    for line in reversed(chain.lines):
        record = line.record
        mine = record.gate is point.gate and record.point == point.id
        if record.kind is Kind.ATTESTED and mine:
            return line
    return None


def _holds(record: Record, point: Point, seen: dict[str, Json], now: datetime) -> bool:
    """Whether somebody's word still counts: in time, about what there is now, of who may say it."""
    in_time = record.expires is not None and record.at <= now < record.expires
    may = record.role in {role.value for role in point.roles}
    return in_time and may and record.on.get("seen") == seen


def _in_order(found: list[Standing]) -> Iterator[Standing]:
    """Leave open what comes before the point that it follows."""
    so_far: set[str] = set()
    for one in found:
        early = one.met and one.point.follows and one.point.follows not in so_far
        settled = replace(one, verdict=Verdict.OPEN) if early else one
        if settled.met:
            so_far.add(settled.point.id)
        yield settled
