"""What a plan says of one object, looked up by its link: no table is read whole but the issues'."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import orjson

from kt_migrate.model import Outcome
from kt_migrate.plan.opened import Opened
from kt_migrate.plan.rows import IssueRow

_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T[0-9:.]{5,18}(?:Z|[+-]\d{2}:?\d{2})?")
"""What else stands where a time should is not shown: it may be anything."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One sighting of an object.

    Attributes:
        version: verbatim, or empty.
        message: MessageHeader.identifier of the message that carried it.
        event: of that message.
        sent: when the message was sent, as it says so itself; empty: it says no moment.
        sender: the software that sent it; empty: it names none.
        by: (message, version) of what superseded it; None: it is the last state.
        reason: why it was superseded; empty for the last state.
    """

    version: str
    message: str
    event: str
    sent: str
    sender: str
    by: tuple[str, str] | None
    reason: str


@dataclass(frozen=True, slots=True)
class Ended:
    """An object and its fate."""

    source_type: str
    event: str
    outcome: Outcome
    reason: str
    sighting: int
    write_seq: int | None


@dataclass(frozen=True, slots=True)
class Written:
    """A write that an object became, or that it became part of; without what is in it."""

    seq: int
    stage: int
    r4_type: str
    system: str
    value: str
    digest: str
    source_type: str
    link: str


class Life(Opened):
    """Looks at what a plan says of one object."""

    def ends(self, link: str) -> list[Ended]:
        """Return the objects with this link, one per type: most of the time one."""
        rows = self._db.execute(_OBJECTS, (link,))
        return [Ended(t, e, Outcome(o), r, s, w) for t, e, o, r, s, w in rows]

    def named(self, wanted: Callable[[str], bool]) -> list[str]:
        """Return the links of objects that are wanted; this alone reads all of them."""
        rows = self._db.execute("SELECT DISTINCT link FROM object ORDER BY link")
        return [link for (link,) in rows if wanted(link)]

    def seen(self, link: str, ended: Ended) -> list[Seen]:
        """Return every sighting of an object, oldest version first.

        A plan numbers them by type and link: those of one object lie together, around its last.
        """
        below = self._together("<=", "DESC", link, ended)
        above = self._together(">", "ASC", link, ended)
        rows = [*reversed(list(below)), *above]
        return [
            Seen(version, message, event, *self._sent(message), self._successor(by), reason)
            for version, message, event, by, reason in rows
        ]

    def _together(
        self, side: str, order: str, link: str, ended: Ended
    ) -> Iterator[tuple[str, str, str, int | None, str]]:
        found = self._db.execute(
            "SELECT source_type, link, version, message, event, superseded_by, reason"
            f" FROM sighting WHERE id {side} ? ORDER BY id {order}",
            (ended.sighting,),
        )
        for source_type, of, *row in found:
            if (source_type, of) != (ended.source_type, link):
                return
            version, message, event, by, reason = row
            yield version, message, event, by, reason

    def _sent(self, message: str) -> tuple[str, str]:
        row = self._db.execute(
            "SELECT sent, sender FROM message WHERE identifier = ?", (message,)
        ).fetchone()
        if row is None:
            return "", ""
        return (row[0] if _MOMENT.fullmatch(row[0]) else ""), row[1]

    def _successor(self, sighting: int | None) -> tuple[str, str] | None:
        if sighting is None:
            return None
        row = self._db.execute(
            "SELECT message, version FROM sighting WHERE id = ?", (sighting,)
        ).fetchone()
        return None if row is None else (str(row[0]), str(row[1]))

    def issues(self, link: str, source_type: str) -> list[IssueRow]:
        """Return what reading, mapping and planning said of an object."""
        rows = self._db.execute(
            "SELECT event, code, path, rule, detail FROM issue"
            " WHERE link = ? AND source_type = ? ORDER BY id",
            (link, source_type),
        )
        return [
            IssueRow(
                source_type=source_type,
                event=event,
                link=link,
                code=code,
                path=path,
                rule=rule,
                detail=detail,
            )
            for event, code, path, rule, detail in rows
        ]

    def writes(self, link: str, ended: Ended) -> list[Written]:
        """Return the writes that an object became; else the one that it became part of."""
        columns = "seq, stage, r4_type, system, value, digest, source_type, link"
        rows = self._db.execute(
            f"SELECT {columns} FROM write WHERE source_type = ? AND link = ? ORDER BY seq",
            (ended.source_type, link),
        ).fetchall()
        if not rows and ended.write_seq is not None:
            rows = self._db.execute(
                f"SELECT {columns} FROM write WHERE seq = ?", (ended.write_seq,)
            ).fetchall()
        return [Written(*row) for row in rows]

    def targets(self, seq: int) -> list[tuple[str, str, str]]:
        """Return (path, type, link) of what a write refers to."""
        rows = self._db.execute(
            "SELECT r.path, w.source_type, w.link FROM write_reference r"
            " JOIN write w ON w.seq = r.target_seq WHERE r.seq = ? ORDER BY 1",
            (seq,),
        )
        return [(".".join(map(str, orjson.loads(path))), t, link) for path, t, link in rows]


# By the few types that there are: the key of `object` begins with the type.
_OBJECTS = """
SELECT source_type, event, outcome, reason, sighting, write_seq FROM object
WHERE source_type IN (SELECT source_type FROM sighting_count) AND link = ? ORDER BY source_type
"""
