"""Where the switching of one Subscription stands, and the steps between. Drawn in its page of docs.

The journal takes no other step.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Switch(StrEnum):
    """Where one Subscription stands."""

    PAUSING = "pausing"
    """On disk, with what it was; the request may or may not have reached the server."""
    PAUSED = "paused"
    """Read back: it is off, and nothing else of it is other than before."""
    UNTOUCHED = "untouched"
    """The request had no effect: it is as it was."""
    RESTORING = "restoring"
    """On disk; the request may or may not have reached the server."""
    RESTORED = "restored"
    """Read back: it is as it was."""
    CHANGED = "changed"
    """It is neither as it was nor as we left it: a person must decide."""
    LEFT = "left"
    """A person decided that it stays as somebody else made it."""


OPEN = frozenset({Switch.PAUSING, Switch.PAUSED, Switch.RESTORING, Switch.CHANGED})
"""The states in which something is still to be put back, or decided."""

_AGAIN = frozenset({Switch.PAUSING})
STEPS: Mapping[Switch | None, frozenset[Switch]] = {
    None: _AGAIN,
    Switch.PAUSING: frozenset(
        {Switch.PAUSING, Switch.PAUSED, Switch.UNTOUCHED, Switch.CHANGED, Switch.RESTORING}
    ),
    Switch.PAUSED: frozenset(
        {Switch.PAUSING, Switch.PAUSED, Switch.RESTORING, Switch.RESTORED, Switch.CHANGED}
    ),
    Switch.RESTORING: frozenset(
        {Switch.PAUSING, Switch.PAUSED, Switch.RESTORING, Switch.RESTORED, Switch.CHANGED}
    ),
    Switch.CHANGED: frozenset(
        {
            Switch.PAUSING,
            Switch.PAUSED,
            Switch.RESTORING,
            Switch.RESTORED,
            Switch.CHANGED,
            Switch.LEFT,
        }
    ),
    Switch.UNTOUCHED: _AGAIN,
    Switch.RESTORED: _AGAIN,
    Switch.LEFT: _AGAIN,
}


class SwitchStepError(ValueError):
    """A step that the table does not have: a defect of ours."""


def require_step(start: Switch | None, end: Switch) -> None:
    """Refuse a step that is not in the table.

    Raises:
        SwitchStepError: names both ends.
    """
    if end not in STEPS[start]:
        raise SwitchStepError(f"{start} → {end}")
