"""Only a trial writes to a server; planning and inspecting do not even look at one."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import NoReturn

import pytest

from kt_migrate.history.inspection import inspect
from kt_migrate.kt2.login import Credentials
from kt_migrate.plan.store import Plan
from support import EXAMPLE, SandboxMaker, load_all, plan_of, verify_all


def test_only_a_trial_writes(
    sandbox: SandboxMaker, example_plan: Plan, tmp_path: Path, credentials: Credentials
) -> None:
    """The sandbox counts what would change it: a trial does, a verification does not."""
    running = sandbox()

    load_all(example_plan, tmp_path, running.base, credentials)
    written, asked = running.faults.writes, running.faults.requests
    verify_all(example_plan, tmp_path, running.base, credentials)

    assert written == example_plan.count()
    assert running.faults.writes == written
    assert running.faults.requests > asked


def test_planning_and_inspecting_open_no_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever plans needs no network."""

    def connect(*_arguments: object) -> NoReturn:
        raise AssertionError("a connection")

    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(socket, "getaddrinfo", connect)

    plan_of([EXAMPLE / "archive"], tmp_path / "plan.sqlite", domains=("EXAMPLE",)).close()
    inspect([EXAMPLE / "archive"])
