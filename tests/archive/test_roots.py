"""Which roots there are, what lies below them is called, and where their bounds are."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from archive.hostile import GOOD
from archive.reading import sha256
from archive.reading import told as lines
from kt_migrate.archive import disk
from kt_migrate.archive.files import walk
from kt_migrate.archive.limits import Limits
from kt_migrate.archive.problems import reason_digest
from kt_migrate.errors import SourceError
from kt_migrate.model import NoMessage


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
    (z / "los.xml").write_bytes(GOOD)
    assert names(z / "los.xml", tmp_path / "los.xml") == ["los.xml", "los.xml#2"]
    (z / "los.xml").unlink()
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
    (tmp_path / "een").rename(tmp_path / "eenX")
    (tmp_path / "eenX" / "d!").rename(tmp_path / "eenX" / "X")
    (there,) = disk.below([tmp_path / "eenX"], Limits())
    assert there == disk.Found(path=f"{tmp_path}/eenX/X/a.xml", name="X/a.xml", own_name="X/a.xml")


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
