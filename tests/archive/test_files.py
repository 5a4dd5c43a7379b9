"""Nothing below the roots is left out: what it is, its digest, or why it cannot be read."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from archive.hostile import GOOD, info, member, tarred, zipped
from archive.reading import input_of, outcome, sha256, told
from kt_migrate.archive import content as content_module
from kt_migrate.archive import disk, files
from kt_migrate.archive.files import delivered, walk
from kt_migrate.archive.limits import Limits
from kt_migrate.errors import SourceError
from kt_migrate.model import NoMessage

TWO = tarred([(member("a.xml"), GOOD), (member("b.xml"), b"<b/>")])


def test_what_is_delivered_is_what_lies_there(tmp_path: Path) -> None:
    """Containers unopened, large files too: what the data owner's own sha256sum says."""
    contents = {"a.xml": GOOD, "b.zip": b"PK", "c.tar": TWO, "d.pdf": b"%PDF", "e.ndjson": b"{}"}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    os.mkfifo(tmp_path / "f.xml")
    (tmp_path / "g.xml").symlink_to("a.xml")

    found = {file.name: file for file in delivered([tmp_path], Limits(max_file_bytes=1))}

    assert {n: (f.sha256, f.size) for n, f in found.items() if n in contents} == {
        name: (sha256(content), len(content)) for name, content in contents.items()
    }
    assert {outcome(found[name]) for name in contents} == {"no-message as delivered"}
    assert outcome(found["f.xml"]) == "file-not-regular:fifo"
    assert outcome(found["g.xml"]) == "no-message link"
    assert list(found) == [*contents, "f.xml", "g.xml"]


def test_what_is_delivered_has_its_bounds(tmp_path: Path) -> None:
    """Those that are asked for, or the usual ones."""
    for name in ("a.xml", "b.xml"):
        (tmp_path / name).write_bytes(GOOD)

    few = [outcome(f) for f in delivered([tmp_path], Limits(max_entries=1))]
    assert few == ["no-message as delivered", "archive-refused:too-many-entries"]
    assert len(list(delivered([tmp_path]))) == 2
    with pytest.raises(SourceError):
        list(delivered([tmp_path / "weg"]))


def test_a_container_of_which_nothing_comes_is_counted(tmp_path: Path) -> None:
    """With its digest; one that is refused is not empty."""
    contents = {
        "a.zip": zipped([]),
        "b.tar": tarred([]),
        "c.ndjson": b"\n\n",
        "d.zip": b"geen zip",
        "e.tar.gz": gzip.compress(tarred([]), mtime=0),
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)

    found = {file.name: file for file in walk([tmp_path])}

    assert {n: (f.sha256, f.size) for n, f in found.items()} == {
        name: (sha256(content), len(content)) for name, content in contents.items()
    }
    empty = "no-message empty container"
    assert [outcome(f) for f in found.values()] == [
        *[empty] * 3,
        "archive-refused:not-a-zip",
        empty,
    ]


def test_what_came_out_before_a_refusal_stands(tmp_path: Path) -> None:
    """The line of the whole has the whole's digest."""
    content = TWO[:1600]
    (tmp_path / "a.tar").write_bytes(content)

    first, second, last = walk([tmp_path])

    assert (first.content, second.content) == (GOOD, b"<b/>")
    assert (last.name, outcome(last)) == ("a.tar", "archive-refused:truncated")
    assert (last.sha256, last.size) == (sha256(content), len(content))


