"""The states of one write, and the steps between them: all that there are.

Drawn and explained in docs/state-machine.md; a test compares its table with the one here. The
journal records no other step: one that is not here is a defect of ours, and stops the run before
anything is sent because of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class State(StrEnum):
    """Where one write stands. A write without a row in the journal is *planned*."""

    INTENT = "intent"
    """On disk; the request may or may not have reached the server."""
    EARLIER = "earlier"
    """An earlier version of it had its turn (mode `every-version`); the next one goes."""
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    """It was there already, with the same content."""
    ADOPTED = "adopted"
    """It was there before this plan with another content, and was left as it is, by choice."""
    REJECTED = "rejected"
    BLOCKED = "blocked"
    """Not sent, since something that it refers to could not be written."""
    DUPLICATE = "duplicate"
    """The temporary identifier is there more than once: a person must look."""
    WAITING = "waiting"
    """Known not to be there; goes again."""
    REPAIR = "repair"
    """It was done, and is gone or another by now; goes again, since a person asked for it."""


class Phase(StrEnum):
    """What a state means to a person: the words of docs/state-machine.md."""

    PLANNED = "planned"
    INTENT = "intent"
    """Also *sent* and *unknown*: on disk the three are one, which is why each start looks."""
    EARLIER = "earlier"
    DONE = "done"
    REJECTED = "rejected"
    DEFERRED = "deferred"
    RECONCILED = "reconciled"
    REPAIR = "repair"


ON_SERVER = frozenset({State.CREATED, State.UPDATED, State.UNCHANGED, State.ADOPTED})
"""The states in which there is one resource on the server that others may refer to."""

WRITTEN = frozenset({State.CREATED, State.UPDATED})
"""The states in which what is on the server is a write of ours."""

FAILED = frozenset({State.REJECTED, State.BLOCKED, State.DUPLICATE})
"""The states in which it is known that it will not come without a person."""

PHASES: Mapping[State | None, Phase] = {
    None: Phase.PLANNED,
    State.INTENT: Phase.INTENT,
    State.EARLIER: Phase.EARLIER,
    **dict.fromkeys(ON_SERVER, Phase.DONE),
    State.REJECTED: Phase.REJECTED,
    State.DUPLICATE: Phase.REJECTED,
    State.BLOCKED: Phase.DEFERRED,
    State.WAITING: Phase.RECONCILED,
    State.REPAIR: Phase.REPAIR,
}
"""The phase of each state; None is a write that the journal has no row of."""

_FOUND = frozenset({State.UNCHANGED, State.ADOPTED, State.REJECTED, State.DUPLICATE})
"""What a look-up by temporary identifier may come to, though nothing of ours is under way."""

_TO_SEND = _FOUND | {State.INTENT, State.BLOCKED}

STEPS: Mapping[State | None, frozenset[State]] = {
    None: _TO_SEND,
    State.INTENT: _FOUND
    | {State.INTENT, State.EARLIER, State.CREATED, State.UPDATED, State.WAITING},
    State.EARLIER: _TO_SEND,
    State.WAITING: _TO_SEND | {State.EARLIER, State.CREATED, State.UPDATED},
    State.REJECTED: _TO_SEND,
    State.BLOCKED: _TO_SEND,
    State.REPAIR: _TO_SEND,
    **dict.fromkeys(ON_SERVER, frozenset({State.REPAIR, State.DUPLICATE})),
    State.DUPLICATE: frozenset({State.REPAIR}),
}
"""Where each state can go; None is a write that the journal has no row of."""


class StepError(ValueError):
    """A step that the table does not have: a defect of ours."""


def require_step(start: State | None, end: State) -> None:
    """Refuse a step that is not in the table.

    Raises:
        StepError: names both ends.
    """
    if end not in STEPS[start]:
        raise StepError(f"{start or Phase.PLANNED} → {end}")
