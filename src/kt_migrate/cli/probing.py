"""--probe: which of a plan's objects are on the server already, whose, and equal or not."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kt_migrate.cli.looking import looked
from kt_migrate.cli.screen import Screen
from kt_migrate.config import Environment, Workspace
from kt_migrate.language import tr
from kt_migrate.verify.probe import OWN_CLIENT, THIS_FOLDER, UNSTATED, ProbeResult, probe

Probe = Annotated[
    bool,
    typer.Option(
        "--probe",
        help=tr(
            "Look on the server what of this plan is there already, whose, and whether "
            "it is equal. Reads only."
        ),
    ),
]


def probed(
    screen: Screen, workspace: Workspace, environment: Environment, folder: Path
) -> ProbeResult:
    """Probe an environment for a plan, and print what is there.

    Raises:
        CouldNotLookError, LoginError, ServerUnavailableError: it could not be looked at.
    """
    doing = tr("probing")
    result = looked(screen, doing, workspace, environment, folder, probe)
    _table(screen, environment.environment, result)
    return result


def _table(screen: Screen, env: str, result: ProbeResult) -> None:
    rows: list[tuple[object, ...]] = []
    for r4_type, found in result.types.items():
        rows.append((r4_type, "", tr("not yet"), found.absent))
        if found.double:
            rows.append((r4_type, "", tr("double"), found.double))
        for (whose, equal), number in sorted(found.there.items()):
            words = tr("equal") if equal else tr("different")
            rows.append((r4_type, _name(whose), words, number))
    screen.table(
        tr("On {env} already", env=env),
        ("R4", tr("whose"), tr("what"), tr("count")),
        rows,
    )


def _name(whose: str) -> str:
    names = {
        THIS_FOLDER: tr("this working folder"),
        OWN_CLIENT: tr("our client, another working folder"),
        UNSTATED: tr("not said"),
    }
    return names.get(whose, whose)
