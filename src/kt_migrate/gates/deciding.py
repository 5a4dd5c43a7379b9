"""Makes the records of a gate: measurements, attestations, GO and NO-GO; refuses what may not be.

Pure but for the key that a person signs with.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from kt_migrate.errors import GateError, UsageError, said
from kt_migrate.gates.chain import Line
from kt_migrate.gates.judging import View, sight
from kt_migrate.gates.ledger import bound_of
from kt_migrate.gates.people import FIRST, SECOND, TWO_PEOPLE, Role, bare, one_of_two
from kt_migrate.gates.points import LASTS, Point
from kt_migrate.gates.records import Gate, Kind, Record, Verdict
from kt_migrate.model import Json
from kt_migrate.signing import Signer

_INITIALS, _NAME, _REMARK = 2, 80, 400
_PRIVATE = re.compile(r"\d{8,}|@|\b\d{1,2}-\d{1,2}-\d{4}\b|\b\d{4}-\d{2}-\d{2}\b", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who says something, and with which words.

    Attributes:
        by: name.
        role: party of the draaiboek.
        remark: free text.
        key: an own key to sign with; None: only the working folder's.
    """

    by: str
    role: Role
    remark: str = ""
    key: Signer | None = None

    def signed(self, record: Record) -> Record:
        """Return a record with this person's own signature, when there is a key."""
        if self.key is None:
            return record
        return replace(record, countersigned=self.key.sign(record.statement()))


def require_person(by: str, remark: str) -> None:
    """Refuse what is no name, and what does not belong in a remark.

    Raises:
        UsageError: neither is repeated in the message.
    """
    letters = sum(map(str.isalpha, bare(by)))
    unlike = _CONTROL.search(by) or _PRIVATE.search(by)
    if letters < _INITIALS or len(by) > _NAME or unlike:
        raise UsageError(
            "This is no name of a person.",
            where="--by",
            fix='Give the name of who says it, in at most 80 characters: --by "A. Jansen".',
        )
    if len(remark) > _REMARK or _CONTROL.search(remark) or _PRIVATE.search(remark):
        raise UsageError(
            "This does not belong in a remark.",
            where="--remark",
            fix="At most 400 characters on one line; no dates, no numbers of eight digits or more, "
            "no e-mail addresses: nothing that tells of a client.",
        )


def measurements(view: View) -> list[Record]:
    """Return what was measured as records, in the order of the measurements."""
    return [
        replace(_record(view, Kind.MEASURED, finding.verdict), point=name, on=finding.as_json())
        for name, finding in view.measured.items()
    ]


def _record(view: View, kind: Kind, verdict: Verdict) -> Record:
    run = view.evidence.run
    return Record(
        environment=run.env,
        kind=kind,
        gate=view.gate,
        point="",
        verdict=verdict,
        run=run.run,
        plan=run.plan,
        at=view.now,
    )


def _said(view: View, kind: Kind, verdict: Verdict, who: Person) -> Record:
    record = _record(view, kind, verdict)
    return replace(record, by=who.by, role=who.role.value, remark=who.remark)


def attestation(
    view: View, point: Point, who: Person, *, yes: bool = True, good: timedelta | None = None
) -> Record:
    """Return what a person says of a point.

    Args:
        view: the gate as it is now.
        point: which.
        who: who says it.
        yes: False: that it is not met.
        good: how long it holds; None: as long as the point allows.

    Raises:
        UsageError: the tool measures this point, this role may not say it, there is nothing yet
            to say it of, or it is to hold for longer than the point allows.
    """
    _require_may(point, who.role)
    seen = sight(point, view.evidence, view.measured)
    if any(value is None or value == "" for value in seen.values()):
        raise UsageError(
            said("There is nothing yet of which {id} can be said.", id=point.id),
            where=point.id,
            fix=said(
                "kt-migrate gate {gate} --env {env} shows what comes first.",
                gate=point.gate,
                env=view.env,
            ),
        )
    good = point.good if good is None else good
    if not timedelta(0) < good <= point.good:
        raise UsageError(
            said(
                "An attestation of {id} holds for {days} days at most.",
                id=point.id,
                days=point.good.days,
            ),
            where="--valid",
            fix=said("Leave it out, or give a shorter time, like {days}d.", days=point.good.days),
        )
    words = _said(view, Kind.ATTESTED, Verdict.MET if yes else Verdict.NOT_MET, who)
    return who.signed(replace(words, point=point.id, expires=view.now + good, on={"seen": seen}))


def _require_may(point: Point, role: Role) -> None:
    if point.kind is Kind.DECIDED:
        raise UsageError(
            said("{id} is the decision itself.", id=point.id),
            where=point.id,
            fix=said(
                "Give kt-migrate gate decide go or no-go with --gate {gate}.", gate=point.gate
            ),
        )
    if not point.attestable:
        raise UsageError(
            said("{id} is measured; nobody's word takes its place.", id=point.id),
            where=point.id,
            fix=said("kt-migrate gate {gate} measures it, and says what to do.", gate=point.gate),
        )
    if role not in point.roles:
        raise UsageError(
            said("A {value} may not say {id}.", value=role.value, id=point.id),
            where="--role",
            fix=said("The draaiboek leaves it to {names}.", names=", ".join(sorted(point.roles))),
        )


