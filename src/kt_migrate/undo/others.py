"""What undoing an environment's other runs left on the server: versions that nobody else made.

A run that changed what an earlier one made, and was undone, leaves the earlier one's content under
a version of its own; undoing the earlier one must not take that for somebody else's. What it
brought back of somebody else stays theirs, under whatever version.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from kt_migrate.plan.runs import UNDO_FILE, is_undone
from kt_migrate.read_only import open_read_only
from kt_migrate.undo.states import UndoState

_RESTORED = "SELECT before, after FROM deed WHERE server_id = ? AND state = ?"
_ENVIRONMENT = "SELECT value FROM meta WHERE name = 'environment'"


Restored = Callable[[str, str], Container[str]]
"""Is asked for a logical id and a version; says which versions hold its content again."""


@contextmanager
def restored_by(folders: Sequence[Path], environment: str) -> Iterator[Restored]:
    """Open the records of other runs to read them, for as long as the block runs.

    A record that cannot be read, or is of another environment, knows nothing: what it restored
    then counts as somebody else's, and is left.

    Args:
        folders: the other runs.
        environment: name of theirs and ours.

    Yields:
        Says under which versions undoing brought one back.
    """
    with ExitStack() as stack:
        records: list[sqlite3.Connection] = []
        for folder in filter(is_undone, folders):
            with suppress(sqlite3.Error):
                records.append(_opened(folder, environment, stack))

        def restored(server_id: str, version: str) -> Container[str]:
            values = (server_id, UndoState.RESTORED.value)
            rows = [row for db in records for row in db.execute(_RESTORED, values)]
            return _held_again(version, rows)

        yield restored


def _held_again(version: str, restored: Sequence[tuple[str, str]]) -> Container[str]:
    """Return the versions that hold again what one version held, however often that was undone."""
    same, new = set[str](), {version} - {""}
    while new:
        same |= new
        new = {after for before, after in restored if before in same} - same
    return same - {version}


def _opened(folder: Path, environment: str, stack: ExitStack) -> sqlite3.Connection:
    db = open_read_only(folder / UNDO_FILE)
    stack.callback(db.close)
    if db.execute(_ENVIRONMENT).fetchone() != (environment,):
        raise sqlite3.DataError
    return db
