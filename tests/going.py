"""Gives a GO in a working folder, as two people would: for tests of what comes behind the gate."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from kt_migrate.gates.keeping import held_ledger
from kt_migrate.gates.records import Gate, Kind, Record, Verdict
from kt_migrate.model import Json

NOON = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
"""A Saturday: the weekend of the migration."""


def decision(
    env: str,
    plan: str,
    *,
    by: str = "A. Beslisser",
    role: str = "zorgaanbieder",
    verdict: Verdict = Verdict.GO,
    gate: Gate = Gate.PRE,
    at: datetime = NOON,
    hours: float = 72,
    first: str = "",
    binding: Mapping[str, str] | None = None,
    probe: str = "",
) -> Record:
    """Return one person's decision."""
    bound: dict[str, Json] = {"binding": {**(binding or {})}, "probe": probe, "rehearsal": {}}
    return Record(
        environment=env,
        kind=Kind.DECIDED,
        gate=gate,
        verdict=verdict,
        run="001",
        plan=plan,
        at=at,
        by=by,
        role=role,
        expires=at + timedelta(hours=hours),
        on={"bound": bound, "first": first},
    )


def give_go(
    root: Path,
    env: str,
    plan: str,
    *,
    gate: Gate = Gate.PRE,
    at: datetime = NOON,
    hours: float = 72,
    binding: Mapping[str, str] | None = None,
    probe: str = "",
) -> None:
    """Write a whole GO into the ledger: of two people, as prd2 demands.

    Args:
        root: the working folder.
        env: of which environment.
        plan: SHA-256 of the plan (`read_binding(folder).plan`).
        gate: which gate.
        at: when it was given.
        hours: how long it holds.
        binding: the plan's binding (`asdict(read_binding(folder))`).
        probe: `server_digest` of probe.json.
    """
    with held_ledger(root, env) as ledger:
        chain = ledger.add(
            decision(env, plan, gate=gate, at=at, hours=hours, binding=binding, probe=probe)
        )
        second = decision(
            env,
            plan,
            by="B. Tweede",
            role="it-deelnemer",
            gate=gate,
            at=at,
            hours=hours,
            first=chain.head,
            binding=binding,
            probe=probe,
        )
        ledger.add(second)
