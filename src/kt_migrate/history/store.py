"""The history: everything that an archive says, ready to be asked.

`intake` takes it in, `last_states` and `careplans` decide on it; here it is looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from kt_migrate.history.intake import HEADER, Intake
from kt_migrate.kt13.links import spelled_alike
from kt_migrate.model import Body, Issue


@dataclass(frozen=True, slots=True, kw_only=True)
class LastState:
    """The sighting that is its object's last state.

    Attributes:
        sighting: number in the history, for looking things up; never for ordering.
        message: MessageHeader.identifier; the name of a document that is none.
        body: canonical form; empty for what has none of its own.
    """

    sighting: int
    source_type: str
    link: str
    version: str
    event: str
    message: str
    body: Body


class History(Intake):
    """Every sighting of every object, with its last state."""

    def counted(self) -> list[tuple[str, str, int]]:
        """Return how many sightings came in, per type and event, sorted."""
        return [(t, e, n) for (t, e), n in sorted(self._counted.items()) if n]

    def last_states(self, source_type: str) -> Iterator[LastState]:
        """Yield the last states of the objects of one type that have a content, sorted by link."""
        rows = self.db.execute(
            f"{_LAST_STATES} WHERE o.source_type = ? AND s.content IS NOT NULL ORDER BY o.link",
            (source_type,),
        )
        for row in rows:
            yield _last_state(row)

    def last_state(self, source_type: str, link: str) -> LastState | None:
        """Return the last state of one object that has a content, or None."""
        row = self.db.execute(
            f"{_LAST_STATES} WHERE o.source_type = ? AND o.link = ? AND s.content IS NOT NULL",
            (source_type, link),
        ).fetchone()
        return None if row is None else _last_state(row)

    def headers(self) -> Iterator[LastState]:
        """Yield one header per message, sorted by identifier; they have no body here."""
        for row in self.db.execute(
            f"{_LAST_STATES} WHERE o.source_type = ? AND s.content IS NULL ORDER BY o.link",
            (HEADER,),
        ):
            yield _last_state(row)

    def type_of(self, link: str) -> str | None:
        """Return the KT 1.3 type of what lies under a resource link, or None."""
        row = self.db.execute(
            "SELECT min(o.source_type) FROM object o JOIN sighting s ON s.id = o.sighting"
            " WHERE o.link = ? AND s.content IS NOT NULL",
            (link,),
        ).fetchone()
        return None if row[0] is None else str(row[0])

    def same_versions(self) -> Iterator[tuple[LastState, int]]:
        """Yield last states with the sighting of another content of their very version, sorted."""
        rows = self.db.execute(
            f"{_LAST_STATES_AND_OTHER} ORDER BY o.source_type, o.link, c2.identifier, t2.digest"
        )
        for *row, other in rows:
            yield _last_state(row), int(other)

    def types(self) -> list[str]:
        """Return every type that has objects, sorted."""
        return [str(t) for (t,) in self.db.execute("SELECT DISTINCT source_type FROM object")]

    def bodies(self, source_type: str) -> Iterator[Body]:
        """Yield the content of every last state of a type that has one, in no order."""
        rows = self.db.execute(
            "SELECT b.body FROM object o JOIN sighting s ON s.id = o.sighting"
            " JOIN body b ON b.id = s.content WHERE o.source_type = ?",
            (source_type,),
        )
        yield from (orjson.loads(row[0]) for row in rows)

    def body(self, sighting: int) -> Body:
        """Return the content of one sighting."""
        row = self.db.execute(
            "SELECT body FROM sighting s JOIN body c ON c.id = s.content WHERE s.id = ?",
            (sighting,),
        ).fetchone()
        found: Body = orjson.loads(row[0])
        return found

    def link(self, sighting: int) -> str:
        """Return the link of the object that one sighting is of."""
        row = self.db.execute("SELECT link FROM sighting WHERE id = ?", (sighting,)).fetchone()
        return str(row[0])

    def message_of(self, sighting: int) -> str:
        """Return the identifier of the message that carried a sighting."""
        row = self.db.execute(
            "SELECT identifier FROM copy WHERE id = (SELECT copy FROM sighting WHERE id = ?)",
            (sighting,),
        ).fetchone()
        return str(row[0])

    def refusals(self) -> Iterator[tuple[str, str, str, Issue]]:
        """Yield (type, link, event, issue) of what cannot be read in any copy, sorted."""
        rows = self.db.execute(
            "SELECT o.source_type, o.link, c.event, r.code, r.path, r.detail FROM refusal r"
            " JOIN object o ON o.sighting = r.sighting JOIN sighting s ON s.id = r.sighting"
            " JOIN copy c ON c.id = s.copy ORDER BY 1, 2, 3, 4, 5, 6"
        )
        for source_type, link, event, code, path, detail in rows:
            yield source_type, link, event, Issue(code=code, path=path, detail=detail)

    def cleaned(self) -> Iterator[tuple[str, str, str, int]]:
        """Yield (type, link, event, how many) where characters were taken out of a last state.

        Whatever the sighting that they were taken out of: its content is that of the last state.
        """
        yield from self.db.execute(
            "SELECT o.source_type, o.link, c.event, max(r.count) FROM removed r"
            " JOIN object o ON o.source_type = r.source_type AND o.link = r.link"
            " JOIN sighting s ON s.id = o.sighting AND s.content = r.content"
            " JOIN copy c ON c.id = s.copy GROUP BY 1, 2 ORDER BY 1, 2"
        )

    def alike(self) -> Iterator[tuple[str, str, str]]:
        """Yield (type, link, event) where another link of the type differs in spelling only.

        That is in http or https, and in capitals of the host: they may be one object, and are
        never made one. Source: kt13.md §6.2 I6.
        """
        self.db.create_function("spelled_alike", 1, spelled_alike, deterministic=True)
        yield from self.db.execute(
            "SELECT source_type, link, event FROM (SELECT o.source_type, o.link, c.event,"
            " count(*) OVER (PARTITION BY o.source_type, spelled_alike(o.link)) AS many"
            " FROM object o JOIN sighting s ON s.id = o.sighting JOIN copy c ON c.id = s.copy"
            " WHERE s.content IS NOT NULL) WHERE many > 1 ORDER BY 1, 2"
        )

    def derive(self, source_type: str, link: str, from_sighting: int) -> None:
        """Make what another object names an object of its own, seen where that one is."""
        copy, event = self.db.execute(
            "SELECT c.id, c.event FROM copy c WHERE c.id ="
            " (SELECT copy FROM sighting WHERE id = ?)",
            (from_sighting,),
        ).fetchone()
        sighting = self._see(copy, event, source_type, link)
        self.write()
        self.db.execute(
            "INSERT INTO object VALUES (?, ?, ?, 'only', 0)", (source_type, link, sighting)
        )

    def documents(self) -> dict[str, int]:
        """Return how many files there were of each kind."""
        self.write()
        rows = self.db.execute("SELECT kind, count(*) FROM file GROUP BY 1 ORDER BY 1")
        return {str(kind): int(count) for kind, count in rows}

    def manifest(self) -> Iterator[tuple[str, str]]:
        """Yield (name, SHA-256) of every file, sorted: there may be a million."""
        self.write()
        yield from self.db.execute("SELECT name, sha256 FROM file ORDER BY 1, 2")


_LAST_STATES = """
SELECT s.id, o.source_type, o.link, s.version, c.event, c.identifier, t.body
FROM object o JOIN sighting s ON s.id = o.sighting JOIN copy c ON c.id = s.copy
LEFT JOIN body t ON t.id = s.content
"""
_LAST_STATES_AND_OTHER = """
SELECT s.id, o.source_type, o.link, s.version, c.event, c.identifier, t.body, v.other
FROM same_version v JOIN sighting s ON s.id = v.sighting
JOIN object o ON o.source_type = s.source_type AND o.link = s.link
JOIN copy c ON c.id = s.copy JOIN content t ON t.id = s.content
JOIN sighting s2 ON s2.id = v.other JOIN copy c2 ON c2.id = s2.copy
JOIN content t2 ON t2.id = s2.content
"""


def _last_state(row: Sequence[Any]) -> LastState:
    sighting, source_type, link, version, event, message, body = row
    return LastState(
        sighting=sighting,
        source_type=source_type,
        link=link,
        version=version,
        event=event,
        message=message,
        body={} if body is None else orjson.loads(body),
    )
