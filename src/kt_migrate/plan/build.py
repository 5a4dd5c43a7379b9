"""Makes a plan: archive + algorithm + enrichment → plan.sqlite. Talks to no server.

The flow, in order: read the archive into the history → scope and map every last state → look at
the references → conformance → number → write. Every object gets its one fate in the ledger; the
books must balance and the census must agree before the plan is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TypeAlias

from kt_migrate.algorithm.fields import EXCLUDED
from kt_migrate.algorithm.model import Algorithm
from kt_migrate.archive.limits import Limits
from kt_migrate.archive.manifest import manifest_digest
from kt_migrate.archive.passwords import Passwords, no_passwords
from kt_migrate.config import ALONE, Application, Claim, Suppliers
from kt_migrate.history.activities import Part, Parts
from kt_migrate.history.careplans import ACTIVITY, GOAL, PARTS, STATUS
from kt_migrate.history.census import Census
from kt_migrate.history.definitions import APPLICATION, Definitions
from kt_migrate.history.intake import DOCUMENT, HEADER
from kt_migrate.history.reading import nothing, read_archive
from kt_migrate.history.store import History, LastState
from kt_migrate.mapping import map_object, never_migrated
from kt_migrate.model import (
    Body,
    Issue,
    Mapped,
    Mode,
    NotMigrated,
    Outcome,
    Rejected,
    SourceObject,
)
from kt_migrate.plan.account import require_census, take_books
from kt_migrate.plan.announced import NOBODY, Announced
from kt_migrate.plan.conflicts import Conflicts
from kt_migrate.plan.content import content_of
from kt_migrate.plan.elements import accounted, own_elements
from kt_migrate.plan.enrichment import Enrichment
from kt_migrate.plan.foreign import Foreign
from kt_migrate.plan.ledger import Ledger, Subject
from kt_migrate.plan.lookup import HistoryLookup
from kt_migrate.plan.outside import Outside
from kt_migrate.plan.resolve import resolve
from kt_migrate.plan.scope import Scope, patient_of
from kt_migrate.plan.supplied import SuppliedValues
from kt_migrate.plan.supplied_rows import SuppliedRows
from kt_migrate.plan.versions import EarlierVersions
from kt_migrate.plan.writing import write_plan
from kt_migrate.scratch import room_on

Keep: TypeAlias = Callable[[Iterator[tuple[str, str]]], str]
"""Is given (name, SHA-256) of every file, sorted; returns one digest over all."""

_APART = frozenset({*PARTS, HEADER, DOCUMENT, APPLICATION})
"""Types whose objects have no content of their own."""

_REMOVED = {GOAL: "goal-removed"}
"""Why a part that a later care plan lacks is not migrated; else `activity-removed`."""


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
        passwords: gives the password of an encrypted container.
        limits: bounds of the archive; the standard ones when None.
        profile: version of the profiles that resources are held against; a known one, or empty:
            the newest.
        mode: whether earlier versions of objects are written too.
        suppliers: who brings what to the domain.
        clients: (client, claim): which client of ours writes what.
        announced: what the other suppliers say that they bring.
    """

    roots: Sequence[Path]
    source_domains: Sequence[str]
    algorithm: Algorithm
    enrichment: Enrichment
    applications: Mapping[str, Application]
    meta: Mapping[str, str]
    passwords: Passwords = no_passwords
    limits: Limits | None = None
    profile: str = ""
    mode: Mode = Mode.LATEST
    suppliers: Suppliers = ALONE
    clients: tuple[tuple[str, Claim], ...] = ()
    announced: Announced = NOBODY


def build_plan(
    inputs: Inputs,
    target: Path,
    progress: Callable[[int], None] = nothing,
    keep: Keep = manifest_digest,
) -> str:
    """Make plan.sqlite.

    Args:
        inputs: what it is made of.
        target: path of plan.sqlite; a temporary file lies beside it meanwhile.
        progress: is told how many files were read.
        keep: is given the files that were read, and returns one digest over them.

    Returns:
        What `keep` did.

    Raises:
        SourceError: an empty or absent archive.
        BooksError: the two accounts do not balance.
        CensusError: the plan's objects are not those of the census.
        ConfigurationError: there is no room on the disk.
    """
    with room_on(target.parent):
        return _build(inputs, target, progress, keep)


