"""The journal's story: every step of every write, as it was recorded. Only read."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from kt_migrate.load.states import State

_STORY = (
    "SELECT v.seq, v.state, v.operation,"
    " CASE WHEN v.server_id <> '' THEN v.server_id ELSE e.server_id END,"
    " CASE WHEN v.server_id <> '' THEN v.version ELSE e.version END"
    f" FROM event v JOIN entry e USING (seq) WHERE v.state <> '{State.EARLIER}' OR v.code = ''"
    " ORDER BY v.seq DESC, v.id"
)
"""A journal of an earlier version has no ids in its events: the entry's are the only ones. What the
server did not take of a row of versions is no step: it left everything as it was.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One recorded step of one write.

    Attributes:
        seq: the write in the plan.
        state: what it came to stand in.
        operation: of the request that it is about; or empty.
        server_id, version: the resource that it is about, and its version: of an intent to
            update, what it was sent against.
    """

    seq: int
    state: State
    operation: str
    server_id: str
    version: str


def story(db: sqlite3.Connection) -> Iterator[Step]:
    """Yield every step: the last write of the plan first, each in the order it happened."""
    for seq, state, operation, server_id, version in db.execute(_STORY):
        yield Step(
            seq=int(seq),
            state=State(state),
            operation=str(operation),
            server_id=str(server_id),
            version=str(version),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One effect on the server: a version of a resource that is ours.

    Attributes:
        seq: the write.
        created: whether the resource came with it; else it was updated.
        server_id, version: what came of it; a version may be empty in an old journal.
    """

    seq: int
    created: bool
    server_id: str
    version: str


_EFFECTS = f"""
SELECT v.seq, v.state, v.operation,
  CASE WHEN v.server_id <> '' OR v.state = '{State.EARLIER}' THEN v.server_id ELSE e.server_id END,
  CASE WHEN v.server_id <> '' OR v.state = '{State.EARLIER}' THEN v.version ELSE e.version END
FROM event v JOIN entry e USING (seq)
WHERE v.state IN ('{State.CREATED}', '{State.UPDATED}', '{State.EARLIER}') ORDER BY v.seq, v.id
"""
"""As above. An earlier version came with no journal that has no ids in its events."""


def effects(db: sqlite3.Connection) -> Iterator[Effect]:
    """Yield every effect: each version once, of the first write of the plan first.

    An earlier version that the server did not take names the one that it was sent against, which
    came before.
    """
    steps = db.execute(_EFFECTS)
    for seq, group in groupby(steps, key=itemgetter(0)):
        seen: set[tuple[str, str]] = set()
        for _seq, state, operation, server_id, version in group:
            if not server_id or (server_id, version) in seen:
                continue
            seen.add((server_id, version))
            updated = state == State.UPDATED or (state == State.EARLIER and operation == "update")
            yield Effect(
                seq=int(seq), created=not updated, server_id=str(server_id), version=str(version)
            )
