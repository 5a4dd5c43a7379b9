"""What people filled in goes into the store: all of a file, or nothing of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from kt_migrate.config import ENVIRONMENTS
from kt_migrate.errors import JournalError
from kt_migrate.plan.runs import runs_of
from kt_migrate.reports.error_list import short_name
from kt_migrate.reports.errors.held import lines_of
from kt_migrate.reports.errors.reading import Filled, Problem, Wrong, read_back
from kt_migrate.reports.errors.remarks import (
    NOTHING,
    Line,
    Remark,
    Remarks,
    Status,
    changing,
    file_digest,
    remarks_of,
)
from kt_migrate.scratch import open_scratch, room_on


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of a file that was read back.

    Attributes:
        rows: rows in which something stands, or stood.
        changed: lines of which the store now says something else.
        same: rows that say what the store said.
        kept: rows that nobody touched, of lines on which somebody else filled in something since.
        doubled: places of rows that say again what an earlier one says.
        problems: why nothing was taken over; empty: all of it was.
    """

    rows: int
    changed: int
    same: int
    kept: int
    doubled: tuple[str, ...]
    problems: tuple[Problem, ...]


_TABLES = """
CREATE TABLE row (
  n INTEGER PRIMARY KEY, place TEXT, link TEXT, pseudonym TEXT, code TEXT, path TEXT,
  holder TEXT, status TEXT, remark TEXT, mark TEXT, known INT DEFAULT 0);
CREATE INDEX of_link ON row (code, path, link);
CREATE INDEX of_name ON row (code, path, pseudonym);
"""
_BY_LINK = "UPDATE row SET known = 1 WHERE code = ? AND path = ? AND link = ? AND link != ''"
_BY_NAME = (
    "UPDATE row SET known = 1, link = ?4 WHERE code = ?1 AND path = ?2 AND pseudonym = ?3"
    " AND pseudonym != '' AND link = ''"
)
_ROWS = """
SELECT place, link, code, path, holder, status, remark, mark, known FROM row
ORDER BY link, code, path, n
"""


def take_back(root: Path, path: Path, scratch: Path, *, replace: bool) -> Taken:
    """Take over what people filled in; with a problem in one row, nothing of the file.

    Args:
        root: the working folder.
        path: the file that came back.
        scratch: a folder for a temporary database.
        replace: whether the file goes before what was taken over since it was written.

    Raises:
        ConfigurationError: the file is no list of ours.
        JournalError: the store of remarks is damaged.
    """
    digest = file_digest(path)
    problems: list[Problem] = []
    with room_on(scratch), closing(open_scratch(scratch, "import")) as db:
        db.executescript(f"{_TABLES} BEGIN;")
        db.executemany(
            "INSERT INTO row VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)",
            _usable(read_back(path), problems),
        )
        with remarks_of(root) as remarks:
            kept = [line for line, _remark in remarks.lines()]
        _know(db, kept)
        for run in _newest_first(root):
            if not db.execute("SELECT EXISTS (SELECT 1 FROM row WHERE NOT known)").fetchone()[0]:
                break
            _know_run(db, run)
        db.execute("COMMIT")
        return _take(root, db, digest, problems, replace=replace)


def _usable(
    rows: Iterable[Filled | Problem], problems: list[Problem]
) -> Iterator[tuple[str | None, ...]]:
    """Yield the rows that say something; note what is wrong with others."""
    for row in rows:
        if isinstance(row, Problem):
            problems.append(row)
        elif row.link and row.pseudonym and short_name(row.link) != row.pseudonym:
            problems.append(Problem(row.where, Wrong.APART))
        else:
            said = (row.remark.holder, row.remark.status.value, row.remark.text, row.mark)
            yield (row.where, row.link, row.pseudonym, row.code, row.path, *said)


def _newest_first(root: Path) -> list[Path]:
    """Return every run folder: within an environment the newest first."""
    return [run for name in ENVIRONMENTS for run in reversed(runs_of(root, name))]


