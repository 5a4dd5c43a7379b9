"""plan.sqlite, opened to be read: is it one, of this version, and which bytes."""

from __future__ import annotations

import hashlib
import sqlite3
from pathlib import Path
from typing import Self

from kt_migrate.errors import JournalError
from kt_migrate.plan.schema import SCHEMA
from kt_migrate.read_only import open_read_only


class Opened:
    """A plan that lies on disk; reads only."""

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.is_file():
            raise JournalError(
                "The run has no plan.", where=str(path), fix="Make one with kt-migrate plan."
            )
        self._db = open_read_only(path)
        if self.meta("schema") != SCHEMA:
            self.close()
            raise JournalError(
                "This is not a plan of this version of kt-migrate.",
                where=str(path),
                fix="Make a new plan with kt-migrate plan.",
            )

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def meta(self, name: str) -> str:
        """Return one value of `meta`; empty when it is not there."""
        try:
            row = self._db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        except sqlite3.DatabaseError:
            return ""
        return "" if row is None else str(row[0])

    def sha256(self) -> str:
        """Return the SHA-256 of the file's bytes."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
