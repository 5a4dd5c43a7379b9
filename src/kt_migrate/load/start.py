"""What a person wants of one start, and what is done around the loop for it.

Before the loop: whose choice counts for what was there before, and the repair of what a
verification found. After it: the scan for temporary identifiers that occur more than once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kt_migrate.kt2.client import FhirClient
from kt_migrate.kt2.pace import Pace
from kt_migrate.load.decision import DEFAULT, Choice, Policy
from kt_migrate.load.duplicates import needs_scan, scan
from kt_migrate.load.earlier import earlier_runs
from kt_migrate.load.journal import Journal
from kt_migrate.load.reconcile import Finder, reconcile
from kt_migrate.load.references import References
from kt_migrate.load.repair import Item, Repair, left_of
from kt_migrate.load.run import LoadResult
from kt_migrate.load.sender import Sender
from kt_migrate.load.states import State
from kt_migrate.load.writers import Writers
from kt_migrate.plan.findings import Findings, read_findings, write_findings
from kt_migrate.plan.runs import runs_of
from kt_migrate.plan.sampling.choosing import Chosen, Extent, Wish
from kt_migrate.plan.store import Plan

EXISTING = "existing"
"""`meta`: the choices that this run was given, oldest first; the last one counts."""
GO = "go"
"""`meta`: the digests of the GO records under which starts wrote, oldest first, each once."""


def nowhere(_items: Sequence[Item]) -> None:
    """Show a repair's list to nobody."""


def told_nobody(_chosen: Chosen) -> None:
    """Tell nobody which part of the plan is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the command line asks for.

    Attributes:
        existing: what to do with what was there before this plan; None: what this run was begun
            with, else the default.
        repair: bring back what a verification found gone or other.
        listed: is shown a repair's list before anything is written.
        running: is told which versions of the profiles the domain says that it runs, before
            anything is written; it raises what stops the run. None: the domain is not asked.
        sample: which part of the plan is written; everything, when nobody says.
        chosen: is told which part that is, before anything is written.
        go: digest of the record of the GO under which this start writes; empty: under none.
        wait: seconds that may be waited for what other suppliers bring; 0: nothing is waited for.
    """

    existing: Choice | None = None
    repair: bool = False
    listed: Callable[[Sequence[Item]], None] = nowhere
    running: Callable[[Sequence[str]], None] | None = None
    sample: Wish = Extent.WHOLE
    chosen: Callable[[Chosen], None] = told_nobody
    go: str = ""
    wait: float = 0.0


NO_WISHES = Wishes()


@dataclass(slots=True, kw_only=True)
class Start:
    """One start's surroundings.

    Attributes:
        policy: how to decide on what is there.
        before: the choice of an earlier start, when it was another one; else empty.
        repairs: what became of each finding.
    """

    folder: Path
    plan: Plan
    journal: Journal
    wishes: Wishes
    policy: Policy
    before: str = ""
    repairs: Sequence[Item] = ()

    async def repair(
        self, client: FhirClient, pace: Pace, *, trace_id: str, writers: Writers | None = None
    ) -> None:
        """Put in the journal what a person wants repaired; what is in doubt is settled first."""
        findings = self._not_yet_marked()
        if not (self.wishes.repair and findings.all):
            return
        try:
            # What is in doubt first: a repair must not take it for done, nor for gone.
            references = References(self.plan, self.journal)
            sender = Sender(
                client,
                self.journal,
                references,
                pace,
                trace_id=trace_id,
                policy=self.policy,
                writers=writers,
            )
            await reconcile(self.plan, self.journal, Finder(sender.writers, sender), pace)
            repair = Repair(self.plan, self.journal, sender.writers, self.policy)
            self.repairs = await repair.draw_up(findings)
            self.wishes.listed(self.repairs)
            await repair.mark(self.repairs)
        finally:
            await self.journal.stop()
        write_findings(self.folder, left_of(findings, self.repairs))

    def _not_yet_marked(self) -> Findings:
        """Return the findings, without those of which a start that died had marked the repair.

        It died before it could take them off; the marks are in the journal and go on unasked.
        """
        found = read_findings(self.folder)
        marked = frozenset(self.journal.seqs(State.REPAIR)) if found.all else frozenset()
        left = found.only(lambda seq: seq not in marked)
        if left != found:
            write_findings(self.folder, left)
        return left

    async def finish(self, writers: Writers, result: LoadResult) -> LoadResult:
        """Look for double ones, when everything was tried and something was sent."""
        result.existing, result.repaired = (self.policy.choice, self.before), self.repairs
        ended = result.stopped_by or result.interrupted or result.over_budget
        if not ended and needs_scan(self.journal):
            try:
                result.scanned = await scan(self.plan, self.journal, writers, self.folder)
            finally:
                await self.journal.stop()
            result.states = self.journal.counts()
        return result


@contextmanager
def starting(
    root: Path, environment: str, folder: Path, plan: Plan, journal: Journal, wishes: Wishes
) -> Iterator[Start]:
    """Open what a start needs to decide, for as long as the block runs.

    Args:
        root: the working folder.
        environment: name of the run's environment.
        folder: the run's.
        plan: the run's.
        journal: the run's.
        wishes: what a person wants.
    """
    others = [other for other in runs_of(root, environment) if other != folder]
    with earlier_runs(others, environment) as earlier:
        choice, before = _choice(journal, wishes.existing)
        policy = Policy(choice=choice, earlier=earlier)
        yield Start(
            folder=folder, plan=plan, journal=journal, wishes=wishes, policy=policy, before=before
        )


def choices_of(journal: Journal) -> tuple[str, ...]:
    """Return the choices that a run was given, oldest first; the last one counts."""
    return tuple(choice for choice in journal.meta(EXISTING).split(",") if choice)


def note_go(journal: Journal, digest: str) -> None:
    """Record under which GO a start writes; nothing when it is under none."""
    known = gos_of(journal)
    if digest and digest not in known:
        journal.note(GO, ",".join([*known, digest]))


def gos_of(journal: Journal) -> tuple[str, ...]:
    """Return the digests of the GO records under which a run wrote, oldest first."""
    return tuple(digest for digest in journal.meta(GO).split(",") if digest)


def _choice(journal: Journal, wanted: Choice | None) -> tuple[Choice, str]:
    """Return the choice that counts, and the earlier one that it replaces; records it."""
    known = choices_of(journal)
    last = known[-1] if known else ""
    choice = wanted or (Choice(last) if last else DEFAULT)
    if choice != last:
        journal.note(EXISTING, ",".join([*known, choice]))
    return choice, last if last != choice else ""
