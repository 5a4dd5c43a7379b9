"""What a plan needs of the server that it is for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kt_migrate.model import Mode
from kt_migrate.plan.binding import read_binding
from kt_migrate.plan.store import Plan

OPERATIONS = "crus"
"""What is done with every type that is written: `plan.actions` says so too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What one plan needs.

    Attributes:
        plan: its digest (`Binding.plan`).
        run: name of its run folder.
        systems: the (R4 type, system of temporary identifiers) pairs that it writes.
        profile: package and version that it was checked against.
        every_version: whether earlier versions are written, and their history is read back.
        requests: how many writing requests there are per (R4 type, status).
    """

    plan: str
    run: str
    systems: tuple[tuple[str, str], ...]
    profile: str
    every_version: bool
    requests: Mapping[tuple[str, str], int]

    @property
    def types(self) -> tuple[str, ...]:
        """The R4 types that are written, sorted."""
        return tuple(sorted({r4_type for r4_type, _system in self.systems}))


def needs_of(folder: Path) -> Needs:
    """Read what the plan of a run folder needs.

    Raises:
        JournalError: the run folder is damaged.
    """
    binding = read_binding(folder)
    with Plan(folder / "plan.sqlite") as plan:
        return Needs(
            plan=binding.plan,
            run=folder.name,
            systems=plan.systems(),
            profile=binding.profile,
            every_version=plan.mode is Mode.EVERY_VERSION,
            requests=plan.requests(),
        )
