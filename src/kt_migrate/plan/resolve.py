"""Looks at the references between drafts: what can be written, in which order, and what cannot.

A reference that may name another instead of what is not there does so, and that is reported.
A mandatory reference to what is not there rejects the object, and that object rejects others in
turn; an optional one is left out and reported. What remains is checked against KT 2.0's limits
and put in stages: everything that a resource refers to has a lower stage. A ring of references
is opened at one that is optional.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

import orjson

from kt_migrate.books import canonical, digest
from kt_migrate.conformance import check, check_shape
from kt_migrate.model import Issue, Outcome
from kt_migrate.plan.final import final_of
from kt_migrate.plan.ledger import Ledger, Subject, dump_resource
from kt_migrate.plan.rings import rings

_NO_TARGET = """NOT EXISTS (SELECT 1 FROM draft t WHERE t.alive
  AND (t.r4_type, t.system, t.value) = (r.r4_type, r.system, r.value))"""
_TAKEN_OVER = f"""
SELECT * FROM (SELECT d.id, d.r4_type, d.source_type, d.event, d.link, r.place, r.path, r.rule,
  r.rank, (SELECT min(o.rank) FROM other_target o JOIN draft t ON t.alive
    AND (t.r4_type, t.system, t.value) = (o.r4_type, o.system, o.value)
    WHERE o.draft = r.draft AND o.place = r.place AND o.rank > r.rank) AS next
  FROM (SELECT DISTINCT draft, place FROM other_target) n
  JOIN draft_reference r ON r.draft = n.draft AND r.place = n.place JOIN draft d ON d.id = r.draft
  WHERE d.alive AND NOT r.dropped AND {_NO_TARGET})
WHERE next IS NOT NULL ORDER BY id, place
"""
_DANGLING = f"""
SELECT d.source_type, d.link, d.event, d.r4_type, r.path, r.rule, r.r4_type
FROM draft d JOIN draft_reference r ON r.draft = d.id
WHERE d.alive AND r.remove = '[]' AND {_NO_TARGET}
ORDER BY d.source_type, d.link, d.id, r.place
"""
_OPTIONAL = f"""
SELECT d.id, d.r4_type, d.source_type, d.event, d.link, r.place, r.path, r.rule, r.r4_type,
  r.rank, (SELECT max(rank) FROM other_target o WHERE o.draft = d.id AND o.place = r.place)
FROM draft d JOIN draft_reference r ON r.draft = d.id
WHERE d.alive AND NOT r.dropped AND r.remove != '[]' AND {_NO_TARGET}
ORDER BY d.id, r.place
"""
_BATCH = 500
"""This many resources are looked at between two questions to the database."""

_UNCHECKED = f"""
SELECT d.id, d.source_type, d.event, d.link, m.resource,
  (SELECT group_concat(r.remove, char(10)) FROM draft_reference r
   WHERE r.draft = d.id AND r.dropped),
  (SELECT group_concat(json_array(json(r.path), r.r4_type, r.system, r.value), char(10))
   FROM draft_reference r WHERE r.draft = d.id AND r.rank > 0 AND NOT r.dropped)
FROM draft d JOIN made m ON m.draft = d.id
WHERE d.alive AND d.id > ? AND NOT EXISTS (SELECT 1 FROM sound s WHERE s.draft = d.id)
ORDER BY d.id LIMIT {_BATCH}
"""
IN_NO_STAGE = "NOT EXISTS (SELECT 1 FROM staged WHERE staged.draft = {})"
NEXT_STAGE = f"""
INSERT INTO staged SELECT d.id, ? FROM draft d WHERE d.alive AND {IN_NO_STAGE.format("d.id")}
AND NOT EXISTS (SELECT 1 FROM draft_reference r WHERE r.draft = d.id AND NOT r.dropped
  AND r.target IS NOT NULL AND {IN_NO_STAGE.format("r.target")})
"""
WAITING = f"""
SELECT r.draft, r.target FROM draft_reference r JOIN draft d ON d.id = r.draft
WHERE d.alive AND {IN_NO_STAGE.format("d.id")} AND NOT r.dropped
AND r.target IS NOT NULL AND {IN_NO_STAGE.format("r.target")}
"""
NUMBER = """
UPDATE draft SET stage = n.stage, seq = n.seq FROM
  (SELECT id, s.stage, row_number() OVER (ORDER BY s.stage, r4_type, system, value) AS seq
   FROM draft JOIN staged s ON s.draft = id WHERE alive = 1) AS n
