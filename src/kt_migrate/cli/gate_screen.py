"""A gate on one screen of 80 columns: every point, what is still to be done, and with what."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import groupby

from kt_migrate.cli.screen import Screen
from kt_migrate.errors import said
from kt_migrate.gates.chain import Line
from kt_migrate.gates.findings import Finding, why_text
from kt_migrate.gates.judging import Standing, View
from kt_migrate.gates.ledger import Go
from kt_migrate.gates.points import decision
from kt_migrate.gates.records import Gate, Kind, Verdict
from kt_migrate.gates.tables import POINTS
from kt_migrate.language import shown, tr

_TITLES = {
    Gate.PRE: said("Quality gate before (draaiboek O)"),
    Gate.POST: said("Quality gate after (draaiboek Q)"),
}
_HELP = {
    "O.3.1": "kt-migrate probe --env {env}",
    "O.4": "kt-migrate trial --env {rehearsal}, kt-migrate verify --env {rehearsal}",
    "O.4.1": "kt-migrate report --env {rehearsal}",
    "O.4.3": "kt-migrate plan --env {env}",
    "O.4.4": "kt-migrate plan --env {env}",
    "O.4.5": "kt-migrate plan --env {env}",
    "O.6.1": "kt-migrate rollback --env {rehearsal}",
    "P.5": "kt-migrate inspect",
    "B.2": "kt-migrate inspect --manifest",
    "B.5": "kt-migrate config check",
    "B.6": "kt-migrate config check",
    "P.7": "kt-migrate gate decide go --gate pre --env {env}",
    "P.8": "kt-migrate run --env {env}",
    "Q.2": "kt-migrate verify --env {env}",
    "Q.2.1": "kt-migrate run --env {env} --repair, kt-migrate verify --env {env}",
    "Q.2.2": "kt-migrate errors list --env {env}",
    "Q.2.3": "kt-migrate verify --env {env} --audit",
    "Q.3.1": "kt-migrate sample --env {env}",
    "Q.6": "kt-migrate report --env {env}",
    "Q.9.1": "kt-migrate subscriptions restore --env {env}",
}
"""What helps when a measured point is not met."""
_ADVICE = {
    "buffer-full": said(
        "deliver their later copies too, if there are any; else look into them, and attest P.5"
    ),
    "buffer-unknown": said("look into those messages, and attest P.5"),
    "trial-gone": said("repeat the trial, and give gate pre before you clean up"),
    "success-no-criteria": said("set them in the algorithm, under success (K.4)"),
}
"""What a command alone does not tell, by why a point is not met."""
_DAY = "%d-%m %H:%M"
_NEAR, _FAR, _YEAR = "%d-%m", "%m-%Y", timedelta(days=300)
_SHOWN = 22
"""Characters of a name on the screen; the ledger has all of it."""


def verdict_text(verdict: Verdict) -> str:
    """Return a verdict as a person says it, with a mark before it."""
    return {
        Verdict.MET: tr("✓ met"),
        Verdict.NOT_MET: tr("✗ NOT"),
        Verdict.OPEN: tr("· open"),
        Verdict.GO: "GO",
        Verdict.NO_GO: "NO-GO",
    }[verdict]


def show_gate(screen: Screen, view: View, rehearsal: str, go: Go | None, refused: str) -> None:
    """Print a gate.

    Args:
        screen: where to.
        view: the gate as it is now.
        rehearsal: the environment in which it is rehearsed.
        go: the GO that holds; None: there is none.
        refused: why none holds, in the chosen language.
    """
    run = view.evidence.run
    columns = (
        tr("point"),
        tr("verdict"),
        tr("what"),
        tr("on what, or who and when"),
        tr("until"),
    )
    screen.table(
        f"{shown(_TITLES[view.gate])} · {run.name}",
        columns,
        [_row(one, view.now) for one in view.standings],
    )
    _show_decision(screen, view, go, refused)
    todo = list(_next(view, rehearsal, go))
    if len(todo) > 1:
        screen.say(tr("Still to do:"))
    for text in todo:
        screen.line(text)


def _row(one: Standing, now: datetime) -> tuple[str, ...]:
    until = one.said.record.expires if one.said and not _against(one) else None
    return (
        one.point.id,
        verdict_text(one.verdict),
        one.point.short,
        _ground(one),
        f"{until:{_FAR if until - now > _YEAR else _NEAR}}" if until else "",
    )


def _ground(one: Standing) -> str:
    """Return on what a verdict stands: what was measured, or who said it and when."""
    measured = "" if one.finding is None else why_text(one.finding.as_json())
    if one.said is None:
        old = tr("expired, or of something else")
        return measured or (old if one.stale is not None else "")
    against = one.said.record.verdict is not one.verdict
    return measured if against and measured else _who(one.said)


def _who(line: Line) -> str:
    name = line.record.by
    return f"{name if len(name) <= _SHOWN else name[: _SHOWN - 1] + '…'} {line.record.at:%d-%m}"


def _moment(at: datetime | None) -> str:
    return "" if at is None else at.strftime(_DAY)


def _show_decision(screen: Screen, view: View, go: Go | None, refused: str) -> None:
    name = decision(POINTS[view.gate]).id
    if go is None:
        screen.say(f"{name}  {refused}")
        return
    people = f"{go.by} ({go.role})" + (f", {go.second}" if go.second else "")
    screen.say(
        f"{name}  GO: {people}, {_moment(go.at)} UTC; "
        + tr("holds until {moment} UTC.", moment=_moment(go.expires))
    )


def _next(view: View, rehearsal: str, go: Go | None) -> Iterator[str]:
    """Yield the commands for what is still to be done."""
    if view.in_the_way:
        yield from _todo(view.in_the_way, view.env, rehearsal)
    elif go is None:
        command = f"kt-migrate gate decide go --gate {view.gate} --env {view.env}"
        yield tr(
            "All points are met. Decide: {command} --by NAME --role zorgaanbieder", command=command
        )
    else:
        yield from _todo(view.left, view.env, rehearsal)


def _todo(wanted: tuple[Standing, ...], env: str, rehearsal: str) -> Iterator[str]:
    """Yield a command per measured point, and one per role for what people must say."""
    for one in wanted:
        if one.point.kind is Kind.MEASURED or _against(one):
            command = _HELP[one.point.id].format(env=env, rehearsal=rehearsal)
            yield f"{one.point.id}: {command}" + _more(one.finding)
    yield from _to_say(env, [one for one in wanted if one.point.attestable and not _against(one)])


def _more(finding: Finding | None) -> str:
    """Return what was found, and what helps, between brackets; empty: the command says it all."""
    if finding is None:
        return ""
    what = str(finding.on.get("what", ""))
    words = [what, shown(_ADVICE[finding.why]) if finding.why in _ADVICE else ""]
    return f" ({'; '.join(filter(None, words))})" if any(words) else ""


def _against(one: Standing) -> bool:
    """Whether a measurement says no: no word helps."""
    return one.finding is not None and one.finding.verdict is Verdict.NOT_MET


def _to_say(env: str, wanted: list[Standing]) -> Iterator[str]:
    def roles(one: Standing) -> str:
        return "|".join(sorted(one.point.roles))

    for role, ones in groupby(sorted(wanted, key=roles), key=roles):
        names = " ".join(one.point.id for one in ones)
        yield tr(
            "kt-migrate gate attest {names} --env {env} --by NAME --role {role}",
            names=names,
            env=env,
            role=role,
        )


def decision_line(line: Line) -> str:
    """Return a decision of the ledger on one line, with its digest: it can be written down."""
    record = line.record
    who = f"{record.by} ({record.role})"
    return (
        f"{line.number} {record.gate} {verdict_text(record.verdict)} {record.run} "
        f"{_moment(record.at)} UTC {who} {line.digest}"
    )
