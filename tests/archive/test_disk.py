"""What lies on disk: rights, changes while it is read, links, a million names."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.hostile import GOOD
from archive.reading import told as lines
from kt_migrate.archive import content, disk
from kt_migrate.archive.files import walk
from kt_migrate.archive.limits import Limits
from kt_migrate.archive.problems import RefusedError


@pytest.fixture
def nobody() -> Iterator[Path]:
    """Return a folder, and be somebody whom the rights hold for."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        was = os.geteuid()
        yield Path(name)
        if os.geteuid() != was:
            os.seteuid(was)


def test_what_may_not_be_read_is_named(nobody: Path) -> None:
    """Files, containers and folders: each its line; the rest is read."""
    (nobody / "good.xml").write_bytes(GOOD)
    for name in ("secret.xml", "secret.zip"):
        (nobody / name).write_bytes(GOOD)
        (nobody / name).chmod(0)
    (nobody / "closed").mkdir(mode=0)
    if os.geteuid() == 0:
        os.seteuid(65534)

    assert lines(nobody) == {
        "closed/": "file-unreachable:no-permission",
        "good.xml": "",
        "secret.xml": "file-unreachable:no-permission",
        "secret.zip": "file-unreachable:no-permission",
    }


@pytest.mark.parametrize(
    ("number", "detail"),
    [(errno.ENOENT, "vanished"), (errno.EIO, "EIO"), (errno.ESTALE, "ESTALE")],
)
def test_what_cannot_be_opened_any_more_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, detail: str
) -> None:
    """A file that vanishes between listing and reading; a disk or a share that fails."""
    (tmp_path / "a.xml").write_bytes(GOOD)
    (tmp_path / "b.zip").write_bytes(GOOD)

    def failing(*_arguments: object, **_more: object) -> int:
        raise OSError(number, "x")

    monkeypatch.setattr(os, "open", failing)

    found = lines(tmp_path)
    assert found == dict.fromkeys(("a.xml", "b.zip"), f"file-unreachable:{detail}")


@pytest.mark.parametrize("name", ["a.xml", "a.ndjson"])
def test_a_file_that_changes_while_it_is_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Somebody writes in it between two reads."""
    path = tmp_path / name
    path.write_bytes(GOOD)

    class Disk:
        """A file that grows as it is read."""

        def __init__(self, file: content.Stream) -> None:
            self._file = file

        def read(self, size: int) -> bytes:
            with path.open("ab") as more:
                more.write(b" " * 100)
            piece = self._file.read(size)
            return piece if path.stat().st_size < 1000 else b""

    real = content.chunks
    monkeypatch.setattr(content, "chunks", lambda s, n=None: real(Disk(s), n))
    monkeypatch.setattr("kt_migrate.archive.ndjson.chunks", lambda s, n=None: real(Disk(s), n))

    assert lines(tmp_path)[name] == "file-unreachable:changed-while-read"


def test_a_file_that_becomes_a_pipe_does_not_hang(tmp_path: Path) -> None:
    """It is looked at again once it is open, and opened without waiting."""
    (tmp_path / "a.xml").write_bytes(GOOD)
    walking = disk.below([tmp_path], Limits())
    found = next(walking)
    assert isinstance(found, disk.Found)
    Path(found.path).unlink()
    os.mkfifo(found.path)

    with pytest.raises(RefusedError) as caught, disk.opened(found.path):
        pass

    assert (caught.value.detail, caught.value.code) == ("fifo", "file-not-regular")


def test_a_folder_is_listed_by_name_and_files_are_opened_one_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first file of many comes before the second is looked at."""
    for number in range(50):
        (tmp_path / f"{number:02}.xml").write_bytes(GOOD)
    looked: list[str] = []
    real = os.lstat

    def watched(path: str) -> os.stat_result:
        looked.append(str(path))
        return real(path)

    monkeypatch.setattr(os, "lstat", watched)

    first = next(iter(walk([tmp_path])))

    assert first.name == "00.xml"
    assert {Path(path).name for path in looked if path.endswith(".xml")} == {"00.xml"}


@pytest.mark.parametrize(
    ("kind", "detail"),
    [
        (stat.S_IFIFO, "fifo"),
        (stat.S_IFSOCK, "socket"),
        (stat.S_IFBLK, "device"),
        (stat.S_IFCHR, "device"),
        (0, "unknown"),
    ],
)
def test_what_is_no_ordinary_file_is_never_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: int, detail: str
) -> None:
    """By what the system says that it is."""
    (tmp_path / "a.xml").write_bytes(GOOD)
    real = os.lstat

    def lstat(path: str) -> os.stat_result:
        found = real(path)
        return os.stat_result((kind | 0o600, *found[1:])) if str(path).endswith("xml") else found

    monkeypatch.setattr(os, "lstat", lstat)
    monkeypatch.setattr(os, "open", lambda *_a, **_m: pytest.fail("opened"))

    assert lines(tmp_path) == {"a.xml": f"file-not-regular:{detail}"}


def test_what_vanishes_while_it_is_listed_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file, a folder, the root itself."""
    (tmp_path / "d").mkdir()
    (tmp_path / "a.xml").write_bytes(GOOD)
    real = os.scandir

    def scandir(path: str) -> object:
        if str(path).rstrip("/").endswith(gone):
            raise FileNotFoundError(errno.ENOENT, "x")
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    gone = "/d"
    assert lines(tmp_path) == {"a.xml": "", "d/": "file-unreachable:vanished"}
    gone = tmp_path.name
    assert lines(tmp_path) == {".": "file-unreachable:vanished"}

    monkeypatch.undo()

    def lstat(path: str) -> os.stat_result:
        raise FileNotFoundError(errno.ENOENT, str(path))

    monkeypatch.setattr(os, "lstat", lstat)
    assert lines(tmp_path) == dict.fromkeys(("a.xml", "d"), "file-unreachable:vanished")


def test_a_file_is_opened_for_reading_without_waiting_or_following(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And is closed again; no other program that is started has it."""
    path = tmp_path / "a.xml"
    path.write_bytes(GOOD)
    asked: list[int] = []
    real = os.open

    def opening(place: str, flags: int) -> int:
        asked.append(flags)
        return real(place, flags)

    monkeypatch.setattr(os, "open", opening)

    with disk.opened(str(path)) as file:
        assert file.read() == GOOD
        assert disk.stamp(file) == (len(GOOD), path.stat().st_mtime_ns)
    assert file.closed
    assert asked == [os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC]
