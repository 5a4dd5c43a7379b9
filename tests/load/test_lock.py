"""One process per run folder; a crash lets go of it by itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kt_migrate.errors import RunLockedError
from kt_migrate.load.lock import run_lock

HOLD = """
import sys
from pathlib import Path
from kt_migrate.load.lock import run_lock
with run_lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_one_is_refused_until_the_first_is_done(tmp_path: Path) -> None:
    """It is said where; the number of who holds it stands in the file, also after the refusal."""
    lock = tmp_path / "lock"
    for _time in range(2):
        with run_lock(tmp_path):
            assert lock.read_text() == f"{os.getpid()}\n"
            with pytest.raises(RunLockedError) as refused, run_lock(tmp_path):
                pass
            assert refused.value.where == str(tmp_path)
            assert lock.read_text() == f"{os.getpid()}\n"


def test_what_goes_wrong_inside_lets_go_of_it(tmp_path: Path) -> None:
    """An error of the run is not one of the lock."""
    with pytest.raises(ZeroDivisionError), run_lock(tmp_path):
        raise ZeroDivisionError
    with run_lock(tmp_path):
        pass


@pytest.mark.integration
def test_a_folder_is_of_one_process_and_free_when_that_is_killed(tmp_path: Path) -> None:
    """For real: another process holds it, is killed, and the folder can be used."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(RunLockedError), run_lock(tmp_path):
            pass
        assert (tmp_path / "lock").read_text() == f"{other.pid}\n"
        other.send_signal(signal.SIGKILL)
        other.wait()
    with run_lock(tmp_path):
        pass
