"""What is said of subscriptions: never a header, never the rest of an address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from kt_migrate.cli.screen import Screen
from kt_migrate.errors import JournalError, said
from kt_migrate.language import number, shown, tr, trn
from kt_migrate.subscriptions.forecast import Fires, per_owner
from kt_migrate.subscriptions.run import Switched
from kt_migrate.subscriptions.seen import Owned, Seen
from kt_migrate.subscriptions.states import Switch
from kt_migrate.subscriptions.steps import Step, still_open

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


def say_seen(
    screen: Screen, seen: Seen, steps: Mapping[str, Step], fires: Mapping[str, Fires] | None
) -> None:
    """Print which subscriptions there are, ours first, and whom to call about the others."""
    if seen.every is None:
        screen.say(tr("The subscriptions cannot be read: ask for system/Subscription.rs."))
        return
    columns = ("id", tr("now"), tr("criteria"), tr("to"), tr("fires"))
    ours = [one for one in seen.every if one.ours]
    if ours:
        screen.table(
            tr("Our own subscriptions"),
            columns,
            [(short(one.id), _now(one, steps), *_asks(one, fires)) for one in ours],
        )
    else:
        screen.say(tr("Our own application has no subscription that this client sees."))
    for owner in dict.fromkeys(one.owner for one in seen.every if not one.ours):
        theirs = [one for one in seen.every if one.owner == owner]
        screen.table(
            tr("Of {owner} ({device}): call them", owner=_owner(theirs[0]), device=owner),
            columns,
            [(short(one.id), _status(one), *_asks(one, fires)) for one in theirs],
        )
    if not seen.whole:
        screen.say(
            tr(
                "This client sees its own subscriptions only; those of others there may be. Ask "
                "the domain's administrators for a list."
            )
        )


def _asks(one: Owned, fires: Mapping[str, Fires] | None) -> tuple[str, str, str]:
    found = (fires or {}).get(one.id)
    return one.criteria, one.host, "" if found is None else fires_text(found)


def fires_text(found: Fires) -> str:
    """Return a forecast as a person reads it: a number, from one to another, or a question."""
    if not found.readable:
        return "?"
    certain = number(found.certain)
    if not found.perhaps:
        return certain
    return tr("{least} to {most}", least=certain, most=number(found.certain + found.perhaps))


def say_fires(screen: Screen, env: str, seen: Seen, fires: Mapping[str, Fires] | None) -> None:
    """Print what the plan fires per owner and type, and what cannot be said."""
    if fires is None:
        screen.say(tr("There is no plan for {env} yet, so no forecast.", env=env))
        return
    rows = sorted(per_owner(seen.every or (), fires).items())
    if rows:
        screen.table(
            tr("Notifications that the plan fires, at most"),
            (tr("owner"), "R4", tr("fires")),
            [(owner, r4_type or "?", fires_text(found)) for (owner, r4_type), found in rows],
        )
    if any(not found.known for found in fires.values()):
        screen.say(
            tr(
                "Where it says from one number to another, or a question mark, the criteria ask "
                "what only the server will know (a logical id, a moment), or cannot be read."
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


def say_left(screen: Screen, env: str, client: str, left: Sequence[Step]) -> None:
    """Say that subscriptions of a client are still to be put back, and by which command."""
    if left:
        screen.say(
            trn(
                "{n} subscription of ours is still to be put back (draaiboek Q.9):",
                "{n} subscriptions of ours are still to be put back (draaiboek Q.9):",
                len(left),
            )
        )
        named = f" --as {client}" if client else ""
        screen.line(f"  kt-migrate subscriptions restore --env {env}{named}")


def say_paused(screen: Screen, root: Path, env: str) -> int | None:
    """Say what of ours is still paused, by the journal alone; return how many, None: unknown.

    A damaged journal is told, and does not end the command that asks: it did its own work.
    """
    try:
        left = still_open(root, env)
    except JournalError as error:
        screen.say(f"{shown(error.what)} {error.where}")
        return None
    for client, steps in left.items():
        say_left(screen, env, client, steps)
    return sum(map(len, left.values()))
