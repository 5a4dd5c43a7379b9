"""What became of every row of the enrichment: taken by a rule, not used, in conflict, unknown.

It says where a row stands, and never what stands there: no value, no identifier, no link that is
no object's, no field that no algorithm knows.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from kt_migrate.algorithm.fields import EXCLUDE, EXCLUDED, GROUP, all_fields, fields_of
from kt_migrate.algorithm.model import Algorithm
from kt_migrate.model import Issue, Outcome, Supplied, Used
from kt_migrate.plan.enrichment import Enrichment
from kt_migrate.plan.ledger import Ledger, Subject
from kt_migrate.plan.supplied import Ambiguous, SuppliedValues

_TABLES = """
CREATE TABLE used (
  source_type TEXT, link TEXT, field TEXT, rule TEXT, path TEXT, file TEXT, line INTEGER);
CREATE INDEX used_object ON used (link, field);
CREATE TABLE supplied_row (
  file TEXT, line INTEGER, field TEXT, source_type TEXT, link TEXT, rule TEXT, status TEXT,
  reason TEXT, hint TEXT)
"""
_ALIKE = 0.7
"""How much alike a field must be to one that was perhaps meant, as difflib measures it."""

_ROW = "INSERT INTO supplied_row VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
_FATES = """
SELECT o.source_type, f.outcome, f.reason FROM object o
JOIN fate f ON f.source_type = o.source_type AND f.link = o.link WHERE o.link = ? ORDER BY 1
"""
_TAKEN = "SELECT DISTINCT source_type, rule FROM used WHERE link = ? AND field = ? ORDER BY 1, 2"
_OBJECT = """
SELECT o.source_type, c.event FROM object o JOIN sighting s ON s.id = o.sighting
JOIN copy c ON c.id = s.copy WHERE o.link = ? AND s.content IS NOT NULL ORDER BY 1
"""
_OF_THE_PROBLEM = """
FROM used u WHERE u.link = problem.link AND u.source_type = problem.source_type
AND substr(problem.path, 1, length(u.path)) = u.path
AND substr(problem.path, length(u.path) + 1, 1) IN ('', '.', '[')
"""
# What the mapping said has its file and line; what was found out later has not.
_SAY_WHERE = f"""
UPDATE problem SET detail = trim(detail || ' ' ||
  (SELECT group_concat(place, ' ') FROM (SELECT DISTINCT u.file || ':' || u.line AS place
   {_OF_THE_PROBLEM} ORDER BY 1)))
WHERE code IN ('profile-violation', 'reference-missing', 'reference-dropped',
  'definition-unresolved') AND EXISTS (SELECT 1 {_OF_THE_PROBLEM})
AND NOT EXISTS (SELECT 1 {_OF_THE_PROBLEM}
  AND instr(problem.detail, u.file || ':' || u.line) > 0)
"""
ABSENT = "absent"
"""Said with a mandatory reference to what the archive does not hold: only another one cures it."""

_SAY_ABSENT = f"""
UPDATE problem SET detail = detail || ' {ABSENT}' WHERE code = 'reference-missing' AND EXISTS
  (SELECT 1 FROM draft d JOIN draft_reference r ON r.draft = d.id
   WHERE d.source_type = problem.source_type AND d.link = problem.link AND r.remove = '[]'
   AND r.rule = problem.rule AND r.r4_type = problem.detail
   AND NOT EXISTS (SELECT 1 FROM object o WHERE o.link = r.value))
