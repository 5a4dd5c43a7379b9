"""Which document each command prints with `--json`, for docs/compatibility.md."""

from __future__ import annotations

from collections.abc import Iterator

import typer.main

from kt_migrate.cli.app import app
from kt_migrate.cli.documents import schema_of

OF_FILES = {"inspect", "probe", "algorithm explain", "cluster report"}
"""Commands whose document is a file's, and has its name."""


def commands() -> set[str]:
    """Return every command that takes `--json`."""
    found = dict(getattr(typer.main.get_command(app), "commands", {}))
    for name, group in list(found.items()):
        found |= {f"{name} {sub}": c for sub, c in getattr(group, "commands", {}).items()}
    return {n for n, c in found.items() if any("--json" in p.opts for p in c.params)}


def outputs() -> Iterator[str]:
    """Yield the table of documents, a line per command."""
    yield "| schema | command |\n|---|---|"
    for command in sorted(commands() - OF_FILES):
        yield f"| `{schema_of(command)}` | `{command}` |"
    yield ""
