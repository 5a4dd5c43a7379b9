"""What the journals of an environment's runs know, as a verification may ask it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from kt_migrate.load.execute import open_journal
from kt_migrate.load.journal import Entry, Journal, State
from kt_migrate.load.replay import NOT_OF_THE_ROW
from kt_migrate.plan.runs import runs_of
from kt_migrate.verify.written import Effect


class WrittenByRuns:
    """A `verify.written.Written` and `Claims`: this run's journal, and those of the others.

    Journals know logical ids without their type; a server gives each id once.
    """

    def __init__(self, own: Journal | None, others: Sequence[Journal]) -> None:
        self._own = own
        self._others = others

    def version_of(self, r4_type: str, logical_id: str) -> str | None:
        """Return the version that this run's last write gave; None: not known."""
        del r4_type
        entry = self._entry(logical_id)
        return None if entry is None else entry.version or None

    def adopted(self, r4_type: str, logical_id: str) -> bool:
        """Whether this run left it as it was, by choice (`--existing adopt`)."""
        del r4_type
        entry = self._entry(logical_id)
        return entry is not None and entry.state is State.ADOPTED

    def not_taken(self, seq: int) -> frozenset[int]:
        """Return which earlier versions of a write the server did not take, from 1."""
        found = () if self._own is None else self._own.not_taken(seq)
        return frozenset(one.ordinal for one in found)

    def cut_short(self, seq: int) -> bool:
        """Whether a write was there before this plan, so that its history was not replayed."""
        entry = None if self._own is None else self._own.entry(seq)
        return entry is not None and entry.notice in NOT_OF_THE_ROW

    def _entry(self, logical_id: str) -> Entry | None:
        seq = None if self._own is None else self._own.seq_of_id(logical_id)
        return None if self._own is None or seq is None else self._own.entry(seq)

    def trace_ids(self) -> Sequence[str]:
        """Return the trace of this run: one, however often it was started."""
        trace_id = "" if self._own is None else self._own.meta("trace_id")
        return (trace_id,) if trace_id else ()

    def unsettled(self) -> int:
        """Return how many requests of this run have an outcome that is not known yet."""
        return 0 if self._own is None else self._own.counts().get(State.INTENT, 0)

    def effects(self) -> Iterator[Effect]:
        """Yield what this run did on the server."""
        for one in () if self._own is None else self._own.effects():
            yield Effect(
                seq=one.seq,
                action="C" if one.created else "U",
                logical_id=one.server_id,
                version=one.version,
            )

    def known(self) -> Iterator[str]:
        """Yield the logical ids that this run has met."""
        return iter(()) if self._own is None else self._own.ids()

    def earlier(self, r4_type: str, logical_id: str) -> bool:
        """Whether another run of this working folder wrote it."""
        del r4_type
        return any(journal.seq_of_id(logical_id) is not None for journal in self._others)


@contextmanager
def written_by_runs(root: Path, environment: str, folder: Path) -> Iterator[WrittenByRuns]:
    """Open the journals of an environment, for as long as the block runs.

    Args:
        root: the working folder.
        environment: its runs' environment.
        folder: the run folder that is verified; the others are the earlier ones.
    """
    with ExitStack() as stack:
        own: Journal | None = None
        others: list[Journal] = []
        for run in runs_of(root, environment):
            if not (run / "journal.sqlite").is_file():
                continue
            journal = stack.enter_context(open_journal(run))
            if run == folder:
                own = journal
            else:
                others.append(journal)
        yield WrittenByRuns(own, others)
