"""The two accounts and the census: nothing may vanish, and the plan may not prove that alone."""

from __future__ import annotations

import sqlite3
from collections import Counter

from kt_migrate.books import Books
from kt_migrate.errors import BooksError, CensusError, said
from kt_migrate.history.careplans import ACTIVITY, GOAL, SUB_ACTIVITY
from kt_migrate.history.definitions import APPLICATION
from kt_migrate.history.intake import DOCUMENT, HEADER
from kt_migrate.history.store import History
from kt_migrate.model import Outcome

NAMED = 10
"""How many objects an error about the census names."""

UNCOUNTED = (HEADER, DOCUMENT, APPLICATION, SUB_ACTIVITY, GOAL)
"""Objects that the census does not count: they have no link, and are no activity."""


def take_books(history: History) -> Books:
    """Add up what came in, what was superseded, which objects there are and how they ended.

    Raises:
        BooksError: the two accounts do not balance.
    """
    books = Books()
    for source_type, event, count in history.counted():
        books.see(source_type, event, count)
    # Counted here: SQLite would sort all rows first, to put the few kinds of them together.
    for (source_type, event), count in Counter(history.db.execute(_SUPERSEDED)).items():
        books.supersede(source_type, event, count)
    for (source_type, event), count in Counter(history.db.execute(_OBJECTS)).items():
        books.know(source_type, event, count)
    for (source_type, event, outcome), count in Counter(history.db.execute(_FATES)).items():
        books.end(source_type, event, Outcome(outcome), count)
    gaps = books.unbalanced()
    if gaps:
        source_type, event = gaps[0]
        raise BooksError(
            said("The books of {gaps} type(s) do not balance.", gaps=len(gaps)),
            where=f"{source_type} / {event}",
            fix="Report this with the error list; do not migrate with this plan.",
        )
    return books


def require_census(db: sqlite3.Connection) -> None:
    """Compare the objects that have a fate with those that the census found.

    Raises:
        CensusError: an object of the census has no fate, or one with a fate is not in the
            census. Names the first ten.
    """
    unknown = db.execute(_WITHOUT_FATE).fetchall()
    uncounted = db.execute(_WITHOUT_CENSUS, UNCOUNTED).fetchall()
    if unknown or uncounted:
        named = [f"{source_type} {link}" for source_type, link in [*unknown, *uncounted][:NAMED]]
        raise CensusError(
            said(
                "The census has {unknown} object(s) without a fate in the plan, and the plan "
                "{uncounted} that the census does not know.",
                unknown=len(unknown),
                uncounted=len(uncounted),
            ),
            where="; ".join(named),
            fix="Report this with the error list; do not migrate with this plan.",
        )


_SUPERSEDED = """
SELECT s.source_type, c.event FROM superseded p JOIN sighting s ON s.id = p.sighting
JOIN copy c ON c.id = s.copy
"""
_OBJECTS = """
SELECT o.source_type, c.event FROM object o JOIN sighting s ON s.id = o.sighting
JOIN copy c ON c.id = s.copy
"""
_FATES = """
SELECT f.source_type, c.event, f.outcome FROM fate f
JOIN object o ON o.source_type = f.source_type AND o.link = f.link
JOIN sighting s ON s.id = o.sighting JOIN copy c ON c.id = s.copy
"""
# A type that the census could not tell is compared by link alone.
_WITHOUT_FATE = f"""
SELECT n.source_type, n.link FROM census n WHERE NOT EXISTS (SELECT 1 FROM object o
  JOIN fate f ON f.source_type = o.source_type AND f.link = o.link
  WHERE o.link = n.link AND (n.source_type IN ('', o.source_type))
  AND (o.source_type = '{ACTIVITY}') = n.activity) ORDER BY 1, 2
"""
_WITHOUT_CENSUS = f"""
SELECT f.source_type, f.link FROM fate f JOIN object o USING (source_type, link)
JOIN sighting s ON s.id = o.sighting
WHERE f.source_type NOT IN ({", ".join("?" * len(UNCOUNTED))})
AND NOT EXISTS (SELECT 1 FROM refusal r WHERE r.sighting = o.sighting)
AND NOT EXISTS (SELECT 1 FROM census n WHERE n.activity = (f.source_type = '{ACTIVITY}')
  AND n.link = f.link AND n.source_type IN ('', f.source_type)) ORDER BY 1, 2
"""
