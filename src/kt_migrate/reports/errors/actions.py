"""The list that the zorgaanbieder works on (draaiboek M.4, Q.5): a row per line of the error list.

Who acts, a remark and a status are filled in by people, and taken over from what they filled in
before. Since which run a line is there is looked up in the earlier runs of the environment.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from kt_migrate.catalogue import CATALOGUE
from kt_migrate.errors import JournalError, said
from kt_migrate.language import in_languages, shown
from kt_migrate.plan.runs import runs_of
from kt_migrate.reports.error_list import is_error, short_name
from kt_migrate.reports.errors.held import Part, held_by, lines_of, part_of
from kt_migrate.reports.errors.holders import Holder, holder_of
from kt_migrate.reports.errors.remarks import Remark, Status, remarks_of
from kt_migrate.reports.result import issues_of
from kt_migrate.scratch import open_scratch, room_on


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One row: a line of the error list, and what people filled in on it.

    Attributes:
        source_type, link, code, path: which line.
        rule, detail: as the error list has them; of lines that are the same, together.
        since: the first run of the unbroken row of runs that have it, as `mgr2/001`.
        remark: what was filled in.
    """

    source_type: str
    link: str
    code: str
    path: str
    rule: str
    detail: str
    since: str
    remark: Remark

    @property
    def holder(self) -> str:
        """Who acts: who a person named, else who the catalogue does."""
        return self.remark.holder or holder_of(self.code)

    def as_row(self) -> dict[str, str]:
        """Return the columns, by their machine's names, in order."""
        entry = CATALOGUE[self.code]
        return {
            "pseudonym": short_name(self.link),
            "type": self.source_type,
            "link": self.link,
            "code": self.code,
            "reason": shown(entry.title),
            "class": entry.error_class.value,
            "step": entry.step,
            "rule": self.rule,
            "path": self.path,
            "detail": self.detail,
            "advice": shown(entry.advice),
            "holder": self.holder,
            "remark": self.remark.text,
            "status": status_word(self.remark.status),
            "since": self.since,
            "mark": self.remark.mark,
        }


_STATUSES = {
    Status.OPEN: said("open"),
    Status.SOLVED: said("solved"),
    Status.ACCEPTED: said("accepted"),
}
_NAMES = {
    "pseudonym": said("pseudonym"),
    "type": said("type"),
    "link": said("link"),
    "code": said("code"),
    "reason": said("reason"),
    "class": said("class"),
    "step": said("step"),
    "rule": said("rule"),
    "path": said("path"),
    "detail": said("detail"),
    "advice": said("what to do"),
    "holder": said("action holder"),
    "remark": said("remark"),
    "status": said("status"),
    "since": said("since"),
    "mark": said("mark"),
}
COLUMNS = tuple(_NAMES)
FILLED = ("holder", "remark", "status")
"""The columns that people fill in."""


def column_words() -> tuple[str, ...]:
    """Return the names of the columns for people, in order."""
    return tuple(shown(words) for words in _NAMES.values())


def column_named(text: str) -> str:
    """Return the machine's name of a column in either language; empty: no column of ours."""
    plain = " ".join(text.split()).casefold()
    return next(
        (name for name, words in _NAMES.items() if plain in {name, *in_languages(words)}), ""
    )


def status_word(status: Status) -> str:
    """Return a status for people."""
    return shown(_STATUSES[status])


def status_words() -> tuple[str, ...]:
    """Return every status for people."""
    return tuple(map(status_word, Status))


def status_named(text: str) -> Status | None:
    """Return the status that a person wrote, in either language; empty is open; None: no status."""
    plain = text.strip().casefold() or Status.OPEN.value
    return next((s for s, words in _STATUSES.items() if plain in in_languages(words)), None)


_TABLES = """
CREATE TABLE line (
  link TEXT, type TEXT, code TEXT, path TEXT, rule TEXT, detail TEXT,
  part TEXT, since TEXT, runs INT DEFAULT 0,
  PRIMARY KEY (link, type, code, path)) WITHOUT ROWID;
CREATE TABLE remark (
  link TEXT, code TEXT, path TEXT, holder TEXT, status TEXT, remark TEXT,
  PRIMARY KEY (link, code, path)) WITHOUT ROWID;
CREATE TABLE holder (code TEXT PRIMARY KEY, holder TEXT) WITHOUT ROWID;
"""
_TOO = "iif(instr('; ' || {0} || '; ', '; ' || {1} || '; '), {0}, trim({0} || '; ' || {1}, '; '))"
"""One text and another, each once."""

