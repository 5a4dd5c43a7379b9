"""Which lines the list of a run can hold at all: what was not done has no lines about it."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from kt_migrate.catalogue import CATALOGUE
from kt_migrate.plan.rows import IssueRow
from kt_migrate.plan.store import Plan
from kt_migrate.reports.judged import judged_now
from kt_migrate.reports.result import issues_of


class Part(StrEnum):
    """The parts of an error list, each there when its step was taken."""

    PLANNED = "planned"
    WRITTEN = "written"
    VERIFIED = "verified"
    JUDGED = "judged"


_OF_STEP = {
    "write": Part.WRITTEN,
    "undo": Part.WRITTEN,
    "verify": Part.VERIFIED,
    "judge": Part.JUDGED,
}


def part_of(code: str) -> Part:
    """Return in which part of a list a code stands.

    >>> part_of("value-missing").value, part_of("verify-missing").value
    ('planned', 'verified')
    """
    return _OF_STEP.get(CATALOGUE[code].step, Part.PLANNED)


@dataclass(frozen=True, slots=True)
class Held:
    """What a run's list is about.

    Attributes:
        parts: those that its steps made.
        sampled: whether only a sample of the plan was sent.
    """

    parts: frozenset[Part]
    sampled: bool

    @property
    def whole(self) -> frozenset[Part]:
        """The parts that say something of every object: a sample is no verdict on the rest."""
        return frozenset({Part.PLANNED}) if self.sampled else self.parts


def held_by(folder: Path) -> Held:
    """Return which lines the list of a run can hold."""
    parts = {Part.PLANNED}
    if (folder / "journal.sqlite").is_file():
        parts.add(Part.WRITTEN)
        if (folder / "verify.json").is_file():
            parts.add(Part.VERIFIED)
        if any(one.begun for one in judged_now(folder)):
            parts.add(Part.JUDGED)
    return Held(frozenset(parts), (folder / "sample.json").is_file())


def lines_of(folder: Path) -> Generator[IssueRow]:
    """Yield the error list of a run; of a sample's plan all lines, drawn or not.

    Raises:
        JournalError: no plan, or a damaged journal.
    """
    if not held_by(folder).sampled:
        yield from issues_of(folder)
        return
    with Plan(folder / "plan.sqlite") as plan:
        yield from plan.issues()
    for issue in issues_of(folder):
        if part_of(issue.code) is not Part.PLANNED:
            yield issue
