"""What a change does, on screen: counts of objects and the most telling examples."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kt_migrate.cli.screen import Screen
from kt_migrate.language import shown, tr
from kt_migrate.plan.binding import NAMES, read_binding
from kt_migrate.plan.compare import Comparison, Kind, What, compare

SHOWN = 30
"""Kinds of change on screen; `--json` has them all."""

Compare = Annotated[
    str,
    typer.Option(
        "--compare",
        help=tr("Compare with the plan of an earlier run, 001 say."),
    ),
]


def compared(screen: Screen, earlier: Path, later: Path) -> dict[str, object]:
    """Compare the plans of two run folders, print what differs, and return it for `--json`.

    Raises:
        JournalError: one of them has no plan of this version, or does not say what it is of.
    """
    changed = read_binding(earlier).differences(read_binding(later))
    components = [name for name in changed if name != "plan"]
    found = compare(earlier / "plan.sqlite", later / "plan.sqlite")
    names = ", ".join(shown(NAMES[name]) for name in components)
    nothing = tr("nothing")
    screen.say(
        tr("Compared with {name}. Changed: {value}.", name=earlier.name, value=names or nothing)
    )
    show_comparison(screen, found)
    return {"run": earlier.name, "binding": components, **found.as_json()}


def show_comparison(screen: Screen, found: Comparison) -> None:
    """Print the kinds of change with their counts, and the examples."""
    screen.say(tr("{unchanged} objects stay as they were.", unchanged=found.unchanged))
    if not found.kinds:
        return
    screen.table(
        tr("What changes"),
        (tr("count"), tr("type"), tr("what")),
        [(count, kind.source_type, kind_text(kind)) for kind, count in found.kinds[:SHOWN]],
    )
    if len(found.kinds) > SHOWN:
        left = len(found.kinds) - SHOWN
        screen.say(tr("… and {left} more kinds: --json", left=left))
    screen.say(tr("For example"))
    for link, kind in found.examples:
        screen.line(f"  {kind.source_type} {link}")
        screen.say(f"    {kind_text(kind)}")


def kind_text(kind: Kind) -> str:
    """Say what changes."""
    match kind.what:
        case What.FATE:
            return f"{_fate(kind.before)} → {_fate(kind.after)}"
        case What.NEW:
            return tr("new: ") + _fate(kind.after)
        case What.GONE:
            return tr("no longer in the archive; was ") + _fate(kind.before)
        case What.CONTENT:
            return tr("content: ") + ", ".join(kind.paths)
        case What.MORE:
            return tr("a {after} more", after=kind.after)
        case _:
            return tr("a {before} fewer", before=kind.before)


def _fate(text: str) -> str:
    """Return a fate in words, with its reason."""
    outcome, _, reason = text.partition(" ")
    words = {
        "migrated": tr("migrated"),
        "not_migrated": tr("not migrated"),
        "rejected": tr("rejected"),
        "out_of_scope": tr("out of scope"),
    }
    return f"{words[outcome]} ({reason})" if reason else words[outcome]