WHERE n.id = draft.id
"""


def resolve(ledger: Ledger, profile: str = "") -> None:
    """Decide the fate of every draft, and number those that live in the order of writing.

    Args:
        ledger: holds the drafts.
        profile: version of the profiles; a known one, or empty: the newest.
    """
    while True:
        _reject_dangling(ledger)
        _drop_optional(ledger)
        if not _reject_nonconforming(ledger, profile) and _put_in_stages(ledger):
            break
    _number(ledger)


def _set_aside(ledger: Ledger, select: str) -> Iterator[tuple[Any, ...]]:
    """Yield rows as they are now, while drafts change; on disk, for there may be a million."""
    ledger.db.execute("DROP TABLE IF EXISTS aside")
    ledger.db.execute(f"CREATE TABLE aside AS {select}")
    yield from ledger.db.execute("SELECT * FROM aside ORDER BY rowid")


def _reject_dangling(ledger: Ledger) -> None:
    """Reject what has a mandatory reference to nothing, until nothing changes any more."""
    changes = True
    while changes:
        _let_others_take_over(ledger)
        changes = False
        for (source_type, link, event), group in groupby(
            _set_aside(ledger, _DANGLING), lambda row: row[:3]
        ):
            changes = True
            subject = Subject(source_type=source_type, link=link, event=event)
            issues = tuple(
                Issue(
                    code="reference-missing",
                    path=fhir_path(own, path),
                    rule=rule,
                    detail=r4_type,
                )
                for *_object, own, path, rule, r4_type in group
            )
            _kill(ledger, subject, issues)


def _let_others_take_over(ledger: Ledger) -> None:
    """Let references to nothing name the next that is there; each passed over has its line."""
    for draft, own, source_type, event, link, place, path, rule, rank, following in _set_aside(
        ledger, _TAKEN_OVER
    ):
        ledger.db.execute(
            "UPDATE draft_reference AS r SET rank = ?, (r4_type, system, value) = (SELECT"
            " o.r4_type, o.system, o.value FROM other_target o WHERE o.draft = r.draft"
            " AND o.place = r.place AND o.rank = ?) WHERE draft = ? AND place = ?",
            (following, following, draft, place),
        )
        _look_again(ledger, draft)
        subject = Subject(source_type=source_type, event=event, link=link)
        _pass_over(ledger, subject, (fhir_path(own, path), rule), range(rank, following))


def _pass_over(
    ledger: Ledger, subject: Subject, place: tuple[str, str], ranks: Iterable[int]
) -> None:
    """Report who was passed over, by number: the same lines, in however many steps it went."""
    path, rule = place
    for rank in ranks:
        code = "requester-passed-over"
        ledger.issue(subject, Issue(code=code, path=path, rule=rule, detail=str(rank + 1)))


def _kill(ledger: Ledger, subject: Subject, issues: tuple[Issue, ...]) -> None:
    # All resources of an object live or die together: half an object is none.
    ledger.db.execute(
        "UPDATE draft SET alive = 0 WHERE source_type = ? AND link = ?",
        (subject.source_type, subject.link),
    )
    ledger.reject(subject, issues)


def fhir_path(r4_type: str, path: str) -> str:
    """Return a path that is kept as JSON as a person reads it: without the indices."""
    steps = [step for step in orjson.loads(path) if isinstance(step, str)]
    return ".".join([r4_type, *steps])


def _drop_optional(ledger: Ledger) -> None:
    """Leave out optional references to nothing; those resources are to be checked again."""
    rows = _set_aside(ledger, _OPTIONAL)
    for draft, own, source_type, event, link, place, path, rule, r4_type, rank, last in rows:
        _drop(ledger, draft, place)
        code = "definition-unresolved" if r4_type == "ActivityDefinition" else "reference-dropped"
        subject = Subject(source_type=source_type, event=event, link=link)
        _pass_over(ledger, subject, (fhir_path(own, path), rule), range(rank, last or 0))
        ledger.issue(
            subject, Issue(code=code, path=fhir_path(own, path), rule=rule, detail=r4_type)
        )


def _drop(ledger: Ledger, draft: int, place: int) -> None:
    """Leave a reference out."""
    ledger.db.execute(
        "UPDATE draft_reference SET dropped = 1 WHERE draft = ? AND place = ?", (draft, place)
    )
    _look_again(ledger, draft)


def _look_again(ledger: Ledger, draft: int) -> None:
    """Forget what was found of a resource: with other references it holds no more."""
    ledger.db.execute("DELETE FROM sound WHERE draft = ?", (draft,))


def _reject_nonconforming(ledger: Ledger, profile: str) -> bool:
    """Check every resource as it would be written; say whether one was rejected."""
    rejected = False
    last = 0
    while batch := ledger.db.execute(_UNCHECKED, (last,)).fetchall():
        last = batch[-1][0]
        killed: set[Subject] = set()
        sound = []
        for draft, source_type, event, link, made, removed, renamed in batch:
            subject = Subject(source_type=source_type, event=event, link=link)
            if subject in killed:
                continue  # another resource of its object was rejected
            resource = final_of(made, removed, renamed)
            issues = check(resource, version=profile) or check_shape(resource)
            if issues:
                _kill(ledger, subject, issues)
                killed.add(subject)
            else:
                final = dump_resource(resource) if removed or renamed else None
                sound.append((draft, digest(canonical(resource)), final))
        ledger.db.executemany("INSERT INTO sound VALUES (?, ?, ?)", sound)
        rejected = rejected or bool(killed)
    return rejected


def _put_in_stages(ledger: Ledger) -> bool:
    """Give every resource its stage.

    Returns:
        False when some waited for each other: then all must be looked at again.
    """
    db = ledger.db
    clear_stages(db)
    db.execute(
        "UPDATE draft_reference AS r SET target = (SELECT id FROM draft t WHERE t.alive"
        " AND (t.r4_type, t.system, t.value) = (r.r4_type, r.system, r.value))"
        " WHERE NOT dropped AND draft IN (SELECT id FROM draft WHERE alive)"
    )
    stage = 0
    while db.execute(NEXT_STAGE, (stage,)).rowcount:
        stage += 1
    settled = True
    # By content: which ring is opened first can decide what another ring's object ends of.
    for ring in sorted(rings(db.execute(WAITING)), key=lambda ring: _first_key(ledger, ring)):
        _open(ledger, ring)
        settled = False
    return settled


def clear_stages(db: sqlite3.Connection) -> None:
    """Forget every stage; what another supplier brings is before all of them."""
    db.execute("DELETE FROM staged")
    db.execute("INSERT INTO staged SELECT id, -1 FROM draft WHERE alive = 2")


def _first_key(ledger: Ledger, ring: set[int]) -> tuple[str, str, str]:
    """Return the least key of a ring's members: no other ring has it."""
    members = ", ".join(map(str, sorted(ring)))
    key: tuple[str, str, str] = ledger.db.execute(
        f"SELECT r4_type, system, value FROM draft WHERE id IN ({members}) ORDER BY 1, 2, 3 LIMIT 1"
    ).fetchone()
    return key


