"""The detailed actions on screen (draaiboek K.6): a line per action, and how long that is known."""

from __future__ import annotations

from kt_migrate.cli.screen import Screen
from kt_migrate.language import tr
from kt_migrate.plan.actions import Action
from kt_migrate.reports.actions import NAME, Actions
from kt_migrate.reports.actions_words import basis_text, sources_text, time_text

SHOWN = 30
"""Actions on screen; actions.json has them all."""


def show_actions(screen: Screen, found: Actions) -> None:
    """Print a plan's actions, by whom, what before, and what to check after."""
    screen.table(
        tr("Detailed actions (draaiboek K.6)"),
        (
            tr("no."),
            tr("write"),
            tr("from"),
            tr("stage"),
            tr("count"),
            tr("duration"),
            tr("after"),
            tr("hash total"),
        ),
        [_row(action) for action in found.actions[:SHOWN]],
    )
    if len(found.actions) > SHOWN:
        left = len(found.actions) - SHOWN
        screen.say(tr("… and {left} more: {name}", left=left, name=NAME))
    if found.actions:
        screen.say(_conditions(found.actions[0]))
    took = time_text(found.seconds)
    before = tr(" and {versions} earlier versions", versions=found.versions)
    before = before if found.versions else ""
    screen.say(
        tr(
            "{writes} writes{before}, time {took}. {basis_text} Each write is an "
            "AuditEvent, and a notification per matching subscription.",
            writes=found.writes,
            before=before,
            took=took,
            basis_text=basis_text(found.estimate),
        )
    )


def _row(action: Action) -> list[object]:
    """Return one action; the hash total stands where its type is complete: there verify looks."""
    return [
        action.number,
        action.r4_type,
        sources_text(action),
        action.stage,
        action.count,
        time_text(action.seconds),
        ",".join(map(str, action.after)),
        f"{action.total.hex[:8]}…" if action.completes else "",
    ]


def _conditions(one: Action) -> str:
    """Say what holds for all actions: they are one client's, of one environment."""
    steps = ", ".join(one.gates)
    before = tr(" after step {steps} of the draaiboek", steps=steps)
    return tr(
        "By client {client} ({credentials}){value}, with a token that allows "
        "system/<type>.crus for each type. Afterwards: kt-migrate verify, counts and "
        "hash totals per type.",
        client=one.client,
        credentials=one.credentials,
        value=before if steps else "",
    )