def _know_run(db: sqlite3.Connection, run: Path) -> None:
    """Mark the rows of which a run has the line; a run that cannot be read has none."""
    codes = {code for (code,) in db.execute("SELECT DISTINCT code FROM row WHERE NOT known")}
    try:
        with closing(lines_of(run)) as issues:
            _know(db, ((i.link, i.code, i.path) for i in issues if i.code in codes))
    except JournalError:
        return


def _know(db: sqlite3.Connection, lines: Iterable[Line]) -> None:
    by_name = db.execute("SELECT EXISTS (SELECT 1 FROM row WHERE link = '')").fetchone()[0]
    for link, code, path in lines:
        db.execute(_BY_LINK, (code, path, link))
        if by_name and link:
            db.execute(_BY_NAME, (code, path, short_name(link), link))


class _NothingError(Exception):
    """Nothing is to be kept of what was put in the store."""


@dataclass(slots=True)
class _Judging:
    """Holds every row against the store, and against the others of its line.

    Attributes:
        remarks: the store; what is taken over is put there at once.
        replace: whether the file goes before it.
        problems: of every row that cannot be taken over.
    """

    remarks: Remarks
    replace: bool
    problems: list[Problem]
    doubled: list[str] = field(default_factory=list)
    rows: int = 0
    changed: int = 0
    same: int = 0
    kept: int = 0

    def judge(self, line: Line, rows: list[_Said]) -> None:
        """Judge all rows of one line."""
        self.rows += len(rows)
        first = rows[0]
        if not first.known:
            self.problems += [Problem(row.place, Wrong.UNKNOWN) for row in rows]
            return
        others = [row for row in rows[1:] if row.remark != first.remark]
        self.problems += [Problem(row.place, Wrong.TWICE) for row in others]
        self.doubled += [row.place for row in rows[1:] if row.remark == first.remark]
        if not others:
            self._hold(line, first)

    def _hold(self, line: Line, row: _Said) -> None:
        kept = self.remarks.of(*line)
        if row.remark == kept:
            self.same += 1
        elif row.mark is not None and row.remark.mark == row.mark:
            self.kept += 1
        elif self.replace or kept.mark == (row.mark or NOTHING.mark):
            self.changed += 1
            self.remarks.put(line, row.remark)
        else:
            self.problems.append(Problem(row.place, Wrong.CONFLICT))


@dataclass(frozen=True, slots=True)
class _Said:
    place: str
    remark: Remark
    mark: str | None
    known: bool


def _take(
    root: Path, db: sqlite3.Connection, digest: str, problems: list[Problem], *, replace: bool
) -> Taken:
    with suppress(_NothingError), changing(root) as remarks:
        judging = _Judging(remarks, replace, problems)
        for line, rows in groupby(db.execute(_ROWS), key=lambda row: row[1:4]):
            judging.judge(line, [_said(row) for row in rows])
        if problems:
            judging.changed = 0
            raise _NothingError
        remarks.take(digest)
    return Taken(
        rows=judging.rows,
        changed=judging.changed,
        same=judging.same,
        kept=judging.kept,
        doubled=tuple(judging.doubled),
        problems=tuple(sorted(problems, key=lambda p: _place(p.where))),
    )


def _said(row: tuple[str, str, str, str, str, str, str, str | None, int]) -> _Said:
    place, _link, _code, _path, holder, status, text, mark, known = row
    return _Said(place, Remark(holder, Status(status), text), mark, bool(known))


def _place(where: str) -> list[tuple[int, str]]:
    """Order places as a reader meets them: line 2 before line 10.

    >>> sorted(["a.csv:10", "a.csv:2"], key=_place)
    ['a.csv:2', 'a.csv:10']
    """
    return [(int(part) if part.isdecimal() else 0, part) for part in where.split(":")]
