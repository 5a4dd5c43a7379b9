"""Make the words that the program reads (.mo) of those that people write (.po), on each build."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

WHEN = datetime(2026, 1, 1, tzinfo=UTC)
"""What a .mo says of its time; Babel would take the clock, and no two wheels were the same."""


class Words(BuildHookInterface[Any]):
    """Compiles each catalogue beside its source."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, and let the wheel hold what was made."""
        del version
        for source in sorted(Path(self.root).glob("src/kt_migrate/locale/*/LC_MESSAGES/*.po")):
            made = source.with_suffix(".mo")
            with source.open("rb") as file, made.open("wb") as out:
                words = read_po(file)
                words.creation_date = words.revision_date = WHEN
                write_mo(out, words)
            build_data["artifacts"].append(str(made.relative_to(self.root)))
