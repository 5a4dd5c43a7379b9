"""The first screen of a run: is everything over, what is not, why, and who must act."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from kt_migrate.catalogue import ErrorClass
from kt_migrate.language import number, percent, shown, tr, trn
from kt_migrate.model import Outcome
from kt_migrate.reports.errors.groups import Group, most
from kt_migrate.reports.page.flows import reasons_of
from kt_migrate.reports.page.model import Answer, Fate, Flow, Reason, Tone
from kt_migrate.reports.page.standing import Standing
from kt_migrate.reports.page.things import counted_things

_SHOWN, _KINDS = 3, 5
"""So many reasons and kinds stand on the first screen."""


def answers_of(standing: Standing, flows: tuple[Flow, ...]) -> tuple[Answer, ...]:
    """Return the four answers of a run."""
    reasons = reasons_of(standing.reasons)
    pending = standing.result.pending if standing.sent else 0
    return (
        _over(standing, flows),
        what_is_not(flows, standing.ended(Outcome.NOT_MIGRATED), pending),
        why_not(reasons),
        who_acts(standing.reasons, _next(standing)),
    )


def _over(standing: Standing, flows: tuple[Flow, ...]) -> Answer:
    tone, text = _verdict(standing)
    migrated, rejected = standing.ended(Outcome.MIGRATED), standing.ended(Outcome.REJECTED)
    had_to, more = migrated + rejected, []
    if standing.sent and had_to:
        more.append(
            tr(
                "{done} of the {all} objects that had to come are in KT 2.0: {share}.",
                done=number(migrated),
                all=number(had_to),
                share=_floored(migrated, had_to),
            )
        )
    return Answer(
        question=tr("Is everything over?"),
        answer=text,
        tone=tone,
        more=(*more, *_proven(standing)),
        parts=parts_of(flows) if standing.sent else {},
    )


def parts_of(flows: Iterable[Flow]) -> dict[Fate, int]:
    """Return how many of what had to come is where, all kinds together."""
    found = list(flows)
    counted = (Fate.MIGRATED, Fate.REJECTED, Fate.NOT_DRAWN, Fate.PENDING)
    sums = {fate: sum(flow.parts.get(fate, 0) for flow in found) for fate in counted}
    return {fate: count for fate, count in sums.items() if count}


def _verdict(standing: Standing) -> tuple[Tone, str]:
    """Answer the first question by the worst that there is to say."""
    doubt = _doubt(standing)
    if doubt is not None:
        return doubt
    rejected = standing.ended(Outcome.REJECTED)
    if rejected:
        text = trn("No: {n} object could not come.", "No: {n} objects could not come.", rejected)
        return Tone.BAD, text
    if standing.result.sample is not None:
        return Tone.OPEN, tr("Of the sample yes; the rest was not tried.")
    if standing.verified is None:
        return Tone.OPEN, tr("By our own record yes; the server was not read back yet.")
    return Tone.GOOD, tr("Yes: everything that had to come is in KT 2.0.")


def _doubt(standing: Standing) -> tuple[Tone, str] | None:
    """Return why it cannot be said, or is not so at all; None: it can be said."""
    pending = standing.result.pending
    if standing.undoing is not None:
        return Tone.BAD, tr("No: this run was undone.")
    if not standing.sent:
        return Tone.OPEN, tr("Not yet: nothing was written.")
    if standing.result.books.unbalanced():
        return Tone.BAD, tr("Unknown: the books do not balance.")
    if pending:
        text = trn("Not yet: {n} write is to do.", "Not yet: {n} writes are to do.", pending)
        return Tone.OPEN, text
    if standing.verified is not None and not standing.verified.passed:
        return Tone.BAD, tr("No: the server is not what was planned.")
    return None


def _proven(standing: Standing) -> list[str]:
    verified = standing.verified
    if not standing.sent or standing.undoing is not None:
        return []
    if verified is None:
        return [tr("The server was not read back yet: kt-migrate verify does.")]
    if verified.passed:
        return [tr("The server was read back, and equals the plan for all that was written.")]
    return [
        trn(
            "The server was read back: {n} line says what differs.",
            "The server was read back: {n} lines say what differs.",
            len(verified.issues),
        )
    ]


def _floored(part: int, whole: int) -> str:
    """Return a share that never says 100 % while something is missing."""
    return percent(int(part / whole * 10_000) / 10_000, 2)


def what_is_not(flows: Iterable[Flow], left: int, pending: int = 0) -> Answer:
    """Say what does not come: rejected, out of scope, not drawn, and left behind on purpose.

    Args:
        flows: of every kind that had to come.
        left: objects of all kinds that a rule leaves behind.
        pending: writes to do; until they are done their objects count as rejected.
    """
    found = list(flows)
    gone = [(flow.source, flow.parts.get(Fate.REJECTED, 0)) for flow in found]
    total = sum(n for _type, n in gone)
    named = [(source_type, n) for source_type, n in gone if n]
    more = [counted_things(source_type, n) for source_type, n in named[:_KINDS]]
    if len(named) > _KINDS:
        rest = sum(n for _type, n in named[_KINDS:])
        more.append(tr("{n} of other kinds", n=number(rest)))
    if pending:
        more.append(
            trn(
                "of which {n} write is still to do, and counts as rejected until it is done",
                "of which {n} writes are still to do, and count as rejected until they are done",
                pending,
            )
        )
    scope = sum(flow.parts.get(Fate.OUT_OF_SCOPE, 0) for flow in found)
    undrawn = sum(flow.parts.get(Fate.NOT_DRAWN, 0) for flow in found)
    if scope:
        more.append(
            trn(
                "{n} object is out of scope, by choice",
                "{n} objects are out of scope, by choice",
                scope,
            )
        )
    if undrawn:
        more.append(
            trn("{n} object is not in the sample", "{n} objects are not in the sample", undrawn)
        )
    if left:
        more.append(
            trn(
                "{n} object has no place in KT 2.0, and was left behind by a rule",
                "{n} objects have no place in KT 2.0, and were left behind by a rule",
                left,
            )
        )
    return Answer(
        question=tr("What does not come?"),
        answer=trn("{n} object is rejected.", "{n} objects are rejected.", total)
        if total
        else tr("Nothing is rejected."),
        tone=Tone.BAD if total else Tone.GOOD,
        more=tuple(more),
    )


def why_not(reasons: tuple[Reason, ...]) -> Answer:
    """Say why, by the biggest reasons."""
    errors = [one for one in reasons if one.error]
    more = [
        trn("{n} time: {reason}", "{n} times: {reason}", one.count, reason=one.meaning)
        for one in errors[:_SHOWN]
    ]
    if len(errors) > _SHOWN:
        rest = sum(one.count for one in errors[_SHOWN:])
        more.append(tr("{n} for other reasons", n=number(rest)))
    return Answer(
        question=tr("Why not?"),
        answer=trn("There is {n} reason.", "There are {n} reasons.", len(errors))
        if errors
        else tr("There is no error."),
        tone=Tone.PLAIN if errors else Tone.GOOD,
        more=tuple(more),
    )


def who_acts(groups: Iterable[Group], following: tuple[str, ...] = ()) -> Answer:
    """Say whose turn it is, by the error list, and with what each begins.

    Args:
        groups: the error list per reason, the biggest first.
        following: what comes next besides, in words.
    """
    turns: Counter[str] = Counter()
    begins: dict[str, str] = {}
    for group in groups:
        if group.entry.error_class is not ErrorClass.NOTICE:
            turns.update(group.holders)
            for holder in group.holders:
                begins.setdefault(holder, shown(group.entry.advice))
    ranked = most(turns)
    more = [
        trn(
            "{who}: {n} line of the error list. First: {advice}",
            "{who}: {n} lines of the error list. First: {advice}",
            n,
            who=name,
            advice=begins[name],
        )
        for name, n in ranked
    ]
    return Answer(
        question=tr("Who must act?"),
        answer=f"{tr(' and ').join(name for name, _n in ranked)}."
        if ranked
        else tr("Nobody has to solve anything."),
        tone=Tone.PLAIN if ranked else Tone.GOOD,
        more=(*more, *following),
    )


def _next(standing: Standing) -> tuple[str, ...]:
    env = standing.env
    if standing.undoing is not None:
        return ()
    if not standing.sent:
        return (
            tr(
                "Next: kt-migrate {command} --env {env}",
                command="run" if env == "prd2" else "trial",
                env=env,
            ),
        )
    if standing.result.pending:
        return (tr("Next: the same command again, it goes on where it was."),)
    if standing.verified is None:
        return (tr("Next: kt-migrate verify --env {env}", env=env),)
    return ()
