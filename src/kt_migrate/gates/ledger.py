"""The GO that stands in the ledger: whether one holds now, for exactly this plan. `run` asks it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from kt_migrate.errors import GateError, said
from kt_migrate.gates.chain import Chain, Line
from kt_migrate.gates.keeping import ledger_path, read_ledger, require_later
from kt_migrate.gates.people import FIRST, SECOND, TWO_PEOPLE, one_of_two
from kt_migrate.gates.records import Gate, Kind, Record, Verdict
from kt_migrate.model import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Go:
    """A GO that holds.

    Attributes:
        by, role: who gave it.
        second: who gave it with them; empty where one person is enough.
        at: when it was whole.
        expires: until when it holds.
        number, digest: of its last record in the ledger.
        bound: what it was given for: `binding` (per component), `probe` (what the server looked
            like) and `rehearsal` (which trial).
    """

    by: str
    role: str
    second: str
    at: datetime
    expires: datetime
    number: int
    digest: str
    bound: Mapping[str, Json]


def require_go(
    root: Path,
    env: str,
    gate: str,
    plan: str,
    now: datetime,
    *,
    binding: Mapping[str, str] | None = None,
) -> Go:
    """Return the GO that holds now, for this plan.

    Args:
        root: the working folder.
        env: the environment that is to be written.
        gate: `pre` or `post`.
        plan: SHA-256 of the plan (`plan.binding.read_binding`).
        now: the time, UTC.
        binding: every component that the plan is bound to; each must be what the GO saw.

    Raises:
        GateError: there is none, or it was taken back, has expired, is of another plan, is one
            person's where two are needed, or a point was recorded as not met since.
        ForgedError: the ledger is not as it was signed.
    """
    chain = read_ledger(root, env)
    refusal = _Refusal(env, Gate(gate), ledger_path(root, env))
    decided = list(_decisions(chain, refusal.gate))
    if not decided:
        raise refusal(said("Nobody gave GO for {env} yet.", env=env))
    require_later(chain.lines[-1].record.at, now)
    if decided[-1].record.verdict is Verdict.NO_GO:
        raise refusal(said("The last decision is NO-GO: it took back every GO before it."))
    given = _since_no_go(decided)
    mine = [line for line in given if line.record.plan == plan]
    if not mine:
        raise refusal(said("The GO that there is was given for another plan."))
    pairs = list(_pairs(mine, env))
    if not pairs:
        raise refusal.second()
    lasting = [pair for pair in pairs if now < _until(pair)]
    if not lasting:
        raise refusal(
            said("The GO held until {until:%Y-%m-%d %H:%M} UTC.", until=_until(pairs[-1]))
        )
    first, last = lasting[-1]
    _require_bound(refusal, last.record, binding)
    _require_nothing_since(refusal, chain, last)
    return Go(
        by=first.record.by,
        role=first.record.role,
        second=last.record.by if last is not first else "",
        at=last.record.at,
        expires=_until((first, last)),
        number=last.number,
        digest=last.digest,
        bound=bound_of(last.record),
    )


@dataclass(frozen=True, slots=True)
class _Refusal:
    """Makes the error: what is missing, and which command helps."""

    env: str
    gate: Gate
    where: Path

    def __call__(self, what: str) -> GateError:
        command = f"kt-migrate gate {self.gate} --env {self.env}"
        return GateError(
            what,
            where=str(self.where),
            fix=said("{command} shows what is missing, and how to give GO.", command=command),
        )

    def second(self) -> GateError:
        return GateError(
            said("One person gave GO; {env} needs two.", env=self.env),
            where=str(self.where),
            fix=said(
                "Let a second person give: kt-migrate gate decide go --gate {gate} --env "
                "{env} --by NAME --role {names}",
                gate=self.gate,
                env=self.env,
                names="|".join(sorted(SECOND)),
            ),
        )


def _decisions(chain: Chain, gate: Gate) -> Iterator[Line]:
    for line in chain.lines:
        if line.record.kind is Kind.DECIDED and line.record.gate is gate:
            yield line


def _since_no_go(decided: list[Line]) -> list[Line]:
    """Return the decisions after the last NO-GO: all are GO."""
    stops = [n for n, line in enumerate(decided) if line.record.verdict is Verdict.NO_GO]
    return decided[stops[-1] + 1 :] if stops else decided


def _pairs(given: list[Line], env: str) -> Iterator[tuple[Line, Line]]:
    """Yield (first, last) of every GO that is whole; one person's is both."""
    firsts = {line.digest: line for line in given if line.record.role in FIRST}
    for line in given:
        if env not in TWO_PEOPLE:
            if line.digest in firsts:
                yield line, line
            continue
        first = firsts.get(str(line.record.on.get("first", "")))
        if first is not None and _seconds(first.record, line.record):
            yield first, line


def _seconds(first: Record, second: Record) -> bool:
    """Whether a second GO belongs to a first: of somebody else, for exactly the same."""
    same = second.plan == first.plan and bound_of(second) == bound_of(first)
    return second.role in SECOND and same and one_of_two(first, second)


def bound_of(record: Record) -> Mapping[str, Json]:
    """Return what a GO was given for."""
    bound = record.on.get("bound")
    return bound if isinstance(bound, dict) else {}


def _until(pair: tuple[Line, Line]) -> datetime:
    """Return until when a GO holds; one without an end never held."""
    return min(line.record.expires or line.record.at for line in pair)


def _require_bound(refusal: _Refusal, record: Record, binding: Mapping[str, str] | None) -> None:
    seen = bound_of(record).get("binding")
    if binding is None or seen == dict(binding):
        return
    before = seen if isinstance(seen, dict) else {}
    names = sorted(n for n in before.keys() | binding.keys() if before.get(n) != binding.get(n))
    raise refusal(
        said("The GO was given for something else: {names} changed since.", names=", ".join(names))
    )


def _require_nothing_since(refusal: _Refusal, chain: Chain, go: Line) -> None:
    """Refuse when the last word on a point, after the GO, is that it is not met."""
    last: dict[str, Record] = {}
    for line in chain.lines[go.number :]:
        record = line.record
        about = record.kind is Kind.ATTESTED or record.plan == go.record.plan
        if record.gate is refusal.gate and record.point and about:
            last[record.point] = record
    turned = sorted(point for point, record in last.items() if record.verdict is Verdict.NOT_MET)
    if turned:
        raise refusal(
            said("Since the GO, this was found not to be met: {names}.", names=", ".join(turned))
        )
