"""What is said of subscriptions: never a header, never the rest of an address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kt_migrate.cli.screen import Screen
from kt_migrate.errors import said
from kt_migrate.language import shown, tr, trn
from kt_migrate.subscriptions.journal import Step
from kt_migrate.subscriptions.run import Switched
from kt_migrate.subscriptions.seen import Owned, Seen
from kt_migrate.subscriptions.states import Switch

_SHORT = 8
_STATUS = {
    "active": said("on"),
    "requested": said("asked for"),
    "off": said("off"),
    "error": said("failed"),
}
_STATES = {
    Switch.PAUSING: said("not sure: look again"),
    Switch.PAUSED: said("paused"),
    Switch.UNTOUCHED: said("as it was"),
    Switch.RESTORING: said("not sure: look again"),
    Switch.RESTORED: said("restored, exactly"),
    Switch.CHANGED: said("changed by somebody"),
    Switch.LEFT: said("left as it is"),
}


def short(logical_id: str) -> str:
    """Return what a person sees of an id."""
    return logical_id[:_SHORT]


def say_seen(screen: Screen, seen: Seen, steps: Mapping[str, Step]) -> None:
    """Print which subscriptions there are, ours first, and whom to call about the others."""
    if seen.every is None:
        screen.say(tr("The subscriptions cannot be read: ask for system/Subscription.rs."))
        return
    ours = [one for one in seen.every if one.ours]
    others = [one for one in seen.every if not one.ours]
    screen.table(
        tr("Our own subscriptions"),
        ("id", tr("now"), tr("criteria"), tr("to")),
        [(short(one.id), _now(one, steps), one.criteria, one.host) for one in ours],
    )
    if others:
        screen.table(
            tr("Of others: call them"),
            (tr("whose"), "id", tr("now"), tr("criteria"), tr("to")),
            [(_owner(one), short(one.id), _status(one), one.criteria, one.host) for one in others],
        )
    if not seen.whole:
        screen.say(
            tr(
                "This client sees its own subscriptions only; those of others there may be. Ask "
                "the domain's administrators for a list."
            )
        )


def _now(one: Owned, steps: Mapping[str, Step]) -> str:
    step = steps.get(one.id)
    return shown(_STATES[step.state]) if step is not None and step.open else _status(one)


def _status(one: Owned) -> str:
    known = _STATUS.get(one.status)
    return one.status if known is None else shown(known)


def _owner(one: Owned) -> str:
    return one.owner_name or one.owner or tr("not said")


def say_switched(screen: Screen, done: Switched) -> None:
    """Print what became of each."""
    if not done.steps:
        screen.say(tr("There is nothing to switch."))
        return
    screen.table(
        tr("What became of them"),
        ("id", tr("state"), tr("differs in")),
        [(short(step.id), shown(_STATES[step.state]), _differs(step)) for step in done.steps],
    )
    if done.of(Switch.CHANGED):
        screen.say(
            tr(
                "What somebody else changed is not overwritten. Call whoever did, and give the "
                "same command again; or leave it so: restore --leave ID."
            )
        )


def _differs(step: Step) -> str:
    if step.status:
        return tr("the server refuses (HTTP {status})", status=step.status)
    return ", ".join(step.fields)


def say_left(screen: Screen, env: str, left: Sequence[Step]) -> None:
    """Say that subscriptions are still to be put back, and by which command."""
    if left:
        screen.say(
            trn(
                "{n} subscription of ours is still to be put back (draaiboek Q.9):",
                "{n} subscriptions of ours are still to be put back (draaiboek Q.9):",
                len(left),
            )
        )
        screen.line(f"  kt-migrate subscriptions restore --env {env}")