def _build(inputs: Inputs, target: Path, progress: Callable[[int], None], keep: Keep) -> str:
    history = History(target.parent)
    try:
        census = Census(history.db)
        read_archive(
            inputs.roots,
            history,
            census,
            inputs.source_domains,
            progress,
            inputs.passwords,
            limits=inputs.limits,
        )
        ledger = Ledger(history.db)
        planner = _Planner(inputs, history, ledger)
        planner.plan()
        planner.foreign.expect_absent()
        resolve(ledger, inputs.profile)
        if inputs.mode is Mode.EVERY_VERSION:
            EarlierVersions(history, ledger, planner.mapped, inputs.profile).plan()
        ledger.settle_followers()
        planner.foreign.settle(inputs.clients)
        planner.rows.settle(inputs.enrichment)
        take_books(history)
        require_census(history.db)
        empty = inputs.enrichment.empty
        besides = {"enrichment_empty": str(empty)} if empty else {}
        meta = sorted({**inputs.meta, **besides, "mode": inputs.mode.value}.items())
        elements = accounted(ledger.elements(), inputs.algorithm)
        write_plan(target, content_of(meta, history, ledger, census, elements))
        return keep(history.manifest())
    finally:
        history.close()


class _Planner:
    """Maps every last state, and gives every object that is not mapped its fate."""

    def __init__(self, inputs: Inputs, history: History, ledger: Ledger) -> None:
        self._algorithm = inputs.algorithm
        self._history = history
        self._ledger = ledger
        self._parts = Parts(history)
        native = inputs.algorithm.policies.definition_identifier == "extension-else-native"
        self._definitions = Definitions(history, native=native)
        self._supplied = SuppliedValues(inputs.enrichment, history, inputs.algorithm)
        self._lookup = HistoryLookup(
            history, self._definitions, self._supplied, inputs.applications
        )
        self._scope = Scope(inputs.algorithm, self._supplied, history.db)
        self._outside = Outside(inputs.algorithm, ledger)
        self.foreign = Foreign(inputs.algorithm, inputs.suppliers, inputs.announced, ledger)
        self.rows = SuppliedRows(self._supplied, inputs.algorithm, ledger)

    def plan(self) -> None:
        """Go through everything that the archive says."""
        self._definitions.index()
        self._scope.learn(lambda: (p.source for p in self._parts.activities() if p.source))
        for source_type, link, event, issue in self._history.refusals():
            self._ledger.reject(_subject(source_type, link, event), (issue,))
        if not self._end_all(HEADER, content=False):
            for header in self._history.headers():
                self._take(_of(header), {"event": [header.event]})
        for source_type in self._history.types():
            if source_type not in _APART:
                self._plan_type(source_type)
        for name, event in self._definitions.applications():
            self._take(_subject(APPLICATION, name, event), {"name": [name]})
        for part in chain(self._parts.activities(), self._parts.goals()):
            self._plan_part(part)
        self._bring_along()
        self._report()

    def _bring_along(self) -> None:
        """Plan what is out of scope and needed by what is in scope; the rest is out of scope."""
        while self._outside.call():
            self._plan_called()
        self._outside.settle()

    def _plan_called(self) -> None:
        parts = False
        for subject in self._outside.called():
            if subject.source_type == APPLICATION:
                self._map(subject, {"name": [subject.link]})
            elif state := self._history.last_state(subject.source_type, subject.link):
                self._map(subject, self._whole(state))
            else:
                parts = True
        for part in self._parts.activities() if parts else ():
            if part.source and self._outside.calls(part.source_type, part.link):
                self._map(_subject(part.source_type, part.link, part.event), part.source.body)

    def _end_all(self, source_type: str, *, content: bool) -> bool:
        """Give all objects of a type one fate, when it does not depend on what is in them."""
        reason = self._scope.excludes_all(source_type)
        never = never_migrated(source_type, self._algorithm)
        if reason:
            self._outside.put_all(source_type, reason, content=content)
        elif reason is not None and never is not None:
            self._ledger.fate_of_all(source_type, Outcome.NOT_MIGRATED, never.rule, content=content)
            for body in self._history.bodies(source_type) if content else ():
                self._account(source_type, body)
        else:
            return False
        return True

    def _plan_type(self, source_type: str) -> None:
        if source_type != STATUS and self._end_all(source_type, content=True):
            return
        for state in self._history.last_states(source_type):
            if source_type == STATUS:
                self._plan_status(state)
            else:
                self._take(_of(state), self._whole(state))

    def _whole(self, state: LastState) -> Body:
        members = self._parts.members(state.link) if state.source_type == "CareTeam" else []
        return {**state.body, **({"member": [*members]} if members else {})}

    def _plan_status(self, state: LastState) -> None:
        """A status ends where its activity does, when that takes its status from it."""
        found = self._parts.status_target(state.sighting)
        if found is None:
            self._take(_of(state), state.body)
            return
        if not self._scope.excludes_all(STATUS):
            self._account(STATUS, state.body)
        activity, follows = found
        if follows:
            self._ledger.follow(_of(state), ACTIVITY, activity)
        else:
            self._ledger.fate(_of(state), Outcome.NOT_MIGRATED, "status-overruled")

    def _plan_part(self, part: Part) -> None:
        subject = _subject(part.source_type, part.link, part.event)
        if part.source is not None:
            self._take(subject, part.source.body)
            if part.strange:
                issue = Issue(code="sub-activity-unknown", detail=str(part.strange))
                self._ledger.issue(subject, issue)
            return
        reason = _REMOVED.get(part.source_type, "activity-removed")
        self._ledger.fate(subject, Outcome.NOT_MIGRATED, reason)
        if part.source_type == ACTIVITY:
            self._ledger.issue(subject, Issue(code="activity-removed"))

    def _take(self, subject: Subject, body: Body) -> None:
        """Map the last state of one object, when it is in scope."""
        source = SourceObject(source_type=subject.source_type, link=subject.link, body=body)
        reason = self._scope.excludes(source)
        if reason not in ("", EXCLUDED):
            self.rows.take(subject, self._scope.used(source))
            self._outside.put(subject, reason)
        else:
            self._map(subject, body)

    def _map(self, subject: Subject, body: Body) -> None:
        """Map the last state of one object, unless a row of the enrichment cannot be followed."""
        source = SourceObject(source_type=subject.source_type, link=subject.link, body=body)
        self.rows.take(subject, self._scope.used(source))
        if self._scope.leaves_out(source):  # whatever needs it: somebody said so
            self._ledger.fate(subject, Outcome.OUT_OF_SCOPE, EXCLUDED)
            return
        if other := self.foreign.whose(subject):
            self.foreign.leave(subject, other)
            return
        self._account(source.source_type, body)
        refused = self._supplied.refusals(source)
        if refused:
            self._ledger.belongs(subject, patient_of(source))
            self._ledger.reject(subject, refused)
            return
        mapped = self.mapped(source)
        if isinstance(mapped, Rejected):
            self._ledger.belongs(subject, patient_of(source))
        self._end(subject, mapped)

    def _end(self, subject: Subject, mapped: Mapped | NotMigrated | Rejected) -> None:
        """Keep what an object became, or why it became nothing."""
        if not isinstance(mapped, NotMigrated):
            self.rows.take(subject, mapped.used)
        match mapped:
            case NotMigrated():
                self._ledger.fate(subject, Outcome.NOT_MIGRATED, mapped.rule)
            case Rejected():
                self._ledger.reject(subject, mapped.issues)
            case Mapped():
                for write in mapped.writes:
                    self._ledger.draft(subject, write)
                for notice in mapped.notices:
                    self._ledger.issue(subject, notice)

    def _account(self, source_type: str, body: Body) -> None:
        """Count the elements of an object in scope, whatever becomes of it."""
        self._ledger.account(source_type, own_elements(source_type, body))

    def mapped(self, source: SourceObject) -> Mapped | NotMigrated | Rejected:
        """Map one state of one object."""
        return map_object(source, self._algorithm, self._lookup)

    def _report(self) -> None:
        """Report what is no fate, but worth a look."""
        for activity, event in self._parts.duplicates():
            subject = _subject(ACTIVITY, activity, event)
            self._ledger.issue(subject, Issue(code="activity-duplicate"))
        for source_type, link, event, count in self._history.cleaned():
            subject = _subject(source_type, link, event)
            self._ledger.issue(subject, Issue(code="characters-removed", detail=str(count)))
        for source_type, link, event in self._history.alike():
            self._ledger.issue(_subject(source_type, link, event), Issue(code="links-alike"))
        for subject, issue in Conflicts(self._history, self._parts, self.mapped).issues():
            self._ledger.issue(subject, issue)


def _subject(source_type: str, link: str, event: str) -> Subject:
    return Subject(source_type=source_type, link=link, event=event)


def _of(state: LastState) -> Subject:
    return _subject(state.source_type, state.link, state.event)
