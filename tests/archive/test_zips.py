"""Hostile archives cannot hurt: a refused part is counted and named, the rest goes on."""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path

from kt_migrate.archive.files import walk
from kt_migrate.archive.limits import Limits
from kt_migrate.model import Unreadable


def reasons(root: Path, limits: Limits | None = None) -> dict[str, str]:
    """Return, per file, why it is refused; empty when it is not."""
    found = {}
    for file in walk([root], limits):
        problem = file.content.issue if isinstance(file.content, Unreadable) else None
        found[file.name] = f"{problem.code}:{problem.detail}" if problem else ""
    return found


def test_entries_of_a_zip_that_are_not_to_be_trusted_are_refused(tmp_path: Path) -> None:
    """Paths that get out, links, zips in zips, bombs; the good one is read."""
    link = zipfile.ZipInfo("koppeling.xml")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("goed.xml", "<feed/>")
        archive.writestr("../buiten.xml", "<feed/>")
        archive.writestr("/wortel.xml", "<feed/>")
        archive.writestr(link, "goed.xml")
        archive.writestr("nog.zip", "PK")
        archive.writestr("bom.xml", b"0" * 1_000_000)
        archive.writestr(".verborgen", "x")

    assert reasons(tmp_path) == {
        "a.zip!../buiten.xml": "archive-refused:path",
        "a.zip!.verborgen": "",
        "a.zip!/wortel.xml": "archive-refused:path",
        "a.zip!bom.xml": "archive-refused:ratio",
        "a.zip!goed.xml": "",
        "a.zip!koppeling.xml": "archive-refused:link",
        "a.zip!nog.zip": "archive-refused:nested",
    }


def test_a_zip_that_is_none_and_a_giant_are_refused(tmp_path: Path) -> None:
    """Each with its own reason; hidden files are counted."""
    (tmp_path / "b.zip").write_bytes(b"geen zip")
    (tmp_path / "groot.xml").write_bytes(b"x" * 11)
    (tmp_path / ".DS_Store").write_bytes(b"x")

    found = reasons(tmp_path, Limits(max_file_bytes=10))

    assert found == {
        ".DS_Store": "",
        "b.zip": "archive-refused:not-a-zip",
        "groot.xml": "file-too-large:11",
    }


def test_a_damaged_and_an_overfull_zip_are_refused(tmp_path: Path) -> None:
    """A flipped byte fails the checksum of its entry only."""
    path = tmp_path / "c.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.xml", "<feed>inhoud</feed>")
    content = path.read_bytes()
    path.write_bytes(content.replace(b"inhoud", b"anders", 1))

    assert reasons(tmp_path) == {"c.zip!a.xml": "archive-refused:damaged"}
    assert reasons(path, Limits(max_entries=0)) == {"c.zip": "archive-refused:too-many-entries"}
    path.write_bytes(content)
    assert reasons(tmp_path, Limits(max_container_bytes=1)) == {
        "c.zip": "archive-refused:too-large"
    }


def test_a_list_of_entries_that_would_fill_the_memory_is_not_read(tmp_path: Path) -> None:
    """Judged by its size before it is parsed, and by the number that the zip itself gives."""
    path = tmp_path / "c.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(10):
            archive.writestr(f"{number}.xml", "<feed/>")

    refused = {"c.zip": "archive-refused:too-many-entries"}
    assert reasons(path, Limits(max_container_memory=1000)) == refused
    assert reasons(path, Limits(max_entries=9)) == refused
    assert set(reasons(path, Limits(max_entries=10)).values()) == {""}
