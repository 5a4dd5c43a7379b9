"""A token that ends while everybody waits is renewed before anything is asked with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from kt_migrate.kt2.login import Credentials, Login
from kt_migrate.plan.store import Plan
from kt_migrate.sandbox.settings import Faults
from support import SandboxMaker, load_all

TOKEN_SECONDS = 2
"""Shorter than the pauses of the run below take together."""


def test_a_token_that_expires_in_a_pause_is_renewed_before_the_next_request(
    sandbox: SandboxMaker,
    example_plan: Plan,
    tmp_path: Path,
    credentials: Credentials,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The server asks for pauses of a second; no request ever gets 401 for an old token."""
    refused: list[str] = []
    tokens: set[str] = set()
    give = Login.token

    async def token(self: Login, old: str = "") -> str:
        refused.extend([old] if old else [])
        new = await give(self, old)
        tokens.add(new)
        return new

    monkeypatch.setattr(Login, "token", token)
    running = sandbox(Faults(token_seconds=TOKEN_SECONDS, throttle_every=12))

    result = load_all(example_plan, tmp_path, running.base, credentials)

    assert (result.on_server, result.stopped_by) == (result.total, None)
    assert len(tokens) > 1
    assert refused == []
