"""Whose is what is on the server under our temporary identifier, and may it be written over?

Only this is ours: what a run of this working folder wrote, at the version which that write got.
Somebody has been there since when the server has another version. Everything else was there
before this plan, and what becomes of it is the choice of the plan's owner (design.md §6).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from kt_migrate.load.journal import Entry
from kt_migrate.load.states import State
from kt_migrate.model import Key

EXISTING_REFUSED = "existing-refused"
EXISTING_ADOPTED = "existing-adopted"
EXISTING_UPDATED = "existing-updated"
HISTORY_NOT_REPLAYED = "history-not-replayed"
"""Catalogue codes of what became of an object that was there before this plan."""


class Choice(StrEnum):
    """What to do with an object that was there before this plan and differs from it."""

    REFUSE = "refuse"
    """Leave it; the planned object ends in the error list."""
    ADOPT = "adopt"
    """Leave it; it counts as there, with a notice: others may refer to it."""
    UPDATE = "update"
    """Write the planned content over it, with a notice."""


DEFAULT = Choice.REFUSE
"""In every environment: to write over what somebody else made is always a decision."""


class Earlier:
    """What the other runs of this working folder wrote in this environment; here: nothing."""

    def wrote(self, key: Key, logical_id: str, version: str = "") -> bool:
        """Whether one of them wrote an object; and, when given, got this version for it."""
        del key, logical_id, version
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How to decide.

    Attributes:
        choice: of the plan's owner, for what was there before this plan.
        earlier: what is not of before: the other runs' writes.
        clients: ids of every client of ours, where a domain has several suppliers; empty: nobody
            asks who brought what is there.
    """

    choice: Choice = DEFAULT
    earlier: Earlier = field(default_factory=Earlier)
    clients: frozenset[str] = frozenset()

    def ours(self, key: Key, known: Entry | None, logical_id: str, version: str) -> bool:
        """Whether exactly what is there was written by this working folder.

        Args:
            key: temporary identifier.
            known: what the journal of this run said of it when this start began with it.
            logical_id: of what is there.
            version: of what is there; empty: the server does not say, so nobody knows.
        """
        if not version:
            return False
        if known is not None and (known.server_id, known.version) == (logical_id, version):
            # An intent to write over what was there rests on a choice, which may be another now.
            chosen = known.notice == EXISTING_UPDATED
            if known.state in (State.INTENT, State.REPAIR) and not chosen:
                return True
        return self.earlier.wrote(key, logical_id, version)
