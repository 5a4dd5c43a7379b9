"""What lies on disk: rights, changes while it is read, links, a million names."""

from __future__ import annotations

import errno
import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.hostile import GOOD
from kt_migrate.archive import content, disk
from kt_migrate.archive.files import walk
from kt_migrate.archive.limits import Limits
from kt_migrate.archive.problems import RefusedError
from kt_migrate.errors import SourceError
from kt_migrate.model import NoMessage, Unreadable


def lines(root: Path, limits: Limits | None = None) -> dict[str, str]:
    """Return per file why it is refused; empty when it is not."""
    return {
        f.name: f"{f.content.issue.code}:{f.content.issue.detail}"
        if isinstance(f.content, Unreadable)
        else ""
        for f in walk([root], limits)
    }


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

    with pytest.raises(RefusedError), disk.opened(found.path):
        pass


def test_a_link_inside_is_counted_and_what_it_points_at_is_read_once(tmp_path: Path) -> None:
    """Also when the root itself is reached through a link, and between two roots."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.xml").write_bytes(GOOD)
    (tmp_path / "one" / "other.xml").symlink_to(tmp_path / "two" / "two.xml")
    (tmp_path / "alias").symlink_to(tmp_path / "one")

    found = {f.name: f for f in walk([tmp_path / "alias", tmp_path / "two"])}

    assert list(found) == ["one/one.xml", "one/other.xml", "two/two.xml"]
    assert found["one/other.xml"].content == NoMessage(kind="link")
    assert found["one/other.xml"].sha256 == hashlib.sha256(GOOD).hexdigest()


def test_too_many_files_and_too_deep_a_folder_stop_with_a_line(tmp_path: Path) -> None:
    """What is beyond the bound is not silently left out."""
    (tmp_path / "a" / "b" / "c").mkdir(parents=True)
    (tmp_path / "a" / "b" / "c" / "d.xml").write_bytes(GOOD)
    for number in range(3):
        (tmp_path / f"{number}.xml").write_bytes(GOOD)

    assert lines(tmp_path, Limits(max_depth=3))["a/b/c/"] == "archive-refused:too-deep"
    assert lines(tmp_path, Limits(max_entries=2)) == {
        "0.xml": "",
        "1.xml": "",
        ".": "archive-refused:too-many-entries",
    }


def test_a_folder_is_listed_by_name_and_files_are_opened_one_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first file of many comes before the second is looked at."""
    for number in range(500):
        (tmp_path / f"{number:03}.xml").write_bytes(GOOD)
    looked: list[str] = []
    real = os.lstat

    def watched(path: str) -> os.stat_result:
        looked.append(str(path))
        return real(path)

    monkeypatch.setattr(os, "lstat", watched)

    first = next(iter(walk([tmp_path])))

    assert first.name == "000.xml"
    assert {Path(path).name for path in looked if path.endswith(".xml")} == {"000.xml"}


def test_an_absent_root_is_a_mistake_of_the_user(tmp_path: Path) -> None:
    """What, where, fix."""
    with pytest.raises(SourceError):
        list(walk([tmp_path / "weg"]))
