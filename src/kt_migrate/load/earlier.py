"""The journals of an environment's other runs, asked one object at a time; never written.

Only an object that is on the server with another content is asked for, by its logical id, which
every journal has an index on: a thousand such objects and twenty runs take a second.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from kt_migrate.errors import KtMigrateError
from kt_migrate.load.decision import Earlier
from kt_migrate.load.states import WRITTEN, State
from kt_migrate.model import Key
from kt_migrate.plan.runs import UNDO_FILE, is_undone
from kt_migrate.plan.store import Plan
from kt_migrate.read_only import open_read_only

_MARKS = ", ".join(f"'{state}'" for state in sorted(WRITTEN | {State.EARLIER}))
_WROTE = f"SELECT seq, version FROM entry WHERE server_id = ? AND state IN ({_MARKS})"

_LEFT = (
    "SELECT CASE state WHEN 'retired' THEN version ELSE before END, after FROM deed"
    " WHERE server_id = ? AND state IN ('restored', 'retired')"
)
"""What undoing a run put there is this working folder's work too: the end of life of what it had
made, and what it brought back, unless that was somebody else's.
"""


@dataclass(frozen=True, slots=True)
class _Run:
    journal: sqlite3.Connection
    plan: Plan
    undone: sqlite3.Connection | None

    def wrote(self, key: Key, logical_id: str, version: str) -> bool:
        return any(
            self.plan.key(seq) == key and version in ("", known)
            for seq, known in self.journal.execute(_WROTE, (logical_id,)).fetchall()
        )

    def left(self, logical_id: str) -> list[tuple[str, str]]:
        """Return whose content undoing put there, as a version, and under which one."""
        if self.undone is None:
            return []
        return self.undone.execute(_LEFT, (logical_id,)).fetchall()


class EarlierRuns(Earlier):
    """The same of run folders."""

    def __init__(self, runs: Sequence[_Run]) -> None:
        self._runs = runs

    def wrote(self, key: Key, logical_id: str, version: str = "") -> bool:
        """Whether one of them wrote an object; and, when given, got this version for it."""
        versions = self._same(logical_id, version) if version else {""}
        return any(run.wrote(key, logical_id, one) for run in self._runs for one in versions)

    def _same(self, logical_id: str, version: str) -> set[str]:
        """Return a version, and those whose content undoing put there with it."""
        left = [deed for run in self._runs for deed in run.left(logical_id)]
        same, new = set[str](), {version}
        while new:
            same |= new
            new = {of for of, after in left if of and after in same} - same
        return same


@contextmanager
def earlier_runs(folders: Sequence[Path], environment: str) -> Iterator[EarlierRuns]:
    """Open the journals of run folders to read them, for as long as the block runs.

    A folder whose journal or plan cannot be read, or is of another environment, knows nothing:
    what it wrote then counts as there before, and is not written over.

    Args:
        folders: the other runs of the environment, oldest first; the newest is asked first.
        environment: its name.
    """
    with ExitStack() as stack:
        runs: list[_Run] = []
        for folder in reversed(folders):
            if (folder / "journal.sqlite").is_file():
                with suppress(sqlite3.Error, KtMigrateError):
                    runs.append(_opened(folder, environment, stack))
        yield EarlierRuns(runs)


def _opened(folder: Path, environment: str, stack: ExitStack) -> _Run:
    journal = _read_only(folder / "journal.sqlite", stack)
    journal.execute(_WROTE, ("",)).fetchall()
    bound = journal.execute("SELECT value FROM meta WHERE name = 'environment'").fetchone()
    if bound != (environment,):
        raise sqlite3.DataError
    undone = _read_only(folder / UNDO_FILE, stack) if is_undone(folder) else None
    return _Run(journal, stack.enter_context(Plan(folder / "plan.sqlite")), undone)


def _read_only(path: Path, stack: ExitStack) -> sqlite3.Connection:
    db = open_read_only(path)
    stack.callback(db.close)
    return db
