"""Documents are read on every core, and nothing depends on how many there are."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from archives import HOST, life, patient, write

from kt_migrate.archive.files import walk
from kt_migrate.errors import SourceError
from kt_migrate.history import prepare
from kt_migrate.history.prepare import Prepared, read_files
from kt_migrate.kt13.carried import Carried
from support import EXAMPLE, plan_of

pytestmark = pytest.mark.integration


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a few files be worth other processes."""
    monkeypatch.setattr(prepare, "_ALONE", 1)
    monkeypatch.setattr(prepare, "_FILES", 8)


@pytest.mark.usefixtures("small")
def test_several_processes_give_what_one_gives_in_the_same_order() -> None:
    """Texts are sent once per process; put back, everything is equal."""
    files = list(walk([EXAMPLE / "archive"]))
    one, two = (list(read_files(files, cores=cores)) for cores in (1, 2))

    assert [f.name for f, _found in one] == [f.name for f, _found in two] == [f.name for f in files]
    assert list(_whole(one)) == list(_whole(two))
    assert any(not thing.text for _file, found in two for thing in _things(found))


def _whole(read: list[prepare.Read]) -> Iterator[object]:
    texts = {t.digest: t.text for _file, found in read for t in _things(found) if t.text}
    for _file, found in read:
        assert isinstance(found, Prepared)
        yield found._replace(carried=()), [t._replace(text=texts[t.digest]) for t in _things(found)]


def _things(found: object) -> list[Carried]:
    return [t for message in found.carried for t in message] if isinstance(found, Prepared) else []


@pytest.mark.usefixtures("small")
def test_the_plan_is_the_same_with_one_core_and_with_two(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Byte for byte, also when the first to carry a content was refused."""
    sent = life([{f"{HOST}/Patient/{n % 3}": patient(f"P{n % 3}")} for n in range(40)])
    tag = b'"category": [{"scheme": "http://hl7.org/fhir/tag/security", "label": "ANDER"}, '
    files = [s.queue() for s in sent]
    files[:20] = [content.replace(b'"category": [', tag) for content in files[:20]]
    archive = write(tmp_path / "archive", files)
    made = []
    for cores in (1, 2):
        monkeypatch.setattr(os, "sched_getaffinity", lambda _pid, n=cores: set(range(n)))
        folder = tmp_path / str(cores)
        folder.mkdir()
        with plan_of([archive], folder / "plan.sqlite", domains=("EIGEN",)) as plan:
            assert plan.count() == 3
            made.append(plan.path.read_bytes())

    assert made[0] == made[1]


def _dies(_contents: object) -> list[Prepared]:
    os.kill(os.getpid(), signal.SIGKILL)
    return []


@pytest.mark.usefixtures("small")
def test_a_reading_process_that_dies_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the file where it was, and no plan that lacks what it read."""
    monkeypatch.setattr(prepare, "_prepare", _dies)

    with pytest.raises(SourceError) as caught:
        list(read_files(walk([EXAMPLE / "archive"]), cores=2))

    assert caught.value.where


_READS = """
import sys, time
from pathlib import Path
from kt_migrate.archive.files import walk
from kt_migrate.history import prepare
prepare._ALONE, prepare._FILES = 1, 8
if __name__ == "__main__":
    reading = prepare.read_files(walk([Path(sys.argv[1])]), cores=2)
    for _number in range(20):
        next(reading)
    print("ready", flush=True)
    time.sleep(60)
"""


def test_reading_processes_end_with_the_one_that_started_them(tmp_path: Path) -> None:
    """Kill -9 of the command leaves no process behind."""
    script = tmp_path / "reads.py"
    script.write_text(_READS, encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, str(script), str(EXAMPLE / "archive")],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    with process.stdout as out:
        assert out.readline() == "ready\n"
    assert len(_of_session(process.pid)) >= 3
    process.send_signal(signal.SIGKILL)
    process.wait()

    until = time.monotonic() + 10
    while _of_session(process.pid) and time.monotonic() < until:
        time.sleep(0.05)
    assert _of_session(process.pid) == []


def _of_session(session: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[3]) == session and fields[0] != "Z":
                found.append(int(entry.name))
    return found
