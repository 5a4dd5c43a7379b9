"""What our own pause took out of a server's subscriptions: that is no change of the server's."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

from kt_migrate.probing.service import Service
from kt_migrate.probing.subscriptions import Subscription, subscription_of
from kt_migrate.subscriptions.states import Switch
from kt_migrate.subscriptions.steps import every_journal


def paused_of(root: Path, env: str) -> Counter[Subscription]:
    """Return, as a probe sees them, the subscriptions that we paused in an environment.

    Raises:
        JournalError: the journal of the subscriptions is damaged.
    """
    steps = [one for each in every_journal(root, env).values() for one in each.values()]
    found = (subscription_of(step.before) for step in steps if step.state is Switch.PAUSED)
    return Counter(one for one in found if one is not None)


def with_ours(now: Service, before: Service, paused: Counter[Subscription]) -> Service:
    """Return a server as it would look without our pause, when nothing else of it differs.

    Args:
        now: what it looks like.
        before: what a probe saw.
        paused: what we paused, since that probe or before it.

    Returns:
        The server of now; with the subscriptions of before when all that it lacks of those is
        what we paused, and it has no other.
    """
    if now.subscriptions is None or before.subscriptions is None:
        return now
    lacking = Counter(before.subscriptions) - Counter(now.subscriptions)
    more = Counter(now.subscriptions) - Counter(before.subscriptions)
    if more or lacking - paused:
        return now
    return replace(now, subscriptions=before.subscriptions)
