"""One version with two contents: reported only where it would change what is written.

A version that is long superseded is nobody's question, and neither is a copy that differs in
spelling only: both contents are mapped, and what would be written is compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from kt_migrate.books import canonical
from kt_migrate.history import careplans
from kt_migrate.history.activities import Parts
from kt_migrate.history.order import says_no_more
from kt_migrate.history.store import History, LastState
from kt_migrate.kt13.careplan import status_code, status_subactivities, status_target
from kt_migrate.model import Body, Issue, Mapped, NotMigrated, Rejected, SourceObject
from kt_migrate.plan.ledger import Subject

Outcome = Mapped | NotMigrated | Rejected


class Conflicts:
    """Compares the last states with other contents of their very version."""

    def __init__(
        self, history: History, parts: Parts, mapped: Callable[[SourceObject], Outcome]
    ) -> None:
        self._history = history
        self._parts = parts
        self._mapped = mapped

    def issues(self) -> Iterator[tuple[Subject, Issue]]:
        """Yield one notice per other content that would give other resources, sorted."""
        for state, sighting in self._history.same_versions():
            other = self._history.message_of(sighting)
            body = self._history.body(sighting)
            if other == state.message and says_no_more(body, than=state.body):
                continue  # a stripped copy of the same message
            if self._written(state, state.body) != self._written(state, body):
                subject = Subject(source_type=state.source_type, link=state.link, event=state.event)
                yield subject, Issue(code="version-conflict", detail=f"{state.message} {other}")

    def _written(self, state: LastState, body: Body) -> list[object]:
        """Return what a content would make be written, in a form to compare."""
        match state.source_type:
            case careplans.CAREPLAN:
                sources = self._parts.states_of(body, state.link)
            case careplans.STATUS:
                return [status_target(body), status_code(body), sorted(status_subactivities(body))]
            case _:  # a team's members come from care plans: they are the same for both
                sources = [_source(state, body)]
        return [part for source in sources for part in _comparable(self._mapped(source))]


def _source(state: LastState, body: Body) -> SourceObject:
    return SourceObject(source_type=state.source_type, link=state.link, body=body)


def _comparable(mapped: Outcome) -> Iterator[bytes]:
    if isinstance(mapped, Mapped):
        for write in mapped.writes:
            yield canonical(write.resource)
