"""What a change does, on screen: counts of objects and the most telling examples."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kt_migrate.cli.dutch_errors import dutch_words
from kt_migrate.cli.screen import Screen
from kt_migrate.language import tr
from kt_migrate.plan.binding import NAMES, read_binding
from kt_migrate.plan.compare import Comparison, Kind, What, compare

SHOWN = 30
"""Kinds of change on screen; `--json` has them all."""

Compare = Annotated[
    str,
    typer.Option(
        "--compare",
        help=tr(
            "Vergelijk met het plan van een eerdere run, bijvoorbeeld 001.",
            "Compare with the plan of an earlier run, 001 say.",
        ),
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
    names = ", ".join(tr(dutch_words(NAMES[name]), NAMES[name]) for name in components)
    nothing = tr("niets", "nothing")
    screen.say(
        tr(
            f"Vergeleken met {earlier.name}. Veranderd: {names or nothing}.",
            f"Compared with {earlier.name}. Changed: {names or nothing}.",
        )
    )
    show_comparison(screen, found)
    return {"run": earlier.name, "binding": components, **found.as_json()}


def show_comparison(screen: Screen, found: Comparison) -> None:
    """Print the kinds of change with their counts, and the examples."""
    screen.say(
        tr(
            f"{found.unchanged} objecten blijven zoals ze waren.",
            f"{found.unchanged} objects stay as they were.",
        )
    )
    if not found.kinds:
        return
    screen.table(
        tr("Wat verandert", "What changes"),
        (tr("aantal", "count"), tr("soort", "type"), tr("wat", "what")),
        [(count, kind.source_type, kind_text(kind)) for kind, count in found.kinds[:SHOWN]],
    )
    if len(found.kinds) > SHOWN:
        left = len(found.kinds) - SHOWN
        screen.say(tr(f"… en nog {left} soorten: --json", f"… and {left} more kinds: --json"))
    screen.say(tr("Bijvoorbeeld", "For example"))
    for link, kind in found.examples:
        screen.line(f"  {kind.source_type} {link}")
        screen.say(f"    {kind_text(kind)}")


def kind_text(kind: Kind) -> str:
    """Say what changes."""
    match kind.what:
        case What.FATE:
            return f"{_fate(kind.before)} → {_fate(kind.after)}"
        case What.NEW:
            return tr("nieuw: ", "new: ") + _fate(kind.after)
        case What.GONE:
            return tr("niet meer in het archief; was ", "no longer in the archive; was ") + _fate(
                kind.before
            )
        case What.CONTENT:
            return tr("inhoud: ", "content: ") + ", ".join(kind.paths)
        case What.MORE:
            return tr(f"een {kind.after} erbij", f"a {kind.after} more")
        case _:
            return tr(f"een {kind.before} minder", f"a {kind.before} fewer")


def _fate(text: str) -> str:
    """Return a fate in words, with its reason."""
    outcome, _, reason = text.partition(" ")
    words = {
        "migrated": tr("gemigreerd", "migrated"),
        "not_migrated": tr("niet gemigreerd", "not migrated"),
        "rejected": tr("uitgevallen", "rejected"),
        "out_of_scope": tr("buiten scope", "out of scope"),
    }
    return f"{words[outcome]} ({reason})" if reason else words[outcome]
