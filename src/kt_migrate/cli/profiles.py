"""Asks a domain which version of the profiles it runs, before its plan is looked at or written."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Sequence
from pathlib import Path

from kt_migrate.cli.screen import Screen
from kt_migrate.config import Environment, Workspace
from kt_migrate.conformance import PROFILE_PACKAGE
from kt_migrate.kt2.client import FhirClient
from kt_migrate.language import tr
from kt_migrate.load.execute import credentials_of
from kt_migrate.plan.binding import read_binding
from kt_migrate.plan.profile import require_running


def require_profile(
    screen: Screen, workspace: Workspace, environment: Environment, folder: Path
) -> None:
    """Refuse a plan that was checked against other profiles than the domain runs.

    When the service does not say which, that is said.

    Raises:
        PlanStaleError: the domain runs another version.
        ServerUnavailableError: it does not answer.
    """
    running = asyncio.run(_running(workspace, environment))
    judge_running(screen, folder, environment.environment, running)


def judge_running(screen: Screen, folder: Path, env: str, running: Sequence[str]) -> None:
    """Refuse a plan that was checked against none of these versions; say so when there are none.

    Raises:
        PlanStaleError: the domain runs another version.
    """
    require_running(folder, running, env)
    if running:
        return
    checked = read_binding(folder).profile
    screen.say(
        tr(
            "The service does not say which profiles it runs; checked is against {checked}.",
            checked=checked,
        )
    )


async def _running(workspace: Workspace, environment: Environment) -> tuple[str, ...]:
    async with FhirClient(
        environment.base,
        credentials_of(workspace, environment),
        trace_id=str(uuid.uuid4()),
        max_in_flight=1,
        now=time.time,
    ) as client:
        return await client.profile_versions(PROFILE_PACKAGE)
