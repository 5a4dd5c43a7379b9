"""errors diff: what is new, solved and still there since an earlier run (draaiboek M.3, Q.4)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kt_migrate.cli.dutch_errors import dutch_words
from kt_migrate.cli.list_words import counted_words, example_words
from kt_migrate.cli.options import DomainDir, Env, Json, known_environment, workspace_of
from kt_migrate.cli.screen import Screen
from kt_migrate.config import Workspace
from kt_migrate.errors import UsageError
from kt_migrate.language import tr
from kt_migrate.plan.binding import NAMES
from kt_migrate.plan.runs import named_run, runs_of
from kt_migrate.reports.errors.actions import name_of
from kt_migrate.reports.errors.differences import GONE, Change, Compared, Reason, compare_lists
from kt_migrate.reports.errors.held import Part

_INDENT = " " * 9
_TITLES = {
    Change.NEW: ("Nieuw", "New"),
    Change.MOVED_TO: ("", ""),
    Change.SOLVED: ("Opgelost", "Solved"),
    Change.REMAINING: ("Nog steeds", "Still there"),
    Change.MOVED_FROM: ("", ""),
}
_FATES = {
    "migrated": ("gemigreerd", "migrated"),
    "not_migrated": ("niet gemigreerd", "not migrated"),
    "rejected": ("om een andere reden uitgevallen", "rejected for another reason"),
    "out_of_scope": ("buiten scope", "out of scope"),
    GONE: ("niet meer in het plan", "not in the plan any more"),
}
_PARTS = {
    Part.PLANNED: ("lezen en mappen", "reading and mapping"),
    Part.WRITTEN: ("schrijven", "writing"),
    Part.VERIFIED: ("verifiëren", "verifying"),
}
_TRIVIAL = ("environment", "plan")
"""Components that are said by naming the runs, or that follow from the others."""


def add_to(errors: typer.Typer) -> None:
    """Add the command to those of the error list."""
    errors.command(
        "diff",
        help=tr(
            "Wat nieuw is, opgelost en gebleven sinds een eerdere run (draaiboek M.3, M.6, Q.4).",
            "What is new, solved and still there since an earlier run (draaiboek M.3, M.6, Q.4).",
        ),
    )(errors_diff)


def errors_diff(
    runs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[RUN] [RUN]",
            help=tr(
                "Eerdere en latere run: 001, of mgr2/001 van een andere omgeving. Eén: die en de "
                "nieuwste; geen: de twee nieuwste.",
                "Earlier and later run: 001, or mgr2/001 of another environment. One: that and the "
                "newest; none: the two newest.",
            ),
        ),
    ] = None,
    env: Env = "local",
    notices: Annotated[
        bool, typer.Option("--notices", help=tr("Ook de meldingen.", "Notices too."))
    ] = False,
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
        screen.say(
            tr(
                "Waar de plannen aan gebonden zijn, is niet van beide bekend.",
                "What the plans are bound to is not known of both.",
            )
        )
    changed = [name for name in found.changed or () if name not in _TRIVIAL]
    if changed:
        words = ", ".join(tr(dutch_words(NAMES[name]), NAMES[name]) for name in changed)
        screen.say(f"{tr('Ook veranderd', 'Changed as well')}: {words}.")
    if "archive" in changed:
        screen.say(
            tr(
                "Het archief is een ander: wat weg is kan ontbreken, en hoeft niet opgelost te "
                "zijn; wat nieuw is kan erbij gekomen zijn.",
                "It is another archive: what is gone may be absent, and need not be solved; what "
                "is new may have been added.",
            )
        )
    if any(found.sampled):
        screen.say(
            tr(
                "Een van de twee was een steekproef: vergeleken is wat er gepland was.",
                "One of the two was a sample: what was planned is compared.",
            )
        )
    for part, (before, after) in found.left_out.items():
        word = tr(*_PARTS[part])
        screen.say(
            tr(
                f"Niet vergeleken, want niet van beide geheel bekend: {word} "
                f"({before} regels eerder, {after} nu).",
                f"Not compared, for it is not known of both as a whole: {word} "
                f"({before} lines before, {after} now).",
            )
        )


def _say_change(screen: Screen, change: Change, found: Compared) -> None:
    reasons = found.reasons[change]
    if not reasons:
        return
    screen.say(f"\n{tr(*_TITLES[change])}: {found.count(change)}")
    for reason in reasons:
        screen.say(f"{reason.count:>7}  {reason.code}")
        for text in _about(reason):
            screen.block(text, _INDENT)


def _about(reason: Reason) -> list[str]:
    """Return what else is known of the lines of one reason."""
    said = []
    if reason.ended:
        fates = {tr(*_FATES[fate]): count for fate, count in reason.ended.items()}
        said.append(f"{tr('Nu', 'Now')}: {counted_words(fates, always=True)}")
    if reason.remarked:
        said.append(
            tr(
                f"Door iemand ingevuld, en bewaard: {reason.remarked}",
                f"Filled in by somebody, and kept: {reason.remarked}",
            )
        )
    return [*said, *example_words(*reason.examples[0])]


def _say_moves(screen: Screen, found: Compared) -> None:
    if not found.moves:
        return
    screen.say(
        tr(
            f"\nVerplaatst: {found.count(Change.MOVED_FROM)} regels werden "
            f"{found.count(Change.MOVED_TO)} andere van hetzelfde object",
            f"\nMoved: {found.count(Change.MOVED_FROM)} lines became "
            f"{found.count(Change.MOVED_TO)} others of the same object",
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
            f"\nEerder {solved + moved[0] + same} = {solved} opgelost + {moved[0]} verplaatst + "
            f"{same} gebleven; nu {new + moved[1] + same} = {new} nieuw + {moved[1]} verplaatst "
            f"+ {same} gebleven.",
            f"\nBefore {solved + moved[0] + same} = {solved} solved + {moved[0]} moved + {same} "
            f"remaining; now {new + moved[1] + same} = {new} new + {moved[1]} moved + {same} "
            "remaining.",
        )
    )
