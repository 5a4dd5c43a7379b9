"""What a change does: two plans side by side, in counts of objects and in telling examples.

Shown are types, links, reasons and FHIR paths; never a value.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import zip_longest
from pathlib import Path

import orjson

from kt_migrate.model import Json
from kt_migrate.plan.store import Plan
from kt_migrate.read_only import open_read_only, read_only_address

MOST_EXAMPLES = 10
"""So many can be told in a meeting."""


class What(StrEnum):
    """The kinds of change that an object can undergo from one plan to the other."""

    FATE = "fate"
    """It ends otherwise, or for another reason."""
    NEW = "new"
    """Only the later plan has it."""
    GONE = "gone"
    """Only the earlier plan has it."""
    CONTENT = "content"
    """It is migrated in both, and what is written differs."""
    MORE = "more"
    """It is migrated in both; a resource comes on top."""
    FEWER = "fewer"
    """It is migrated in both; a resource is not written any more."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Kind:
    """One kind of change.

    Attributes:
        what: in which way.
        source_type: the objects' KT 1.3 type.
        before, after: fate and reason (`rejected value-missing`), or R4 type; empty: not there.
        paths: FHIR paths at which the content differs, sorted.
    """

    what: What
    source_type: str
    before: str
    after: str
    paths: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        """Return it as `--json` prints it."""
        return {
            "what": self.what.value,
            "source_type": self.source_type,
            "before": self.before,
            "after": self.after,
            "paths": list(self.paths),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What differs between two plans.

    Attributes:
        kinds: kinds of change with how many, the most frequent first.
        examples: at most `MOST_EXAMPLES` objects by link: one of each kind first, the biggest
            kinds first, then a second of each, and so on.
        unchanged: how many objects are in both plans and end in the same way, content included.
    """

    kinds: tuple[tuple[Kind, int], ...]
    examples: tuple[tuple[str, Kind], ...]
    unchanged: int

    @property
    def changed(self) -> int:
        """How many changes there are."""
        return sum(count for _kind, count in self.kinds)

    def as_json(self) -> dict[str, object]:
        """Return it as `--json` prints it."""
        return {
            "unchanged": self.unchanged,
            "changed": self.changed,
            "changes": [{**kind.as_json(), "count": count} for kind, count in self.kinds],
            "examples": [{"link": link, **kind.as_json()} for link, kind in self.examples],
        }


def compare(earlier: Path, later: Path) -> Comparison:
    """Compare two plans.

    Args:
        earlier: plan.sqlite of before.
        later: plan.sqlite of now.

    Returns:
        The same for the same two plans.

    Raises:
        JournalError: one of them is not there, or is not a plan of this version.
    """
    for path in (earlier, later):
        Plan(path).close()
    db = open_read_only(later)
    try:
        db.execute("ATTACH ? AS earlier", (read_only_address(earlier),))
        return _told(_changes(db), int(db.execute(_UNCHANGED).fetchone()[0]))
    finally:
        db.close()


def _changes(db: sqlite3.Connection) -> Iterator[tuple[str, Kind]]:
    """Yield (link, change), per way of changing sorted by type and link."""
    for what, query in ((What.FATE, _FATES), (What.NEW, _NEW), (What.GONE, _GONE)):
        for source_type, link, before, after in db.execute(query):
            yield link, Kind(what=what, source_type=source_type, before=before, after=after)
    for what, query in ((What.MORE, _MORE), (What.FEWER, _FEWER)):
        for source_type, link, r4_type in db.execute(query):
            sides = ("", r4_type) if what is What.MORE else (r4_type, "")
            yield link, Kind(what=what, source_type=source_type, before=sides[0], after=sides[1])
    for source_type, link, r4_type, old, new in db.execute(_CONTENTS):
        paths = changed_paths(orjson.loads(old), orjson.loads(new), r4_type)
        yield (
            link,
            Kind(
                what=What.CONTENT,
                source_type=source_type,
                before=r4_type,
                after=r4_type,
                paths=paths,
            ),
        )


def _told(changes: Iterable[tuple[str, Kind]], unchanged: int) -> Comparison:
    """Count the changes per kind, and choose the examples."""
    counts: dict[Kind, int] = {}
    first: dict[Kind, list[str]] = {}
    for link, kind in changes:
        counts[kind] = counts.get(kind, 0) + 1
        links = first.setdefault(kind, [])
        if len(links) < MOST_EXAMPLES:
            links.append(link)
    kinds = tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
    return Comparison(
        kinds=kinds,
        examples=tuple(_examples([(kind, first[kind]) for kind, _count in kinds])),
        unchanged=unchanged,
    )


def _examples(kinds: Sequence[tuple[Kind, list[str]]]) -> list[tuple[str, Kind]]:
    """Take one link of each kind in turn, until there are enough."""
    rounds = zip_longest(*(links for _kind, links in kinds))
    taken = [
        (link, kind)
        for links in rounds
        for link, (kind, _links) in zip(links, kinds, strict=True)
        if link is not None
    ]
    return taken[:MOST_EXAMPLES]


def changed_paths(old: Json, new: Json, path: str) -> tuple[str, ...]:
    """Return the FHIR paths at which two contents differ, sorted, each once; never a value."""
    return tuple(sorted(set(_paths(old, new, path))))


def _paths(old: Json, new: Json, path: str) -> Iterator[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        for name in old.keys() | new.keys():
            yield from _paths(old.get(name), new.get(name), f"{path}.{name}")
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for left, right in zip(old, new, strict=True):
            yield from _paths(left, right, path)
    elif old != new:
        yield path


_SAID = "trim({0}.outcome || ' ' || {0}.reason)"
_FATES = f"""
SELECT n.source_type, n.link, {_SAID.format("o")}, {_SAID.format("n")}
FROM main.object n JOIN earlier.object o USING (source_type, link)
WHERE n.outcome != o.outcome OR n.reason != o.reason ORDER BY 1, 2
"""
_NEW = f"""
SELECT n.source_type, n.link, '', {_SAID.format("n")} FROM main.object n WHERE NOT EXISTS
  (SELECT 1 FROM earlier.object o WHERE o.source_type = n.source_type AND o.link = n.link)
ORDER BY 1, 2
"""
_GONE = f"""
SELECT o.source_type, o.link, {_SAID.format("o")}, '' FROM earlier.object o WHERE NOT EXISTS
  (SELECT 1 FROM main.object n WHERE o.source_type = n.source_type AND o.link = n.link)
ORDER BY 1, 2
"""
_SAME_KEY = "(x.r4_type, x.system, x.value) = (w.r4_type, w.system, w.value)"
_MIGRATED = (
    "EXISTS (SELECT 1 FROM {}.object x WHERE x.source_type = w.source_type AND x.link = w.link"
    " AND x.outcome = 'migrated')"
)
_ONLY_HERE = f"""
SELECT w.source_type, w.link, w.r4_type FROM {{0}}.write w
WHERE NOT EXISTS (SELECT 1 FROM {{1}}.write x WHERE {_SAME_KEY})
AND {_MIGRATED.format("{1}")} ORDER BY 1, 2, 3, w.value
"""
_MORE = _ONLY_HERE.format("main", "earlier")
_FEWER = _ONLY_HERE.format("earlier", "main")
_CONTENTS = f"""
SELECT w.source_type, w.link, w.r4_type, x.body, w.body FROM main.write w
JOIN earlier.write x ON {_SAME_KEY} WHERE x.digest != w.digest ORDER BY 1, 2, w.value
"""
_UNCHANGED = f"""
SELECT count(*) FROM main.object n JOIN earlier.object o USING (source_type, link)
WHERE n.outcome = o.outcome AND n.reason = o.reason AND NOT EXISTS
  (SELECT 1 FROM main.write w WHERE w.source_type = n.source_type AND w.link = n.link
   AND NOT EXISTS (SELECT 1 FROM earlier.write x WHERE {_SAME_KEY} AND x.digest = w.digest))
AND NOT EXISTS
  (SELECT 1 FROM earlier.write w WHERE w.source_type = n.source_type AND w.link = n.link
   AND NOT EXISTS (SELECT 1 FROM main.write x WHERE {_SAME_KEY}))
"""
