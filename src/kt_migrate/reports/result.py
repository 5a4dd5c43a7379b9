"""Puts together what a run came to: the plan's books, moved on by the journal."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from kt_migrate.books import Books, HashTotal, hash_totals
from kt_migrate.load.execute import open_journal
from kt_migrate.load.journal import FAILED, ON_SERVER, Journal, State
from kt_migrate.load.start import choices_of
from kt_migrate.plan.rows import IssueRow
from kt_migrate.plan.sampling.record import Sample, read_sample
from kt_migrate.plan.sampling.sampled import planned_in
from kt_migrate.plan.store import Plan
from kt_migrate.reports.failures import Failures, answer_of
from kt_migrate.reports.judged import judged_issues
from kt_migrate.verify.record import read_verified


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """Where a run stands.

    Attributes:
        books: per type and event; a write that failed has moved its object to rejected.
        census: objects per type by the independent count of the archive.
        without_link: objects per type that have no link, so that the census cannot count them.
        planned: hash totals of the source side.
        journal: hash totals of what the journal says is on the server; None: nothing was sent.
        states: writes per state.
        total: writes in the plan.
        issues: the error list: reading, mapping, writing and verifying.
        existing: the choices for what was there before this plan, oldest first.
        sample: what was drawn of the plan: then everything here is of that; None: the whole plan.
        waiting: objects per type that the books reject only since a write is still to do.
    """

    books: Books
    census: dict[str, int]
    without_link: dict[str, int]
    planned: dict[str, HashTotal]
    journal: dict[str, HashTotal] | None
    states: dict[State, int]
    total: int
    issues: tuple[IssueRow, ...]
    existing: tuple[str, ...] = ()
    sample: Sample | None = None
    waiting: Mapping[str, int] = field(default_factory=dict)

    @property
    def pending(self) -> int:
        """Writes of which it is not known yet where they end."""
        return self.total - sum(self.states.get(s, 0) for s in ON_SERVER | FAILED)


def run_result(folder: Path) -> RunResult:
    """Read where a run stands, from its plan and its journal.

    Raises:
        JournalError: no plan, or a damaged journal.
    """
    verified, sample = read_verified(folder), read_sample(folder)
    with planned_in(folder) as plan:
        before = _planned(plan, sample)
        if not (folder / "journal.sqlite").is_file():
            return before
        issues = list(before.issues)
        with open_journal(folder) as journal:
            failures = Failures(plan, journal)
            issues.extend(failures.lines(before.books))
            issues.extend(verified.issues if verified else ())
            issues.extend(_notices(plan, journal))
            issues.extend(_not_taken(plan, journal))
            issues.extend(judged_issues(folder))
            return replace(
                before,
                journal=hash_totals(_digests(plan, journal)),
                states=journal.counts(),
                issues=tuple(issues),
                existing=choices_of(journal),
                waiting=dict(failures.waiting),
            )


def planned_result(folder: Path) -> RunResult:
    """Return a run as it was before anything was written, whatever was since: the whole plan."""
    with Plan(folder / "plan.sqlite") as plan:
        return _planned(plan, None)


def _planned(plan: Plan, sample: Sample | None) -> RunResult:
    return RunResult(
        books=plan.books(),
        census=plan.census(),
        without_link=plan.without_link(),
        planned=plan.hash_totals(),
        journal=None,
        states={},
        total=plan.count(),
        issues=tuple(plan.issues()),
        sample=sample,
    )


def issues_of(folder: Path) -> Generator[IssueRow]:
    """Yield the error list of a run as `run_result` has it, a line at a time.

    Raises:
        JournalError: no plan, or a damaged journal.
    """
    verified = read_verified(folder)
    with planned_in(folder) as plan:
        yield from plan.issues()
        if not (folder / "journal.sqlite").is_file():
            return
        with open_journal(folder) as journal:
            yield from Failures(plan, journal).lines()
            yield from verified.issues if verified else ()
            yield from _notices(plan, journal)
            yield from _not_taken(plan, journal)
            yield from judged_issues(folder)


def _digests(plan: Plan, journal: Journal) -> Iterator[tuple[str, str]]:
    """Yield (R4 type, digest) of what is on the server; both are read once, in their order."""
    kinds = plan.kinds()
    seq, r4_type = 0, ""
    for there, digest in journal.digests():
        while seq < there:
            seq, r4_type, _system = next(kinds, (there + 1, "", ""))
        if seq == there:
            yield r4_type, digest


def _not_taken(plan: Plan, journal: Journal) -> Iterator[IssueRow]:
    """Yield a line per earlier version that the server did not take (mode `every-version`)."""
    for version in journal.not_taken():
        write, said = plan.write_at(version.seq), answer_of(version.status, version.said)
        if write is not None:
            yield IssueRow(
                source_type=write.source_type,
                event="",
                link=write.link,
                code="version-not-taken",
                path=version.path,
                rule="",
                detail=f"version {version.ordinal} {said}".strip(),
            )


def _notices(plan: Plan, journal: Journal) -> Iterator[IssueRow]:
    """Yield a line per write that a person must know something of, though it did not fail."""
    for entry in journal.noticed():
        write = plan.write_at(entry.seq)
        if write is not None:
            yield IssueRow(
                source_type=write.source_type,
                event="",
                link=write.link,
                code=entry.notice,
                path="",
                rule="",
                detail=entry.operation,
            )
