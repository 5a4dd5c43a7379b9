"""Sandboxes in this process, and a client of one that may do everything."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from asking import Caller, Inside, caller_of
from kt_migrate.kt2.keys import Key, public_jwks
from kt_migrate.sandbox.app import build_app
from kt_migrate.sandbox.settings import Client, Faults, SandboxSettings
from support import CLIENT, SandboxMaker


@pytest.fixture
def inside(tmp_path: Path, key: Key) -> Iterator[SandboxMaker]:
    """Return a maker of sandboxes without a socket: `inside(faults, scopes=…, …)`."""
    with ExitStack() as stack:

        def make(faults: Faults | None = None, **settings: object) -> Inside:
            named = {"scopes": str(settings.pop("scopes"))} if "scopes" in settings else {}
            jwks = public_jwks(key, "k1", "RS512")
            made = SandboxSettings(
                base_path="/api/v1/TEST/fhir/r4",
                clients=(Client(client_id=CLIENT, jwks=jwks, **named),),
                store=tmp_path / "store.sqlite",
                faults=faults or Faults(),
                **settings,  # type: ignore[arg-type]  # what a test asks for
            )
            app, sandbox = build_app(made, "http://127.0.0.1:1")
            stack.callback(lambda: asyncio.run(sandbox.store.stop()))
            return Inside(sandbox.base, sandbox, made.faults, app)

        yield make


@pytest.fixture
def caller(inside: SandboxMaker, key: Key) -> Iterator[Caller]:
    """Return a client that may do everything."""
    made = caller_of(key, inside())
    yield made
    made.http.close()
