"""Starts a load of one run folder: lock, binding, client, loop."""

from __future__ import annotations

import asyncio
import signal
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kt_migrate.config import Environment, Workspace
from kt_migrate.kt2.client import FhirClient
from kt_migrate.kt2.keys import load_key
from kt_migrate.kt2.login import Credentials
from kt_migrate.kt2.pace import Pace
from kt_migrate.load.journal import Journal
from kt_migrate.load.lock import run_lock
from kt_migrate.load.run import Listener, Load, LoadResult, nobody
from kt_migrate.plan.store import Plan


def credentials_of(workspace: Workspace, environment: Environment) -> Credentials:
    """Return who logs in to an environment, and with what.

    Raises:
        ConfigurationError: the key is not there, or not safe.
    """
    return Credentials(
        client_id=environment.client_id,
        key=load_key(workspace.path(environment.key.file)),
        kid=environment.key.kid,
        algorithm=environment.key.algorithm,
    )


@contextmanager
def open_journal(folder: Path) -> Iterator[Journal]:
    """Open the journal of a run folder, for as long as the block runs."""
    journal = Journal(folder / "journal.sqlite", clock=time.time)
    try:
        yield journal
    finally:
        journal.close()


def execute(
    workspace: Workspace,
    environment: Environment,
    folder: Path,
    listener: Listener = nobody,
) -> LoadResult:
    """Bring everything of a run folder's plan to its environment that is not there.

    Args:
        workspace: the working folder.
        environment: where to; the journal is bound to it.
        folder: the run folder.
        listener: is told (done, total).

    Raises:
        RunLockedError, JournalError, ConfigurationError: nothing was sent.
    """
    credentials = credentials_of(workspace, environment)
    with run_lock(folder), Plan(folder / "plan.sqlite") as plan, open_journal(folder) as journal:
        journal.bind({"environment": environment.environment, "plan": plan.sha256()})
        trace_id = journal.meta("trace_id") or str(uuid.uuid4())
        journal.bind({"trace_id": trace_id})
        return asyncio.run(_run(plan, journal, environment, credentials, listener))


async def _run(
    plan: Plan,
    journal: Journal,
    environment: Environment,
    credentials: Credentials,
    listener: Listener,
) -> LoadResult:
    limits = environment.limits
    trace_id = journal.meta("trace_id")
    async with FhirClient(
        environment.base,
        credentials,
        trace_id=trace_id,
        max_in_flight=limits.max_in_flight,
        now=time.time,
    ) as client:
        pace = Pace(
            max_in_flight=limits.max_in_flight, per_second=limits.per_second, now=time.monotonic
        )
        load = Load(
            plan,
            journal,
            client,
            pace,
            trace_id=trace_id,
            error_share=limits.error_share,
            errors_in_a_row=limits.errors_in_a_row,
            listener=listener,
        )
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, load.interrupt)
        return await load.run(limits.max_in_flight)
