"""Mode `every-version`: what goes before the last state of each object that is migrated.

The plan of mode `latest` stands when this begins, and stays: an earlier version costs no object
anything. Each is mapped by the same algorithm, refers to nothing but what the plan writes, and is
checked as every resource is; what cannot be written is skipped, and listed with its reason. What
would change nothing on the server is left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from itertools import groupby
from typing import Any, NamedTuple

import orjson

from kt_migrate.books import canonical, digest
from kt_migrate.conformance import check, check_shape
from kt_migrate.history.store import History
from kt_migrate.history.versions import Version, Versions
from kt_migrate.model import (
    Issue,
    Key,
    Mapped,
    NotMigrated,
    Reference,
    Rejected,
    SourceObject,
    Write,
)
from kt_migrate.plan.final import final_of
from kt_migrate.plan.ledger import Ledger, Subject, dump_resource
from kt_migrate.plan.resolve import fhir_path
from kt_migrate.plan.version_order import put_in_order

SKIPPED = "version-skipped"
"""Catalogue code of the notice: so many versions of an object cannot be written, and why."""

_DRAFTS = """
SELECT source_type, link, event, r4_type, system, value, id FROM draft WHERE alive = 1
ORDER BY source_type, link, id
"""
_TARGET = "SELECT id FROM draft WHERE alive AND (r4_type, system, value) = (?, ?, ?)"
_KEEP = (
    "INSERT INTO version_draft (draft, place, sighting, digest, resource) VALUES (?, ?, ?, ?, ?)"
)
_KEPT = """
CREATE TABLE version_kept AS
SELECT v.draft, d.source_type, v.id, v.digest, s.digest AS last FROM version_draft v
JOIN draft d ON d.id = v.draft JOIN sound s ON s.draft = d.id ORDER BY v.draft, v.place
"""


class _Reason(NamedTuple):
    """Why a version is skipped: a code of the catalogue or a rule, where, by which rule."""

    code: str
    path: str = ""
    rule: str = ""


class EarlierVersions:
    """Adds the earlier versions to what a ledger holds, and numbers all of it anew."""

    def __init__(
        self,
        history: History,
        ledger: Ledger,
        mapped: Callable[[SourceObject], Mapped | NotMigrated | Rejected],
        profile: str = "",
    ) -> None:
        self._versions = Versions(history)
        self._ledger = ledger
        self._mapped = mapped
        self._profile = profile

    def plan(self) -> None:
        """Go through every object that is migrated."""
        rows = self._ledger.db.execute(_DRAFTS)
        for (source_type, link, event), group in groupby(rows, lambda row: row[:3]):
            drafts = {Key(r4_type=t, system=s, value=v): i for *_o, t, s, v, i in group}
            subject = Subject(source_type=source_type, link=link, event=event)
            self._plan(subject, drafts)
        for subject, count in put_in_order(self._ledger.db):
            self._skip(subject, Counter({_Reason("reference-ring"): count}))
        self._leave_out_equal()

    def _plan(self, subject: Subject, drafts: Mapping[Key, int]) -> None:
        skipped: Counter[_Reason] = Counter()
        for place, version in enumerate(self._versions.of(subject.source_type, subject.link)):
            skipped.update(self._version(subject, drafts, place, version))
        self._skip(subject, skipped)

    def _version(
        self, subject: Subject, drafts: Mapping[Key, int], place: int, version: Version
    ) -> Iterator[_Reason]:
        """Keep what one version becomes; yield why not, where it cannot be."""
        source = SourceObject(source_type=subject.source_type, link=subject.link, body=version.body)
        match self._mapped(source):
            case NotMigrated(rule=rule):
                yield _Reason("not-migrated", rule=rule)
            case Rejected(issues=issues):
                yield _Reason(issues[0].code, issues[0].path, issues[0].rule)
            case Mapped(writes=writes):
                for write in writes:
                    draft = drafts.get(write.key)
                    reason = (
                        _Reason("not-in-last-state")
                        if draft is None
                        else self._write(write, draft, place, version.sighting)
                    )
                    yield from filter(None, (reason,))

    def _write(self, write: Write, draft: int, place: int, sighting: int) -> _Reason | None:
        targets, removed, renamed = set[int](), list[str](), list[str]()
        for reference in write.references:
            key, target = self._target(reference)
            if target is not None:
                targets.add(target)
                if key != reference.target:
                    renamed.append(_json(reference.path, key.r4_type, key.system, key.value))
            elif reference.remove:
                removed.append(_json(*reference.remove))
            else:
                path = fhir_path(write.key.r4_type, _json(*reference.path))
                return _Reason("reference-missing", path, reference.rule)
        made = dump_resource(write.resource)
        resource = final_of(made, "\n".join(removed), "\n".join(renamed))
        for issue in check(resource, version=self._profile) or check_shape(resource):
            return _Reason(issue.code, issue.path, issue.rule)
        row = (draft, place, sighting, digest(canonical(resource)), dump_resource(resource))
        number = self._ledger.db.execute(_KEEP, row).lastrowid
        self._ledger.db.executemany(
            "INSERT INTO version_target VALUES (?, ?)", [(number, t) for t in sorted(targets)]
        )
        return None

    def _target(self, reference: Reference) -> tuple[Key, int | None]:
        """Return what a reference names, the first that is planned, and the draft of that."""
        for key in (reference.target, *reference.others):
            row = self._ledger.db.execute(_TARGET, (key.r4_type, key.system, key.value)).fetchone()
            if row is not None:
                return key, int(row[0])
        return reference.target, None

    def _skip(self, subject: Subject, skipped: Counter[_Reason]) -> None:
        for reason, count in skipped.items():
            self._ledger.end_versions(subject.source_type, "skipped", count)
            detail = f"{reason.code} {count}"
            self._ledger.issue(
                subject, Issue(code=SKIPPED, path=reason.path, rule=reason.rule, detail=detail)
            )

    def _leave_out_equal(self) -> None:
        """Number the versions that change something, per resource; the last state comes after."""
        self._ledger.db.execute(_KEPT)
        rows = self._ledger.db.execute("SELECT * FROM version_kept ORDER BY rowid")
        for (_draft, source_type), group in groupby(rows, lambda row: row[:2]):
            versions = list(group)
            kept = _that_change(versions)
            self._ledger.db.executemany(
                "UPDATE version_draft SET ordinal = ? WHERE id = ?",
                [(ordinal, number) for ordinal, number in enumerate(kept, start=1)],
            )
            for outcome, count in (("planned", len(kept)), ("equal", len(versions) - len(kept))):
                if count:
                    self._ledger.end_versions(source_type, outcome, count)


def _json(*values: object) -> str:
    return orjson.dumps(values).decode()


def _that_change(versions: list[Any]) -> list[int]:
    """Return which versions of one resource differ from the one before, and end before its last.

    Args:
        versions: (draft, type, number, digest, digest of the last state), the oldest first.
    """
    kept: list[tuple[int, str]] = []
    for _draft, _type, number, own, _last in versions:
        if not kept or kept[-1][1] != own:
            kept.append((number, own))
    if kept and kept[-1][1] == versions[0][4]:
        kept.pop()
    return [number for number, _digest in kept]
