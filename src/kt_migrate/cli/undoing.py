"""rollback and cleanup: they undo what runs wrote; each says to which environment first."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kt_migrate.cli.naming import require_domain
from kt_migrate.cli.options import (
    DomainDir,
    Env,
    Json,
    Run,
    known_environment,
    run_of,
    workspace_of,
)
from kt_migrate.cli.reporting import renew_report, withdrawn
from kt_migrate.cli.screen import Screen
from kt_migrate.config import Environment, Workspace, load_environment
from kt_migrate.errors import ExitCode, UsageError, said
from kt_migrate.language import tr
from kt_migrate.plan.runs import runs_of
from kt_migrate.reports.undone import as_json, is_proven, write_undone
from kt_migrate.undo.execute import Preview, preview, undo
from kt_migrate.undo.record import wholly_undone
from kt_migrate.undo.run import UndoResult
from kt_migrate.undo.states import Kind, UndoState

_ONLY = Annotated[
    bool,
    typer.Option(
        "--preview",
        help=tr("Only show what it would do."),
    ),
]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.command(
        help=tr(
            "Undo what a run wrote (draaiboek R). Shows first what it will do; leaves "
            "what somebody else changed since. Safe to repeat: it goes on where it was."
        ),
    )(rollback)
    app.command(
        help=tr(
            "Clean up what the trials wrote in an environment (draaiboek M.5, L.12, "
            "S.1), the newest run first. Never on prd2."
        ),
    )(cleanup)


def rollback(
    env: Env,
    run: Run = "",
    only: _ONLY = False,
    domain: Annotated[
        str,
        typer.Option(
            "--yes-rollback",
            metavar="DOMAIN",
            help=tr("Do not ask: this is the domain."),
        ),
    ] = "",
    domain_dir: DomainDir = None,
    json: Json = False,
) -> None:
    """Undo one run."""
    workspace = workspace_of(domain_dir)
    folder = run_of(workspace, known_environment(env), run)
    _undo(Screen(json=json), workspace, env, [folder], "--yes-rollback", domain, only=only)


def cleanup(
    env: Env,
    only: _ONLY = False,
    domain: Annotated[
        str,
        typer.Option(
            "--yes-cleanup",
            metavar="DOMAIN",
            help=tr("Do not ask: this is the domain."),
        ),
    ] = "",
    domain_dir: DomainDir = None,
    json: Json = False,
) -> None:
    """Undo every run of an environment."""
    if known_environment(env) == "prd2":
        raise UsageError(
            "Production is not cleaned up: a run there is rolled back.",
            where="--env prd2",
            fix="Use kt-migrate rollback --env prd2.",
        )
    workspace = workspace_of(domain_dir)
    run_of(workspace, env, "")  # says what is missing, when there is no run at all
    written = [
        folder
        for folder in runs_of(workspace.root, env)
        if (folder / "journal.sqlite").is_file()
        and not (wholly_undone(folder) and is_proven(folder))
    ]
    if not written:
        Screen(json=json).say(tr("There is nothing to clean up."))
    _undo(Screen(json=json), workspace, env, written[::-1], "--yes-cleanup", domain, only=only)


def _undo(
    screen: Screen,
    workspace: Workspace,
    env: str,
    folders: list[Path],
    option: str,
    domain: str,
    *,
    only: bool,
) -> None:
    environment = load_environment(workspace, env)
    with screen.progress(tr("looking")):
        previews = [(folder, preview(workspace, environment, folder)) for folder in folders]
    for folder, seen in previews:
        _show_preview(screen, folder, seen)
    if only:
        screen.document({"env": env, "runs": [_planned(*each) for each in previews]})
        return
    screen.say(tr("Deletes and changes on {env}: {base}", env=env, base=environment.base))
    require_domain(workspace, domain, option, so=said("nothing was undone"))
    results = [(f, _undo_one(screen, workspace, environment, f)) for f in folders]
    screen.document({"env": env, "runs": [as_json(folder, made) for folder, made in results]})
    for _folder, result in results:
        if result.stopped_by is not None:
            raise result.stopped_by
    code = max((_code(result) for _folder, result in results), default=ExitCode.OK)
    if code is ExitCode.OK:
        screen.next(f"kt-migrate plan --env {env}")
    raise typer.Exit(code)


def _undo_one(
    screen: Screen, workspace: Workspace, environment: Environment, folder: Path
) -> UndoResult:
    with withdrawn(folder), screen.progress(tr("undoing {name}", name=folder.name)) as bar:
        result = undo(workspace, environment, folder, bar)
    left = write_undone(folder, result)
    _show(screen, folder, result, left)
    renew_report(screen, folder)
    return result


def _planned(folder: Path, seen: Preview) -> dict[str, object]:
    return {
        "run": folder.name,
        "deeds": {f"{r4_type} {kind}": n for (r4_type, kind), n in sorted(seen.deeds.items())},
        "gone": seen.gone,
        "changed_since": seen.changed,
        "in_doubt": seen.doubtful,
    }


def _show_preview(screen: Screen, folder: Path, seen: Preview) -> None:
    types = sorted({r4_type for r4_type, _kind in seen.deeds})
    screen.table(
        tr("Run {name}: what it did", name=folder.name),
        (tr("type"), tr("made"), tr("changed")),
        [(t, seen.deeds[t, Kind.MADE], seen.deeds[t, Kind.CHANGED]) for t in types],
    )
    screen.say(
        tr(
            "Gone already {gone}; changed by somebody since, will be left {changed}; "
            "whose cannot be shown {doubtful}.",
            gone=seen.gone,
            changed=seen.changed,
            doubtful=seen.doubtful,
        )
    )


def _show(screen: Screen, folder: Path, result: UndoResult, left: Path | None) -> None:
    states = tuple(UndoState)[2:]
    names = dict(
        zip(
            states,
            tr("deleted,retired,restored,gone,left").split(","),
            strict=True,
        )
    )
    types = sorted({r4_type for r4_type, _state in result.counts})
    screen.table(
        tr("Run {name}: undone", name=folder.name),
        (tr("type"), *names.values()),
        [(t, *(result.counts.get((t, state), 0) for state in states)) for t in types],
    )
    screen.say(
        tr(
            "Undone {undone} of {total}, left {of}, still to do {pending}.",
            undone=result.undone,
            total=result.total,
            of=result.of(UndoState.KEPT),
            pending=result.pending,
        )
    )
    if result.proof is not None:
        proof = result.proof
        screen.say(
            tr(
                "Looked at on the server: {gone} gone (of {with_history} the history "
                "remains), {retired} retired, {restored} restored, {wrong} not as undone, "
                "{overtaken} deleted with somebody's change.",
                gone=proof.gone,
                with_history=proof.with_history,
                retired=proof.retired,
                restored=proof.restored,
                wrong=proof.wrong,
                overtaken=len(proof.overtaken),
            )
        )
    if left is not None:
        screen.line(tr("List for KT2-Support: {left}", left=left))


def _code(result: UndoResult) -> ExitCode:
    if result.interrupted or result.pending:
        return ExitCode.INTERRUPTED
    if result.proof is None or not result.proof.holds:
        return ExitCode.MISMATCH
    left = result.of(UndoState.KEPT) or result.proof.overtaken
    return ExitCode.LEFT if left else ExitCode.OK