_PUT = f"""
INSERT INTO line (link, type, code, path, rule, detail, part, since)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO UPDATE SET
  rule = {_TOO.format("rule", "?5")}, detail = {_TOO.format("detail", "?6")}
"""  # noqa: S608 (only our own words; values are bound)
_SEEN = """
UPDATE line SET since = ?1, runs = ?2
WHERE link = ?3 AND type = ?4 AND code = ?5 AND path = ?6 AND runs = ?2 - 1
"""
_UNBROKEN = "SELECT EXISTS (SELECT 1 FROM line WHERE part = ? AND runs = ?)"
_ALL = """
FROM line LEFT JOIN remark USING (link, code, path) JOIN holder ON holder.code = line.code
"""
_HOLDER = "coalesce(nullif(remark.holder, ''), holder.holder)"
_ROWS = f"""
SELECT line.type, line.link, line.code, line.path, line.rule, line.detail, line.since,
  coalesce(remark.holder, ''), coalesce(remark.status, 'open'), coalesce(remark.remark, '')
{_ALL} WHERE {_HOLDER} = ? ORDER BY line.code, line.type, line.link, line.path
"""
_COUNTS = f"""
SELECT {_HOLDER}, line.code, coalesce(remark.status, 'open'), count(*) {_ALL} GROUP BY 1, 2, 3
"""
_TAKEN_OVER = f"SELECT count(*) {_ALL} WHERE remark.link IS NOT NULL"


@dataclass(frozen=True, slots=True)
class ActionList:
    """The rows of one run; they lie in a temporary database.

    Attributes:
        run: which run, as `mgr2/001`.
        passed_over: earlier runs that cannot be read any more.
    """

    run: str
    passed_over: tuple[str, ...]
    _db: sqlite3.Connection

    def rows(self, holders: Sequence[str] = tuple(Holder)) -> Iterator[Action]:
        """Yield the rows per holder, then by code, type, link and path."""
        for holder in holders:
            for row in self._db.execute(_ROWS, (str(holder),)):
                source_type, link, code, path, rule, detail, since, named, status, text = row
                yield Action(
                    source_type=source_type,
                    link=link,
                    code=code,
                    path=path,
                    rule=rule,
                    detail=detail,
                    since=since,
                    remark=Remark(named, Status(status), text),
                )

    def counts(self) -> dict[tuple[str, str], Counter[Status]]:
        """Return how many lines there are per (holder, code); per holder the biggest first."""
        found: dict[tuple[str, str], Counter[Status]] = {}
        for holder, code, status, count in self._db.execute(_COUNTS):
            found.setdefault((holder, code), Counter())[Status(status)] += count
        order = list(map(str, Holder))
        return dict(
            sorted(
                found.items(),
                key=lambda item: (order.index(item[0][0]), -item[1].total(), item[0][1]),
            )
        )

    def taken_over(self) -> int:
        """Return on how many rows something was filled in before."""
        return int(self._db.execute(_TAKEN_OVER).fetchone()[0])


@contextmanager
def action_list(root: Path, folder: Path, *, notices: bool) -> Iterator[ActionList]:
    """Put the list of a run together, for as long as the block runs.

    Args:
        root: the working folder.
        folder: the run folder.
        notices: whether notices are rows too.

    Raises:
        JournalError: the run or the remarks cannot be read.
    """
    with room_on(folder), closing(open_scratch(folder, "actions")) as db:
        db.executescript(f"{_TABLES} BEGIN;")
        db.executemany("INSERT INTO holder VALUES (?, ?)", ((c, holder_of(c)) for c in CATALOGUE))
        with remarks_of(root) as remarks:
            kept = [(*line, r.holder, r.status.value, r.text) for line, r in remarks.lines()]
        db.executemany("INSERT INTO remark VALUES (?, ?, ?, ?, ?, ?)", kept)
        _put(db, folder, notices=notices)
        passed_over = _look_back(db, root, folder)
        db.execute("COMMIT")
        yield ActionList(name_of(folder), passed_over, db)


def name_of(folder: Path) -> str:
    """Return a run as people name it: `mgr2/001`."""
    return f"{folder.parent.name}/{folder.name}"


def _put(db: sqlite3.Connection, folder: Path, *, notices: bool) -> None:
    with closing(issues_of(folder)) as issues:
        db.executemany(
            _PUT,
            (
                (i.link, i.source_type, i.code, i.path, i.rule, i.detail, part_of(i.code), now)
                for now in (name_of(folder),)
                for i in issues
                if notices or is_error(i)
            ),
        )


def _look_back(db: sqlite3.Connection, root: Path, folder: Path) -> tuple[str, ...]:
    """Follow every line back through the earlier runs, for as long as there is one to follow.

    A run that could not have a line breaks no row: one that sent nothing says nothing of writes.

    Returns:
        Runs that cannot be read any more.
    """
    runs, passed_over = dict.fromkeys(Part, 0), []
    for run in reversed(runs_of(root, folder.parent.name)):
        followed = {p for p in Part if db.execute(_UNBROKEN, (p, runs[p])).fetchone()[0]}
        parts = held_by(run).whole & followed
        if int(run.name) >= int(folder.name) or not parts:
            continue
        deeper = {part: runs[part] + 1 for part in parts}
        try:
            _see(db, run, deeper)
        except JournalError:
            passed_over.append(name_of(run))
        else:
            runs |= deeper
    return tuple(passed_over)


def _see(db: sqlite3.Connection, run: Path, deeper: dict[Part, int]) -> None:
    with closing(lines_of(run)) as issues:
        db.executemany(
            _SEEN,
            (
                (name_of(run), deeper[part], i.link, i.source_type, i.code, i.path)
                for i in issues
                if (part := part_of(i.code)) in deeper
            ),
        )