def test_a_document_has_its_bound_on_disk(tmp_path: Path) -> None:
    """To the byte."""
    (tmp_path / "a.xml").write_bytes(b"<12345>")
    (tmp_path / "b.xml").write_bytes(b"<123456>")

    assert told(tmp_path, Limits(max_file_bytes=7)) == {"a.xml": "", "b.xml": "file-too-large:8"}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.xml", GOOD),
        ("a.ndjson", b"{}"),
        ("a.tar", TWO),
        ("a.zip", zipped([(info("a.xml"), GOOD)])),
        ("a.tar.gz", gzip.compress(TWO, mtime=0)),
    ],
)
@pytest.mark.parametrize("how", ["longer", "touched"])
def test_a_file_in_which_somebody_writes_is_not_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, content: bytes, how: str
) -> None:
    """Another size, or another moment: its line says so, with the digest of what is there now."""
    path = tmp_path / name
    path.write_bytes(content)
    os.utime(path, ns=(1, 1))
    real = disk.opened
    now = content + b" " if how == "longer" else content

    def opened(place: str) -> object:
        opening = real(place)
        enter = opening.__enter__

        class Opening:
            def __enter__(self) -> object:
                file = enter()
                before = disk.stamp(file)

                def stamp(_file: object) -> tuple[int, int]:
                    monkeypatch.setattr(files, "stamp", disk.stamp)
                    path.write_bytes(now)
                    os.utime(path, ns=(2, 2))
                    return before

                monkeypatch.setattr(files, "stamp", stamp)
                return file

            def __exit__(self, *error: object) -> bool | None:
                return opening.__exit__(*error)  # type: ignore[arg-type]  # as it came

        return Opening()

    monkeypatch.setattr(files, "opened", opened)

    *_inner, last = walk([path])

    assert (last.name, outcome(last)) == (name, "file-unreachable:changed-while-read")
    assert (last.sha256, last.size) == (sha256(now), len(now))


def test_a_file_of_which_more_or_less_comes_than_there_is_is_not_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A share that cuts off without an error."""
    (tmp_path / "a.xml").write_bytes(GOOD)
    real = content_module.chunks
    monkeypatch.setattr(content_module, "chunks", lambda s, n=None: [*real(s, n)][:-1])

    assert told(tmp_path) == {"a.xml": "file-unreachable:changed-while-read"}
    (found,) = delivered([tmp_path])
    assert outcome(found) == "file-unreachable:changed-while-read"


@pytest.mark.parametrize("name", ["a.xml", "a.zip", "a.ndjson"])
def test_what_became_something_else_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Between the list and the opening: its line says what it is now."""
    path = tmp_path / name
    path.write_bytes(GOOD)
    changes: list[tuple[Callable[[], object], str]] = [
        (lambda: os.mkfifo(path), "file-not-regular:fifo"),
        (lambda: path.symlink_to("/dev/zero"), "file-unreachable:ELOOP"),
        (lambda: None, "file-unreachable:vanished"),
    ]
    real = disk.below
    for change, expected in changes:
        for walking in (walk, delivered):

            def below(*arguments: object, change: Callable[[], object] = change) -> object:
                found = list(real(*arguments))  # type: ignore[arg-type]  # as they came
                path.unlink()
                change()
                return found

            monkeypatch.setattr(files, "below", below)
            (file,) = walking([tmp_path])
            assert outcome(file) == expected
            path.unlink(missing_ok=True)
            path.write_bytes(GOOD)


def test_one_bad_file_does_not_stop_the_others(tmp_path: Path) -> None:
    """Before it and after it."""
    (tmp_path / "a.xml").write_bytes(GOOD)
    (tmp_path / "b.zip").write_bytes(b"geen zip")
    os.mkfifo(tmp_path / "c.xml")
    (tmp_path / "d.xml").write_bytes(b"<d/>")

    found = list(walk([tmp_path]))

    assert input_of(found) == {"a.xml": GOOD, "d.xml": b"<d/>"}
    assert len(found) == 4
    assert NoMessage(kind="as delivered") == files.DELIVERED


def test_bounds_hold_in_containers_too(tmp_path: Path) -> None:
    """Those of the walk, whatever the container."""
    (tmp_path / "a.tar").write_bytes(TWO)
    (tmp_path / "b.zip").write_bytes(zipped([(info("a.xml"), GOOD), (info("b.xml"), b"<b/>")]))
    (tmp_path / "c.ndjson").write_bytes(b"{}\n{}\n")

    assert told(tmp_path, Limits(max_file_bytes=5))["a.tar!a.xml"] == "file-too-large:7"
    assert told(tmp_path, Limits(max_file_bytes=5))["b.zip!a.xml"] == "file-too-large:7"
    assert told(tmp_path / "c.ndjson", Limits(max_entries=1)) == {
        "c.ndjson!000001": "",
        "c.ndjson": "archive-refused:too-many-entries",
    }
