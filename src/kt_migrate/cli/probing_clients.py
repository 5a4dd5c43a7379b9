"""The other clients of an environment, probed each by itself: login, scopes, Device."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from kt_migrate.config import Environment, Workspace
from kt_migrate.kt2.client import FhirClient
from kt_migrate.load.execute import credentials_of
from kt_migrate.plan.store import Plan
from kt_migrate.probing.judging import Ours, judge
from kt_migrate.probing.needs import Needs
from kt_migrate.probing.observing import observe
from kt_migrate.probing.points import Point

OF_A_CLIENT = frozenset({"login", "scopes", "device"})
"""What differs between clients of one environment; the rest is the server's."""


def needs_of_client(folder: Path | None, needs: Needs | None, client: str) -> Needs | None:
    """Return what a plan needs of one client of ours: to write its types.

    Args:
        folder: the run folder.
        needs: of the whole plan.
        client: its name; empty: the environment's own.
    """
    if folder is None or needs is None:
        return needs
    with Plan(folder / "plan.sqlite") as plan:
        return replace(needs, systems=plan.systems_of(client))


async def points_of_clients(
    workspace: Workspace,
    environment: Environment,
    folder: Path | None,
    needs: Needs | None,
    at: datetime,
) -> tuple[Point, ...]:
    """Look at the server as each of the other clients, and judge what is that client's own.

    Raises:
        ConfigurationError: a key is not there, or not safe.
    """
    points: list[Point] = []
    for name in (one.name for one in environment.credentials):
        entered = environment.as_client(name)
        wanted = needs_of_client(folder, needs, name)
        if wanted is not None and not wanted.systems:
            continue  # this plan has nothing for it
        async with FhirClient(
            entered.base,
            credentials_of(workspace, entered),
            trace_id=str(uuid.uuid4()),
            max_in_flight=1,
            now=time.time,
        ) as client:
            seen = await observe(
                client,
                client_id=entered.client_id,
                systems=() if wanted is None else wanted.systems,
                now=time.time,
                certificate=None,
            )
        found = judge(seen, wanted, ours_of(entered), at)
        points += (
            replace(point, id=f"{point.id} {name}") for point in found if point.id in OF_A_CLIENT
        )
    return tuple(points)


def ours_of(environment: Environment) -> Ours:
    """Return who we are to a server."""
    return Ours(
        client_id=environment.client_id,
        algorithm=environment.key.algorithm,
        secure=environment.base.startswith("https://"),
    )


def with_own_scopes(points: Sequence[Point], own: Sequence[Point]) -> tuple[Point, ...]:
    """Return the points with the scopes judged by what the environment's own client writes."""
    scopes = {point.id: point for point in own if point.id == "scopes"}
    return tuple(scopes.get(point.id, point) for point in points)
