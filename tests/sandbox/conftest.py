"""A client of a sandbox that may do everything."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from asking import Caller, caller_of
from kt_migrate.kt2.keys import Key
from support import SandboxMaker


@pytest.fixture
def caller(sandbox: SandboxMaker, key: Key) -> Iterator[Caller]:
    """Return a client that may do everything."""
    made = caller_of(key, sandbox())
    yield made
    made.http.close()
