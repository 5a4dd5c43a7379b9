"""What trial says of what was there already, of what a repair does, and of double ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from kt_migrate.cli.screen import Screen
from kt_migrate.errors import UsageError, said
from kt_migrate.language import shown, tr
from kt_migrate.load.decision import (
    EXISTING_ADOPTED,
    EXISTING_REFUSED,
    EXISTING_UPDATED,
    Choice,
)
from kt_migrate.load.execute import open_journal
from kt_migrate.load.repair import Action, Item, standing
from kt_migrate.load.run import LoadResult
from kt_migrate.plan.findings import Findings, read_findings
from kt_migrate.plan.store import Plan

Existing = Annotated[
    str,
    typer.Option(
        "--existing",
        metavar="adopt|update|refuse",
        help=tr(
            "What was there before this plan and differs: adopt leaves it, update writes "
            "over it, refuse (the default) puts it in the error list."
        ),
    ),
]
Repair = Annotated[
    bool,
    typer.Option(
        "--repair",
        help=tr(
            "Write again what the last verify found missing or other, unless somebody "
            "else changed it since."
        ),
    ),
]
SHOWN = 20
"""Lines of a repair on screen; the JSON has all."""


def choice_of(name: str) -> Choice | None:
    """Return what `--existing` says; None when it is not given.

    Raises:
        UsageError: there is no such choice.
    """
    if name and name not in list(Choice):
        raise UsageError(
            said("There is no such choice for what is there already: {name}.", name=name),
            where="--existing",
            fix=said("Choose {names}.", names=tuple(sorted(Choice))),
        )
    return Choice(name) if name else None


class Listing:
    """Shows what a repair is going to do, before it does."""

    def __init__(self, screen: Screen, folder: Path) -> None:
        self._screen = screen
        self._folder = folder

    def show(self, items: Sequence[Item]) -> None:
        """Print counts per type, and the first lines by link."""
        counts: Counter[tuple[str, str]] = Counter()
        lines: list[str] = []
        with Plan(self._folder / "plan.sqlite") as plan:
            for item in items:
                write = _line(plan, item)
                counts[write["r4_type"], item.action] += 1
                if len(lines) < SHOWN and item.action is not Action.RIGHT:
                    what = shown(_WORDS[item.action])
                    lines.append(f"{what}: {write['r4_type']} {write['link']}")
        self._screen.table(
            tr("Repair"),
            ("R4", tr("what"), tr("count")),
            [(r4_type, shown(_WORDS[Action(a)]), n) for (r4_type, a), n in sorted(counts.items())],
        )
        for line in lines:
            self._screen.say(line)


_WORDS = {
    Action.REWRITE: said("written again"),
    Action.BRING_BACK: said("brought back"),
    Action.AGAIN: said("looked at again"),
    Action.RIGHT: said("right already"),
    Action.LEFT_CHANGED: said("left: somebody else changed it"),
    Action.LEFT_NOT_OURS: said("left: not written by us"),
    Action.LEFT_ADOPTED: said("left: so chosen"),
    Action.LEFT_DOUBLE: said("left: it is double"),
}


def _line(plan: Plan, item: Item) -> dict[str, str]:
    key = plan.key(item.seq)
    write = None if key is None else plan.write(key)
    return {
        "action": item.action.value,
        "r4_type": "" if write is None else write.key.r4_type,
        "type": "" if write is None else write.source_type,
        "link": "" if write is None else write.link,
    }


def wrong_of(folder: Path) -> Findings:
    """Return what the last verification found wrong with what the journal says is done."""
    findings = read_findings(folder)
    if not findings.all:
        return findings
    with open_journal(folder) as journal:
        return standing(findings, journal)


def say_wrong(screen: Screen, wrong: Findings, *, repaired: bool) -> None:
    """Say that not all is well, though the journal has it all."""
    missing, other, double = len(wrong.missing), len(wrong.different), len(wrong.duplicate)
    if repaired:
        screen.say(
            tr(
                "WARNING: after the repair {missing} are still not on the server, {other} "
                "other than planned and {double} double: above is why they were left.",
                missing=missing,
                other=other,
                double=double,
            )
        )
        return
    screen.say(
        tr(
            "WARNING: the last verify found {missing} not on the server, {other} other "
            "than planned and {double} double. --repair writes again what was ours; what "
            "somebody else changed is left.",
            missing=missing,
            other=other,
            double=double,
        )
    )


def say_existing(screen: Screen, folder: Path, load: LoadResult) -> None:
    """Say whose choice counted for what was there before, and what became of it."""
    choice, before = load.existing
    if before:
        screen.say(
            tr(
                "This run began with --existing {before}; from now on it is {choice}.",
                before=before,
                choice=choice,
            )
        )
    counts = _existing_counts(folder)
    if any(counts.values()):
        screen.say(
            tr(
                "Was there before, with another content (--existing {choice}): {counts} "
                "refused, {counts2} left as they are, {counts3} written over.",
                choice=choice,
                counts=counts["refused"],
                counts2=counts["adopted"],
                counts3=counts["updated"],
            )
        )


def _existing_counts(folder: Path) -> dict[str, int]:
    with open_journal(folder) as journal:
        return {
            "refused": journal.noted(EXISTING_REFUSED),
            "adopted": journal.noted(EXISTING_ADOPTED),
            "updated": journal.noted(EXISTING_UPDATED),
        }


def say_scan(screen: Screen, load: LoadResult) -> None:
    """Say what the look for double ones came to."""
    scan = load.scanned
    if scan is None:
        return
    screen.say(
        tr(
            "Double temporary identifiers: {double} of {looked}.",
            double=len(scan.double),
            looked=scan.looked,
        )
    )
    if scan.could_not_look:
        types = ", ".join(scan.could_not_look)
        screen.say(
            tr(
                "Could not look whether anything is double: {types}. That is no approval.",
                types=types,
            )
        )


def beside_books(folder: Path, load: LoadResult, wrong: Findings) -> dict[str, object]:
    """Return what `trial --json` has beside the books."""
    choice, before = load.existing
    scan = load.scanned
    with Plan(folder / "plan.sqlite") as plan:
        repair = [_line(plan, item) for item in load.repaired]
    return {
        "existing": {"choice": str(choice), "before": before, **_existing_counts(folder)},
        "repair": repair,
        "wrong": {
            "missing": len(wrong.missing),
            "different": len(wrong.different),
            "duplicate": len(wrong.duplicate),
        },
        "duplicates": None
        if scan is None
        else {
            "looked": scan.looked,
            "double": len(scan.double),
            "could_not_look": list(scan.could_not_look),
        },
    }
