"""The order of what is left to do of a plan, by its journal."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain

from kt_migrate.errors import JournalError
from kt_migrate.load.journal import ON_SERVER, Journal, State
from kt_migrate.load.schedule import Schedule
from kt_migrate.plan.store import Plan


def schedule_of(
    plan: Plan, journal: Journal, of_other: Callable[[int], int] = lambda number: number
) -> Schedule:
    """Return the order of what is left to do.

    What was refused or held back by an earlier start goes again: a person may have repaired it,
    or another supplier brought what it needs.

    Args:
        plan: the run's.
        journal: the run's.
        of_other: gives the number in the schedule of what another supplier brings.

    Raises:
        JournalError: the plan is damaged: its references go round in a ring, or out of it.
    """
    expects = plan.expects
    schedule = Schedule(
        plan.seqs(),
        done=journal.seqs(*ON_SERVER),
        failed=journal.seqs(State.DUPLICATE),
        references=chain(
            plan.references(),
            ((seq, of_other(n)) for seq, n in plan.expected_references()) if expects else (),
        ),
        outside=(of_other(one.id) for one in plan.expected()) if expects else (),
    )
    if ring := schedule.ring():
        writes = filter(None, map(plan.write_at, ring))
        raise ring_error(" → ".join(f"{write.key.r4_type} {write.link}" for write in writes))
    return schedule


def ring_error(where: str) -> JournalError:
    """Return the error for a plan in which nothing can go first."""
    return JournalError(
        "The plan is damaged: references go round in a ring.", where=where, fix="Make a new plan."
    )
