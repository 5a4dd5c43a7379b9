"""Measures the points of both gates from what was gathered. Pure: no clock, no disk, no network."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from kt_migrate.gates.chain import Chain
from kt_migrate.gates.evidence import Evidence, RunFacts
from kt_migrate.gates.findings import Finding, met, not_met, unclear
from kt_migrate.gates.records import Gate, Kind, Verdict
from kt_migrate.gates.rehearsing import rehearsed, success_finding, trial_finding
from kt_migrate.model import Json

FRESH = timedelta(hours=24)
"""How old a probe may be."""


def measure(evidence: Evidence, chain: Chain, gate: Gate, now: datetime) -> dict[str, Finding]:
    """Return what is measured of each point that can be measured.

    Args:
        evidence: what was gathered.
        chain: the ledger of the environment: what was measured of a trial before it was undone,
            and the GO that a run was begun with.
        gate: which gate.
        now: the time, UTC.
    """
    return _before(evidence, chain, now) if gate is Gate.PRE else _after(evidence, chain)


def _before(evidence: Evidence, chain: Chain, now: datetime) -> dict[str, Finding]:
    trial, success = trial_finding(evidence, chain)
    run = evidence.run
    return {
        "O.3.1": _probe(evidence, now),
        "O.4": trial,
        "O.4.1": success,
        "O.4.3": _census(run),
        "O.4.4": _books(run),
        "O.4.5": _unchanged(evidence),
        "O.6.1": rehearsed(evidence),
        "P.5": _buffer(evidence),
        "B.2": _delivered(evidence),
        "B.5": _apart(evidence),
        "B.6": _apart(evidence),
    }


def _after(evidence: Evidence, chain: Chain) -> dict[str, Finding]:
    run = evidence.run
    return {
        "P.7": _ordered(run, chain),
        "P.8": _carried_out(run),
        "Q.2": _equal(run),
        "Q.2.1": _number(run, run.findings),
        "Q.2.2": _number(run, run.duplicates),
        "Q.2.3": _audit(run),
        "Q.3.1": _judged(run),
        "Q.6": success_finding(run, {"trial": run.name, **run.identity}),
        "Q.9.1": _subscribed(evidence),
    }


def _probe(evidence: Evidence, now: datetime) -> Finding:
    probe = evidence.probe
    if probe is None:
        return unclear("no-probe")
    on: dict[str, Json] = {
        "at": f"{probe.at:%Y-%m-%d %H:%M}",
        "server": probe.server,
        "probe": probe.digest,
    }
    if probe.lacking:
        return not_met("probe-lacking", what=", ".join(probe.lacking), **on)
    doubts = {
        "probe-old": not timedelta(0) <= now - probe.at <= FRESH,
        "probe-other-settings": probe.environment_file != evidence.environment_file,
        "probe-other-plan": probe.plan != evidence.run.plan,
        "probe-unknown": bool(probe.unknown),
        "probe-nothing": not probe.points,
    }
    for why, holds in doubts.items():
        if holds:
            return unclear(why, what=", ".join(probe.unknown), **on)
    return met("probed", **on)


def _census(run: RunFacts) -> Finding:
    return met("equal", plan=run.plan) if run.census_equal else not_met("unequal", plan=run.plan)


def _books(run: RunFacts) -> Finding:
    if run.unbalanced:
        return not_met("no-balance", count=run.unbalanced, plan=run.plan)
    return met("balance", plan=run.plan)


def _unchanged(evidence: Evidence) -> Finding:
    if evidence.changed:
        return not_met("changed", what=evidence.changed, plan=evidence.run.plan)
    return met("unchanged", plan=evidence.run.plan, **_bound(evidence.run.binding))


def _bound(binding: Mapping[str, str]) -> dict[str, Json]:
    return {"binding": dict(binding)}


def _buffer(evidence: Evidence) -> Finding:
    """What waits, was given up, or has no status, somebody has to look into.

    It is no plain no: the servers of KT 1.3 are off, so what waits in an archive waits for ever.
    """
    on: dict[str, Json] = {"archive": evidence.run.binding.get("archive", "")}
    found = evidence.buffer
    if found is None:
        return unclear("buffer-unseen", **on)
    on |= {"waiting": found.waiting, "failed": found.failed, "unknown": found.without_status}
    if found.waiting:
        return unclear("buffer-full", **on)
    return met("buffer-empty", **on) if found.empty else unclear("buffer-unknown", **on)


def _delivered(evidence: Evidence) -> Finding:
    """Only a no: that the archive is what was delivered is for its owner to say."""
    archive = evidence.run.binding.get("archive", "")
    if not evidence.delivered:
        return not_met("not-as-delivered", archive=archive)
    return unclear("", archive=archive)


def _apart(evidence: Evidence) -> Finding:
    if evidence.shared:
        return not_met("shared", what=evidence.shared)
    return met("apart", settings=evidence.environment_file)


def _ordered(run: RunFacts, chain: Chain) -> Finding:
    for line in reversed(chain.lines):
        record = line.record
        if record.kind is Kind.DECIDED and record.gate is Gate.PRE and record.plan == run.plan:
            if record.verdict is Verdict.GO:
                return met("ordered", number=line.number, digest=line.digest)
            break
    return not_met("not-ordered", plan=run.plan)


def _carried_out(run: RunFacts) -> Finding:
    if run.undone is not None:
        return not_met("undone", **run.identity)
    if not run.sent:
        return unclear("not-sent", **run.identity)
    if run.sample or run.pending:
        return not_met("pending", pending=run.pending, **run.identity)
    return met("done", **run.identity)


def _equal(run: RunFacts) -> Finding:
    on: dict[str, Json] = {"verify": run.verify, **run.identity}
    if run.undone is not None:
        return not_met("undone", **on)
    if run.verified is None:
        return unclear("not-verified", **on)
    if not run.verified:
        return not_met("unequal", **on)
    return unclear("written-since", **on) if run.written_since else met("verified", **on)


def _number(run: RunFacts, count: int) -> Finding:
    on: dict[str, Json] = {"verify": run.verify, **run.identity}
    if count:
        return not_met("some", count=count, **on)
    if run.verified is None or run.written_since:
        return unclear("not-verified", **on)
    return met("none", **on)


def _judged(run: RunFacts) -> Finding:
    """What a care provider said of the dossiers of a sample.

    One dossier that is not right is a no. Nobody's *do not know*, and no sample that was left
    half-way, is a yes; whoever had them judged elsewhere may attest that.
    """
    found = run.judged
    on: dict[str, Json] = dict(run.identity)
    if run.undone is not None:
        return not_met("undone", **on)
    if found is None:
        return unclear("not-judged", **on)
    on["judged"] = found.digest
    if found.stale:
        return unclear("judged-before", **on)
    if found.wrong:
        return not_met("judged-wrong", count=found.wrong, **on)
    if found.unsure or found.unjudged or not found.good:
        return unclear("judged-part", count=found.unsure + found.unjudged, **on)
    on |= {"population": found.population, "seed": found.seed, "rules": list(found.rules)}
    return met("judged", count=found.good, percent=found.fewer_than, **on)


def _subscribed(evidence: Evidence) -> Finding:
    """Open, never a no: until the 'Eigen verklaring' is signed they are meant to be paused."""
    on: dict[str, Json] = {"count": evidence.paused, **evidence.run.identity}
    return unclear("still-paused", **on) if evidence.paused else met("none-paused", **on)


def _audit(run: RunFacts) -> Finding:
    on: dict[str, Json] = {"verify": run.verify, **run.identity}
    if run.audited is False:
        return not_met("audit-differs", **on)
    return met("audited" if run.audited else "not-audited", **on)