def _open(ledger: Ledger, ring: set[int]) -> None:
    """Let the first of a ring that can do without its references into it do without them.

    When none can, its first is rejected: the others then are for lack of it.
    """
    members = ", ".join(map(str, sorted(ring)))
    if ledger.db.execute(f"SELECT 1 FROM draft WHERE id IN ({members}) AND NOT alive").fetchone():
        return  # another ring's first was of the same object: this one is open
    rows = ledger.db.execute(
        "SELECT d.id, d.r4_type, d.source_type, d.link, d.event, r.place, r.path, r.rule,"
        " r.r4_type, r.remove = '[]' FROM draft_reference r JOIN draft d ON d.id = r.draft"
        f" WHERE d.id IN ({members}) AND r.target IN ({members}) AND NOT r.dropped"
        " ORDER BY r.remove = '[]', d.r4_type, d.system, d.value, r.place"
    ).fetchall()
    draft, own, source_type, link, event = rows[0][:5]
    subject = Subject(source_type=source_type, link=link, event=event)
    mandatory = bool(rows[0][-1])
    code = "reference-missing" if mandatory else "reference-dropped"
    issues = []
    for other, *_object, place, path, rule, r4_type, is_mandatory in rows:
        if other == draft and is_mandatory == mandatory:
            path_of = fhir_path(own, path)
            issues.append(Issue(code=code, path=path_of, rule=rule, detail=r4_type))
            if not mandatory:
                _drop(ledger, draft, place)
    if mandatory:
        _kill(ledger, subject, tuple(issues))
        return
    for issue in issues:
        ledger.issue(subject, issue)


def _number(ledger: Ledger) -> None:
    """Number the living by stage, type and key, and settle the fate of their objects."""
    ledger.db.execute(NUMBER)
    ledger.db.execute(
        "INSERT INTO fate SELECT DISTINCT source_type, link, ?, '' FROM draft WHERE alive = 1",
        (Outcome.MIGRATED.value,),
    )
