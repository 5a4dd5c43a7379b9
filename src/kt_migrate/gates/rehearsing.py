"""Which trial a migration stands on, and whether undoing was rehearsed. Pure."""

from __future__ import annotations

from kt_migrate.algorithm.success import Verdict as Success
from kt_migrate.gates.chain import Chain
from kt_migrate.gates.evidence import OF_DATA, Evidence, RunFacts
from kt_migrate.gates.findings import Finding, met, not_met, unclear
from kt_migrate.gates.records import Kind, Record, Verdict
from kt_migrate.model import Json


def trial_finding(evidence: Evidence, chain: Chain) -> tuple[Finding, Finding]:
    """Return what the best trial says: whether it succeeded, and of its success criteria.

    The newest trial that succeeded counts; else the newest one says what is wrong. A trial that
    was undone since counts by what was measured of it before that, and signed.
    """
    found = [_of_trial(evidence.run, trial, chain) for trial in evidence.trials]
    if not found:
        return unclear("no-trial"), unclear("no-trial")
    whole = [pair for pair in found if all(one.verdict is Verdict.MET for one in pair)]
    passed = [pair for pair in found if pair[0].verdict is Verdict.MET]
    return (whole or passed or found)[0]


def _of_trial(run: RunFacts, trial: RunFacts, chain: Chain) -> tuple[Finding, Finding]:
    on: dict[str, Json] = {"trial": trial.name, **trial.identity}
    problem = _unfit(run, trial, on)
    if problem is not None:
        return problem, unclear(problem.why, **problem.on)
    if trial.undone is not None:
        return _from_before(trial, chain, "O.4", on), _from_before(trial, chain, "O.4.1", on)
    on |= {
        "verify": trial.verify,
        "errors": trial.errors,
        "lines": trial.lines,
        "rejected": trial.rejected,
    }
    return _read_back(trial, on), success_finding(trial, on)


def _unfit(run: RunFacts, trial: RunFacts, on: dict[str, Json]) -> Finding | None:
    """Return why a trial is none of this migration; None: it is one."""
    other = run.differences(trial)
    if other:
        return unclear("trial-differs", what=", ".join(other), **on)
    if trial.sample:
        return unclear("trial-sample", **on)
    if not trial.sent:
        return unclear("trial-not-sent", **on)
    if trial.pending:
        return not_met("trial-pending", pending=trial.pending, **on)
    return None


def _read_back(trial: RunFacts, on: dict[str, Json]) -> Finding:
    if trial.verified is None or trial.written_since:
        return unclear("trial-unverified", **on)
    if not trial.verified or trial.findings or trial.duplicates or trial.audited is False:
        return not_met("trial-unequal", **on)
    return met("trial", **on)


def success_finding(trial: RunFacts, on: dict[str, Json]) -> Finding:
    """Return what the success criteria say of a run; without criteria nothing passes."""
    found = Success(trial.success or Success.NO_CRITERIA)
    why, on = f"success-{found.value}", {**on, "verdict": found.value}
    if found is Success.MET:
        return met(why, **on)
    return unclear(why, **on) if found is Success.NOT_MEASURABLE else not_met(why, **on)


def _from_before(trial: RunFacts, chain: Chain, point: str, on: dict[str, Json]) -> Finding:
    """Return the last that was measured of a trial, before it was undone."""
    for line in reversed(chain.lines):
        record = line.record
        if record.kind is Kind.MEASURED and record.point == point and _about(record, trial):
            if record.on.get("why") == "trial-gone":
                continue
            kept = {n: v for n, v in record.on.items() if n not in ("why", "measured")}
            why = str(record.on.get("why", ""))
            why = "trial-undone" if why == "trial" else why
            first = record.on.get("measured", line.number)
            return Finding(verdict=record.verdict, why=why, on={**kept, "measured": first})
    return unclear("trial-gone", **on)


def _about(record: Record, trial: RunFacts) -> bool:
    return (record.on.get("run"), record.on.get("plan")) == (trial.name, trial.plan)


def rehearsed(evidence: Evidence) -> Finding:
    """Return whether a run of this data was undone, wholly, and looked at on the server."""
    found: list[Finding] = []
    for trial in evidence.trials:
        if trial.undone is None or OF_DATA & set(evidence.run.differences(trial)):
            continue
        on: dict[str, Json] = {"trial": trial.name, "rollback": trial.undone.digest}
        on |= trial.identity
        if not trial.undone.wholly:
            found.append(not_met("rehearsed-part", left=trial.undone.left, **on))
        elif not trial.undone.proven:
            found.append(unclear("rehearsed-unproven", **on))
        else:
            return met("rehearsed", **on)
    return found[0] if found else unclear("not-rehearsed")