"""
SELECT = """
SELECT DISTINCT file, line, field, source_type, link, rule, status, reason, hint
FROM supplied_row ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9
"""
"""The rows for the plan, in an order of content alone."""

_Became = tuple[str, str, str, str, str, str, str]
"""Field, type, link, rule, status, reason, hint."""


class SuppliedRows:
    """The account of an enrichment while planning; it lies in the ledger's temporary file."""

    def __init__(self, supplied: SuppliedValues, algorithm: Algorithm, ledger: Ledger) -> None:
        self._supplied = supplied
        self._ledger = ledger
        self._db = ledger.db
        self._fields = {name: fields_of(algorithm, name) for name in algorithm.types}
        self._known = all_fields(algorithm)
        self._paths = {
            rule.id: f"{rules.target}.{rule.to}"
            for rules in algorithm.types.values()
            for rule in rules.rules
        }
        for statement in _TABLES.split(";"):
            self._db.execute(statement)

    def take(self, subject: Subject, used: tuple[Used, ...]) -> None:
        """Note which rules took which rows for an object."""
        given = self._supplied.of(subject.link)
        for one in used:
            row = given[one.field]
            path = self._paths.get(one.rule, "")
            self._db.execute(
                "INSERT INTO used VALUES (?, ?, ?, ?, ?, ?, ?)",
                (subject.source_type, subject.link, one.field, one.rule, path, row.file, row.line),
            )

    def settle(self, enrichment: Enrichment) -> None:
        """Say what became of every row, when every object has its fate."""
        self._db.execute(_SAY_ABSENT)
        self._db.execute(_SAY_WHERE)
        for stray in enrichment.strays:
            became = ("", "", "", "", "unknown", stray.reason, "")
            self._db.execute(_ROW, (stray.file, stray.line, *became))
        for field, row in self._supplied.unfound:
            self._put(row, self._unfound(field))
        for one in self._supplied.ambiguous:
            self._settle_ambiguous(one)
        for link, field, rows in self._supplied.rows():
            for became in self._became(link, field, conflict=len(rows) > 1):
                for row in rows:
                    self._put(row, became)

    def _put(self, row: Supplied, became: _Became) -> None:
        self._db.execute(_ROW, (row.file, row.line, *became))

    def _shown(self, field: str) -> str:
        """Return a field that some rule takes; another may be anything, a patient's name too."""
        return field if field in self._known else ""

    def _unfound(self, field: str) -> _Became:
        return self._shown(field), "", "", "", "unused", "no-object", ""

    def _settle_ambiguous(self, one: Ambiguous) -> None:
        """Say it of each object that the identifier fits; its rows count for none of them."""
        issue = Issue(code="enrichment-ambiguous", detail=one.where)
        for link in one.links:
            for field, row in one.rows:
                shown = self._shown(field)
                self._put(row, (shown, "", link, "", "conflict", "several-objects", ""))
            for source_type, event in self._db.execute(_OBJECT, (link,)).fetchall():
                subject = Subject(source_type=source_type, link=link, event=event)
                self._ledger.issue(subject, issue)

    def _became(self, link: str, field: str, *, conflict: bool) -> Iterator[_Became]:
        """Yield what became of the row, or the rows, for one field of what has this link."""
        fates = self._db.execute(_FATES, (link,)).fetchall()
        taken = self._db.execute(_TAKEN, (link, field)).fetchall()
        shown = self._shown(field)
        if not fates:
            yield self._unfound(field)
        elif taken:
            for source_type, rule in taken:
                yield shown, source_type, link, rule, "used", "", ""
        else:
            source_type, status, reason, hint = self._left(field, fates)
            if conflict and status == "unused":
                status, reason = "conflict", "two-values"
            yield shown, source_type, link, "", status, reason, hint

    def _left(self, field: str, fates: list[tuple[str, str, str]]) -> tuple[str, str, str, str]:
        """Return (type, status, reason, hint) of a row that no rule took."""
        for source_type, outcome, reason in fates:
            if field in self._fields.get(source_type, (EXCLUDE,)):
                if field == GROUP and outcome == Outcome.MIGRATED:
                    return source_type, "unknown", "no-group", ""
                return source_type, "unused", reason if reason == EXCLUDED else outcome, ""
        source_type, outcome, _reason = fates[0]
        if source_type not in self._fields:
            return source_type, "unused", outcome, ""
        near = difflib.get_close_matches(field, sorted(self._fields[source_type]), 1, _ALIKE)
        hint = "" if field in self._known else next(iter(near), "")
        return source_type, "unknown", "no-rule", hint
