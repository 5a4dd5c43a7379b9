"""What is out of scope, and which of it comes along because something in scope needs it.

In rounds: what the drafts refer to and nobody drafted is called, planned, and may refer on. A
reference that may name others calls the first of them that is out of scope, and only when none of
them is drafted. What is not called in the end is out of scope, each object with its reason.
"""

from __future__ import annotations

from collections.abc import Iterator

from kt_migrate.algorithm.model import Algorithm
from kt_migrate.model import MIGRATION_SYSTEM, Issue, Outcome
from kt_migrate.plan.ledger import Ledger, Subject

_TABLES = """
CREATE TABLE outside (
  source_type TEXT, link TEXT, event TEXT, reason TEXT, call INTEGER,
  PRIMARY KEY (source_type, link)) WITHOUT ROWID;
CREATE INDEX outside_call ON outside (call) WHERE call IS NOT NULL;
CREATE TABLE becomes (r4_type TEXT, system TEXT, source_type TEXT);
"""
_OF_TYPE = """
INSERT INTO outside SELECT o.source_type, o.link, c.event, ?, NULL FROM object o
JOIN sighting s ON s.id = o.sighting JOIN copy c ON c.id = s.copy
WHERE o.source_type = ? AND (s.content IS NOT NULL) = ?
"""
_CALLED_BY = """
UPDATE outside SET call = :round WHERE call IS NULL AND (source_type, link) IN (
  SELECT w.source_type, w.link FROM draft_reference r
  JOIN becomes b ON b.r4_type = r.r4_type AND b.system = r.system
  JOIN outside w ON w.source_type = b.source_type AND w.link = r.value AND w.call IS NULL
  WHERE r.draft > :last AND NOT EXISTS (SELECT 1 FROM other_target o
    WHERE o.draft = r.draft AND o.place = r.place))
"""
_WITH_OTHERS = """
WITH candidate AS (
  SELECT draft, place, 0 AS rank, r4_type, system, value FROM draft_reference r
  WHERE EXISTS (SELECT 1 FROM other_target o WHERE o.draft = r.draft AND o.place = r.place)
  UNION ALL SELECT draft, place, rank, r4_type, system, value FROM other_target),
served AS (
  SELECT c.draft, c.place FROM candidate c JOIN draft t
  ON (t.r4_type, t.system, t.value) = (c.r4_type, c.system, c.value))
UPDATE outside SET call = :round WHERE call IS NULL AND (source_type, link) IN (
  SELECT source_type, link FROM (
    SELECT w.source_type, w.link, min(c.rank) FROM candidate c
    JOIN becomes b ON b.r4_type = c.r4_type AND b.system = c.system
    JOIN outside w ON w.source_type = b.source_type AND w.link = c.value AND w.call IS NULL
    WHERE (c.draft, c.place) NOT IN (SELECT draft, place FROM served)
    GROUP BY c.draft, c.place))
"""
_CALLED = "SELECT source_type, link, event, reason FROM outside WHERE call = ? ORDER BY 1, 2"


class Outside:
    """Objects that the scope leaves out, until it is known that nothing needs them."""

    def __init__(self, algorithm: Algorithm, ledger: Ledger) -> None:
        self._ledger = ledger
        self._db = ledger.db
        for statement in _TABLES.split(";"):
            self._db.execute(statement)
        self._db.executemany(
            "INSERT INTO becomes VALUES (?, ?, ?)",
            [
                (rules.target, MIGRATION_SYSTEM + rules.identifier, source_type)
                for source_type, rules in algorithm.types.items()
            ],
        )
        self._kinds = frozenset(algorithm.types)
        self._round = self._last = 0

    def put(self, subject: Subject, reason: str) -> None:
        """Leave one object out."""
        if subject.source_type not in self._kinds:
            self._ledger.fate(subject, Outcome.OUT_OF_SCOPE, reason)
            return
        row = (subject.source_type, subject.link, subject.event, reason)
        self._db.execute("INSERT INTO outside VALUES (?, ?, ?, ?, NULL)", row)

    def put_all(self, source_type: str, reason: str, *, content: bool) -> None:
        """Leave all objects of a type out whose last state has a content (or has none)."""
        if source_type in self._kinds:
            self._db.execute(_OF_TYPE, (reason, source_type, content))
        else:
            outcome = Outcome.OUT_OF_SCOPE
            self._ledger.fate_of_all(source_type, outcome, reason, content=content)

    def call(self) -> bool:
        """Call what the newest drafts refer to; say whether anything was called."""
        if self._db.execute("SELECT 1 FROM outside LIMIT 1").fetchone() is None:
            return False
        self._round += 1
        now = {"round": self._round, "last": self._last}
        self._last = self._db.execute("SELECT coalesce(max(id), 0) FROM draft").fetchone()[0]
        for statement in (_CALLED_BY, _WITH_OTHERS):
            self._db.execute(statement, now)
        found = self._db.execute("SELECT 1 FROM outside WHERE call = ? LIMIT 1", (self._round,))
        return found.fetchone() is not None

    def called(self) -> Iterator[Subject]:
        """Yield what was called in this round, sorted, and report why each comes along."""
        for source_type, link, event, reason in self._db.execute(_CALLED, (self._round,)):
            subject = Subject(source_type=source_type, link=link, event=event)
            self._ledger.issue(subject, Issue(code="scope-needed", detail=reason))
            yield subject

    def calls(self, source_type: str, link: str) -> bool:
        """Say whether one object was called in this round."""
        row = self._db.execute(
            "SELECT 1 FROM outside WHERE source_type = ? AND link = ? AND call = ?",
            (source_type, link, self._round),
        ).fetchone()
        return row is not None

    def settle(self) -> None:
        """Give everything that nobody called its fate."""
        self._db.execute(
            "INSERT INTO fate SELECT source_type, link, ?, reason FROM outside WHERE call IS NULL",
            (Outcome.OUT_OF_SCOPE.value,),
        )
