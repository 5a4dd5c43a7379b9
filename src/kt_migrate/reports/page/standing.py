"""What a run folder says of a run, read once for its page. Nothing of it is judged here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from kt_migrate.algorithm.success import Judgement
from kt_migrate.errors import JournalError
from kt_migrate.model import Outcome
from kt_migrate.plan.binding import read_binding
from kt_migrate.plan.rows import ElementRow
from kt_migrate.plan.store import Plan
from kt_migrate.reports.errors.groups import Group, Grouped
from kt_migrate.reports.result import RunResult, planned_result
from kt_migrate.reports.starts import StartFigures, starts_of
from kt_migrate.reports.success import judged
from kt_migrate.undo.looking import Undoing, undoing_of
from kt_migrate.verify.record import Verified, read_verified


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a run stands.

    Attributes:
        folder: its run folder, `runs/<env>/<run>`.
        domain, algorithm, mode: of its plan.
        binding: what the plan is bound to; empty: nobody wrote that down.
        result: books, hash totals, errors.
        verified, undoing: what was looked at and taken back since; None: nothing.
        starts: what each start came to.
        criteria: the success criteria, held against it.
        reasons: the error list per reason, the biggest first, notices too.
        becomes: per KT 1.3 type the R4 types that are written of it.
        ends: (type, outcome, reason, how many) of the plan's objects.
        elements: the account of the source elements.
    """

    folder: Path
    domain: str
    algorithm: str
    mode: str
    binding: Mapping[str, str]
    result: RunResult
    verified: Verified | None
    undoing: Undoing | None
    starts: tuple[StartFigures, ...]
    criteria: Judgement
    reasons: tuple[Group, ...]
    becomes: Mapping[str, tuple[str, ...]]
    ends: tuple[tuple[str, str, str, int], ...]
    elements: tuple[ElementRow, ...]

    @property
    def env(self) -> str:
        """The environment's name."""
        return self.folder.parent.name

    @property
    def run(self) -> str:
        """The run's number."""
        return self.folder.name

    @property
    def sent(self) -> bool:
        """Whether anything was written, or tried."""
        return self.result.journal is not None

    def planned(self) -> Standing:
        """Return the same as it was before anything was written, and of the whole plan."""
        unsent = planned_result(self.folder)
        return replace(
            self,
            result=unsent,
            verified=None,
            undoing=None,
            starts=(),
            reasons=_reasons(unsent),
        )

    def ended(self, outcome: Outcome) -> int:
        """Return how many objects ended so."""
        return sum(row.ended[outcome] for row in self.result.books.per_type().values())


def standing_of(folder: Path, result: RunResult) -> Standing:
    """Read where a run stands.

    Raises:
        JournalError: no plan, or something in the folder is damaged.
    """
    with Plan(folder / "plan.sqlite") as plan:
        becomes: dict[str, tuple[str, ...]] = {}
        for source_type, r4_type in plan.sources():
            becomes[source_type] = (*becomes.get(source_type, ()), r4_type)
        return Standing(
            folder=folder,
            domain=plan.meta("domain"),
            algorithm=plan.meta("algorithm"),
            mode=plan.mode.value,
            binding=_binding(folder),
            result=result,
            verified=read_verified(folder),
            undoing=undoing_of(folder),
            starts=starts_of(folder),
            criteria=judged(folder, result),
            reasons=_reasons(result),
            becomes=becomes,
            ends=tuple(plan.ends()),
            elements=tuple(plan.elements()),
        )


def _reasons(result: RunResult) -> tuple[Group, ...]:
    grouped = Grouped(takes=lambda _issue: True, notices=True)
    for issue in result.issues:
        grouped.add(issue)
    return tuple(grouped.groups())


def _binding(folder: Path) -> dict[str, str]:
    try:
        return {name: str(value) for name, value in asdict(read_binding(folder)).items()}
    except JournalError:
        return {}
