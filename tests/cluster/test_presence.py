"""A worker is gone when its lock is, which ends with it and with what it started; not before."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from cluster_scene import until
from kt_migrate.cluster import presence
from kt_migrate.cluster.presence import DatabasePresence, FilePresence
from kt_migrate.errors import ServerUnavailableError
from postgres import postgres

_HOLDS = """
import subprocess, sys, time
from pathlib import Path
from kt_migrate.cluster.presence import DatabasePresence, FilePresence
place, name = sys.argv[1:3]
held = DatabasePresence(place, name) if "://" in place else FilePresence(Path(place), name)
if sys.argv[3] == "command":
    subprocess.Popen(["sleep", "60"], pass_fds=[held.fileno()], stdout=subprocess.DEVNULL)
print("holds", flush=True)
time.sleep(60)
"""
Opened = FilePresence | DatabasePresence
Opener = Callable[[str], Opened]


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    """Return a database."""
    with postgres() as address:
        yield address


@pytest.fixture(params=["file", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return where workers know of each other: a folder, a database."""
    if request.param == "file":
        return str(tmp_path / "workers")
    return str(request.getfixturevalue("database"))


def opened(place: str, name: str) -> Opened:
    """Be a worker."""
    return DatabasePresence(place, name) if "://" in place else FilePresence(Path(place), name)


def worker(place: str, kind: str) -> subprocess.Popen[str]:
    """Start a worker `other`, alone or with a command that has its lock too."""
    line = [sys.executable, "-c", _HOLDS, place, "other", kind]
    process = subprocess.Popen(line, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "holds\n"
    return process


def is_gone(presence: Opened, name: str = "other") -> bool:
    """Whether a worker is said to be gone."""
    with presence.gone(name) as gone:
        return gone


def killed(process: subprocess.Popen[str]) -> None:
    """Kill a worker, and nothing that it started."""
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert process.stdout is not None
    process.stdout.close()


@pytest.mark.integration
def test_a_worker_that_is_killed_is_gone_at_once_and_one_that_lives_is_not(place: str) -> None:
    """Whoever asks, and however often."""
    with closing(opened(place, "mine")) as mine:
        other = worker(place, "alone")
        assert [is_gone(mine), is_gone(mine)] == [False, False]
        killed(other)
        until(lambda: is_gone(mine))
        assert is_gone(mine)
        assert mine.holds()


@pytest.mark.integration
def test_a_worker_whose_command_outlives_it_is_not_gone(place: str) -> None:
    """Its domain is nobody else's before the command has ended too."""
    with closing(opened(place, "mine")) as mine:
        other = worker(place, "command")
        killed(other)
        assert not is_gone(mine)
        os.killpg(other.pid, signal.SIGKILL)
        until(lambda: is_gone(mine))


@pytest.mark.integration
def test_only_one_worker_takes_over(place: str) -> None:
    """While one does, another is told that there is nothing to take."""
    with closing(opened(place, "one")) as one, closing(opened(place, "two")) as two:
        with one.gone("dead") as first, two.gone("dead") as second:
            assert (first, second) == (True, False)
        assert is_gone(two, "dead")


def test_a_worker_whose_lock_is_taken_away_knows_it(tmp_path: Path) -> None:
    """Then it stops."""
    with closing(FilePresence(tmp_path, "mine")) as mine:
        assert mine.holds()
        (tmp_path / "mine.lock").unlink()
        assert not mine.holds()
        with closing(FilePresence(tmp_path, "other")) as other:
            assert is_gone(other, "mine")  # and who asks makes the file anew
        assert (tmp_path / "mine.lock").exists()
        assert not mine.holds()


@pytest.mark.integration
def test_a_worker_whose_connection_is_cut_knows_it(database: str) -> None:
    """Then it stops, for another may have been told that it is gone."""
    with closing(DatabasePresence(database, "mine")) as mine:
        assert mine.holds()
        with closing(DatabasePresence(database, "two")) as two:
            two._db.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                " AND backend_type = 'client backend'"
            )
        assert not mine.holds()
        with pytest.raises(ServerUnavailableError), mine.gone("two"):
            pass


@pytest.mark.integration
def test_a_network_that_says_nothing_is_noticed_here_before_it_is_there(database: str) -> None:
    """So that nobody takes over from a worker that still works."""
    with closing(DatabasePresence(database, "mine")) as mine:
        options = mine._db.info.get_parameters()
        there = {
            name: mine._db.execute(f"SELECT setting, source FROM pg_settings WHERE name = '{name}'")
            for name in ("tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_keepalives_count")
        }
        assert {row.fetchone()[1] for row in there.values()} == {"session"}  # type: ignore[index]
    here = int(options["keepalives_idle"]) + 3 * int(options["keepalives_interval"])
    assert (
        max(here, int(options["tcp_user_timeout"]) / 1000)
        < presence._NOTICED_THERE["tcp_keepalives_idle"]
    )


def test_a_database_that_is_not_there_is_said(tmp_path: Path) -> None:
    """As of the engine's, and not as a defect."""
    with pytest.raises(ServerUnavailableError) as caught:
        DatabasePresence(f"postgresql://me:geheim@/engine?host={tmp_path}", "mine")
    assert "geheim" not in str(caught.value) + caught.value.where + caught.value.fix


def test_a_name_that_is_no_workers_opens_no_file(tmp_path: Path) -> None:
    """It comes from a database."""
    with (
        closing(FilePresence(tmp_path / "workers", "mine")) as mine,
        pytest.raises(ValueError, match="passwd"),
        mine.gone("../../passwd"),
    ):
        pass
