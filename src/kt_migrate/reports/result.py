"""Puts together what a run came to: the plan's books, moved on by the journal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kt_migrate.books import Books, HashTotal, hash_totals
from kt_migrate.load.execute import open_journal
from kt_migrate.load.journal import FAILED, ON_SERVER, Entry, Journal, State
from kt_migrate.load.start import choices_of
from kt_migrate.model import Outcome
from kt_migrate.plan.rows import IssueRow
from kt_migrate.plan.store import Plan
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

    @property
    def pending(self) -> int:
        """Writes of which it is not known yet where they end."""
        return self.total - sum(self.states.get(s, 0) for s in ON_SERVER | FAILED)


def run_result(folder: Path) -> RunResult:
    """Read where a run stands, from its plan and its journal.

    Raises:
        JournalError: no plan, or a damaged journal.
    """
    verified = read_verified(folder)
    with Plan(folder / "plan.sqlite") as plan:
        books, planned = plan.books(), plan.hash_totals()
        census, without_link = plan.census(), plan.without_link()
        issues = list(plan.issues())
        if not (folder / "journal.sqlite").is_file():
            return RunResult(
                books=books,
                census=census,
                without_link=without_link,
                planned=planned,
                journal=None,
                states={},
                total=plan.count(),
                issues=tuple(issues),
            )
        with open_journal(folder) as journal:
            issues.extend(_failures(plan, journal, books))
            issues.extend(verified.issues if verified else ())
            issues.extend(_notices(plan, journal))
            issues.extend(_not_taken(plan, journal))
            return RunResult(
                books=books,
                census=census,
                without_link=without_link,
                planned=planned,
                journal=hash_totals(_digests(plan, journal)),
                states=journal.counts(),
                total=plan.count(),
                issues=tuple(issues),
                existing=choices_of(journal),
            )


def _digests(plan: Plan, journal: Journal) -> Iterator[tuple[str, str]]:
    for entry in journal.entries(*ON_SERVER):
        key = plan.key(entry.seq)
        if key is not None:
            yield key.r4_type, entry.digest


def _failures(plan: Plan, journal: Journal, books: Books) -> Iterator[IssueRow]:
    """Yield a line per write that is not on the server, and move its object to rejected.

    What still has to be sent counts too: it is not on the server, and the books say what is.
    """
    moved: set[int] = set()
    for write in plan.writes():
        entry = journal.entry(write.seq)
        if entry is not None and entry.state in ON_SERVER:
            continue
        first = plan.first_write_of(write.source_type, write.link)
        if first not in moved:
            moved.add(first)
            for source_type, event in plan.migrated_by(first):
                books.move(source_type, event, Outcome.MIGRATED, Outcome.REJECTED)
        failed = entry is not None and entry.state in FAILED
        yield IssueRow(
            source_type=write.source_type,
            event="",
            link=write.link,
            code=entry.code if entry is not None and failed else "server-unavailable",
            path=entry.path if entry is not None else "",
            rule="",
            detail=_detail(plan, journal, entry),
        )


def _detail(plan: Plan, journal: Journal, entry: Entry | None) -> str:
    """Say what the server answered; of what is held back, by which object."""
    if entry is None:
        return ""
    if entry.state is State.BLOCKED:
        write = plan.write_at(_cause(plan, journal, entry.seq))
        return "" if write is None else f"deferred by {write.source_type} {write.link}"
    return _said(entry)


def _said(entry: Entry) -> str:
    """Return what the server answered: its status, and what of its words may be repeated."""
    return _answer(entry.status, entry.said)


def _answer(status: int, said: str) -> str:
    return " ".join(filter(None, (f"HTTP {status}" if status else "", said)))


def _cause(plan: Plan, journal: Journal, seq: int) -> int:
    """Return the failed write at the end of what a write is held back by; 0: none any more."""
    left, seen = list(plan.targets(seq)), {seq}
    while left:
        target = left.pop(0)
        entry = journal.entry(target)
        if target in seen or entry is None or entry.state not in FAILED:
            continue
        if entry.state is not State.BLOCKED:
            return target
        seen.add(target)
        left += plan.targets(target)
    return 0


def _not_taken(plan: Plan, journal: Journal) -> Iterator[IssueRow]:
    """Yield a line per earlier version that the server did not take (mode `every-version`)."""
    for version in journal.not_taken():
        write = plan.write_at(version.seq)
        if write is not None:
            yield IssueRow(
                source_type=write.source_type,
                event="",
                link=write.link,
                code="version-not-taken",
                path=version.path,
                rule="",
                detail=f"version {version.ordinal} {_answer(version.status, version.said)}".strip(),
            )


def _notices(plan: Plan, journal: Journal) -> Iterator[IssueRow]:
    """Yield a line per write that a person must know something of, though it did not fail."""
    for entry in journal.noticed():
        key = plan.key(entry.seq)
        write = None if key is None else plan.write(key)
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
