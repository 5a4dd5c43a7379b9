"""The states of one deed that is undone, and the steps between them.

Drawn in docs/undo.md. The record (`undo.record`) takes no other step.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Kind(StrEnum):
    """What the run did to a resource, and so what undoing it is."""

    MADE = "made"
    """It was not there before: it must go."""
    CHANGED = "changed"
    """It was there before with another content: that comes back."""


class UndoState(StrEnum):
    """Where the undoing of one deed stands."""

    LISTED = "listed"
    """Nothing was asked of the server yet."""
    INTENT = "intent"
    """On disk; the request may or may not have reached the server."""
    DELETED = "deleted"
    RETIRED = "retired"
    """It may not be deleted: it got the status of what is at the end of its life."""
    RESTORED = "restored"
    GONE = "gone"
    """Somebody else had taken it away before."""
    KEPT = "kept"
    """Left as it is, with a reason: a person must decide."""


UNDONE = frozenset({UndoState.DELETED, UndoState.RETIRED, UndoState.RESTORED, UndoState.GONE})
"""The states in which nothing of ours counts there any more."""

ENDED = UNDONE | {UndoState.KEPT}

STEPS: Mapping[UndoState, frozenset[UndoState]] = {
    UndoState.LISTED: frozenset(
        {UndoState.INTENT, UndoState.GONE, UndoState.KEPT, UndoState.RETIRED, UndoState.RESTORED}
    ),
    UndoState.INTENT: ENDED | {UndoState.INTENT},
    UndoState.KEPT: frozenset(
        {UndoState.INTENT, UndoState.GONE, UndoState.KEPT, UndoState.RETIRED, UndoState.RESTORED}
    ),
}
"""What was kept is looked at again by the next start: a person may have decided by then."""


class UndoStepError(ValueError):
    """A step that the table does not have: a defect of ours."""


def require_step(start: UndoState, end: UndoState) -> None:
    """Refuse a step that is not in the table.

    Raises:
        UndoStepError: names both ends.
    """
    if end not in STEPS.get(start, frozenset()):
        raise UndoStepError(f"{start} → {end}")
