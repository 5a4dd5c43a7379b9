"""Puts together what a run came to: the plan's books, moved on by the journal."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kt_migrate.books import Books, HashTotal, hash_totals
from kt_migrate.load.execute import open_journal
from kt_migrate.load.journal import FAILED, ON_SERVER, State
from kt_migrate.model import Outcome
from kt_migrate.plan.store import IssueRow, Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """Where a run stands.

    Attributes:
        books: per type and event; a write that failed has moved its object to rejected.
        planned: hash totals of the source side.
        journal: hash totals of what the journal says is on the server; None: nothing was sent.
        states: writes per state.
        total: writes in the plan.
        issues: the error list: reading, mapping and writing.
    """

    books: Books
    planned: dict[str, HashTotal]
    journal: dict[str, HashTotal] | None
    states: dict[State, int]
    total: int
    issues: tuple[IssueRow, ...]

    @property
    def pending(self) -> int:
        """Writes of which it is not known yet where they end."""
        return self.total - sum(self.states.get(s, 0) for s in ON_SERVER | FAILED)


def run_result(folder: Path) -> RunResult:
    """Read where a run stands, from its plan and its journal.

    Raises:
        JournalError: no plan, or a damaged journal.
    """
    with Plan(folder / "plan.sqlite") as plan:
        books, planned = plan.books(), plan.hash_totals()
        issues = list(plan.issues())
        if not (folder / "journal.sqlite").is_file():
            return RunResult(
                books=books, planned=planned, journal=None, states={}, total=plan.count(),
                issues=tuple(issues),
            )  # fmt: skip
        with open_journal(folder) as journal:
            digests = []
            for entry in journal.entries(*ON_SERVER):
                key = plan.key(entry.seq)
                if key is not None:
                    digests.append((key.r4_type, entry.digest))
            for write in plan.writes():
                entry = journal.entry(write.seq)
                if entry is None or entry.state not in FAILED:
                    continue
                first = plan.first_write_of(write.source_type, write.link)
                moved = plan.migrated_by(first) if first == write.seq else ()
                for source_type, event in moved:
                    books.move(source_type, event, Outcome.MIGRATED, Outcome.REJECTED)
                issues.append(
                    IssueRow(
                        source_type=write.source_type, event="", link=write.link,
                        code=entry.code, path=entry.path, rule="",
                        detail=f"HTTP {entry.status}" if entry.status else "",
                    )
                )  # fmt: skip
            return RunResult(
                books=books, planned=planned, journal=hash_totals(digests),
                states=journal.counts(), total=plan.count(), issues=tuple(issues),
            )  # fmt: skip
