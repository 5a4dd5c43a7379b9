"""Looks at a server for a plan: what `verify` and `--probe` have in common. Only reads."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Protocol, TypeVar

from kt_migrate.cli.journals import WrittenByRuns, written_by_runs
from kt_migrate.cli.screen import Screen
from kt_migrate.config import Environment, Workspace
from kt_migrate.errors import ConfigurationError, said
from kt_migrate.kt2.client import FhirClient
from kt_migrate.load.execute import credentials_of
from kt_migrate.plan.sampling.sampled import planned_in
from kt_migrate.plan.store import Plan

T_co = TypeVar("T_co", covariant=True)
T = TypeVar("T")


class Look(Protocol[T_co]):
    """Reads what is on a server, and says what it found: `verify.run.verify`, or the probe."""

    def __call__(
        self,
        plan: Plan,
        client: FhirClient,
        folder: Path,
        progress: Callable[[int], None],
        *,
        written: WrittenByRuns,
        own_device: str,
        others: Mapping[str, FhirClient],
    ) -> Awaitable[T_co]:
        """Look."""
        ...


def looked(
    screen: Screen,
    doing: str,
    workspace: Workspace,
    environment: Environment,
    folder: Path,
    look: Look[T],
) -> T:
    """Log in, look, and show how many resources were read.

    Args:
        screen: where the bar is.
        doing: what to call it there.
        workspace: the working folder.
        environment: where to look.
        folder: the run folder of the plan.
        look: what to do.

    Raises:
        CouldNotLookError, LoginError, ServerUnavailableError: it could not be looked at.
        ConfigurationError: a client that writes a part of the plan is not there any more.
    """
    with screen.progress(doing) as bar:
        seen = [0]

        def count(more: int) -> None:
            seen[0] += more
            bar(seen[0], None)

        return asyncio.run(_looked(workspace, environment, folder, look, count))


async def _looked(
    workspace: Workspace,
    environment: Environment,
    folder: Path,
    look: Look[T],
    count: Callable[[int], None],
) -> T:
    with (
        planned_in(folder) as plan,
        written_by_runs(workspace.root, environment.environment, folder) as written,
    ):
        trace_id = str(uuid.uuid4())
        async with AsyncExitStack() as stack:
            clients = {
                name: await stack.enter_async_context(
                    _client(workspace, _as_writer(environment, name), trace_id)
                )
                for name in sorted({"", *plan.clients()})
            }
            return await look(
                plan,
                clients.pop(""),
                folder,
                count,
                written=written,
                own_device=environment.client_id,
                others=clients,
            )


def _as_writer(environment: Environment, name: str) -> Environment:
    try:
        return environment.as_client(name)
    except KeyError:
        raise ConfigurationError(
            said("A part of this run is of client {name}, and there is none.", name=name),
            where=f"configs/{environment.environment}.yaml: credentials",
            fix="Put the client back as it was: what it wrote may be seen by it alone.",
        ) from None


def _client(workspace: Workspace, environment: Environment, trace_id: str) -> FhirClient:
    return FhirClient(
        environment.base,
        credentials_of(workspace, environment),
        trace_id=trace_id,
        max_in_flight=environment.limits.max_in_flight,
        now=time.time,
    )
