"""What lies on disk: rights, changes while it is read, links, a million names."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.hostile import GOOD
from archive.reading import sha256
from kt_migrate.archive import content, disk
from kt_migrate.archive.files import walk
from kt_migrate.archive.limits import Limits
from kt_migrate.archive.problems import RefusedError, reason_digest
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

    with pytest.raises(RefusedError) as caught, disk.opened(found.path):
        pass

    assert (caught.value.detail, caught.value.code) == ("fifo", "file-not-regular")


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


@pytest.mark.parametrize("absent", [0, 1])
def test_an_absent_root_is_a_mistake_of_the_user(tmp_path: Path, absent: int) -> None:
    """What, where, fix; before anything is read."""
    roots = [tmp_path, tmp_path]
    roots[absent] = tmp_path / "weg"

    with pytest.raises(SourceError) as caught:
        next(disk.below(roots, Limits()))

    assert caught.value.what == "There is no such archive."
    assert caught.value.where == str(tmp_path / "weg")
    assert caught.value.fix == "Correct archives in kt-migrate.yaml, or --archive."


def names(*roots: Path) -> list[str]:
    """Return the names of what lies below roots."""
    return [found.name for found in disk.below(roots, Limits())]


def test_names_start_with_their_root_when_there_are_more(tmp_path: Path) -> None:
    """Roots that are called the same are numbered; one within another is read once."""
    for place in ("x/een/in", "y/een", "z"):
        (tmp_path / place).mkdir(parents=True)
    for name in ("x/een/a.xml", "x/een/in/b.xml", "y/een/c!.xml", "z/d.xml", "los.xml"):
        (tmp_path / name).write_bytes(GOOD)
    (tmp_path / "wijst").symlink_to("z")
    x, y, z = (tmp_path / name for name in ("x/een", "y/een", "z"))

    assert names(x) == ["a.xml", "in/b.xml"]
    assert names(x, x, tmp_path / "y" / ".." / "x" / "een") == ["a.xml", "in/b.xml"]
    assert names(x / "in", x) == ["a.xml", "in/b.xml"]
    assert names(y, x) == ["een/c\\x21.xml", "een#2/a.xml", "een#2/in/b.xml"]
    assert names(z, tmp_path / "wijst", tmp_path / "los.xml") == ["z/d.xml", "los.xml"]
    assert names(tmp_path / "los.xml") == ["los.xml"]
    assert names(tmp_path / "wijst") == ["d.xml"]


def test_a_file_is_found_with_its_place_and_its_own_name(tmp_path: Path) -> None:
    """The place to open it, the path below its root to judge it by, the name to show."""
    place = tmp_path / "een" / "d!"
    place.mkdir(parents=True)
    (place / "a.xml").write_bytes(GOOD)
    (tmp_path / "b!.xml").write_bytes(GOOD)

    found = list(disk.below([tmp_path / "een", tmp_path / "b!.xml"], Limits()))

    assert found == [
        disk.Found(path=f"{place}/a.xml", name="een/d\\x21/a.xml", own_name="d!/a.xml"),
        disk.Found(path=f"{tmp_path}/b!.xml", name="b\\x21.xml", own_name="b!.xml"),
    ]
    (alone,) = disk.below([tmp_path / "b!.xml"], Limits())
    assert alone == found[1]


def test_bounds_of_a_folder_hold_to_the_last_one(tmp_path: Path) -> None:
    """Files per root, folders in folders; the line is that of the root or the folder."""
    for name in ("een", "twee"):
        (tmp_path / name / "d" / "e").mkdir(parents=True)
        for number in range(2):
            (tmp_path / name / f"{number}.xml").write_bytes(GOOD)
        (tmp_path / name / "d" / "e" / "f.xml").write_bytes(GOOD)
    one, two = tmp_path / "een", tmp_path / "twee"

    assert set(lines(one, Limits(max_entries=3, max_depth=3)).values()) == {""}
    assert lines(one, Limits(max_entries=2)) == {
        "0.xml": "",
        "1.xml": "",
        ".": "archive-refused:too-many-entries",
    }
    assert lines(one, Limits(max_depth=2)) == {
        "0.xml": "",
        "1.xml": "",
        "d/e/": "archive-refused:too-deep",
    }
    both = [f.name for f in disk.below([one, two], Limits(max_entries=1, max_depth=2))]
    assert both == ["een/0.xml", "een/", "twee/0.xml", "twee/"]


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


def test_links_are_never_followed_and_each_has_its_line(tmp_path: Path) -> None:
    """To the root itself, to a folder and a pipe inside, to what is outside or is not there."""
    root = tmp_path / "root"
    (root / "d").mkdir(parents=True)
    (root / "d" / "a.xml").write_bytes(GOOD)
    (tmp_path / "root-beside.xml").write_bytes(GOOD)
    os.mkfifo(root / "pipe")
    for name, target in {
        "l-file": "d/a.xml",
        "l-folder": "d",
        "l-pipe": "pipe",
        "l-root": ".",
        "m-broken": "weg",
        "m-loop": "m-loop",
        "n-above": "..",
        "n-beside": "../root-beside.xml",
    }.items():
        (root / name).symlink_to(target)

    found = {f.name: f for f in walk([root])}

    assert {n: f.content for n, f in found.items() if n[0] == "l"} == dict.fromkeys(
        ("l-file", "l-folder", "l-pipe", "l-root"), NoMessage(kind="link")
    )
    assert (found["l-file"].sha256, found["l-file"].size) == (sha256(GOOD), len(GOOD))
    for name in ("l-folder", "l-pipe", "l-root"):
        assert found[name].sha256 == reason_digest(name, "archive-refused", "link")
        assert found[name].size == 0
    said = lines(root)
    assert {n: said[n] for n in said if n[0] in "mn"} == {
        "m-broken": "archive-refused:link-broken",
        "m-loop": "archive-refused:link-broken",
        "n-above": "archive-refused:link-outside",
        "n-beside": "archive-refused:link-outside",
    }


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
