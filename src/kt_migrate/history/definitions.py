"""The catalogue: which definition an identifier means, which applications there are."""

from __future__ import annotations

import sqlite3

from kt_migrate.history.store import History
from kt_migrate.kt13.body import extension, first_text
from kt_migrate.kt13.definition import definition_identifier
from kt_migrate.model import Body

APPLICATION = "Application"
"""An application of the catalogue: an object of its own, which KT 1.3 names only."""

_TABLE = """
CREATE TABLE definition (
  identifier TEXT, link TEXT, name TEXT, application TEXT, event TEXT, sighting INTEGER)
"""


class Definitions:
    """An index over the last states of the ActivityDefinitions.

    Attributes:
        native: whether a native identifier counts where the extension is absent.
    """

    def __init__(self, history: History, *, native: bool = True) -> None:
        self.native = native
        self._history = history
        self._db: sqlite3.Connection = history.db
        self._db.execute(_TABLE)
        self._db.execute("CREATE INDEX definition_identifier ON definition (identifier)")

    def index(self) -> None:
        """Fill the index, and make every application that is named an object."""
        for state in self._history.last_states("ActivityDefinition"):
            self._db.execute(
                "INSERT INTO definition VALUES (?, ?, ?, ?, ?, ?)",
                (
                    definition_identifier(state.body, native=self.native),
                    state.link,
                    _name(state.body),
                    _application(state.body),
                    state.event,
                    state.sighting,
                ),
            )
        for application, sighting in self._db.execute(
            "SELECT application, sighting FROM (SELECT *, row_number() OVER"
            " (PARTITION BY application ORDER BY event, link) AS place FROM definition"
            " WHERE application != '') WHERE place = 1 ORDER BY 1"
        ).fetchall():
            self._history.derive(APPLICATION, application, sighting)

    def link(self, identifier: str) -> str | None:
        """Return the one definition with this identifier; None when there is none, or more."""
        found = self._db.execute(
            "SELECT link FROM definition WHERE identifier = ?", (identifier,)
        ).fetchall()
        return str(found[0][0]) if len(found) == 1 else None

    def name(self, identifier: str) -> str | None:
        """Return the name of the one definition with this identifier."""
        found = self._db.execute(
            "SELECT name FROM definition WHERE identifier = ?", (identifier,)
        ).fetchall()
        return (str(found[0][0]) or None) if len(found) == 1 else None

    def applications(self) -> list[tuple[str, str]]:
        """Return (application, event) of every application of the catalogue, sorted."""
        return self._db.execute(
            "SELECT o.link, c.event FROM object o JOIN sighting s ON s.id = o.sighting"
            " JOIN copy c ON c.id = s.copy WHERE o.source_type = ? ORDER BY 1",
            (APPLICATION,),
        ).fetchall()


def _value(body: Body, name: str, element: str) -> Body | str | None:
    node = extension(body, f"ActivityDefinition#{name}")
    values = node.get(element) if node else None
    return values[0] if values else None


def _name(body: Body) -> str:
    value = _value(body, "ActivityName", "valueString")
    return value if isinstance(value, str) else ""


def _application(body: Body) -> str:
    value = _value(body, "Application", "valueResource")
    return (first_text(value, "display") or "") if isinstance(value, dict) else ""
