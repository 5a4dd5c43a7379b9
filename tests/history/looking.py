"""What `inspect` finds in histories put together by hand."""

from __future__ import annotations

from histories import Copy, decided

from kt_migrate.history.careplans import CarePlans
from kt_migrate.history.inspection import Inspection, look
from kt_migrate.history.prepare import Prepared


def looked(*files: Prepared | Copy) -> Inspection:
    """Return what is found in some files."""
    with decided(*files) as (history, states):
        CarePlans(history, states).take_apart()
        return look(history)
