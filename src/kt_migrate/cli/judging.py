"""sample: a page on this machine on which a care provider judges dossiers (draaiboek Q.3, M.4)."""

from __future__ import annotations

import asyncio
import time
import webbrowser
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from kt_migrate.algorithm.load import load_algorithm
from kt_migrate.algorithm.model import Algorithm
from kt_migrate.cli.options import (
    Archive,
    DomainDir,
    Env,
    Json,
    Limit,
    Run,
    choices_of,
    known_environment,
    run_of,
    workspace_of,
)
from kt_migrate.cli.passwords import PasswordFd
from kt_migrate.cli.screen import Screen
from kt_migrate.config import Environment, Workspace, load_environment
from kt_migrate.errors import (
    CouldNotLookError,
    ExitCode,
    PlanStaleError,
    ServerUnavailableError,
)
from kt_migrate.gates.deciding import require_person
from kt_migrate.gates.points import GATED
from kt_migrate.judging.cards import Desk
from kt_migrate.judging.items import Item, objects_at
from kt_migrate.judging.preparing import Sample, drawn_of, judged_of
from kt_migrate.judging.proving import proof
from kt_migrate.judging.session import Keeping, Session
from kt_migrate.judging.source import Source, read_source, unknown_links
from kt_migrate.judging.target import Target, read_target
from kt_migrate.language import shown, tr, trn
from kt_migrate.load.execute import every_credentials_of, require_standing
from kt_migrate.plan.binding import read_binding
from kt_migrate.plan.make import Choices, archive_roots, limits_of
from kt_migrate.plan.sampling.asked import asked_of
from kt_migrate.reports.errors.remarks import Remark, Status, changing, remarks_of
from kt_migrate.reports.judged import CODE, Judged, Verdict, write_judged

_MINUTE = 60


def add_to(app: typer.Typer) -> None:
    """Add the command of this room."""
    app.command(
        "sample",
        help=tr(
            "Let a care provider judge a sample of dossiers, on a page on this machine: KT 1.3 "
            "beside KT 2.0 (draaiboek Q.3, M.4). Writes nothing to the server."
        ),
    )(sample)


Number = Annotated[
    int, typer.Option("--number", "-n", min=1, help=tr("So many dossiers are drawn by lot."))
]
Seed = Annotated[
    str,
    typer.Option(
        "--seed", help=tr("A word that decides which are drawn; else the plan itself does.")
    ),
]
By = Annotated[
    list[str] | None,
    typer.Option("--by", help=tr("Who may judge; repeatable. Else the page asks.")),
]
Idle = Annotated[
    float,
    typer.Option(
        "--idle", min=0.01, help=tr("Minutes without anybody looking after which the page ends.")
    ),
]
Port = Annotated[
    int,
    typer.Option("--port", min=0, max=65_535, help=tr("Port on 127.0.0.1; 0: any that is free.")),
]
Open = Annotated[
    bool, typer.Option("--open", help=tr("Open the address in this machine's browser."))
]


def sample(
    env: Env,
    run: Run = "",
    number: Number = 25,
    seed: Seed = "",
    by: By = None,
    idle: Idle = 60,
    port: Port = 0,
    open_browser: Open = False,
    archive: Archive = None,
    password_fd: PasswordFd = None,
    limit: Limit = None,
    domain_dir: DomainDir = None,
    json: Json = False,
) -> None:
    """Let somebody judge a sample."""
    screen = Screen(json=json)
    for name in by or ():
        require_person(name, "")
    asked_of("", number, seed)  # is the seed a word
    workspace = workspace_of(domain_dir)
    environment = load_environment(workspace, known_environment(env))
    folder = run_of(workspace, env, run)
    require_standing(folder)
    choices = choices_of(archive, "", None, password_fd, limit)
    algorithm = _algorithm_of(workspace, folder)
    try:
        with screen.progress(tr("drawing, and reading both sides")) as bar:
            drawn = drawn_of(folder, number, seed)
            source = _source(workspace, choices, drawn, lambda n: bar(n, None))
            target = _target(workspace, environment, drawn)
    except (CouldNotLookError, ServerUnavailableError) as error:
        screen.say(tr("Could not look: that is no approval."))
        screen.say(f"{shown(error.what)} {error.where}")
        screen.say(shown(error.fix))
        raise typer.Exit(ExitCode.COULD_NOT_LOOK) from None
    session = _session(workspace, drawn, Desk(algorithm, source, target), tuple(by or ()))
    _serve(screen, session, port, idle * _MINUTE, open_browser=open_browser)
    raise typer.Exit(_said(screen, session.judged, folder))


