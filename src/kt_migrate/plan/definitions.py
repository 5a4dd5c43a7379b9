"""The catalogue: which definition an identifier means, which applications there are."""

from __future__ import annotations

import sqlite3

from kt_migrate.kt13.body import extension, first_text
from kt_migrate.model import Body
from kt_migrate.plan.fold import Fold

_TABLE = """
CREATE TABLE definition (identifier TEXT, link TEXT, name TEXT, application TEXT, event TEXT)
"""


class Definitions:
    """An index over the last states of the ActivityDefinitions."""

    def __init__(self, fold: Fold) -> None:
        self._fold = fold
        self._db: sqlite3.Connection = fold.db
        self._db.execute(_TABLE)
        self._db.execute("CREATE INDEX definition_identifier ON definition (identifier)")

    def index(self) -> None:
        """Fill the index."""
        for row in self._fold.versions(source_type="ActivityDefinition", last=True):
            self._db.execute(
                "INSERT INTO definition VALUES (?, ?, ?, ?, ?)",
                (
                    _identifier(row.body),
                    row.link,
                    _name(row.body),
                    _application(row.body),
                    row.event,
                ),
            )

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
            "SELECT application, min(event) FROM definition WHERE application != ''"
            " GROUP BY 1 ORDER BY 1"
        ).fetchall()


def _value(body: Body, name: str, element: str) -> Body | str | None:
    node = extension(body, f"ActivityDefinition#{name}")
    values = node.get(element, []) if node else []
    return values[0] if values else None


def _identifier(body: Body) -> str:
    value = _value(body, "ActivityDefinitionIdentifier", "valueString")
    if isinstance(value, str):
        return value
    native = body.get("identifier", [])
    node = native[0] if native else None
    return (first_text(node, "value") or "") if isinstance(node, dict) else ""


def _name(body: Body) -> str:
    value = _value(body, "ActivityName", "valueString")
    return value if isinstance(value, str) else ""


def _application(body: Body) -> str:
    value = _value(body, "Application", "valueResource")
    return (first_text(value, "display") or "") if isinstance(value, dict) else ""
