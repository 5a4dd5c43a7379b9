"""Pauses or restores an environment's own Subscriptions: journal held, client open, one by one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from kt_migrate.errors import CouldNotLookError, LoginError, ServerUnavailableError
from kt_migrate.kt2.client import FhirClient
from kt_migrate.subscriptions.journal import SwitchJournal, held_journal
from kt_migrate.subscriptions.seen import Seen, seen_of
from kt_migrate.subscriptions.states import Switch
from kt_migrate.subscriptions.steps import Step
from kt_migrate.subscriptions.switching import Switcher

ClientMaker = Callable[[], FhirClient]
"""Makes a client that is not open yet."""

Switching = Callable[[Switcher, str], Awaitable[Step | None]]
"""Switches one by its id; None: there is nothing to switch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where Subscriptions are switched.

    Attributes:
        root: the working folder.
        env: the environment.
        base: its FHIR base.
        client_id: ours.
        name: of one of the environment's `credentials`; empty: its own client.
        trace_id: of everything that is asked in one command.
        client: makes a client.
    """

    root: Path
    env: str
    base: str
    client_id: str
    name: str
    trace_id: str
    client: ClientMaker


@dataclass(frozen=True, slots=True, kw_only=True)
class Switched:
    """What came of one start.

    Attributes:
        steps: where each stands that was looked at, in order.
    """

    steps: tuple[Step, ...]

    def of(self, *states: Switch) -> tuple[Step, ...]:
        """Return those in one of these states."""
        return tuple(step for step in self.steps if step.state in states)


def look(place: Place) -> Seen:
    """Read which Subscriptions there are, and whose.

    Raises:
        LoginError, ServerUnavailableError: the server could not be asked.
    """
    return asyncio.run(_seen(place))


async def _seen(place: Place) -> Seen:
    async with place.client() as client:
        return await seen_of(client, place.client_id)


def pause(place: Place, seen: Seen) -> Switched:
    """Switch off all that are ours and in force, and go on with what an earlier start began.

    Args:
        place: where.
        seen: what a person was shown; what came later is looked at by the next start.

    Raises:
        LoginError: the token may not change one.
        RunLockedError, JournalError, ServerUnavailableError, CouldNotLookError: what is on disk
            goes on later.
    """
    if not seen.may_change:
        raise LoginError(
            "The token may not change Subscriptions.",
            where="system/Subscription.u",
            fix="Have this client's role completed in the domain administration.",
        )
    if seen.every is None:
        raise CouldNotLookError(
            "The subscriptions cannot be read, so none is switched off.",
            where="GET Subscription",
            fix="Ask for system/Subscription.rs, and for a count that is right.",
        )
    ours = [one.id for one in seen.every if one.ours]
    with held_journal(place.root, place.env, place.base, place.name) as journal:
        wanted = dict.fromkeys([*(step.id for step in journal.open), *ours])
        steps = _each(place, journal, Switcher.pause, wanted)
    return Switched(steps=steps)


def restore(place: Place, leave: Collection[str] = ()) -> Switched:
    """Put back all that an earlier start switched off, exactly as it was.

    Args:
        place: where.
        leave: ids of those that stay as somebody else made them: a person decided so.

    Raises:
        RunLockedError, JournalError, ServerUnavailableError, CouldNotLookError, LoginError: what
            is on disk goes on later.
    """
    with held_journal(place.root, place.env, place.base, place.name) as journal:
        left = [
            journal.note(step, Switch.LEFT)
            for step in journal.open
            if step.id in leave and step.state is Switch.CHANGED
        ]
        done = _each(place, journal, Switcher.restore, [step.id for step in journal.open])
    return Switched(steps=(*left, *done))


def _each(
    place: Place, journal: SwitchJournal, switch: Switching, ids: Collection[str]
) -> tuple[Step, ...]:
    """Switch one by one: one that gets no answer keeps none of the others from theirs."""
    trouble: list[CouldNotLookError | ServerUnavailableError] = []

    async def work() -> list[Step | None]:
        async with place.client() as client:
            switcher = Switcher(client, journal, trace_id=place.trace_id, sleep=asyncio.sleep)
            return [await one(switcher, logical_id) for logical_id in ids]

    async def one(switcher: Switcher, logical_id: str) -> Step | None:
        try:
            return await switch(switcher, logical_id)
        except (CouldNotLookError, ServerUnavailableError) as error:
            trouble.append(error)
            return None

    steps = asyncio.run(work()) if ids else []
    if trouble:
        raise trouble[0]
    return tuple(step for step in steps if step is not None)
