"""Where a run stands, and how it goes while somebody works on it: what `status` shows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kt_migrate.load.events import last_event
from kt_migrate.load.execute import open_journal
from kt_migrate.load.journal import FAILED, ON_SERVER
from kt_migrate.load.lock import writer_of
from kt_migrate.plan.sampling.record import Sample, read_sample
from kt_migrate.plan.sampling.sampled import planned_in
from kt_migrate.undo.looking import Undoing, undoing_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One run.

    Attributes:
        env, run: which.
        writes, done, pending: of its plan; what failed is done.
        running: the last look at it, as the fields of a `progress` event; None: nobody works on it.
        undoing: how far undoing it is; None: nobody undoes it.
        sample: what was drawn of its plan, which the counts are of; None: they are of all of it.
    """

    env: str
    run: str
    writes: int
    done: int
    pending: int
    running: dict[str, object] | None
    undoing: Undoing | None
    sample: Sample | None = None

    def as_json(self) -> dict[str, object]:
        """Return it as `--json` prints it."""
        return {
            "env": self.env,
            "run": self.run,
            "writes": self.writes,
            "done": self.done,
            "pending": self.pending,
            "running": self.running,
            "undoing": None if self.undoing is None else self.undoing.as_json(),
            "sample": None if self.sample is None else self.sample.brief(),
        }


def stand_of(env: str, folder: Path) -> Standing | None:
    """Return where a run stands, from counts that cost nothing; None: it has no plan.

    Raises:
        JournalError: a damaged plan or journal.
    """
    if not (folder / "plan.sqlite").is_file():
        return None
    with planned_in(folder) as plan:
        total = plan.count()
    done = 0
    if (folder / "journal.sqlite").is_file():
        with open_journal(folder) as journal:
            done = sum(n for state, n in journal.counts().items() if state in ON_SERVER | FAILED)
    running = None if writer_of(folder) is None else (last_event(folder, "progress") or {})
    return Standing(
        env=env,
        run=folder.name,
        writes=total,
        done=done,
        pending=total - done,
        running=running,
        undoing=undoing_of(folder),
        sample=read_sample(folder),
    )