def go(view: View, who: Person, lasts: timedelta | None = None) -> Record:
    """Return a GO, to be written right after the measurements that it stands on.

    Args:
        view: the gate as it is now.
        who: who gives it.
        lasts: how long it is to hold; None: as long as may be.

    Raises:
        GateError: a point is open or not met, or the same person gave the first GO.
        UsageError: this role cannot give GO, or it is to hold for longer than may be.
    """
    _require_met(view)
    longest = LASTS[view.gate]
    if lasts is not None and not timedelta(0) < lasts <= longest:
        raise UsageError(
            said("A GO holds for {value} hours at most.", value=longest // timedelta(hours=1)),
            where="--valid",
            fix="Leave it out, or give a shorter time, like 24h.",
        )
    first = first_go(view)
    _require_decider(view.env, who, first)
    on: dict[str, Json] = {
        "bound": what_binds(view),
        "points": _grounds(view),
        "first": first.digest if first else "",
    }
    expires = min([view.now + (lasts or longest), *_ends(view)])
    words = _said(view, Kind.DECIDED, Verdict.GO, who)
    record = who.signed(replace(words, expires=expires, on=on))
    if first is not None and not one_of_two(first.record, record):
        raise GateError(
            "The first GO was given by the same person, or with the same key.",
            where=f"gate {view.gate}, --env {view.env}",
            fix="The second GO must come from somebody else, with a key of their own.",
        )
    return record


def no_go(view: View, who: Person) -> Record:
    """Return a NO-GO: it takes back every GO of this gate before it, and is always possible."""
    return who.signed(_said(view, Kind.DECIDED, Verdict.NO_GO, who))


def _require_met(view: View) -> None:
    wrong = view.in_the_way
    if wrong or not view.standings:
        names = ", ".join(one.point.id for one in wrong)
        raise GateError(
            said("GO is not possible: not every point is met: {names}.", names=names),
            where=f"gate {view.gate}, --env {view.env}",
            fix=said(
                "kt-migrate gate {gate} --env {env} shows what is still to be done.",
                gate=view.gate,
                env=view.env,
            ),
        )


def _require_decider(env: str, who: Person, first: Line | None) -> None:
    if first is None and who.role not in FIRST:
        raise UsageError(
            said("A {value} cannot give the first GO.", value=who.role.value),
            where=f"--role, --env {env}",
            fix=said("The draaiboek leaves it to {names}.", names=", ".join(sorted(FIRST))),
        )
    if first is not None and who.role not in SECOND:
        raise UsageError(
            said("A {value} cannot give the second GO.", value=who.role.value),
            where=f"--role, --env {env}",
            fix=said("The draaiboek leaves it to {names}.", names=", ".join(sorted(SECOND))),
        )


def first_go(view: View) -> Line | None:
    """Return the first person's GO that waits for a second; None: none does, or none is needed.

    It must be for exactly what the gate sees now, and still hold.
    """
    if view.env not in TWO_PEOPLE:
        return None
    waiting: Line | None = None
    for line in view.chain.lines:
        record = line.record
        if record.kind is Kind.DECIDED and record.gate is view.gate:
            waits = record.verdict is Verdict.GO and not record.on.get("first")
            waiting = line if waits else None
    if waiting is None or (waiting.record.expires or view.now) <= view.now:
        return None
    same = waiting.record.plan == view.evidence.run.plan
    return waiting if same and bound_of(waiting.record) == what_binds(view) else None


def what_binds(view: View) -> dict[str, Json]:
    """Return what a GO is given for: the plan's binding, the server, the rehearsal, the result."""
    run, probe = view.evidence.run, view.evidence.probe
    binding: dict[str, Json] = {**run.binding}
    if view.gate is Gate.POST:
        result: dict[str, Json] = {"verify": run.verify, "errors": run.errors}
        return {"binding": binding, "probe": "", "rehearsal": {}, "result": result}
    trial = view.measured["O.4"].on
    rehearsal: dict[str, Json] = {name: trial.get(name) for name in ("run", "plan")}
    return {"binding": binding, "probe": probe.server if probe else "", "rehearsal": rehearsal}


def _grounds(view: View) -> dict[str, Json]:
    """Return on which line each point stands; the measurements come right after the chain."""
    place = {name: len(view.chain.lines) + n for n, name in enumerate(view.measured, 1)}
    return {
        one.point.id: one.said.number if one.said else place[one.point.id]
        for one in view.standings
        if not one.point.after
    }


def _ends(view: View) -> Iterator[datetime]:
    """Yield when what people said ends: a GO does not outlive what it stands on."""
    for one in view.standings:
        if one.said is not None and one.said.record.expires and not one.point.after:
            yield one.said.record.expires
