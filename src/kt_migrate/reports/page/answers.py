"""The answers of a first screen that a run and a plan share: what does not come, why, who acts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from kt_migrate.catalogue import ErrorClass
from kt_migrate.language import number, shown, tr, trn
from kt_migrate.reports.errors.groups import Group, most
from kt_migrate.reports.failures import WAITING
from kt_migrate.reports.page.model import Answer, Fate, Flow, Reason, Tone
from kt_migrate.reports.page.things import counted_things

ENVELOPE = "MessageHeader"
"""A KT 1.3 type without content of its own, of which there is one per message."""
_SHOWN, _KINDS = 3, 5
"""So many reasons and kinds stand on the first screen."""
_LATER = frozenset({"reference-missing", "reference-not-written", WAITING})
"""Reasons that go by themselves when another is solved, or the run goes on: nobody begins there."""


def what_is_not(flows: Iterable[Flow], left: tuple[int, int]) -> Answer:
    """Say what does not come: rejected, out of scope, not drawn, and left behind on purpose.

    Args:
        flows: of every kind that had to come.
        left: objects of all kinds that a rule leaves behind, and how many of them are envelopes.
    """
    found = list(flows)
    gone = [(flow.source, flow.parts.get(Fate.REJECTED, 0)) for flow in found]
    total = sum(n for _type, n in gone)
    named = [(source_type, n) for source_type, n in gone if n]
    more = [counted_things(source_type, n) for source_type, n in named[:_KINDS]]
    if len(named) > _KINDS:
        rest = sum(n for _type, n in named[_KINDS:])
        more.append(tr("{n} of other kinds", n=number(rest)))
    waiting = 0 if _unsent(found) else sum(flow.parts.get(Fate.PENDING, 0) for flow in found)
    if waiting:
        more.append(
            trn(
                "{n} object is still to come: the books count it as rejected until then",
                "{n} objects are still to come: the books count them as rejected until then",
                waiting,
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
    more += _left(*left)
    return Answer(
        question=tr("What does not come?"),
        answer=trn("{n} object is rejected.", "{n} objects are rejected.", total)
        if total
        else tr("Nothing is rejected."),
        tone=Tone.BAD if total else Tone.GOOD,
        more=tuple(more),
    )


def _unsent(flows: Iterable[Flow]) -> bool:
    """Whether nothing was written yet: then all that has a place is still to come."""
    return not any(fate in flow.parts for flow in flows for fate in (Fate.MIGRATED, Fate.UNDONE))


def _left(left: int, envelopes: int) -> list[str]:
    if not left:
        return []
    text = trn(
        "{n} object has no place in KT 2.0, and was left behind by a rule",
        "{n} objects have no place in KT 2.0, and were left behind by a rule",
        left,
    )
    if not envelopes:
        return [text]
    name = counted_things(ENVELOPE, envelopes)
    return [tr("{text}; of these {things}, without content of their own", text=text, things=name)]


def why_not(reasons: tuple[Reason, ...], stopped: str = "") -> Answer:
    """Say why, by the biggest reasons.

    Args:
        reasons: all of them.
        stopped: why something is still to do, which is then no reason of itself.
    """
    errors = [one for one in reasons if one.error and not (stopped and one.code == WAITING)]
    more = [stopped] if stopped else []
    more += [
        trn("{n} time: {reason}", "{n} times: {reason}", one.count, reason=one.meaning)
        for one in errors[:_SHOWN]
    ]
    if len(errors) > _SHOWN:
        rest = sum(one.count for one in errors[_SHOWN:])
        more.append(tr("{n} for other reasons", n=number(rest)))
    answer = trn("There is {n} reason.", "There are {n} reasons.", len(errors))
    if not errors:
        answer = tr("Only since it is not finished.") if stopped else tr("There is no error.")
    return Answer(
        question=tr("Why not?"),
        answer=answer,
        tone=Tone.PLAIN if errors else Tone.OPEN if stopped else Tone.GOOD,
        more=tuple(more),
    )


def who_acts(groups: Iterable[Group], following: tuple[str, ...] = ()) -> Answer:
    """Say whose turn it is, by the error list, and with what each begins.

    Args:
        groups: the error list per reason, the biggest first.
        following: what comes next besides, in words.
    """
    turns: Counter[str] = Counter()
    begins: dict[str, Group] = {}
    errors = [one for one in groups if one.entry.error_class is not ErrorClass.NOTICE]
    for group in sorted(errors, key=lambda one: one.code in _LATER):
        turns.update(group.holders)
        for holder in group.holders:
            begins.setdefault(holder, group)
    ranked = most(turns)
    more = [_turn(name, n, begins[name]) for name, n in ranked]
    return Answer(
        question=tr("Who must act?"),
        answer=f"{tr(' and ').join(name for name, _n in ranked)}."
        if ranked
        else tr("Nobody has to solve anything."),
        tone=Tone.PLAIN if ranked else Tone.GOOD,
        more=(*more, *following),
    )


def _turn(holder: str, lines: int, first: Group) -> str:
    """Say how much is somebody's, and with which reason that begins."""
    text = trn(
        "{who}: {n} line of the error list.",
        "{who}: {n} lines of the error list.",
        lines,
        who=holder,
    )
    begin = trn(
        "Begin with {n} time “{reason}” {advice}",
        "Begin with {n} times “{reason}” {advice}",
        first.holders[holder],
        reason=shown(first.entry.title),
        advice=shown(first.entry.advice),
    )
    return f"{text} {begin}"