def _algorithm_of(workspace: Workspace, folder: Path) -> Algorithm:
    algorithm = load_algorithm(workspace.domain.algorithm, workspace.root)
    if algorithm.digest != read_binding(folder).algorithm:
        raise PlanStaleError(
            "The algorithm is another than the one that this run's plan was made by.",
            where=str(folder),
            fix="Bring it back as it was: the page shows its rules; or make a new plan.",
        )
    return algorithm


def _source(
    workspace: Workspace, choices: Choices, drawn: Sample, progress: Callable[[int], None]
) -> Source:
    """Read KT 1.3's side; what it refers to besides is read for its name."""

    def read(items: Collection[Item]) -> Source:
        return read_source(
            archive_roots(workspace, choices),
            items,
            domains=workspace.domain.source_domains,
            passwords=choices.passwords,
            limits=limits_of(workspace, choices),
            progress=progress,
        )

    source = read(drawn.every)
    others = objects_at(drawn.folder, unknown_links(source))
    return source.with_names(read(others)) if others else source


def _target(workspace: Workspace, environment: Environment, drawn: Sample) -> Target:
    own, *others = every_credentials_of(workspace, environment).values()
    return asyncio.run(read_target(environment.base, own, drawn.keys, time.time, others))


def _now() -> datetime:
    return datetime.fromtimestamp(time.time(), UTC)


def _session(workspace: Workspace, drawn: Sample, desk: Desk, names: tuple[str, ...]) -> Session:
    """Put the sample on the desk, with what was said of it before."""
    root, strata = workspace.root, drawn.dossiers.strata
    cards = tuple(desk.card(key, strata[key], drawn.items[key]) for key in drawn.drawn.keys)
    judged = judged_of(drawn, cards, _now().isoformat(timespec="seconds"))
    with remarks_of(root) as remarks:
        before = {card.link: remarks.of(card.link, CODE, "").text for card in cards}

    def keep_remark(link: str, text: str) -> None:
        with changing(root) as remarks:
            remarks.put((link, CODE, ""), Remark(status=Status.OPEN, text=text))

    def keep(said: Judged) -> None:
        write_judged(drawn.folder, said)

    return Session(cards, judged, names, before, Keeping(keep, keep_remark, _now))


def _serve(
    screen: Screen, session: Session, port: int, idle_seconds: float, *, open_browser: bool
) -> None:
    from kt_migrate.judging.server import serve  # noqa: PLC0415 (a web server, only needed here)

    def ready(address: str) -> None:
        screen.say(
            trn(
                "{n} dossier to judge. The page is open, on this machine and once:",
                "{n} dossiers to judge. The page is open, on this machine and once:",
                len(session.cards),
            )
        )
        screen.line(address)
        screen.say(tr("It ends with the button on the page, or with Ctrl-C here."))
        if open_browser:
            webbrowser.open(address)

    serve(session, port, idle_seconds, ready)


def _said(screen: Screen, judged: Judged, folder: Path) -> ExitCode:
    """Say what it came to."""
    screen.say(proof(judged))
    wrong = judged.count(Verdict.WRONG)
    if wrong:
        screen.line(tr("Next: kt-migrate errors list --env {env}", env=judged.env))
    elif judged.good and judged.env in GATED:
        screen.line(tr("Next: kt-migrate gate post --env {env}", env=judged.env))
    screen.document(_document(judged, folder))
    if wrong:
        return ExitCode.NOT_APPROVED
    return ExitCode.OK if judged.good else ExitCode.COULD_NOT_LOOK


def _document(judged: Judged, folder: Path) -> dict[str, object]:
    return {
        "run": folder.name,
        "env": judged.env,
        "seed": judged.seed,
        "asked": judged.asked,
        "drawn": len(judged.dossiers),
        "population": judged.population,
        "strata": [
            {"kind": kind, "ending": ending, "of": of, "drawn": drawn}
            for kind, ending, of, drawn in judged.strata
        ],
        **{verdict.value: judged.count(verdict) for verdict in Verdict},
        "unjudged": judged.count(None),
        "passed": judged.good,
        "fewer_than_percent": judged.fewer_than if judged.good else None,
        "path": str(folder / "judged" / judged.name) if judged.begun else None,
    }
