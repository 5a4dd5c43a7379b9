"""Temporary databases with patients' data leave nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kt_migrate.errors import ConfigurationError
from kt_migrate.scratch import open_scratch, remove_leftovers

_HOLDS = """
import sys, time
from pathlib import Path
from kt_migrate.scratch import open_scratch
db = open_scratch(Path(sys.argv[1]), "hold")
db.execute("CREATE TABLE t (x)")
db.executemany("INSERT INTO t VALUES (?)", [("x" * 5000,)] * 1000)
print("ready", flush=True)
time.sleep(60)
"""


def test_a_scratch_database_works_and_has_no_name(tmp_path: Path) -> None:
    """Much more than SQLite's cache goes through it, in and out of a transaction."""
    db = open_scratch(tmp_path, "fold")
    db.execute("CREATE TABLE t (x)")
    db.execute("BEGIN")
    db.executemany("INSERT INTO t VALUES (?)", [("x" * 1000,)] * 10_000)
    assert list(tmp_path.iterdir()) == []
    db.execute("COMMIT")

    assert db.execute("SELECT count(*), sum(length(x)) FROM t").fetchone() == (10_000, 10_000_000)
    assert db.execute("SELECT count(*) FROM sqlite_schema").fetchone() == (1,)
    db.close()
    assert list(tmp_path.iterdir()) == []


def test_it_is_private_whatever_the_umask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Mode 0600 from the first moment; seen on a system that does not unlink open files."""

    def refuse(_path: Path, *, missing_ok: bool = False) -> None:
        if not missing_ok:
            raise PermissionError

    old = os.umask(0)
    try:
        with monkeypatch.context() as patch:
            patch.setattr(Path, "unlink", refuse)
            db = open_scratch(tmp_path, "fold.scratch.sqlite")
    finally:
        os.umask(old)
    (path,) = tmp_path.iterdir()

    assert path.name == f"fold.{os.getpid()}.scratch.sqlite"
    assert path.stat().st_mode & 0o777 == 0o600
    remove_leftovers(tmp_path)
    assert path.exists(), "its process still runs"
    db.close()


def test_a_killed_process_leaves_no_file(tmp_path: Path) -> None:
    """Kill -9 while five megabytes lie in it."""
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLDS, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    with process.stdout as out:
        assert out.readline() == "ready\n"
    process.send_signal(signal.SIGKILL)
    process.wait()

    assert list(tmp_path.iterdir()) == []


def test_leftovers_go_and_everything_else_stays(tmp_path: Path) -> None:
    """The names of older versions, and of processes that are no more."""
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    gone = ["fold.sqlite", "fold.sqlite-journal", "read-back.sqlite", "read-back.sqlite-wal"]
    gone += ["x.scratch.sqlite", f"fold.{dead.pid}.scratch.sqlite"]
    kept = ["plan.sqlite", "journal.sqlite", "journal.sqlite-wal", "my-fold.sqlite"]
    for name in gone + kept:
        (tmp_path / name).write_text("x")

    remove_leftovers(tmp_path)
    remove_leftovers(tmp_path / "absent")

    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(kept)


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    """What is wrong and where, no traceback of SQLite."""
    with pytest.raises(ConfigurationError, match="temporary database"):
        open_scratch(tmp_path / "absent", "fold")
