"""Whether a server still is what the GO saw. Only reads."""

from __future__ import annotations

import asyncio
import time
import uuid
from pathlib import Path

from kt_migrate.config import Environment, Workspace
from kt_migrate.errors import PlanStaleError, said
from kt_migrate.gates.ledger import Go
from kt_migrate.kt2.client import FhirClient
from kt_migrate.load.execute import credentials_of
from kt_migrate.probing.record import ProbeRecord, read_probe
from kt_migrate.probing.service import Service, look
from kt_migrate.subscriptions.paused import paused_of, with_ours


def probe_of(root: Path, env: str, go: Go) -> ProbeRecord:
    """Return the probe that a GO saw.

    Args:
        root: the working folder.
        env: the environment.
        go: the GO; it is bound to the digest of what the server looked like.

    Raises:
        PlanStaleError: there is no probe, or the server looked different in a later one.
        JournalError: the probe's file is damaged.
    """
    record = read_probe(root, env)
    if record is None:
        raise _stale(root, env, said("What the server looked like when GO was given, is gone."))
    if record.server.digest != go.bound.get("probe"):
        raise _stale(
            root, env, said("The last probe saw another server than the GO was given for.")
        )
    return record


def require_same_server(
    workspace: Workspace, environment: Environment, record: ProbeRecord
) -> Service:
    """Look at a server, and refuse it when it is not what a probe saw.

    That our own subscriptions are paused since (draaiboek P.6) is no change.

    Returns:
        What it looks like now.

    Raises:
        PlanStaleError: names everything that differs.
        LoginError, ServerUnavailableError: it could not be looked at.
    """
    now = asyncio.run(_looked(workspace, environment))
    paused = paused_of(workspace.root, environment.environment)
    changed = record.server.differences(with_ours(now, record.server, paused))
    if changed:
        raise _stale(
            workspace.root,
            environment.environment,
            said(
                "The server changed since the probe that the GO saw: {names}.",
                names=tuple(changed),
            ),
        )
    return now


async def _looked(workspace: Workspace, environment: Environment) -> Service:
    async with FhirClient(
        environment.base,
        credentials_of(workspace, environment),
        trace_id=str(uuid.uuid4()),
        max_in_flight=1,
        now=time.time,
    ) as client:
        return await look(client, client_id=environment.client_id)


def _stale(root: Path, env: str, what: str) -> PlanStaleError:
    return PlanStaleError(
        what,
        where=str(root / "runs" / env / "probe.json"),
        fix=said(
            "Give kt-migrate probe --env {env}, find out why, then gate pre and GO again.", env=env
        ),
    )
