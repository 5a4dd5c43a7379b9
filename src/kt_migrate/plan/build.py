"""Makes a plan: archive + algorithm + enrichment → plan.sqlite. Talks to no server.

The flow, in order: read into the fold → take care plans apart → scope and map every last state
→ look at the references → conformance → number → write. Everything goes through the ledger, and
the books must balance before the plan is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kt_migrate.algorithm.model import Algorithm
from kt_migrate.books import canonical, digest, hash_totals
from kt_migrate.config import Application
from kt_migrate.errors import BooksError
from kt_migrate.mapping import map_object
from kt_migrate.model import (
    Body,
    Issue,
    Mapped,
    NotMigrated,
    Outcome,
    Rejected,
    SourceObject,
)
from kt_migrate.plan.careplans import ActivityState, CarePlans
from kt_migrate.plan.definitions import Definitions
from kt_migrate.plan.enrichment import Enrichment
from kt_migrate.plan.fold import Fold, VersionRow
from kt_migrate.plan.ledger import Ledger, Seen, load_resource
from kt_migrate.plan.lookup import FoldLookup
from kt_migrate.plan.reading import nothing, read_archive
from kt_migrate.plan.resolve import resolve
from kt_migrate.plan.scope import Scope
from kt_migrate.plan.store import PlanContent, write_plan

_APART = frozenset({"CarePlanActivityStatus"})
"""Types that are not mapped by themselves: they become part of another object."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What a plan is made of.

    Attributes:
        roots: the archive's folders, zips and files.
        source_domains: accepted KT 1.3 domain labels; empty: any.
        algorithm: what becomes what.
        enrichment: supplied values.
        applications: per application of the catalogue its entry in kt-migrate.yaml.
        meta: what is kept in the plan's `meta` besides (domain, environment).
    """

    roots: Sequence[Path]
    source_domains: Sequence[str]
    algorithm: Algorithm
    enrichment: Enrichment
    applications: Mapping[str, Application]
    meta: Mapping[str, str]


def build_plan(
    inputs: Inputs, target: Path, progress: Callable[[int], None] = nothing
) -> list[tuple[str, str]]:
    """Make plan.sqlite.

    Args:
        inputs: what it is made of.
        target: path of plan.sqlite; a temporary file lies beside it meanwhile.
        progress: is told how many files were read.

    Returns:
        The manifest: (name, SHA-256) of every file that was read.

    Raises:
        SourceError: an empty or absent archive.
        BooksError: the five outcomes do not add up to what was read.
    """
    fold = Fold(target.with_name("fold.sqlite"))
    try:
        read_archive(inputs.roots, fold, inputs.source_domains, progress)
        ledger = Ledger(fold.db)
        _Planner(inputs, fold, ledger).plan()
        resolve(ledger)
        _require_balance(ledger)
        write_plan(target, _content(inputs, fold, ledger))
        return fold.manifest()
    finally:
        fold.close()


class _Planner:
    """Maps every last state, and books everything else."""

    def __init__(self, inputs: Inputs, fold: Fold, ledger: Ledger) -> None:
        self._algorithm = inputs.algorithm
        self._fold = fold
        self._ledger = ledger
        self._careplans = CarePlans(fold, ledger)
        self._definitions = Definitions(fold)
        self._lookup = FoldLookup(fold, self._definitions, inputs.enrichment, inputs.applications)
        self._scope = Scope(inputs.algorithm, inputs.enrichment)

    def plan(self) -> None:
        """Book and map everything that was read."""
        self._book_failures()
        self._careplans.take_apart()
        self._definitions.index()
        activities = self._careplans.activities
        self._scope.learn(state.source for state in activities())
        self._book_versions()
        self._map_applications()
        for state in activities():
            self._map_activity(state)
        for seen, source in self._careplans.goals():
            self._take(seen, source)
        for source_type, link, version in self._fold.conflicts():
            seen = Seen(source_type=source_type, event="", link=link, version=version)
            self._ledger.issue(seen, Issue(code="version-conflict", detail=version))

    def _book_failures(self) -> None:
        """Book what never became an object: files, messages, entries; and the headers."""
        for name, event, issue in self._fold.failures():
            seen = Seen(source_type="Document", event=event, link=name)
            self._refuse(seen, issue)
        for message, event, chosen, issue in self._fold.entry_issues():
            seen = Seen(source_type=issue.path, event=event, link="", message=message)
            if chosen:
                self._refuse(seen, issue)
            else:
                self._ledger.read(seen)
                self._ledger.end(seen, Outcome.SUPERSEDED, "copy")
        for message, event, chosen in self._fold.headers():
            seen = Seen(source_type="MessageHeader", event=event, link=message, message=message)
            if chosen:
                source = SourceObject(
                    source_type="MessageHeader", link=message, body={"event": [event]}
                )
                self._take(seen, source)
            else:
                self._ledger.read(seen)
                self._ledger.end(seen, Outcome.SUPERSEDED, "copy")

    def _refuse(self, seen: Seen, issue: Issue) -> None:
        self._ledger.read(seen)
        self._ledger.end(seen, Outcome.REJECTED, issue.code)
        self._ledger.issue(seen, issue)

    def _book_versions(self) -> None:
        for row in self._fold.versions():
            seen = _seen(row)
            if not row.last:
                self._ledger.read(seen)
                reason = "older-version" if row.chosen else "copy"
                self._ledger.end(seen, Outcome.SUPERSEDED, reason)
            elif row.source_type not in _APART:
                self._take(seen, self._source(row))
        for number in self._careplans.orphans():
            row = self._fold.version(number)
            self._take(_seen(row), self._source(row))

    def _source(self, row: VersionRow) -> SourceObject:
        body: Body = row.body
        if row.source_type == "CareTeam":
            members = self._careplans.members(row.link)
            body = {**body, **({"member": list(members)} if members else {})}
        return SourceObject(source_type=row.source_type, link=row.link, body=body)

    def _map_applications(self) -> None:
        for name, event in self._definitions.applications():
            seen = Seen(source_type="Application", event=event, link=name)
            body: Body = {"name": [name]}
            self._take(seen, SourceObject(source_type="Application", link=name, body=body))

    def _map_activity(self, state: ActivityState) -> None:
        self._take(state.seen, state.source)
        for seen, source in state.sub_activities:
            self._take(seen, source)
        if state.decided_by is not None:
            row = _seen(self._fold.version(state.decided_by))
            self._ledger.read(row)
            self._ledger.follow(row, state.seen.source_type, state.seen.link)
        for number in state.overruled:
            row = _seen(self._fold.version(number))
            self._ledger.read(row)
            self._ledger.end(row, Outcome.SUPERSEDED, "status-overruled")

    def _take(self, seen: Seen, source: SourceObject) -> None:
        """Book the last state of one object, and map it when it is in scope."""
        self._ledger.read(seen)
        self._ledger.follow(seen, source.source_type, source.link)
        reason = self._scope.excludes(source)
        if reason:
            self._ledger.fate(seen, Outcome.OUT_OF_SCOPE, reason)
            return
        mapped = map_object(source, self._algorithm, self._lookup)
        match mapped:
            case NotMigrated():
                self._ledger.fate(seen, Outcome.NOT_MIGRATED, mapped.rule)
            case Rejected():
                self._ledger.reject(seen, mapped.issues)
            case Mapped():
                for write in mapped.writes:
                    self._ledger.draft(seen, write)
                for notice in mapped.notices:
                    self._ledger.issue(seen, notice)
                self._ledger.lose(source.source_type, mapped.losses)


def _seen(row: VersionRow) -> Seen:
    return Seen(
        source_type=row.source_type,
        event=row.event,
        link=row.link,
        version=row.version,
        message=row.message,
    )


def _require_balance(ledger: Ledger) -> None:
    """Add up what ended by what was written down, apart from what was read."""
    for source_type, event, _link, _version, _message, outcome, _reason, _seq in ledger.outcomes():
        if outcome:
            ledger.books.end(source_type, event, Outcome(outcome))
    gaps = ledger.books.unbalanced()
    if gaps:
        source_type, event = gaps[0]
        raise BooksError(
            f"The books of {len(gaps)} type(s) do not balance.",
            where=f"{source_type} / {event}",
            fix="Report this with the error list; do not migrate with this plan.",
        )


def _content(inputs: Inputs, fold: Fold, ledger: Ledger) -> PlanContent:
    totals = hash_totals(_digests(ledger))
    return PlanContent(
        meta=sorted(inputs.meta.items()),
        writes=_writes(ledger),
        references=ledger.db.execute(
            "SELECT d.seq, t.seq, r.path FROM draft_reference r JOIN draft d ON d.id = r.draft"
            " JOIN draft t ON t.id = r.target WHERE d.alive AND NOT r.dropped ORDER BY 1, 3"
        ),
        outcomes=ledger.outcomes(),
        read_counts=ledger.read_counts(),
        issues=ledger.problems(),
        losses=ledger.losses(),
        documents=sorted(fold.documents().items()),
        hash_totals=[(t, total.count, total.hex) for t, total in totals.items()],
    )


def _digests(ledger: Ledger) -> Iterator[tuple[str, str]]:
    for r4_type, body in ledger.db.execute("SELECT r4_type, final FROM draft WHERE alive"):
        yield r4_type, digest(canonical(load_resource(body)))


def _writes(
    ledger: Ledger,
) -> Iterator[tuple[int, str, str, str, int, str, str, str, bytes]]:
    rows = ledger.db.execute(
        "SELECT seq, r4_type, system, value, stage, source_type, link, final FROM draft"
        " WHERE alive ORDER BY seq"
    )
    for *head, body in rows:
        seq, r4_type, system, value, stage, source_type, link = head
        hex_digest = digest(canonical(load_resource(body)))
        yield seq, r4_type, system, value, stage, source_type, link, hex_digest, body
