"""The versions of one object in a row (mode `every-version`): which one goes, and what it comes to.

The first is a create; each after it updates exactly the version that the one before got
(`If-Match`). A journal entry has how many had their turn (`passed`) and what of them is on the
server (id, version, digest): so a start knows which one goes, and none goes twice. A version that
the server does not take is listed, and the next one has its turn, for the last state counts most.

Only of what this plan makes can the history be replayed: where something was there before, or
somebody else changed it meanwhile, the last state alone is left to do, as in mode `latest`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from kt_migrate.load.decision import EXISTING_ADOPTED, EXISTING_UPDATED, HISTORY_NOT_REPLAYED
from kt_migrate.load.journal import Entry, State
from kt_migrate.load.states import WRITTEN
from kt_migrate.plan.rows import PlannedWrite
from kt_migrate.plan.store import Plan

NOT_TAKEN = "server-rejected"
"""Catalogue code of a content that the server does not want; any other has another cause."""

NOT_OF_THE_ROW = frozenset({EXISTING_ADOPTED, EXISTING_UPDATED, HISTORY_NOT_REPLAYED})
"""Notices of what was there before this plan: its earlier versions were left out."""

_STANDS = frozenset({State.INTENT, State.EARLIER, State.WAITING, State.REJECTED, State.BLOCKED})
"""The states in which what an entry has of the server is the row's own last version there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Where one version stands among those of its object.

    Attributes:
        of: how many earlier versions the object has.
        passed: how many of them had their turn before this one.
        last: the write of the last state; None: this is it.
        server_id, version, digest: what the row has on the server; empty: nothing.
    """

    of: int = 0
    passed: int = 0
    last: PlannedWrite | None = None
    server_id: str = ""
    version: str = ""
    digest: str = ""

    def holds(self, logical_id: str, version: str) -> bool:
        """Whether exactly this is what the row has on the server."""
        return bool(version) and (self.server_id, self.version) == (logical_id, version)

    def ended(self, entry: Entry) -> Entry:
        """Return the outcome of a version as one of its object."""
        if not self.of:
            return entry
        here = replace(entry, passed=self.passed)
        taken_up = replace(here, server_id=self.server_id, version=self.version, digest=self.digest)
        if entry.state is State.REJECTED and entry.code != NOT_TAKEN:
            return replace(here, passed=self.of)  # of another cause: the last state is left to do
        if self.last is None:
            return taken_up if entry.state is State.REJECTED else here
        if entry.state is State.REJECTED:
            return replace(taken_up, state=State.EARLIER, passed=self.passed + 1)
        if entry.state in WRITTEN:
            return replace(here, state=State.EARLIER, passed=self.passed + 1)
        return here


ALONE = Row()
"""What is written in its last state only."""


def next_in_row(plan: Plan, write: PlannedWrite, known: Entry | None) -> tuple[PlannedWrite, Row]:
    """Return the version of an object whose turn it is, and where that stands.

    Args:
        plan: the plan.
        write: the object's last state.
        known: what the journal says of it; None: it was never touched.
    """
    of = plan.count_versions(write.seq)
    if not of:
        return write, ALONE
    passed = 0 if known is None else min(known.passed, of)
    row = Row(of=of, passed=passed)
    if known is not None and goes_on(known):
        row = replace(row, server_id=known.server_id, version=known.version, digest=known.digest)
    if passed == of:
        return write, row
    return plan.version(write, passed + 1), replace(row, last=write)


def goes_on(known: Entry) -> bool:
    """Whether the next version updates what the row has on the server, and needs no look-up."""
    there = known.server_id and known.version
    return (
        bool(known.passed and there)
        and known.state in _STANDS
        and known.notice not in NOT_OF_THE_ROW
    )
