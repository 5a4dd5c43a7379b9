"""A disk that is full in the midst of a commit, for real: a clear end, and a journal that resumes."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import orjson
import pytest

from kt_migrate.errors import ExitCode
from kt_migrate.load.journal import State
from load.starting import content_of, start_in
from load.wire import listening
from load.world import key_of

CHILD = """
import resource, sys
from pathlib import Path
from kt_migrate.config import find_workspace, load_environment
from kt_migrate.load.execute import execute

folder = Path(sys.argv[1])
workspace = find_workspace(folder)
environment = load_environment(workspace, "local")
resource.setrlimit(resource.RLIMIT_FSIZE, (120_000, 120_000))
error = execute(workspace, environment, folder).stopped_by
print(type(error).__name__, error.exit_code, error.where, error.what, sep="|")
"""


@pytest.mark.integration
def test_a_disk_that_is_full_in_a_commit_ends_the_run_and_the_next_start_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system lets no file of the process grow beyond 120 kB; the server keeps no second one out."""
    names = [f"{number:02}" for number in range(40)]
    start = start_in(tmp_path, *names)

    async def story() -> str:
        async with listening(start.server):
            local = tmp_path / "configs" / "local.yaml"
            local.parent.mkdir()
            local.write_bytes(orjson.dumps(content_of(start.server.base, per_second=0)))
            # What measures coverage writes files of its own, and would complain for itself.
            own = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
            child = await asyncio.create_subprocess_exec(
                *(sys.executable, "-c", CHILD, str(start.folder)),
                env=own,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
            out, errors = await asyncio.wait_for(child.communicate(), 60)
            assert (child.returncode, errors.decode()) == (0, "")
            return out.decode()

    where = start.folder / "journal.sqlite"
    said = f"JournalError|{ExitCode.JOURNAL}|{where}|The journal cannot be written, so nothing more is sent.\n"
    assert asyncio.run(story()) == said
    arrived = [r.headers["x-request-id"] for r in start.server.sent("POST")]
    with closing(sqlite3.connect(where)) as db:
        intended = {row[0] for row in db.execute("SELECT request_id FROM event")}
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert 0 < len(arrived) < 80
    assert set(arrived) <= intended

    monkeypatch.setattr("kt_migrate.load.reconcile.retry_seconds", lambda _step: 0.0)
    assert start().states == {State.CREATED: 80}
    assert all(len(start.server.with_key(key_of(name))) == 1 for name in names)
    assert len(start.server.objects) == 80
