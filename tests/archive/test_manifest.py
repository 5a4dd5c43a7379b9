"""The manifest: sha256sum understands ours, we understand sha256sum's."""

from __future__ import annotations

import errno
import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.hostile import GOOD, Expected, info, messages, zipped
from kt_migrate.archive.files import delivered, walk
from kt_migrate.archive.manifest import (
    ManifestDifference,
    check_manifest,
    manifest_digest,
    write_manifest,
)
from kt_migrate.archive.names import shown
from kt_migrate.archive.problems import refused
from kt_migrate.errors import SourceError
from kt_migrate.model import SourceFile

SHA256SUM = shutil.which("sha256sum")
needs_sha256sum = pytest.mark.skipif(SHA256SUM is None, reason="GNU coreutils is not here")


def test_the_digest_over_the_whole_is_that_of_the_plan() -> None:
    """In any order, and it changes with any name or digest."""
    files = [("b.xml", "2" * 64), ("a.xml", "1" * 64)]

    expected = hashlib.sha256(f"{'1' * 64}  a.xml\n{'2' * 64}  b.xml\n".encode()).hexdigest()
    assert manifest_digest(files) == expected
    assert manifest_digest(files) == manifest_digest(files[::-1])


@needs_sha256sum
def test_sha256sum_checks_our_manifest_of_a_hostile_folder(
    tmp_path: Path, hostile: tuple[Path, Expected]
) -> None:
    """Names of any bytes, links, pipes: no failure, no complaint, no waiting."""
    folder = hostile[0]
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
def test_we_check_a_manifest_of_sha256sum(tmp_path: Path, hostile: tuple[Path, Expected]) -> None:
    """As the data owner makes one with find; every ordinary file is in both."""
    folder = hostile[0]
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


def test_what_was_read_comes_back_as_it_was(tmp_path: Path, hostile: tuple[Path, Expected]) -> None:
    """Also of entries in containers, of pipes and of refused parts; for its owner only."""
    folder = hostile[0]
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


@pytest.mark.parametrize(
    "line",
    [
        b"geen manifest",
        b"1" * 63 + b"  a.xml",
        b"1" * 65 + b"  a.xml",
        b"g" * 64 + b"  a.xml",
        b"A" * 64 + b"  a.xml",
        b"1" * 64 + b" a.xml",
        b"1" * 64 + b"  ",
        b" " + b"1" * 64 + b"  a.xml",
        b"#no-file geen",
        b"#no-file",
    ],
)
def test_a_line_that_is_none_is_a_mistake_of_the_user(tmp_path: Path, line: bytes) -> None:
    """At its number; blank lines and comments count, but are no mistake."""
    path = tmp_path / "manifest"
    path.write_bytes(b"# eigen\n\n \t\n" + b"1" * 64 + b"  a.xml\n" + line + b"\n")
    if line == b"#no-file":
        line_is_a_comment = check_manifest(path, [])
        assert line_is_a_comment.missing == ("a.xml",)
        return

    with pytest.raises(SourceError) as caught:
        check_manifest(path, [])

    assert caught.value.what == "This is no line of a manifest."
    assert caught.value.where == f"{path}:5"
    assert caught.value.fix.startswith("Make the manifest with sha256sum: ")


def test_a_manifest_that_is_not_there_is_a_mistake_of_the_user(tmp_path: Path) -> None:
    """What, where, fix."""
    for path in (tmp_path / "weg", tmp_path):
        with pytest.raises(SourceError) as caught:
            check_manifest(path, [])

        assert (caught.value.what, caught.value.where) == (
            "The manifest cannot be read.",
            str(path),
        )
        assert caught.value.fix.startswith("Name the file that the data owner made")


def file(name: str, digit: str = "1", content: bytes = GOOD) -> SourceFile:
    """Return a file with a digest of one digit."""
    return SourceFile(name=name, sha256=digit * 64, size=1, content=content)


_OWN_NAMES = st.one_of(
    st.binary(min_size=1, max_size=8).filter(lambda name: b"\0" not in name and b"/" not in name),
    st.sampled_from(
        [b"\\", b"\\n", b"\n", b"\r", b"a\\nb", b"\\\\", b"a\r\n", b"!", b"#no-file", b" "]
    ),
)


