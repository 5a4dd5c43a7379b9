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
        tr("Detailacties (draaiboek K.6)", "Detailed actions (draaiboek K.6)"),
        (
            tr("nr", "no"),
            tr("schrijf", "write"),
            tr("uit", "from"),
            tr("trap", "stage"),
            tr("aantal", "count"),
            tr("duur", "time"),
            tr("na", "after"),
            tr("hashtotaal", "hash total"),
        ),
        [_row(action) for action in found.actions[:SHOWN]],
    )
    if len(found.actions) > SHOWN:
        left = len(found.actions) - SHOWN
        screen.say(tr(f"… en nog {left}: {NAME}", f"… and {left} more: {NAME}"))
    if found.actions:
        screen.say(_conditions(found.actions[0]))
    took = time_text(found.seconds)
    before = tr(f" en {found.versions} eerdere versies", f" and {found.versions} earlier versions")
    before = before if found.versions else ""
    screen.say(
        tr(
            f"{found.writes} schrijfacties{before}, duur {took}. {basis_text(found.estimate)} "
            "Elke schrijfactie is een AuditEvent, en een notificatie per abonnement dat past.",
            f"{found.writes} writes{before}, time {took}. {basis_text(found.estimate)} "
            "Each write is an AuditEvent, and a notification per matching subscription.",
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
    before = tr(f" na stap {steps} van het draaiboek", f" after step {steps} of the draaiboek")
    return tr(
        f"Door client {one.client} ({one.credentials}){before if steps else ''}, met een token "
        "dat per soort system/<soort>.crus toestaat. Na afloop: kt-migrate verify, aantallen en "
        "hashtotalen per soort.",
        f"By client {one.client} ({one.credentials}){before if steps else ''}, with a token that "
        "allows system/<type>.crus for each type. Afterwards: kt-migrate verify, counts and hash "
        "totals per type.",
    )
