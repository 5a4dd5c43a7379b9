"""The load that a bench resumes is the load of a run: it goes to its end, and writes what it says."""

from __future__ import annotations

import asyncio
from pathlib import Path

from resuming import generate, resume


def test_a_load_that_crashed_goes_on_against_a_server_of_the_bench(tmp_path: Path) -> None:
    """Its client has no more than a load asks of one."""
    generate(tmp_path, 400)

    first, rest, client = asyncio.run(resume(tmp_path, 40))

    assert client.count >= 40
    assert first > 0
    assert rest > 0
