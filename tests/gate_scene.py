"""A gate at which everything is as it should be: tests take one thing away."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from going import NOON
from kt_migrate.gates.chain import Chain
from kt_migrate.gates.deciding import Person, attestation, go, measurements
from kt_migrate.gates.evidence import Buffer, Evidence, JudgedFacts, ProbeFacts, RunFacts, Undone
from kt_migrate.gates.judging import View, view
from kt_migrate.gates.keeping import held_ledger
from kt_migrate.gates.people import Role
from kt_migrate.gates.points import Point
from kt_migrate.gates.records import Gate, Kind, Record
from kt_migrate.gates.tables import POINTS

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BINDING = {
    "environment": "prd2",
    "environment_file": "set-prd2",
    "plan": "plan-prd2",
    "archive": "arch",
    "algorithm": "algo",
    "enrichment": "enri",
    "tool": "1.0",
}
RUN = RunFacts(env="prd2", run="001", plan="plan-prd2", binding=BINDING, errors="none")
WRITTEN = replace(
    RUN,
    sent=True,
    verified=True,
    verify="ver-prd2",
    success="met",
    lines=3,
    rejected=2,
    errors="err-prd2",
    judged=JudgedFacts(digest="said", good=25, population=400, fewer_than=12, seed="s"),
)
TRIAL = replace(
    WRITTEN,
    env="mgr2",
    run="007",
    plan="plan-mgr2",
    verify="ver-mgr2",
    errors="err-mgr2",
    binding={**BINDING, "environment": "mgr2", "environment_file": "m", "plan": "plan-mgr2"},
)
REHEARSED = replace(
    TRIAL, run="006", undone=Undone(wholly=True, proven=True, digest="roll"), verified=None
)
PROBE = ProbeFacts(
    at=NOON - HOUR,
    plan="plan-prd2",
    environment_file="set-prd2",
    points=9,
    lacking=(),
    unknown=(),
    server="server-1",
    digest="probe-1",
)
BEFORE = Evidence(
    run=RUN,
    trials=(TRIAL, REHEARSED),
    buffer=Buffer(empty=True, waiting=0, failed=0, without_status=0),
    probe=PROBE,
    environment_file="set-prd2",
)
AFTER = Evidence(run=WRITTEN)
EVIDENCE = {Gate.PRE: BEFORE, Gate.POST: AFTER}
ANNA = Person(by="A. de Vries", role=Role.PROVIDER)
BEN = Person(by="B. Bakker", role=Role.SUPPLIER)


def people_say(point: Point) -> Person:
    """Return somebody who may say a point."""
    return Person(by="A. de Vries", role=min(point.roles))


def seen(root: Path, evidence: Evidence, gate: Gate = Gate.PRE, after: timedelta = HOUR) -> View:
    """Return a gate as it is some time after noon."""
    with held_ledger(root, evidence.run.env) as ledger:
        return view(evidence, ledger.chain, gate, NOON + after)


def said(
    root: Path, evidence: Evidence, gate: Gate = Gate.PRE, *, but: str = "", yes: bool = True
) -> Chain:
    """Let people say every point that they are to say, but one."""
    with held_ledger(root, evidence.run.env) as ledger:
        now = view(evidence, ledger.chain, gate, NOON)
        records = [
            attestation(now, point, people_say(point), yes=yes)
            for point in POINTS[gate]
            if point.kind is Kind.ATTESTED and point.id != but and not point.after
        ]
        return ledger.add(*records)


def ordered(root: Path, plan: str = "plan-prd2") -> None:
    """Give the order to migrate: what the gate after the migration looks for."""
    from going import give_go  # noqa: PLC0415 (only some need it)

    give_go(root, "prd2", plan, at=NOON - DAY)


def gone(
    root: Path,
    evidence: Evidence,
    gate: Gate = Gate.PRE,
    who: Person = ANNA,
    after: timedelta = HOUR,
    lasts: timedelta | None = None,
) -> Record:
    """Let somebody give GO, and write it with what it stands on."""
    with held_ledger(root, evidence.run.env) as ledger:
        now = view(evidence, ledger.chain, gate, NOON + after)
        record = go(now, who, lasts)
        ledger.add(*measurements(now), record)
        return record
