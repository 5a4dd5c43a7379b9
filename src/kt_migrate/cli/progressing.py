"""errors diff: what is new, solved and still there since an earlier run (draaiboek M.3, Q.4)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kt_migrate.cli.list_words import counted_words, example_words
from kt_migrate.cli.options import DomainDir, Env, Json, known_environment, workspace_of
from kt_migrate.cli.screen import Screen
from kt_migrate.config import Workspace
from kt_migrate.errors import UsageError, said
from kt_migrate.language import shown, tr
from kt_migrate.plan.binding import NAMES
from kt_migrate.plan.runs import named_run, runs_of
from kt_migrate.reports.errors.actions import name_of
from kt_migrate.reports.errors.differences import GONE, Change, Compared, Reason, compare_lists
from kt_migrate.reports.errors.held import Part

_INDENT = " " * 9
_TITLES = {
    Change.NEW: said("New"),
    Change.MOVED_TO: "",
    Change.SOLVED: said("Solved"),
    Change.REMAINING: said("Still there"),
    Change.MOVED_FROM: "",
}
_FATES = {
    "migrated": said("migrated"),
    "not_migrated": said("not migrated"),
    "rejected": said("rejected for another reason"),
    "out_of_scope": said("out of scope"),
    GONE: said("not in the plan any more"),
}
_PARTS = {
    Part.PLANNED: said("reading and mapping"),
    Part.WRITTEN: said("writing"),
    Part.VERIFIED: said("verifying"),
    Part.JUDGED: said("judging"),
}
_TRIVIAL = ("environment", "plan")
"""Components that are said by naming the runs, or that follow from the others."""


def add_to(errors: typer.Typer) -> None:
    """Add the command to those of the error list."""
    errors.command(
        "diff",
        help=tr(
            "What is new, solved and still there since an earlier run (draaiboek M.3, M.6, Q.4)."
        ),
    )(errors_diff)


def errors_diff(
    runs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[RUN] [RUN]",
            help=tr(
                "Earlier and later run: 001, or mgr2/001 of another environment. One: that "
                "and the newest; none: the two newest."
            ),
        ),
    ] = None,
    env: Env = "local",
    notices: Annotated[bool, typer.Option("--notices", help=tr("Notices too."))] = False,
    domain_dir: DomainDir = None,
    json: Json = False,
) -> None:
    """Compare two error lists."""
    screen = Screen(json=json)
    workspace = workspace_of(domain_dir)
    earlier, later = _runs(workspace, known_environment(env), tuple(runs or ()))
    found = compare_lists(workspace.root, earlier, later, notices=notices, examples=10)
    screen.say(f"{name_of(earlier)} → {name_of(later)}")
    _say_limits(screen, found)
    for change in (Change.NEW, Change.SOLVED, Change.REMAINING):
        _say_change(screen, change, found)
        if change is Change.NEW:
            _say_moves(screen, found)
    _say_totals(screen, found)
    screen.document({"before": name_of(earlier), "after": name_of(later), **found.as_json()})


def _runs(workspace: Workspace, env: str, named: tuple[str, ...]) -> tuple[Path, Path]:
    """Return the earlier and the later run.

    Raises:
        UsageError: they are not there, or are one.
    """
    if len(named) > 2:  # noqa: PLR2004 (an earlier and a later one)
        raise UsageError(
            "Two runs can be compared, not more.", where="errors diff", fix="Name one or two."
        )
    planned = [r for r in runs_of(workspace.root, env) if (r / "plan.sqlite").is_file()]
    chosen = [_named(workspace, env, name) for name in named]
    missing = 2 - len(chosen)
    rest = [run for run in planned if run not in chosen][-missing:] if missing else []
    if len(rest) < missing:
        raise UsageError(
            "There are no two runs to compare.",
            where=str(workspace.root / "runs" / env),
            fix="Name two, as 001 002 or mgr2/001 prd2/001; kt-migrate status shows them.",
        )
    earlier, later = [*chosen, *rest]
    return (later, earlier) if len(named) == 1 and later in planned[:-1] else (earlier, later)


def _named(workspace: Workspace, env: str, name: str) -> Path:
    other, _slash, run = name.rpartition("/")
    return named_run(workspace.root, known_environment(other or env), run)


def _say_limits(screen: Screen, found: Compared) -> None:
    """Say what cannot be compared, and what else changed than the errors."""
    if found.changed is None:
        screen.say(tr("What the plans are bound to is not known of both."))
    changed = [name for name in found.changed or () if name not in _TRIVIAL]
    if changed:
        words = ", ".join(shown(NAMES[name]) for name in changed)
        screen.say(f"{tr('Changed as well')}: {words}.")
    if "archive" in changed:
        screen.say(
            tr(
                "It is another archive: what is gone may be absent, and need not be solved; "
                "what is new may have been added."
            )
        )
    if any(found.sampled):
        screen.say(tr("One of the two was a sample: what was planned is compared."))
    for part, (before, after) in found.left_out.items():
        word = shown(_PARTS[part])
        screen.say(
            tr(
                "Not compared, for it is not known of both as a whole: {word} ({before} "
                "lines before, {after} now).",
                word=word,
                before=before,
                after=after,
            )
        )


def _say_change(screen: Screen, change: Change, found: Compared) -> None:
    reasons = found.reasons[change]
    if not reasons:
        return
    screen.say(f"\n{shown(_TITLES[change])}: {found.count(change)}")
    for reason in reasons:
        screen.say(f"{reason.count:>7}  {reason.code}")
        for text in _about(reason):
            screen.block(text, _INDENT)


def _about(reason: Reason) -> list[str]:
    """Return what else is known of the lines of one reason."""
    words = []
    if reason.ended:
        fates = {shown(_FATES[fate]): count for fate, count in reason.ended.items()}
        words.append(f"{tr('Now')}: {counted_words(fates, always=True)}")
    if reason.remarked:
        words.append(tr("Filled in by somebody, and kept: {remarked}", remarked=reason.remarked))
    return [*words, *example_words(*reason.examples[0])]


def _say_moves(screen: Screen, found: Compared) -> None:
    if not found.moves:
        return
    screen.say(
        tr(
            "\nMoved: {count} lines became {count2} others of the same object",
            count=found.count(Change.MOVED_FROM),
            count2=found.count(Change.MOVED_TO),
        )
    )
    for move in found.moves:
        screen.say(f"{move.objects:>7}  {move.before} → {move.after}")
        for text in example_words(*move.example):
            screen.block(text, _INDENT)


def _say_totals(screen: Screen, found: Compared) -> None:
    moved = found.count(Change.MOVED_FROM), found.count(Change.MOVED_TO)
    solved, new = found.count(Change.SOLVED), found.count(Change.NEW)
    same = found.count(Change.REMAINING)
    screen.say(
        tr(
            "\n"
            "Before {n} = {solved} solved + {moved} moved + {same} remaining; now {n2} = "
            "{new} new + {moved2} moved + {same} remaining.",
            n=solved + moved[0] + same,
            solved=solved,
            moved=moved[0],
            same=same,
            n2=new + moved[1] + same,
            new=new,
            moved2=moved[1],
        )
    )