@given(st.dictionaries(_OWN_NAMES, st.sampled_from("0123456789abcdef"), max_size=5), st.booleans())
@settings(max_examples=60, deadline=None)
def test_what_is_written_is_read_back_whatever_the_names(
    tmp_path_factory: pytest.TempPathFactory,
    names: dict[bytes, str],
    inside: bool,  # noqa: FBT001  # given
) -> None:
    """Also in containers; every changed, missing and extra one is named."""
    path = tmp_path_factory.getbasetemp() / "manifest"
    prefix = "a.zip!" if inside else ""
    files = [file(prefix + shown(name), digit) for name, digit in names.items()]
    said = sorted(f.name for f in files)

    digest = write_manifest(path, files[::-1])

    assert digest == manifest_digest([(f.name, f.sha256) for f in files])
    assert not check_manifest(path, files)
    assert check_manifest(path, []).missing == tuple(said)
    others = [file(f.name, "0" if f.sha256[0] == "f" else "f") for f in files]
    assert check_manifest(path, others).changed == tuple(
        sorted(f.name for f, other in zip(files, others, strict=True) if f.sha256 != other.sha256)
    )
    path.write_bytes(b"")
    assert check_manifest(path, files).extra == tuple(said)


def test_a_line_is_as_sha256sum_writes_it(tmp_path: Path) -> None:
    """Sorted by name; what is no file of its own, or has no bytes, in a comment."""
    path = tmp_path / "manifest"
    files = [
        file("b.xml"),
        file("a\\x0ab\\\\c\\x0d"),
        file("a.zip!x.xml"),
        file("a.zip!y\\\\"),
        file("\\xff"),
        refused("pipe", "fifo", code="file-not-regular"),
    ]

    write_manifest(path, files)

    one, none = b"1" * 64 + b"  ", files[-1].sha256.encode() + b"  "
    assert path.read_bytes().split(b"\n") == [
        one + b"\xff",
        b"#no-file " + one + b"a.zip!x.xml",
        b"#no-file \\" + one + b"a.zip!y\\\\\\\\",
        b"\\" + one + b"a\\nb\\\\c\\r",
        one + b"b.xml",
        b"#no-file " + none + b"pipe",
        b"",
    ]
    assert not check_manifest(path, files)


def test_a_manifest_of_another_program_is_understood(tmp_path: Path) -> None:
    """A leading `./`, binary mode, line ends of Windows; of two digests of one name either is right."""
    path = tmp_path / "manifest"
    path.write_bytes(
        b"1" * 64
        + b"  ./a.xml\r\n"
        + b"2" * 64
        + b" *b.xml\n# een opmerking\n"
        + b"3" * 64
        + b"  a.xml\n"
        + b"4" * 64
        + b"  ././c.xml"
    )
    right = [file("a.xml", "3"), file("b.xml", "2"), file("./c.xml", "4")]

    assert not check_manifest(path, right)
    assert not check_manifest(path, [file("a.xml", "1"), *right[1:]])
    assert check_manifest(path, [file("a.xml", "2"), *right[1:]]).changed == ("a.xml",)


def test_a_manifest_is_replaced_in_one_step_and_for_its_owner_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When it cannot be written, the one that was there stays."""
    path = tmp_path / "SHA256SUMS"
    write_manifest(path, [file("a.xml")])
    before = path.read_bytes()
    real = Path.replace

    def replace(self: Path, target: Path) -> Path:
        assert (self.name, target) == ("SHA256SUMS.unfinished", path)
        assert path.read_bytes() == before
        assert self.stat().st_mode & 0o777 == 0o600
        return real(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    write_manifest(path, [file("b.xml")])

    assert path.read_bytes() == b"1" * 64 + b"  b.xml\n"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [p.name for p in tmp_path.iterdir()] == ["SHA256SUMS"]
    with pytest.raises(UnicodeEncodeError):
        write_manifest(path, [file("c.xml"), file("\ud800")])

    def full(_self: Path, _target: Path) -> Path:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="full"):
        write_manifest(path, [file("c.xml")])
    assert path.read_bytes() == b"1" * 64 + b"  b.xml\n"
    assert [p.name for p in tmp_path.iterdir()] == ["SHA256SUMS"]


@pytest.mark.parametrize("field", ["changed", "missing", "extra"])
def test_any_difference_is_one(field: str) -> None:
    """Of whatever kind; none is none."""
    none: dict[str, tuple[str, ...]] = {"changed": (), "missing": (), "extra": ()}

    assert not ManifestDifference(**none)
    assert ManifestDifference(**none | {field: ("a",)})


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
