"""domain status: what every supplier brought, what is missing, who waits for whom (P.8, Q.2)."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from kt_migrate.cli.options import DomainDir, Env, Json, Run, known_environment, workspace_of
from kt_migrate.cli.screen import Screen
from kt_migrate.cli.supplying import Others, paths_of, seconds_of
from kt_migrate.config import Environment, Workspace, load_environment
from kt_migrate.errors import ExitCode
from kt_migrate.kt2.client import FhirClient
from kt_migrate.language import number, tr, trn
from kt_migrate.load.execute import credentials_of
from kt_migrate.plan.announced import Announced, read_announced
from kt_migrate.plan.runs import named_run, newest_run
from kt_migrate.plan.store import Plan
from kt_migrate.puzzle.look import limited, look
from kt_migrate.puzzle.standing import Piece, Standing

_domain = typer.Typer(
    help=tr("A domain that several suppliers bring together (draaiboek P, Q.2)."),
    no_args_is_help=True,
    rich_markup_mode=None,
)
Watch = Annotated[
    str,
    typer.Option(
        "--watch",
        metavar=tr("DURATION"),
        help=tr("Look again after so long (30s, 5m), until nothing is missing or somebody stops."),
    ),
]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.add_typer(_domain, name="domain")


@_domain.command(
    "status",
    help=tr(
        "The state of the puzzle, from the server alone: per supplier and type what is there, what "
        "is missing, and who waits for whom (draaiboek P.8, Q.2). Writes nothing."
    ),
)
def domain_status(
    env: Env = "local",
    run: Run = "",
    others: Others = None,
    watch: Watch = "",
    domain_dir: DomainDir = None,
    json: Json = False,
) -> None:
    """Look at what all suppliers brought."""
    screen = Screen(json=json)
    workspace = workspace_of(domain_dir)
    environment = load_environment(workspace, known_environment(env))
    pause = seconds_of(watch, "--watch")
    announced = read_announced(paths_of(others), workspace, environment)
    folder = named_run(workspace.root, env, run) if run else newest_run(workspace.root, env)
    screen.line(tr("Looks at {env}: {base} (reads only)", env=env, base=environment.base))
    while True:
        with screen.progress(tr("looking")):
            standing, limits = _standing(workspace, environment, folder, announced)
        _show(screen, standing, limits)
        if standing.complete or not pause:
            break
        time.sleep(pause)
    screen.document(
        {
            "env": env,
            "domain": workspace.domain.domain,
            "supplier": workspace.domain.suppliers.ours or None,
            "run": None if folder is None else folder.name,
            "lists": [one.supplier for one in announced.lists],
            "limited": list(limits),
            **standing.as_json(),
        }
    )
    raise typer.Exit(ExitCode.OK if standing.complete else ExitCode.WAITING)


def _standing(
    workspace: Workspace, environment: Environment, folder: Path | None, announced: Announced
) -> tuple[Standing, tuple[str, ...]]:
    """Look once; return what was seen, and the types of which the token shows only a part."""
    name = workspace.domain.suppliers.ours or tr("we")
    ours = dict.fromkeys(sorted(environment.client_ids), name)

    async def work() -> tuple[Standing, tuple[str, ...]]:
        async with FhirClient(
            environment.base,
            credentials_of(workspace, environment),
            trace_id=str(uuid.uuid4()),
            max_in_flight=1,
            now=time.time,
        ) as client:
            with nullcontext() if folder is None else Plan(folder / "plan.sqlite") as plan:
                seen = await look(client, folder or workspace.root, ours, plan, announced)
            return seen, limited(client.login.scope)

    return asyncio.run(work())


def _show(screen: Screen, standing: Standing, limits: Sequence[str]) -> None:
    """Print the puzzle, in 80 columns."""
    screen.table(
        tr("What is there"),
        (tr("supplier"), tr("type"), tr("there"), tr("to bring"), tr("missing"), tr("by others")),
        [_row(piece) for piece in standing.pieces],
    )
    if standing.waits:
        screen.table(
            tr("Who waits for whom"),
            (tr("who"), tr("for"), tr("type"), tr("missing")),
            [
                (one.supplier or "-", one.on or "-", one.r4_type, number(one.missing))
                for one in standing.waits
            ],
        )
    for link in standing.links:
        screen.line(f"  {link.supplier}: {link.source_type} {link.link}")
    if standing.twice:
        screen.table(
            tr("More than once on the server: nobody knows which is meant"),
            (tr("type"), tr("objects")),
            [(one.r4_type, number(one.count)) for one in standing.twice],
        )
    if limits:
        screen.say(
            tr(
                "This client's token shows only some applications' {types}: what others brought of "
                "those may be there, and is not counted.",
                types=", ".join(limits),
            )
        )
    screen.say(_verdict(standing))


def _row(piece: Piece) -> tuple[object, ...]:
    return (
        piece.supplier or tr("nobody says"),
        piece.r4_type,
        number(piece.there),
        "-" if piece.promised is None else number(piece.promised),
        number(piece.missing),
        number(piece.by_others),
    )


def _verdict(standing: Standing) -> str:
    if standing.complete:
        return tr("Complete: nothing is missing that anybody said that it brings or needs.")
    missing = sum(piece.missing for piece in standing.pieces)
    missing = missing or sum(one.missing for one in standing.waits)
    if not missing:
        return tr("Not complete: nothing is missing, but not everything is there once.")
    return trn(
        "Not complete: {n} object is still to be brought.",
        "Not complete: {n} objects are still to be brought.",
        missing,
    )
