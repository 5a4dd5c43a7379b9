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
from kt_migrate.verify.record import read_verified


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One run.

    Attributes:
        env, run: which.
        writes, done, pending: of its plan; what failed is done.
        running: the last look at it, as the fields of a `progress` event; None: nobody writes it.
        undoing: how far undoing it is; None: nobody undoes it.
        sample: what was drawn of its plan, which the counts are of; None: they are of all of it.
        working: whether a process works on it now, be it writing or undoing.
        following: the command that comes now; empty: none.
    """

    env: str
    run: str
    writes: int
    done: int
    pending: int
    running: dict[str, object] | None
    undoing: Undoing | None
    working: bool
    following: str
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
            "working": self.working,
            "next": self.following,
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
    undoing, working = undoing_of(folder), writer_of(folder) is not None
    writing = working and undoing is None
    return Standing(
        env=env,
        run=folder.name,
        writes=total,
        done=done,
        pending=total - done,
        running=(last_event(folder, "progress") or {}) if writing else None,
        undoing=undoing,
        sample=read_sample(folder),
        working=working,
        following=""
        if working
        else _following(env, folder, undoing, begun=done > 0, ended=done == total),
    )


def following(env: str, folder: Path) -> str:
    """Return the command that comes now for a run; empty: none, or somebody works on it."""
    stand = stand_of(env, folder)
    return "" if stand is None else stand.following


def _following(env: str, folder: Path, undoing: Undoing | None, *, begun: bool, ended: bool) -> str:
    """Return what a person gives next, of a run that nobody works on."""
    this = f"--env {env} --run {folder.name}"
    if undoing is not None:
        return f"kt-migrate rollback {this}" if undoing.pending or undoing.left else ""
    if not ended:
        if env != "prd2":
            return f"kt-migrate trial {this}"
        return f"kt-migrate {'run' if begun else 'gate pre'} --env prd2"
    if not begun:
        return f"kt-migrate errors list {this}"  # it writes nothing: the list says why
    verified = read_verified(folder)
    if verified is None:
        return f"kt-migrate verify {this}"
    if not verified.passed:
        return f"kt-migrate errors list {this}"
    return "kt-migrate gate post --env prd2" if env == "prd2" else f"kt-migrate report {this}"
