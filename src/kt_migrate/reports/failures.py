"""The lines of the error list for what is not on the server: one pass over plan and journal.

Both are read in the order of the plan, once; what a failed write's objects are is asked of the
plan for all of them together.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from kt_migrate.books import Books
from kt_migrate.load.foreign import WAITING_FOR_OTHER
from kt_migrate.load.journal import FAILED, ON_SERVER, Entry, Journal, State
from kt_migrate.model import Outcome
from kt_migrate.plan.rows import IssueRow
from kt_migrate.plan.store import Plan

WAITING = "server-unavailable"
"""The code of a write that is still to do."""
_NOT_THERE = tuple(state for state in State if state not in ON_SERVER)


@dataclass(slots=True)
class Failures:
    """What of a plan is not on the server.

    Attributes:
        plan, journal: what should be there, and what is.
        waiting: objects per type that the books reject only since a write is still to do; known
            when the lines of the books came to their end.
    """

    plan: Plan
    journal: Journal
    waiting: Counter[str] = field(default_factory=Counter)
    _failed: dict[int, Entry] = field(default_factory=dict)
    _causes: dict[int, str] = field(default_factory=dict)

    def lines(self, books: Books | None = None) -> Iterator[IssueRow]:
        """Yield a line per write that is not on the server; at the end its objects are rejected.

        What still has to be sent counts too: it is not on the server, and the books say what is.

        Args:
            books: in which they are to be rejected; None: only the lines are asked for.
        """
        missing = array("q")
        for (seq, source_type, link), entry in self._missing():
            missing.append(seq)
            failed = entry is not None and entry.state in FAILED
            if entry is not None and failed:
                self._failed[seq] = entry
            yield IssueRow(
                source_type=source_type,
                event="",
                link=link,
                code=entry.code if entry is not None and failed else WAITING,
                path=entry.path if entry is not None else "",
                rule="",
                detail=self._detail(entry),
            )
        if books is None:
            return
        gone = self.plan.objects_of(missing)
        for (source_type, event), count in gone.items():
            books.move(source_type, event, Outcome.MIGRATED, Outcome.REJECTED, count)
        for (source_type, _event), count in (gone - self.plan.objects_of(self._failed)).items():
            self.waiting[source_type] += count

    def _missing(self) -> Iterator[tuple[tuple[int, str, str], Entry | None]]:
        """Yield what is not on the server, with what the journal says of it, in order."""
        there = self.journal.seqs(*ON_SERVER)
        rest = self.journal.entries(*_NOT_THERE)
        present, entry = next(there, None), next(rest, None)
        for origin in self.plan.origins():
            if origin[0] == present:
                present = next(there, None)
            elif entry is not None and origin[0] == entry.seq:
                yield origin, entry
                entry = next(rest, None)
            else:
                yield origin, None

    def _detail(self, entry: Entry | None) -> str:
        """Say what the server answered; of what is held back, by which object."""
        if entry is None:
            return ""
        if entry.code == WAITING_FOR_OTHER:
            return self._waited_for(entry.seq)
        if entry.state is State.BLOCKED:
            return self._deferred(self._cause(entry.seq))
        return answer_of(entry.status, entry.said)

    def _waited_for(self, seq: int) -> str:
        """Return what of another supplier a write waits for, itself or what it refers to."""
        left, seen = [seq], set[int]()
        while left:
            if (one := left.pop(0)) in seen:
                continue
            seen.add(one)
            for number in self.plan.needs(one):
                if self.journal.of_other(number) is None:
                    return self._expected_words(number)
            left += [t for t in self.plan.targets(one) if self._failed.get(t) is not None]
        return ""

    def _expected_words(self, number: int) -> str:
        one = self.plan.expected_at(number)
        return "" if one is None else f"waits for {one.supplier}: {one.source_type} {one.link}"

    def _deferred(self, cause: int) -> str:
        """Return by which object something is held back; empty: by none any more."""
        if cause not in self._causes:
            write = self.plan.write_at(cause)
            named = "" if write is None else f"deferred by {write.source_type} {write.link}"
            self._causes[cause] = named
        return self._causes[cause]

    def _cause(self, seq: int) -> int:
        """Return the failed write at the end of what a write is held back by; 0: none any more.

        What it refers to stands before it in the plan, and was seen.
        """
        left, seen = list(self.plan.targets(seq)), {seq}
        while left:
            target = left.pop(0)
            entry = self._failed.get(target)
            if target in seen or entry is None:
                continue
            if entry.state is not State.BLOCKED:
                return target
            seen.add(target)
            left += self.plan.targets(target)
        return 0


def answer_of(status: int, said: str) -> str:
    """Return what the server answered: its status, and what of its words may be repeated."""
    return " ".join(filter(None, (f"HTTP {status}" if status else "", said)))
