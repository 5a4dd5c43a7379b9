"""The manifest: sha256sum understands ours, we understand sha256sum's."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

from archive.hostile import build, info, messages, zipped
from kt_migrate.archive.files import delivered, walk
from kt_migrate.archive.manifest import check_manifest, manifest_digest, write_manifest
from kt_migrate.errors import SourceError

SHA256SUM = shutil.which("sha256sum")
needs_sha256sum = pytest.mark.skipif(SHA256SUM is None, reason="GNU coreutils is not here")


def test_the_digest_over_the_whole_is_that_of_the_plan() -> None:
    """In any order, and it changes with any name or digest."""
    files = [("b.xml", "2" * 64), ("a.xml", "1" * 64)]

    expected = hashlib.sha256(f"{'1' * 64}  a.xml\n{'2' * 64}  b.xml\n".encode()).hexdigest()
    assert manifest_digest(files) == expected
    assert manifest_digest(files) == manifest_digest(files[::-1])


@needs_sha256sum
def test_sha256sum_checks_our_manifest_of_a_hostile_folder(tmp_path: Path) -> None:
    """Names of any bytes, links, pipes: no failure, no complaint, no waiting."""
    folder = tmp_path / "archive"
    build(folder)
    write_manifest(tmp_path / "manifest", delivered([folder]))

    done = subprocess.run(
        [SHA256SUM or "", "--check", "--strict", "--quiet", str(tmp_path / "manifest")],
        cwd=folder,
        capture_output=True,
        timeout=20,
        check=False,
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


@needs_sha256sum
def test_we_check_a_manifest_of_sha256sum(tmp_path: Path) -> None:
    """As the data owner makes one with find; every ordinary file is in both."""
    folder = tmp_path / "archive"
    build(folder)
    said = subprocess.run(
        ["find", ".", "-type", "f", "-exec", SHA256SUM or "", "{}", "+"],  # noqa: S607  # any find
        cwd=folder,
        capture_output=True,
        check=True,
    ).stdout
    (tmp_path / "SHA256SUMS").write_bytes(said)

    found = check_manifest(tmp_path / "SHA256SUMS", delivered([folder]))

    assert (found.changed, found.missing) == ((), ())
    assert {name.split("/")[0] for name in found.extra} == {"disk"}  # links, a pipe, a socket


def test_changed_missing_and_extra_are_named(tmp_path: Path) -> None:
    """Each by its name; without differences it is false."""
    folder = tmp_path / "archive"
    folder.mkdir()
    for name in ("same.xml", "changed.xml", "missing.xml"):
        (folder / name).write_bytes(b"<feed/>")
    digest = write_manifest(tmp_path / "manifest", delivered([folder]))
    same = check_manifest(tmp_path / "manifest", delivered([folder]))
    (folder / "changed.xml").write_bytes(b"<feed></feed>")
    (folder / "missing.xml").rename(folder / "extra.xml")

    found = check_manifest(tmp_path / "manifest", delivered([folder]))

    assert not same
    assert found
    assert found.changed == ("changed.xml",)
    assert found.missing == ("missing.xml",)
    assert found.extra == ("extra.xml",)
    assert len(digest) == 64


def test_what_was_read_comes_back_as_it_was(tmp_path: Path) -> None:
    """Also of entries in containers, of pipes and of refused parts; for its owner only."""
    folder = tmp_path / "archive"
    build(folder)
    write_manifest(tmp_path / "manifest", walk([folder]))

    assert not check_manifest(tmp_path / "manifest", walk([folder]))
    assert (tmp_path / "manifest").stat().st_mode & 0o777 == 0o600


def test_a_refused_entry_has_the_digest_of_its_packed_bytes(tmp_path: Path) -> None:
    """Two different ones differ, though their reason is the same."""
    entries = [(info("../a.xml"), b"<feed>1</feed>"), (info("../b.xml"), b"<feed>2</feed>")]
    (tmp_path / "a.zip").write_bytes(zipped(entries))

    first, second = walk([tmp_path])

    assert first.sha256 != second.sha256
    assert first.size > 0


def test_a_line_that_is_none_is_a_mistake_of_the_user(tmp_path: Path) -> None:
    """So is a manifest that is not there."""
    (tmp_path / "manifest").write_text("geen manifest\n")

    for name in ("manifest", "weg"):
        with pytest.raises(SourceError):
            check_manifest(tmp_path / name, [])


def test_the_manifest_does_not_depend_on_the_order_of_a_tar(tmp_path: Path) -> None:
    """Sorted by name, whatever the order of reading."""
    folder = tmp_path / "archive"
    for name, content in messages().items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    files = list(walk([folder]))
    write_manifest(tmp_path / "one", files)
    write_manifest(tmp_path / "two", files[::-1])

    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
