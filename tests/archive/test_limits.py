"""Each limit stops something, names itself in the reject, and admits it when it is raised."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from archive.hostile import GOOD, info, member, tarred, zipped
from archive.reading import outcome
from archive.seven_writing import seven
from kt_migrate.archive.files import walk
from kt_migrate.archive.limits import Limits
from kt_migrate.archive.problems import LIMITED
from kt_migrate.model import SourceFile, Unreadable

BLANKS = b"{" + b" " * 2000 + b"}"
CASES: dict[str, tuple[str, Callable[[], bytes], int, str]] = {
    "one document": ("a.xml", lambda: GOOD, 6, "max_file_bytes"),
    "a document in a zip": ("a.zip", lambda: zipped([(info("a.xml"), GOOD)]), 6, "max_file_bytes"),
    "a line": ("a.ndjson", lambda: b"{}\n" + BLANKS, 6, "max_file_bytes"),
    "files in a zip": (
        "a.zip",
        lambda: zipped([(info("a.xml"), GOOD), (info("b.xml"), GOOD)]),
        1,
        "max_entries",
    ),
    "files in a tar": (
        "a.tar",
        lambda: tarred([(member("a.xml"), GOOD), (member("b.xml"), GOOD)]),
        1,
        "max_entries",
    ),
    "what comes out of a tar": (
        "a.tar",
        lambda: tarred([(member("a.xml"), GOOD), (member("b.xml"), GOOD)]),
        10,
        "max_container_bytes",
    ),
    "a list of entries": (
        "a.zip",
        lambda: zipped([(info("a.xml"), GOOD)]),
        300,
        "max_container_memory",
    ),
    "a dictionary": ("a.7z", lambda: seven([("a.xml", GOOD)]), 9_999, "max_container_memory"),
    "one document, compressed": (
        "a.json.gz",
        lambda: gzip.compress(BLANKS, mtime=0),
        2,
        "max_ratio",
    ),
    "many, compressed as one": (
        "a.ndjson.gz",
        lambda: gzip.compress(BLANKS, mtime=0),
        2,
        "max_stream_ratio",
    ),
    "folders in a tar": ("a.tar", lambda: tarred([(member("b/c/a.xml"), GOOD)]), 2, "max_depth"),
}


def refusals(root: Path, limits: Limits) -> list[SourceFile]:
    """Return what is refused below a root."""
    return [file for file in walk([root], limits) if isinstance(file.content, Unreadable)]


@pytest.mark.parametrize("case", CASES)
def test_a_reject_names_the_limit_that_admits_it_when_raised(tmp_path: Path, case: str) -> None:
    """As it stands in kt-migrate.yaml, under path."""
    name, make, lowered, limit = CASES[case]
    (tmp_path / name).write_bytes(make())
    standard = Limits(ratio_floor=1)

    found = refusals(tmp_path, replace(standard, **{limit: lowered}))

    assert found
    for file in found:
        assert isinstance(file.content, Unreadable)
        assert file.content.issue.path == f"limits.{limit}", outcome(file)
    assert refusals(tmp_path, standard) == []


def test_folders_on_disk_have_the_same_limits(tmp_path: Path) -> None:
    """How deep, and how many files below one root."""
    (tmp_path / "a" / "b").mkdir(parents=True)
    for name in ("a/b/c.xml", "d.xml"):
        (tmp_path / name).write_bytes(GOOD)

    for limit in ("max_depth", "max_entries"):
        (found,) = refusals(tmp_path, Limits(**{limit: 1}))
        assert isinstance(found.content, Unreadable)
        assert found.content.issue.path == f"limits.{limit}"
    assert refusals(tmp_path, Limits(max_depth=3, max_entries=2)) == []


def test_below_a_floor_no_ratio_is_looked_at(tmp_path: Path) -> None:
    """The one limit that no reject names: it only says where the others begin."""
    (tmp_path / "a.json.gz").write_bytes(gzip.compress(BLANKS, mtime=0))
    small = Limits(max_ratio=2)

    assert refusals(tmp_path, replace(small, ratio_floor=len(BLANKS))) == []
    assert refusals(tmp_path, replace(small, ratio_floor=len(BLANKS) - 1)) != []


def test_every_limit_can_be_named() -> None:
    """But for the floor; and none that there is not."""
    assert {*LIMITED.values(), "max_file_bytes", "ratio_floor"} == set(asdict(Limits()))


def test_what_no_limit_refuses_names_none(tmp_path: Path) -> None:
    """Its reason is another."""
    (tmp_path / "a.zip").write_bytes(b"geen zip")

    (found,) = refusals(tmp_path, Limits())

    assert isinstance(found.content, Unreadable)
    assert found.content.issue.path == ""
