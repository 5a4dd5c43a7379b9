"""Two error lists side by side: what is new, what is solved, what remains, what has moved.

A line is the same in both when object (type and link), code and path are. Both lists pass by once,
into a temporary database.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from kt_migrate.errors import JournalError
from kt_migrate.plan.binding import read_binding
from kt_migrate.plan.rows import IssueRow
from kt_migrate.plan.store import Plan
from kt_migrate.read_only import read_only_address
from kt_migrate.reports.error_list import is_error, short_name
from kt_migrate.reports.errors.held import Held, Part, held_by, lines_of, part_of
from kt_migrate.reports.errors.remarks import remarks_of
from kt_migrate.scratch import open_scratch, room_on

GONE = "gone"
"""What became of an object that the later plan does not have."""


class Change(StrEnum):
    """What became of a line."""

    NEW = "new"
    SOLVED = "solved"
    REMAINING = "remaining"
    MOVED_FROM = "moved_from"
    """Its object has another reason, or another place, in the later list."""
    MOVED_TO = "moved_to"
    """Its object had another reason, or another place, in the earlier list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Lines of one reason of which the same became.

    Attributes:
        code: the reason.
        count: lines.
        remarked: lines on which a person filled something in.
        ended: of solved lines: how many per fate of the object in the later plan.
        examples: (type, link, path) of the first ones.
    """

    code: str
    count: int
    remarked: int
    ended: dict[str, int]
    examples: tuple[tuple[str, str, str], ...]

    def as_json(self) -> dict[str, object]:
        """Return it as `--json` prints it."""
        return {
            "code": self.code,
            "count": self.count,
            "remarked": self.remarked,
            **({"objects": self.ended} if self.ended else {}),
            "examples": [example_json(*example) for example in self.examples],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Objects that went from one reason to another.

    Attributes:
        before, after: the reasons; the same when only the path is another.
        objects: how many.
        example: (type, link, path) of the first one, in the later list.
    """

    before: str
    after: str
    objects: int
    example: tuple[str, str, str]

    def as_json(self) -> dict[str, object]:
        """Return it as `--json` prints it."""
        return {
            "before": self.before,
            "after": self.after,
            "objects": self.objects,
            "example": example_json(*self.example),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What two error lists have to say to each other.

    Attributes:
        changed: components that the two plans are bound to and that differ; None: one does not say.
        reasons: per change, the biggest first.
        moves: the biggest first.
        left_out: (earlier, later) lines of what only one of the two did, per part.
        sampled: (earlier, later) whether only a sample was sent.
    """

    changed: tuple[str, ...] | None
    reasons: dict[Change, tuple[Reason, ...]]
    moves: tuple[Move, ...]
    left_out: dict[Part, tuple[int, int]]
    sampled: tuple[bool, bool]

    def count(self, change: Change) -> int:
        """Return how many lines there are of one change."""
        return sum(reason.count for reason in self.reasons[change])

    def as_json(self) -> dict[str, object]:
        """Return it as `--json` prints it."""
        return {
            "changed": None if self.changed is None else list(self.changed),
            "counts": {change.value: self.count(change) for change in Change},
            "reasons": {
                change.value: [reason.as_json() for reason in found]
                for change, found in self.reasons.items()
            },
            "moves": [move.as_json() for move in self.moves],
            "not_compared": {
                part.value: {"before": before, "after": after}
                for part, (before, after) in self.left_out.items()
            },
            "sampled": {"before": self.sampled[0], "after": self.sampled[1]},
        }


def example_json(source_type: str, link: str, path: str) -> dict[str, str]:
    """Return an object of an example as `--json` prints it."""
    return {"pseudonym": short_name(link), "type": source_type, "link": link, "path": path}


_TABLES = """
CREATE TABLE line (
  type TEXT, link TEXT, code TEXT, path TEXT, before INT DEFAULT 0, after INT DEFAULT 0,
  change TEXT, remarked INT DEFAULT 0, ended TEXT DEFAULT '',
  PRIMARY KEY (link, type, code, path)) WITHOUT ROWID;
CREATE TABLE remark (link TEXT, code TEXT, path TEXT, PRIMARY KEY (link, code, path)) WITHOUT ROWID;
"""
_PUT = """
INSERT INTO line (type, link, code, path, {side}) VALUES (?, ?, ?, ?, 1)
ON CONFLICT DO UPDATE SET {side} = 1
"""
# Who has no link is no object that can be found again: its lines come and go, and never move.
_CHANGES = """
UPDATE line SET change = CASE
  WHEN before AND after THEN 'remaining'
  WHEN before AND link != '' AND EXISTS (SELECT 1 FROM line o
    WHERE o.link = line.link AND o.after AND NOT o.before) THEN 'moved_from'
  WHEN before THEN 'solved'
  WHEN link != '' AND EXISTS (SELECT 1 FROM line o
    WHERE o.link = line.link AND o.before AND NOT o.after) THEN 'moved_to'
  ELSE 'new' END
"""
_REMARKED = """
UPDATE line SET remarked = 1 WHERE EXISTS (SELECT 1 FROM remark r
  WHERE r.link = line.link AND r.code = line.code AND r.path = line.path)
"""
_ENDED = """
UPDATE line SET ended = coalesce((SELECT outcome FROM later.object o
  WHERE o.source_type = line.type AND o.link = line.link), ?) WHERE change = 'solved'
"""
_REASONS = """
SELECT code, count(*), sum(remarked) FROM line WHERE change = ? GROUP BY 1 ORDER BY 2 DESC, 1
"""
_FATES = """
SELECT ended, count(*) FROM line WHERE change = 'solved' AND code = ? GROUP BY 1 ORDER BY 2 DESC, 1
"""
_EXAMPLES = """
SELECT type, link, path FROM line WHERE change = ? AND code = ? ORDER BY type, link, path LIMIT ?
"""
_MOVES = """
SELECT b.code, a.code, count(DISTINCT a.link)
FROM line b JOIN line a ON a.link = b.link
WHERE b.change = 'moved_from' AND a.change = 'moved_to'
GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2
"""
_FIRST_MOVE = """
SELECT a.type, a.link, a.path FROM line a JOIN line b ON a.link = b.link
WHERE b.change = 'moved_from' AND a.change = 'moved_to' AND b.code = ? AND a.code = ?
ORDER BY a.type, a.link, a.path LIMIT 1
"""


def compare_lists(
    root: Path, earlier: Path, later: Path, *, notices: bool, examples: int = 3
) -> Compared:
    """Compare the error lists of two runs.

    What only one of the two did (nothing was sent, nothing was verified, only a sample was sent)
    is compared of neither.

    Args:
        root: the working folder.
        earlier: run folder of before, of whichever environment.
        later: run folder of after.
        notices: whether notices count.
        examples: of each reason and change, at most.

    Raises:
        JournalError: a run folder is damaged, or of another version.
    """
    held = held_by(earlier), held_by(later)
    both = held[0].whole & held[1].whole
    comparing = _Comparing(both, notices=notices)
    with room_on(later), closing(open_scratch(later, "compare")) as db:
        db.executescript(f"{_TABLES} BEGIN;")
        for side, folder in (("before", earlier), ("after", later)):
            with closing(lines_of(folder)) as issues:
                db.executemany(_PUT.format(side=side), comparing.of(side, issues))
        with remarks_of(root) as remarks:
            keys = [line for line, _remark in remarks.lines()]
        db.executemany("INSERT INTO remark VALUES (?, ?, ?)", keys)
        for statement in ("COMMIT", _CHANGES, _REMARKED):
            db.execute(statement)
        _note_fates(db, later)
        return Compared(
            changed=_changed(earlier, later),
            reasons={change: _reasons(db, change, examples) for change in Change},
            moves=_moves(db),
            left_out=comparing.left_out(held),
            sampled=(held[0].sampled, held[1].sampled),
        )


@dataclass(slots=True)
class _Comparing:
    """Takes from a list what both runs hold, and counts the rest."""

    both: frozenset[Part]
    notices: bool
    _left: dict[tuple[Part, str], int] = field(default_factory=dict)

    def of(self, side: str, issues: Iterable[IssueRow]) -> Iterable[tuple[str, str, str, str]]:
        for issue in issues:
            if not (self.notices or is_error(issue)):
                continue
            part = part_of(issue.code)
            if part in self.both:
                yield issue.source_type, issue.link, issue.code, issue.path
            else:
                self._left[part, side] = self._left.get((part, side), 0) + 1

    def left_out(self, held: tuple[Held, Held]) -> dict[Part, tuple[int, int]]:
        """Return the lines of what is not compared; also none of them, of what one run did."""
        either = (held[0].parts | held[1].parts) - self.both
        return {
            part: (self._left.get((part, "before"), 0), self._left.get((part, "after"), 0))
            for part in Part
            if part in either
        }


def _note_fates(db: sqlite3.Connection, later: Path) -> None:
    """Say of what is solved what became of the object: migrated, out of scope, gone."""
    path = later / "plan.sqlite"
    Plan(path).close()
    db.execute("ATTACH ? AS later", (read_only_address(path),))
    db.execute(_ENDED, (GONE,))
    db.execute("DETACH later")


def _reasons(db: sqlite3.Connection, change: Change, examples: int) -> tuple[Reason, ...]:
    rows = db.execute(_REASONS, (change.value,)).fetchall()
    solved = change is Change.SOLVED
    return tuple(
        Reason(
            code=code,
            count=count,
            remarked=remarked,
            ended=dict(db.execute(_FATES, (code,)).fetchall()) if solved else {},
            examples=tuple(db.execute(_EXAMPLES, (change.value, code, examples)).fetchall()),
        )
        for code, count, remarked in rows
    )


def _moves(db: sqlite3.Connection) -> tuple[Move, ...]:
    return tuple(
        Move(
            before=before,
            after=after,
            objects=objects,
            example=db.execute(_FIRST_MOVE, (before, after)).fetchone(),
        )
        for before, after, objects in db.execute(_MOVES).fetchall()
    )


def _changed(earlier: Path, later: Path) -> tuple[str, ...] | None:
    """Return which components differ that the two plans are bound to; None: not known."""
    try:
        return read_binding(earlier).differences(read_binding(later))
    except JournalError:
        return None
