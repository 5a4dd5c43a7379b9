"""Decides, per object, which sighting is its last state, and what superseded the others.

All sightings of all copies of all messages compete. What one copy of a message knows (a
version, the server's counter), its other copies know as well: so a copy without a body, or
stripped of its versions, hides nothing, and adds nothing when it says nothing new.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import groupby
from operator import itemgetter

import orjson

from kt_migrate.history.copies import SEEN, STABLE, Known, Seen, know_messages, stable
from kt_migrate.history.intake import HEADER, REFUSED
from kt_migrate.history.order import Candidate, last, leaves
from kt_migrate.history.settling import settle
from kt_migrate.history.store import History
from kt_migrate.history.succession import in_order, states
from kt_migrate.kt13.links import version_instant, version_number

_WAITING = 2_000
"""So many decisions wait before they are written."""

_UNSETTLED = "WHERE (s.source_type, s.link) IN (SELECT source_type, link FROM unsettled)"
_ONLY_HEADERS = f"""
INSERT INTO object SELECT source_type, link, min(id), 'only', 0 FROM sighting
WHERE source_type = '{HEADER}' AND content IS NULL GROUP BY source_type, link
HAVING count(*) = 1
"""
_object = itemgetter(0, 1)


class LastStates:
    """The last state of every object of a history."""

    def __init__(self, history: History) -> None:
        self._db = history.db
        self._write_history = history.write
        self._won: list[tuple[str, str, int, str]] = []
        self._lost: list[tuple[int, int, str]] = []
        self._focal_of = lru_cache(maxsize=4_096)(self._look_up_focal)
        self._candidate = lru_cache(maxsize=4_096)(self._look_at)
        self.fullness = lru_cache(maxsize=4_096)(self._fullness)

    def decide(self) -> None:
        """Decide on every object that has a link; parts of care plans are `careplans`' work."""
        self._write_history()
        know_messages(self._db)
        settle(self._db)
        rows = self._db.execute(f"{SEEN} {_UNSETTLED} {STABLE}")
        for _key, group in groupby(map(Seen._make, rows), _object):
            self._decide(list(group))
            if len(self._won) > _WAITING:
                self._write()
        self._write()
        self._headers()
        self._refusals()
        self._write()

    def _decide(self, group: list[Seen]) -> None:
        if len(group) == 1:
            self._win(group[0].source_type, group[0].link, group[0].sighting, "only")
            return
        candidates = self._candidates(group)
        found = last(candidates, self._how_full)
        winner, best = group[found.index], candidates[found.index]
        self._win(winner.source_type, winner.link, winner.sighting, found.decided_by)
        alike = {winner.content}
        for place, seen in enumerate(group):
            if place == found.index:
                continue
            copied = place in found.same_version or (
                seen.message == winner.message and candidates[place].version == best.version
            )
            self._lose(seen.sighting, winner.sighting, "copy" if copied else "older-version")
            if copied and seen.content not in alike:
                alike.add(seen.content)
                self._db.execute(
                    "INSERT INTO same_version VALUES (?, ?)", (winner.sighting, seen.sighting)
                )

    def _win(self, source_type: str, link: str, sighting: int, decided_by: str) -> None:
        self._won.append((source_type, link, sighting, decided_by))

    def _lose(self, sighting: int, successor: int, reason: str) -> None:
        self._lost.append((sighting, successor, reason))

    def _write(self) -> None:
        """Write what was decided together."""
        self._db.executemany("INSERT INTO object VALUES (?, ?, ?, ?, 0)", self._won)
        self._db.executemany("INSERT INTO superseded VALUES (?, ?, ?)", self._lost)
        self._won.clear()
        self._lost.clear()

    def rank(self, sightings: Sequence[int]) -> int:
        """Return the place of the last of some sightings, of one object or of several."""
        found = [(*self._candidate(sighting), place) for place, sighting in enumerate(sightings)]
        # What is equal in all that counts is taken in an order that is not that of reading.
        found.sort(key=lambda one: stable(one[0]))
        chosen = last([candidate for _seen, candidate, _place in found], self._how_full)
        return found[chosen.index][2]

    def states(self, source_type: str, link: str) -> list[int]:
        """Return a sighting per state that an object went through, the oldest first.

        The last is its last state, or another sighting of the same content.
        """
        rows = self._db.execute(
            f"{SEEN} WHERE s.source_type = ? AND s.link = ? {STABLE}", (source_type, link)
        )
        group = [Seen._make(row) for row in rows]
        return [group[place].sighting for place in states(self._candidates(group), self._how_full)]

    def in_order(self, sightings: Sequence[int]) -> list[int]:
        """Return sightings, of one object or of several, the oldest first: as `rank` has it."""
        found = [(*self._candidate(sighting), sighting) for sighting in sightings]
        found.sort(key=lambda one: stable(one[0]))
        places = in_order([candidate for _seen, candidate, _sighting in found], self._how_full)
        return [found[place][2] for place in places]

    def _look_at(self, sighting: int) -> tuple[Seen, Candidate]:
        # By the few copies of its message, not (hence the +) by all sightings of its object.
        rows = self._db.execute(
            f"{SEEN} WHERE (c.identifier, s.link, +s.source_type) = (SELECT d.identifier, o.link,"
            " o.source_type FROM sighting o JOIN copy d ON d.id = o.copy WHERE o.id = ?)",
            (sighting,),
        )
        group = [Seen._make(row) for row in rows]
        place = [seen.sighting for seen in group].index(sighting)
        own = group[place]
        return own, self._with_focal(self._candidates(group)[place], own)

    def _candidates(self, group: Sequence[Seen]) -> list[Candidate]:
        known = Known(group)
        made = [known.candidate(seen) for seen in group]
        if len(made) == 1 or all(version_instant(c.version) for c in made):
            return made
        if all(version_number(c.version) is not None for c in made):
            return made
        return list(map(self._with_focal, made, group))

    def _with_focal(self, candidate: Candidate, seen: Seen) -> Candidate:
        if version_instant(candidate.version):
            return candidate  # it is asked for its own moment first
        version, assigned = self._focal_of(seen.message, seen.focal)
        return candidate._replace(focal_version=version, focal_assigned=assigned)

    def _look_up_focal(self, message: str, focal: str) -> tuple[str | None, bool]:
        rows = self._db.execute(f"{SEEN} WHERE c.identifier = ? AND s.link = ?", (message, focal))
        return Known([Seen._make(row) for row in rows]).of(message)

    def _how_full(self, candidate: Candidate) -> int:
        return self.fullness(candidate.content)

    def _fullness(self, digest: str) -> int:
        row = self._db.execute("SELECT body FROM content WHERE digest = ?", (digest,)).fetchone()
        return leaves(orjson.loads(row[0]))

    def _headers(self) -> None:
        """One header per message: of the copy that has most, a queue copy first."""
        self._db.execute(_ONLY_HEADERS)
        self._first_of(
            f"s.source_type = '{HEADER}' AND s.content IS NULL"
            f" AND s.link NOT IN (SELECT link FROM object WHERE source_type = '{HEADER}')",
            "CASE c.form WHEN 'queue' THEN 0 ELSE 1 END,"
            " (SELECT -count(*) FROM sighting o WHERE o.copy = c.id), c.event, c.iid",
        )

    def _refusals(self) -> None:
        """An entry that cannot be read does no harm when another copy of its message has it."""
        for sighting, source_type, copy, message in self._db.execute(
            "SELECT s.id, s.source_type, s.copy, c.identifier FROM refusal r"
            " JOIN sighting s ON s.id = r.sighting JOIN copy c ON c.id = s.copy"
            f" WHERE c.form != '{REFUSED}' ORDER BY s.copy, s.source_type, s.link"
        ).fetchall():
            other = self._elsewhere(sighting, source_type, copy, message)
            if other is not None:
                self._lose(sighting, other, "copy")
        self._write()
        self._first_of(
            "s.id IN (SELECT sighting FROM refusal) AND NOT EXISTS"
            " (SELECT 1 FROM superseded p WHERE p.sighting = s.id)",
            "c.form, c.event",
        )

    def _elsewhere(self, sighting: int, source_type: str, copy: int, message: str) -> int | None:
        """Return the last state of what this copy's entry must have been, by another copy.

        It is one of its type whose link this copy does not have; the n-th broken entry is the
        n-th of those. An entry of no known type may be any.
        """
        place = self._db.execute(
            "SELECT count(*) FROM refusal r JOIN sighting s ON s.id = r.sighting"
            " WHERE s.copy = ? AND s.source_type = ? AND s.id < ?",
            (copy, source_type, sighting),
        ).fetchone()[0]
        row = self._db.execute(
            "SELECT o.sighting FROM sighting s JOIN copy c ON c.id = s.copy"
            " JOIN object o ON o.source_type = s.source_type AND o.link = s.link"
            " WHERE c.identifier = ?1 AND s.copy != ?2 AND s.content IS NOT NULL"
            " AND (?3 = 'Unknown' OR s.source_type = ?3)"
            " AND s.link NOT IN (SELECT link FROM sighting WHERE copy = ?2)"
            " GROUP BY s.source_type, s.link ORDER BY s.source_type, s.link LIMIT 1 OFFSET ?4",
            (message, copy, source_type, place),
        ).fetchone()
        return None if row is None else int(row[0])

    def _first_of(self, where: str, order: str) -> None:
        """Let the first in an order be the object, and supersede the others."""
        self._db.execute(
            "CREATE TABLE ordered AS SELECT s.source_type, s.link, s.id, first_value(s.id) OVER"
            f" (PARTITION BY s.source_type, s.link ORDER BY {order}) AS first FROM sighting s"
            f" JOIN copy c ON c.id = s.copy WHERE {where}"
        )
        self._db.execute(
            "INSERT INTO object SELECT source_type, link, id, 'only', 0 FROM ordered"
            " WHERE id = first"
        )
        self._db.execute(
            "INSERT INTO superseded SELECT id, first, 'copy' FROM ordered WHERE id != first"
        )
        self._db.execute("DROP TABLE ordered")
