"""Holds what a run's journal claims against the AuditEvents of its trace. Never writes.

An effect that nobody saw, or one that nobody claims, is a difference; what cannot be shown to be
all there is, is *could not look*. Whoever is notified of our writes goes on under our trace: what
they did is counted, and no difference.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kt_migrate.errors import CouldNotLookError, LoginError, said
from kt_migrate.kt2.answers import Refused
from kt_migrate.kt2.audit import trace_search
from kt_migrate.kt2.complete import Finder, read_search
from kt_migrate.model import Json, Resource
from kt_migrate.plan.store import Plan
from kt_migrate.scratch import room_on
from kt_migrate.verify.compare import LISTED, Difference
from kt_migrate.verify.trail import Held, Trail
from kt_migrate.verify.written import Claims

WAITS = (2.0, 4.0, 8.0)
"""Seconds before looking again: AuditEvents come a second or so after the call (server.md §1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """Effects of one action on one type.

    Attributes:
        action: `C`, `U` or `D`.
        r4_type: empty for a deletion, which does not say of what.
        claimed: by the journal.
        missing: of those, without an AuditEvent.
        unclaimed: AuditEvents of ours of which the journal knows nothing.
    """

    action: str
    r4_type: str
    claimed: int
    missing: int
    unclaimed: int

    @property
    def found(self) -> int:
        """How many effects of ours the AuditEvents tell of."""
        return self.claimed - self.missing + self.unclaimed


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditResult:
    """What the AuditEvents say of a run.

    Attributes:
        traces: the run's trace ids.
        calls: AuditEvents per action, of anybody.
        rows: per action and type, sorted.
        others: effects of others under our trace.
        differences: at most `LISTED`; `counts` has how many of each code there are.
    """

    traces: tuple[str, ...]
    calls: Mapping[str, int]
    rows: tuple[AuditRow, ...]
    others: int = 0
    differences: tuple[Difference, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether every effect is claimed, and every claim was seen."""
        return not self.counts

    def as_json(self) -> dict[str, Json]:
        """Return it as verify.json and `--json` have it."""
        return {
            "passed": self.passed,
            "traces": list(self.traces),
            "calls": dict(self.calls),
            "others": self.others,
            "counts": dict(self.counts),
            "effects": [
                {
                    "action": row.action,
                    "type": row.r4_type,
                    "claimed": row.claimed,
                    "found": row.found,
                    "missing": row.missing,
                    "unclaimed": row.unclaimed,
                }
                for row in self.rows
            ],
        }


async def audit(  # noqa: PLR0913 (what is looked at, by whom, and how it waits)
    plan: Plan,
    client: Finder,
    folder: Path,
    progress: Callable[[int], None] = lambda _count: None,
    *,
    written: Claims,
    own_device: str = "",
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> AuditResult:
    """Read the AuditEvents of a run, and compare them with its journal.

    Args:
        plan: what the run brings.
        client: the server; all that it can be asked is to search.
        folder: the run folder, for a temporary file.
        progress: is told how many events each page held.
        written: what the journal claims.
        own_device: id of our Device, as far as known: a server behind another gives its own.
        sleep: waits; events may still be on their way.

    Raises:
        CouldNotLookError: nothing was sent, its outcome is not known yet, or the server does not
            show what can be shown to be all AuditEvents of the run.
        ServerUnavailableError: the server could not be looked at.
        ConfigurationError: there is no room on the disk.
    """
    _require_settled(written)
    with room_on(folder):
        trail = Trail(folder)
        try:
            trail.claim(_claims(plan, written), written.known())
            for wait in (*WAITS, None):
                try:
                    await _read(client, trail, written.trace_ids(), progress)
                    result = _compared(plan, trail, written.trace_ids(), own_device)
                    if wait is None or not result.counts.get("audit-missing"):
                        return result
                except CouldNotLookError:
                    if wait is None:
                        raise
                await sleep(wait)
        finally:
            trail.close()
    raise AssertionError(WAITS)


def _require_settled(written: Claims) -> None:
    if not written.trace_ids():
        raise CouldNotLookError(
            "Nothing of this run was sent, so there are no AuditEvents of it.",
            where="journal.sqlite",
            fix="Give kt-migrate trial first.",
        )
    if unsettled := written.unsettled():
        raise CouldNotLookError(
            said("The outcome of {unsettled} requests is not known yet.", unsettled=unsettled),
            where="journal.sqlite",
            fix="Give kt-migrate trial again, which looks them up; then verify --audit.",
        )


def _claims(plan: Plan, written: Claims) -> Iterator[tuple[int, str, str, str, str]]:
    """Yield what the journal claims, with the type of each write."""
    kinds = plan.kinds()  # both in the order of the plan
    seq, r4_type = 0, ""
    for effect in written.effects():
        while seq < effect.seq:
            seq, r4_type, _system = next(kinds)
        yield effect.seq, effect.action, r4_type, effect.logical_id, effect.version


async def _read(
    client: Finder, trail: Trail, traces: Sequence[str], progress: Callable[[int], None]
) -> None:
    """Read all events of the traces.

    Raises:
        CouldNotLookError: there are none, or they cannot be shown to be all, or to be ours.
    """
    trail.forget_calls()
    for trace_id in traces:

        def keep(events: Sequence[Resource], trace_id: str = trace_id) -> int:
            new = trail.keep(events, trace_id)
            progress(new)
            return new

        await _require_searchable(client, trace_search(trace_id))
        await read_search(client, trace_search(trace_id), keep)
    if trail.strange:
        raise CouldNotLookError(
            "The server does not search AuditEvents by traceId: it gives those of others.",
            where="GET AuditEvent",
            fix="Ask the administrators about the search parameter traceId.",
        )
    if not trail.calls():
        raise CouldNotLookError(
            "The server shows no AuditEvent of this run.",
            where="GET AuditEvent",
            fix="Ask the administrators whether they are kept, and whether this client sees them.",
        )


async def _require_searchable(client: Finder, search: str) -> None:
    try:
        page = await client.search(f"{search}&_count=1")
    except LoginError:  # who was let in a moment ago may look, but not at these
        raise CouldNotLookError(
            "This client may not read AuditEvents.",
            where="GET AuditEvent",
            fix="Ask for the right to read them: the client's role in the domain administration.",
        ) from None
    if isinstance(page, Refused):
        raise CouldNotLookError(
            said(
                "The server refuses a search for AuditEvents (HTTP {status}).", status=page.status
            ),
            where="GET AuditEvent",
            fix="Ask the administrators whether AuditEvents can be searched by traceId.",
        )


def _compared(plan: Plan, trail: Trail, traces: Sequence[str], own_device: str) -> AuditResult:
    ours = trail.devices() | {f"Device/{own_device}", ""}
    claimed: Counter[tuple[str, str]] = Counter()
    missing: Counter[tuple[str, str]] = Counter()
    unclaimed: Counter[tuple[str, str]] = Counter()
    differences: list[Difference] = []
    others = 0
    for held in trail.held():
        kind = (held.action, held.r4_type)
        own = [one for one in held.unclaimed if one[2] in ours]
        others += len(held.unclaimed) - len(own)
        claimed[kind] += held.claimed
        missing[kind] += len(held.missing)
        unclaimed[kind] += len(own)
        if len(differences) < LISTED:
            differences += [_missing(plan, held, seq) for seq in held.missing]
            differences += [_unclaimed(held, event, version) for event, version, _device in own]
    counts = {"audit-missing": missing.total(), "audit-unclaimed": unclaimed.total()}
    return AuditResult(
        traces=tuple(traces),
        calls=trail.calls(),
        rows=tuple(
            AuditRow(
                action=kind[0],
                r4_type=kind[1],
                claimed=claimed[kind],
                missing=missing[kind],
                unclaimed=unclaimed[kind],
            )
            for kind in sorted(claimed)
            if claimed[kind] or unclaimed[kind]
        ),
        others=others,
        differences=tuple(differences[:LISTED]),
        counts={code: count for code, count in counts.items() if count},
    )


def _missing(plan: Plan, held: Held, seq: int) -> Difference:
    write = plan.write_at(seq)
    return Difference(
        code="audit-missing",
        r4_type=held.r4_type,
        source_type="" if write is None else write.source_type,
        link="" if write is None else write.link,
        paths=(_named(held.r4_type, held.logical_id, ""),),
    )


def _unclaimed(held: Held, event: str, version: str) -> Difference:
    return Difference(
        code="audit-unclaimed",
        r4_type=held.r4_type or "AuditEvent",
        source_type="",
        link=_named(held.r4_type, held.logical_id, version) or f"AuditEvent/{event}",
    )


def _named(r4_type: str, logical_id: str, version: str) -> str:
    place = f"{r4_type}/{logical_id}" if logical_id else ""
    return f"{place}/_history/{version}" if place and version else place
