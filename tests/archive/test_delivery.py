"""Is the archive what was delivered? Every root has its manifest, and nothing else decides."""

from __future__ import annotations

import errno
import shutil
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from archive.hostile import GOOD, Expected, info, zipped
from archive.reading import sha256, told
from kt_migrate.archive import delivery
from kt_migrate.archive.delivery import make_or_check, manifest_of, require_as_delivered
from kt_migrate.archive.disk import own_manifests
from kt_migrate.archive.files import walk
from kt_migrate.archive.limits import Limits
from kt_migrate.archive.manifest import (
    ManifestDifference,
    difference,
    manifest_digest,
    write_manifest,
)
from kt_migrate.errors import ConfigurationError, ExitCode, ManifestError, SourceError
from kt_migrate.model import SourceFile

SHA256SUM = shutil.which("sha256sum") or ""
needs_sha256sum = pytest.mark.skipif(not SHA256SUM, reason="GNU coreutils is not here")
NAMES = {"a.xml": GOOD, "b/c.json": b"{}", "d.zip": zipped([(info("e.xml"), GOOD)])}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a folder with files and a container."""
    return filled(tmp_path / "archive")


def filled(folder: Path) -> Path:
    """Fill a folder."""
    for name, content in NAMES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def checked(manifest: Path, folder: Path) -> tuple[int, bytes]:
    """Let the standard tool check a manifest."""
    done = subprocess.run(
        [SHA256SUM, "--check", "--strict", "--quiet", str(manifest)],
        cwd=folder,
        capture_output=True,
        timeout=20,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_a_manifest_is_made_once_and_then_checked(root: Path) -> None:
    """Of the files on disk, containers unopened; the digest is that of the list."""
    made, again = make_or_check([root]), make_or_check([root])

    listed = [(name, sha256(content)) for name, content in NAMES.items()]
    assert made.digest == again.digest == manifest_digest(listed)
    assert not made.differs
    assert not again.differs
    assert [(r.root, r.manifest, r.made, r.files) for r in (*made.roots, *again.roots)] == [
        (root, root / "manifest.sha256", True, 3),
        (root, root / "manifest.sha256", False, 3),
    ]
    assert manifest_of(root, None) == root / "manifest.sha256"


@needs_sha256sum
def test_the_standard_tool_checks_it_where_it_lies(
    root: Path, hostile: tuple[Path, Expected], tmp_path: Path
) -> None:
    """In the folder; also of names of any bytes; and it names what has changed."""
    make_or_check([root])
    assert checked(root / "manifest.sha256", root) == (0, b"")
    (root / "a.xml").write_bytes(b"<feed></feed>")
    assert checked(root / "manifest.sha256", root)[1].startswith(b"a.xml: FAILED\n")

    copy = tmp_path / "hostile"
    shutil.copytree(hostile[0] / "names", copy)
    make_or_check([copy])
    assert checked(copy / "manifest.sha256", copy) == (0, b"")


@needs_sha256sum
@pytest.mark.parametrize("name", [".", "./"])
def test_one_that_the_data_owner_made_counts(root: Path, name: str) -> None:
    """As find gives it, itself in it, with the digest that it had when it was empty."""
    with (root / "manifest.sha256").open("wb") as out:
        subprocess.run(
            ["find", name, "-type", "f", "-exec", SHA256SUM, "{}", "+"],  # noqa: S607  # any find
            cwd=root,
            stdout=out,
            check=True,
        )

    assert require_as_delivered([root]) == 1
    (root / "a.xml").unlink()
    with pytest.raises(ManifestError):
        require_as_delivered([root])


def test_what_is_changed_missing_or_extra_is_named(root: Path) -> None:
    """By its place in the folder; a container by its name; with an exit code of its own."""
    make_or_check([root])
    (root / "a.xml").write_bytes(b"<feed></feed>")
    (root / "d.zip").write_bytes(zipped([]))
    (root / "b" / "c.json").rename(root / "b" / "\x1b.json")

    found = make_or_check([root])
    with pytest.raises(ManifestError) as caught:
        require_as_delivered([root])

    assert found.differs
    assert found.roots[0].difference == ManifestDifference(
        changed=("a.xml", "d.zip"), missing=("b/c.json",), extra=("b/\\x1b.json",)
    )
    assert caught.value.what == (
        "The archive is not what its manifest says: 2 changed (~), 1 missing (-), 1 extra (+).\n"
        "  ~ a.xml\n  ~ d.zip\n  - b/c.json\n  + b/\\x1b.json"
    )
    assert caught.value.where == str(root / "manifest.sha256")
    assert "--manifest" in caught.value.fix
    assert caught.value.exit_code is ExitCode.MANIFEST


def test_no_more_than_ten_of_each_are_shown() -> None:
    """How many more there are is said; all of them are in the difference."""
    names = [f"{number:03}" for number in range(25)]
    found = difference([(name, "1") for name in names], [(name, "2") for name in names[:10]])

    lines = found.listed().split("\n")
    assert lines[:10] == [f"  ~ {name}" for name in names[:10]]
    assert lines[10:] == [*(f"  - {name}" for name in names[10:20]), "  - … 5"]
    assert len(found.missing) == 15
    assert difference([], []).listed() == ""


def test_a_root_that_is_a_file_has_its_manifest_beside_it(tmp_path: Path) -> None:
    """As the data owner delivers it: a.zip and a.zip.sha256."""
    (tmp_path / "a.zip").write_bytes(NAMES["d.zip"])
    (tmp_path / "a.zip.sha256").write_text(f"{sha256(NAMES['d.zip'])}  a.zip\n", "ascii")

    assert require_as_delivered([tmp_path / "a.zip"]) == 1
    (tmp_path / "a.zip").write_bytes(zipped([]))
    with pytest.raises(ManifestError, match=r"~ a\.zip"):
        require_as_delivered([tmp_path / "a.zip"])


def test_several_roots_have_a_manifest_each_and_one_digest(tmp_path: Path) -> None:
    """Names start with that of their root; one that lies within another is not read twice."""
    roots = [filled(tmp_path / "one" / "archive"), filled(tmp_path / "two" / "archive")]
    (tmp_path / "z.zip").write_bytes(NAMES["d.zip"])
    found = make_or_check([*roots, tmp_path / "z.zip", roots[0] / "b"])

    names = [
        *((f"archive/{name}", content) for name, content in NAMES.items()),
        *((f"archive#2/{name}", content) for name, content in NAMES.items()),
        ("z.zip", NAMES["d.zip"]),
    ]
    assert found.digest == manifest_digest((n, sha256(content)) for n, content in names)
    assert [r.manifest.relative_to(tmp_path).as_posix() for r in found.roots] == [
        "one/archive/manifest.sha256",
        "two/archive/manifest.sha256",
        "z.zip.sha256",
    ]
    assert require_as_delivered([*roots, tmp_path / "z.zip"]) == 3
    assert own_manifests([*roots, tmp_path / "z.zip"]) == {
        "archive/manifest.sha256",
        "archive#2/manifest.sha256",
    }
    (roots[0] / "manifest.sha256").unlink()
    assert require_as_delivered([*roots, tmp_path / "z.zip"]) == 2
    again = make_or_check(roots)
    assert [r.made for r in again.roots] == [True, False]


def test_the_manifest_is_no_file_of_the_archive(root: Path) -> None:
    """It is counted, never read, neither extra nor missing; in a folder below it is a file."""
    before = told(root)
    make_or_check([root])
    shutil.copy(root / "manifest.sha256", root / "b")

    assert told(root) == before | {
        "manifest.sha256": "no-message manifest.sha256",
        "b/manifest.sha256": "no-message .sha256",
    }
    assert make_or_check([root]).roots[0].difference.extra == ("b/manifest.sha256",)
    assert own_manifests([root]) == {"manifest.sha256"}
    assert told(root / "manifest.sha256") == {"manifest.sha256": "no-message .sha256"}


@pytest.mark.parametrize(
    ("content", "what"),
    [(GOOD, ""), (b"  {}", ""), (NAMES["d.zip"], "no-message .sha256")],
    ids=["xml", "json", "zip"],
)
def test_a_message_that_is_called_manifest_is_read_and_never_overwritten(
    root: Path, content: bytes, what: str
) -> None:
    """Nothing can hide behind the name."""
    (root / "manifest.sha256").write_bytes(content)

    assert manifest_of(root, None) is None
    assert own_manifests([root]) == set()
    assert told(root)["manifest.sha256"] == what
    with pytest.raises(ConfigurationError) as caught:
        make_or_check([root])
    assert caught.value.where == str(root / "manifest.sha256")
    assert (root / "manifest.sha256").read_bytes() == content


@pytest.mark.parametrize("target", ["a.xml", "nowhere", "../outside"])
def test_a_link_that_is_called_manifest_is_none(root: Path, target: str) -> None:
    """It is named or counted as any link; what it points at is neither read nor overwritten."""
    (root.parent / "outside").write_text(f"{'1' * 64}  a.xml\n", "ascii")
    (root / "manifest.sha256").symlink_to(target)

    assert require_as_delivered([root]) == 0
    assert told(root)["manifest.sha256"] in {
        "no-message link",
        "archive-refused:link-broken",
        "archive-refused:link-outside",
    }
    with pytest.raises(ConfigurationError):
        make_or_check([root])
    assert (root / "manifest.sha256").is_symlink()


def test_a_manifest_that_is_none_is_a_mistake_of_the_user(root: Path) -> None:
    """At its line; it is not made anew."""
    (root / "manifest.sha256").write_text("geen manifest\n", "ascii")

    for act in (make_or_check, require_as_delivered):
        with pytest.raises(SourceError) as caught:
            act([root])
        assert caught.value.where == f"{root / 'manifest.sha256'}:1"


def refusing(number: int, below: Path) -> Callable[[Path, Iterable[SourceFile]], str]:
    """Return a `write_manifest` that cannot write below a folder."""

    def write(path: Path, files: Iterable[SourceFile]) -> str:
        if below in path.parents:
            raise OSError(number, "no")
        return write_manifest(path, files)

    return write


@pytest.mark.parametrize("number", [errno.EACCES, errno.EPERM, errno.EROFS])
def test_what_cannot_be_written_in_the_archive_is_kept_by_the_working_folder(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """For its owner only, found again, and told apart by its root's place."""
    other = filled(tmp_path / "other" / "archive")
    working = tmp_path / "working"
    working.mkdir()
    with monkeypatch.context() as patch:
        patch.setattr(delivery, "write_manifest", refusing(number, root))
        with pytest.raises(ConfigurationError) as caught:
            make_or_check([root])
        made = make_or_check([root], working).roots[0]
    with monkeypatch.context() as patch:
        patch.setattr(delivery, "write_manifest", refusing(number, other))
        second = make_or_check([other], working).roots[0]

    assert caught.value.where == str(root / "manifest.sha256")
    assert "working folder" in caught.value.fix
    assert made.manifest.parent == second.manifest.parent == working / "manifests"
    assert made.manifest != second.manifest
    assert made.manifest.name.startswith("archive-")
    assert made.manifest.parent.stat().st_mode & 0o777 == 0o700
    assert require_as_delivered([root], working) == 1
    assert require_as_delivered([root]) == 0
    (root / "new.xml").write_bytes(GOOD)
    with pytest.raises(ManifestError):
        require_as_delivered([root], working)


def test_a_disk_that_is_full_is_no_reason_to_write_elsewhere(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is said; nothing is left behind."""
    monkeypatch.setattr(delivery, "write_manifest", refusing(errno.ENOSPC, root))
    with pytest.raises(OSError, match="no"):
        make_or_check([root], tmp_path)

    assert not (tmp_path / "manifests").exists()


def test_the_limits_of_the_archive_hold(root: Path) -> None:
    """What lies too deep is one line of the manifest, and it is not looked into."""
    limits = Limits(max_depth=1)
    made = make_or_check([root], limits=limits)

    assert made.roots[0].files == 3
    assert b"#no-file " in (root / "manifest.sha256").read_bytes()
    assert require_as_delivered([root], limits=limits) == 1
    with pytest.raises(ManifestError, match=r"\+ b/c\.json"):
        require_as_delivered([root])
    assert [f.name for f in walk([root], limits) if f.name.startswith("b")] == ["b/"]
