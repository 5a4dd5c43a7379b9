"""What the JSON document of a command is called (docs/compatibility.md).

The name ends in a number, which goes up when something that a script may count on is taken away
or means something else; what is added leaves it. A document that is also a file has the file's.
"""

from __future__ import annotations

from collections.abc import Mapping

from typer._click.globals import get_current_context

CHANGED: Mapping[str, int] = {}
"""The number of each command whose document is no longer the first."""


def schema_of(command: str) -> str:
    """Return the name of the document that a command prints: of `gate pre`, say."""
    return f"kt-migrate-{command.replace(' ', '-')}-output/{CHANGED.get(command, 1)}"


def named(content: Mapping[str, object]) -> dict[str, object]:
    """Put its name before what the command that is under way prints."""
    context = get_current_context(silent=True)
    names: list[str] = []
    while context is not None and context.parent is not None:
        names.insert(0, context.info_name or "")
        context = context.parent
    return {"schema": schema_of(" ".join(names)), **content}
