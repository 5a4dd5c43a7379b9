"""Stands at a gate: which run, the ledger held, everything measured; the clock is read here."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from kt_migrate.cli.gathering import Asked, gathered
from kt_migrate.cli.options import known_environment, run_of, workspace_of
from kt_migrate.cli.screen import Screen
from kt_migrate.gates.chain import Chain, Line
from kt_migrate.gates.judging import View, view
from kt_migrate.gates.keeping import Ledger, held_ledger, read_ledger
from kt_migrate.gates.points import needed
from kt_migrate.gates.records import Gate
from kt_migrate.gates.tables import POINTS
from kt_migrate.language import tr


def asked_of(gate: Gate, env: str, run: str, domain_dir: Path | None) -> Asked:
    """Return what a gate is asked about.

    Raises:
        UsageError: the environment has no gate, or there is no such run.
    """
    needed(POINTS[gate], known_environment(env))
    workspace = workspace_of(domain_dir)
    return Asked(workspace=workspace, env=env, folder=run_of(workspace, env, run))


@contextmanager
def at_gate(screen: Screen, asked: Asked, gate: Gate) -> Iterator[tuple[Ledger, View]]:
    """Hold the ledger, with the gate as it is now; what takes long is gathered before."""
    root, env = asked.workspace.root, asked.env
    with screen.progress(tr("measuring")) as bar:
        evidence = gathered(asked, gate, read_ledger(root, env), now(), lambda n: bar(n, None))
    with held_ledger(root, env) as ledger:
        say_half(screen, ledger.chain)
        yield ledger, view(evidence, ledger.chain, gate, now())


def say_half(screen: Screen, chain: Chain) -> None:
    """Say that the ledger ends with half a line, when it does."""
    if chain.half:
        screen.say(
            tr(
                "WARNING: the ledger ends with half a line, of a write that was cut short. "
                "It counts for nothing, and goes with the next one."
            )
        )


def now() -> datetime:
    """Return the time, UTC."""
    return datetime.fromtimestamp(time.time(), UTC)


def line_json(line: Line) -> dict[str, object]:
    """Return a line of the ledger as `--json` prints it."""
    return {"number": line.number, "digest": line.digest, **line.record.as_json()}
