"""The census: which objects are there at all, by a road that shares nothing with the first.

One document → the links of its objects and the identifiers of its activities; nothing else. It
knows no copies, versions or order, so it cannot lose an object by choosing. It does not use
`kt13` or the rest of this room (import-linter holds that): a check that shares code with what it
checks is none.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from kt_migrate.history.census_entries import HEADER, Entry, entries_of

_OF_THE_BOOKS = (
    "Application",
    "CarePlanActivity",
    "CarePlanGoal",
    "CarePlanSubActivity",
    "Document",
    HEADER,
)
"""Types that no content can have: the books call other things so."""
_BATCH, _LONGEST = 20_000, 40
_TABLE = """
CREATE TABLE census (
  activity INTEGER, source_type TEXT, link TEXT,
  PRIMARY KEY (link, activity, source_type)) WITHOUT ROWID
"""


class Found(NamedTuple):
    """One object that a document carries.

    Attributes:
        activity: whether it is an activity of a care plan.
        source_type: type by its content; `CarePlanActivity` for an activity; empty for an
            `Other` that does not say what it is.
        link: resource link without version; an activity's identifier.
    """

    activity: bool
    source_type: str
    link: str


class Census:
    """Collects what every document carries, each object once."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._db.execute(_TABLE)
        self._seen: set[Found] = set()

    def add(self, found: Iterable[Found]) -> None:
        """Add what one document carries."""
        self._seen.update(found)
        if len(self._seen) > _BATCH:
            self.settle()

    def settle(self) -> None:
        """Say that everything was added, for now."""
        self._db.executemany("INSERT OR IGNORE INTO census VALUES (?, ?, ?)", self._seen)
        self._seen.clear()

    def counts(self) -> dict[str, int]:
        """Return how many distinct objects there are per type; empty for untyped ones."""
        rows = self._db.execute("SELECT source_type, count(*) FROM census GROUP BY 1 ORDER BY 1")
        return {str(source_type): int(count) for source_type, count in rows}


def count(content: bytes) -> set[Found]:
    """Return the objects and activities of one document.

    Args:
        content: the bytes of a document that could be read.
    """
    entries = entries_of(content)
    found: set[Found] = set()
    complete = next((all(e.header) for e in entries if e.resource_type == HEADER), True)
    for entry in entries:
        if entry.resource_type == HEADER:
            complete = all(entry.header)
        elif complete:
            found.update(_found(entry))
    return found


def _found(entry: Entry) -> Iterator[Found]:
    link = next(filter(None, entry.links), "").split("/_history/")[0]
    if not link or not entry.resource_type:
        return
    yield Found(activity=False, source_type=_type(entry), link=link)
    for place, (own, anchor) in enumerate(entry.activities, start=1):
        identifier = own or f"{link}#{anchor or place}"
        yield Found(activity=True, source_type="CarePlanActivity", link=identifier)


def _type(entry: Entry) -> str:
    name = entry.resource_type
    if name == "Other":
        ours = {code for system, code in entry.usage if "otherresourceusage" in system.lower()}
        codes = (ours or {code for _system, code in entry.usage}) - {""}
        name = codes.pop() if len(codes) == 1 else ""
    if name in _OF_THE_BOOKS:
        return ""
    # What is no plain word, or not certain, is not compared by its type.
    return name if name.isascii() and name.isalpha() and len(name) <= _LONGEST else ""
