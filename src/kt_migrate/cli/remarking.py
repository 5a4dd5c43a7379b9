"""errors export as a list that people fill in, and errors import that reads it back (M.4, Q.5).

What people fill in is in the list and in the store, and nowhere else: not on screen, not in
`--json`, not in an error.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from kt_migrate.cli.options import DomainDir, Json, workspace_of
from kt_migrate.cli.screen import Screen
from kt_migrate.errors import ExitCode, UsageError, said
from kt_migrate.language import shown, tr
from kt_migrate.reports.errors.actions import ActionList, action_list, name_of, status_word
from kt_migrate.reports.errors.reading import Problem, Wrong
from kt_migrate.reports.errors.remarks import Remarks, Status, changing, file_digest, remarks_of
from kt_migrate.reports.errors.taking import Taken, take_back
from kt_migrate.reports.errors.writing import WRITERS

SHOWN, LISTED = 20, 1_000
"""Rows that cannot be taken over: on screen, and in `--json`."""

_WRONG = {
    Wrong.FORMULA: said("a formula; type a text"),
    Wrong.HOLDER: said("no action holder: zorgaanbieder, IT-deelnemer or KT2-Support"),
    Wrong.STATUS: said("no status: open, solved or accepted"),
    Wrong.TOO_LONG: said("a remark of over 2000 characters"),
    Wrong.NO_OBJECT: said("no link, and no right pseudonym"),
    Wrong.NO_CODE: said("no code of an error list"),
    Wrong.APART: said("link and pseudonym are of two objects: was a column sorted apart?"),
    Wrong.UNKNOWN: said("no run has this line"),
    Wrong.TWICE: said("this line was there before, with something else filled in"),
    Wrong.CONFLICT: said("since this list was written, something else was taken over"),
}


def add_to(errors: typer.Typer) -> None:
    """Add the command to those of the error list."""
    errors.command(
        "import",
        help=tr("Read back what somebody filled in on the error list (draaiboek M.4, Q.5)."),
    )(errors_import)


def export_list(
    screen: Screen, root: Path, folder: Path, target: Path, kind: str, *, notices: bool
) -> None:
    """Write the list of a run, with what people filled in before.

    Args:
        screen: where to say it.
        root: the working folder.
        folder: the run folder.
        target: the file; must not be there.
        kind: csv, xlsx or json.
        notices: whether notices are rows too.
    """
    with screen.progress(tr("writing")), action_list(root, folder, notices=notices) as found:
        count = WRITERS[kind](target, found)
        counts, taken_over = _statuses(found), found.taken_over()
        passed_over = found.passed_over
    with changing(root) as remarks:
        if kind != "json":
            remarks.give(target, file_digest(target), name_of(folder))
        waiting = [path for path in remarks.not_taken() if path != target.absolute()]
    words = ", ".join(f"{counts[status]} {status_word(status)}" for status in Status)
    screen.say(
        tr(
            "{count} lines ({words}); of {taken_over} what was filled in is taken over.",
            count=count,
            words=words,
            taken_over=taken_over,
        )
    )
    _say_solved(screen, counts[Status.SOLVED])
    if passed_over:
        names = ", ".join(passed_over)
        screen.say(
            tr("Cannot be read any more, and passed over for 'since': {names}.", names=names)
        )
    _say_waiting(screen, waiting)
    screen.line(str(target))
    if kind != "json":
        screen.next(f"kt-migrate errors import {target}")
    screen.document(
        {
            "run": folder.name,
            "env": folder.parent.name,
            "lines": count,
            "statuses": {status.value: counts[status] for status in Status},
            "taken_over": taken_over,
            "not_imported": [str(path) for path in waiting],
            "path": str(target),
        }
    )


def _statuses(found: ActionList) -> Counter[Status]:
    total: Counter[Status] = Counter()
    for counts in found.counts().values():
        total += counts
    return total


def _say_solved(screen: Screen, solved: int) -> None:
    if solved:
        screen.say(
            tr("Mind: {solved} lines are said to be solved, and are still there.", solved=solved)
        )


def _say_waiting(screen: Screen, waiting: list[Path]) -> None:
    for path in waiting:
        screen.say(
            tr(
                "Mind: this list changed since it was written, and was not imported; what is "
                "on it, is not in the new one:"
            )
        )
        screen.line(f"  kt-migrate errors import {path}")


def errors_import(
    file: Annotated[
        Path,
        typer.Argument(help=tr("The list of errors export, filled in.")),
    ],
    replace: Annotated[
        bool,
        typer.Option(
            "--replace",
            help=tr("This list goes before what was imported since."),
        ),
    ] = False,
    domain_dir: DomainDir = None,
    json: Json = False,
) -> None:
    """Read back what somebody filled in: all of it, or nothing."""
    screen = Screen(json=json)
    root = workspace_of(domain_dir).root
    if not file.is_file():
        raise UsageError(
            "There is no such list.", where=str(file), fix="Name the file that was filled in."
        )
    runs = root / "runs"
    taken = take_back(root, file, runs if runs.is_dir() else root, replace=replace)
    with remarks_of(root) as remarks:
        _say_taken(screen, file, taken, remarks)
    screen.document(
        {
            "file": str(file),
            "rows": taken.rows,
            "changed": taken.changed,
            "same": taken.same,
            "kept": taken.kept,
            "doubled": list(taken.doubled[:LISTED]),
            "problems": [
                {"where": p.where, "wrong": p.wrong.value} for p in taken.problems[:LISTED]
            ],
            "problem_count": len(taken.problems),
        }
    )
    if taken.problems:
        raise typer.Exit(ExitCode.CONFIGURATION)


def _say_taken(screen: Screen, file: Path, taken: Taken, remarks: Remarks) -> None:
    for place in taken.doubled[:SHOWN]:
        words = tr("is there twice, with the same")
        screen.say(f"{place}: {words}")
    if taken.problems:
        _say_problems(screen, file, taken.problems)
        return
    screen.say(
        tr(
            "{changed} lines taken over, {same} were so before, {kept} not touched. "
            "Something is filled in on {count} lines in all.",
            changed=taken.changed,
            same=taken.same,
            kept=taken.kept,
            count=remarks.count(),
        )
    )
    screen.say(tr("Go on in a new list."))
    screen.next(f"kt-migrate errors export --format {file.suffix.lower().lstrip('.')}")


def _say_problems(screen: Screen, file: Path, problems: tuple[Problem, ...]) -> None:
    for problem in problems[:SHOWN]:
        screen.say(f"{problem.where}: {shown(_WRONG[problem.wrong])}")
    if len(problems) > SHOWN:
        more = len(problems) - SHOWN
        screen.say(tr("… and {more} more.", more=more))
    screen.say(
        tr(
            "Nothing was taken over: {problems} rows cannot be. Correct them in {name}, "
            "and import the list again.",
            problems=len(problems),
            name=file.name,
        )
    )
    if any(problem.wrong is Wrong.CONFLICT for problem in problems):
        screen.say(tr("Does this list go before what was imported since? Then give --replace."))
