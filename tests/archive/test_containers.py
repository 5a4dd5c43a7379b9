"""The same archive in any container is the same archive; passwords open what is encrypted."""

from __future__ import annotations

import gzip
import io
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pyrage
import pytest
import pyzipper
import zstandard

from archive.age_writing import armored, with_password
from archive.hostile import info, member, messages, tarred, zipped
from archive.reading import outcome, sha256, told
from archive.seven_writing import seven as seven_of
from kt_migrate.archive.files import walk
from kt_migrate.archive.limits import Limits
from kt_migrate.archive.passwords import Passwords, no_passwords
from kt_migrate.model import SourceFile, Unreadable

PASSWORD = "vier willekeurige woorden hier"
IDENTITY = pyrage.x25519.Identity.generate()
WRONG = "een ander wachtwoord"


def tar() -> bytes:
    """Return the messages as a tar."""
    return tarred([(member(name), content) for name, content in messages().items()])


def tar_gz() -> bytes:
    """Return the messages as a tar.gz."""
    return gzip.compress(tar(), mtime=0)


def tar_zst() -> bytes:
    """Return the messages as a tar.zst."""
    return zstandard.ZstdCompressor().compress(tar())


def plain_zip() -> bytes:
    """Return the messages as a zip."""
    return zipped([(info(name), content) for name, content in messages().items()])


def aes_zip(password: str = PASSWORD) -> bytes:
    """Return the messages as an AES-zip."""
    out = io.BytesIO()
    with pyzipper.AESZipFile(
        out, "w", compression=pyzipper.ZIP_DEFLATED, encryption=pyzipper.WZ_AES
    ) as archive:
        archive.setpassword(password.encode())
        for name, content in messages().items():
            archive.writestr(name, content)
    return out.getvalue()


def seven(password: str | None = None, *, names_too: bool = False) -> bytes:
    """Return the messages as a (solid) 7z."""
    return seven_of(list(messages().items()), password, names_too=names_too)


def age(content: bytes, *, text: bool = False) -> bytes:
    """Return something encrypted for our identity."""
    return bytes(pyrage.encrypt(content, [IDENTITY.to_public()], armored=text))


CONTAINERS: dict[str, tuple[Callable[[], bytes], str]] = {
    "a.zip": (plain_zip, ""),
    "a.tar": (tar, ""),
    "a.tar.gz": (tar_gz, ""),
    "a.tgz": (tar_gz, ""),
    "a.tar.zst": (tar_zst, ""),
    "a.7z": (seven, ""),
    "aes.zip": (aes_zip, PASSWORD),
    "secret.7z": (lambda: seven(PASSWORD), PASSWORD),
    "secret-names.7z": (lambda: seven(PASSWORD, names_too=True), PASSWORD),
    "a.tar.gz.age": (lambda: age(tar_gz()), str(IDENTITY)),
    "a.tar.age": (lambda: age(tar(), text=True), f"# key\n{IDENTITY}\n"),
    "a.zip.age": (lambda: age(plain_zip()), str(IDENTITY)),
    "a.7z.age": (lambda: age(seven()), str(IDENTITY)),
    "p.tar.zst.age": (lambda: with_password(tar_zst(), PASSWORD), PASSWORD),
    "p.zip.age": (lambda: with_password(plain_zip(), PASSWORD), PASSWORD),
    "p.7z.age": (lambda: armored(with_password(seven(), PASSWORD)), PASSWORD),
}


def as_set(files: list[SourceFile]) -> Counter[tuple[str, int]]:
    """Return digests and sizes, however often; nothing may be refused."""
    assert [f for f in files if not isinstance(f.content, bytes)] == []
    return Counter((f.sha256, f.size) for f in files)


def lines(root: Path, passwords: Passwords = no_passwords) -> dict[str, str]:
    """Return what is refused, and why."""
    return {
        f.name: f"{f.content.issue.code}:{f.content.issue.detail}"
        for f in walk([root], passwords=passwords)
        if isinstance(f.content, Unreadable)
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the messages as a folder, and every container beside it."""
    place = tmp_path_factory.mktemp("same")
    for name, content in messages().items():
        (place / "folder" / name).parent.mkdir(parents=True, exist_ok=True)
        (place / "folder" / name).write_bytes(content)
    for name, (make, _secret) in CONTAINERS.items():
        (place / name).write_bytes(make())
    return place


@pytest.mark.parametrize("name", CONTAINERS)
def test_a_container_gives_what_the_folder_gives(folder: Path, name: str) -> None:
    """Digest and size of every file; its password is asked once, by its name."""
    asked = []

    def passwords(container: str) -> str:
        asked.append(container)
        return CONTAINERS[name][1]

    found = list(walk([folder / name], passwords=passwords))

    assert as_set(found) == as_set(list(walk([folder / "folder"])))
    assert {f.name.split("!")[0] for f in found} == {name}
    assert asked == ([name] if CONTAINERS[name][1] else [])


@pytest.mark.parametrize("name", [name for name, (_make, secret) in CONTAINERS.items() if secret])
def test_without_a_password_or_with_a_wrong_one_it_is_one_line(folder: Path, name: str) -> None:
    """The reason, and the digest of the container's bytes."""
    other = str(pyrage.x25519.Identity.generate()) if "AGE" in CONTAINERS[name][1] else WRONG

    assert lines(folder / name) == {name: "archive-refused:encrypted"}
    assert lines(folder / name, lambda _name: other) == {name: "archive-refused:wrong-password"}


@pytest.mark.parametrize(
    ("module", "name", "detail"),
    [
        ("zstandard", "a.tar.zst", "needs-zstandard"),
        ("pyrage", "a.tar.age", "needs-pyrage"),
        ("pyzipper", "aes.zip", "needs-pyzipper"),
        ("py7zr", "a.7z", "needs-py7zr"),
    ],
)
def test_without_the_extra_the_line_says_what_to_install(
    folder: Path, monkeypatch: pytest.MonkeyPatch, module: str, name: str, detail: str
) -> None:
    """The rest of the archive is read without it."""
    monkeypatch.setitem(sys.modules, module, None)

    assert lines(folder / name, lambda _name: "x") == {name: f"archive-refused:{detail}"}


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (("a.json.gz.gz", "a.json.gz.zst", "a.json.zst.gz", "a.json.gz.age.age"), "nested"),
        (("a.json.age.gz", "a.age.age", "a.json.gz.zst.age", "a.age.zst"), "nested"),
        (("a.zip.gz", "a.7z.zst", "a.zip.gz.age", "a.7z.zst.age", "a.zip.age.age"), "nested"),
        (("a.rar", "a.rar.gz", "a.xz", "a.bz2.age", "a.rar.gz.gz", "a.pgp"), "unsupported"),
    ],
)
def test_what_is_wrapped_too_often_is_refused_unopened(
    tmp_path: Path, names: tuple[str, ...], reason: str
) -> None:
    """Whatever is in it; nobody is asked for a password in vain."""
    for name in names:
        (tmp_path / name).write_bytes(b"<feed/>")

    found = list(walk([tmp_path], passwords=lambda _name: pytest.fail("asked")))

    assert {f.name: outcome(f) for f in found} == dict.fromkeys(names, f"archive-refused:{reason}")
    assert {f.sha256 for f in found} == {sha256(b"<feed/>")}


@pytest.mark.parametrize("codec", ["gz", "zst"])
def test_one_document_has_another_ratio_than_many(tmp_path: Path, codec: str) -> None:
    """Many are alike, and so is a tar of them; one is not."""
    blanks = b"{" + b" " * 20_000 + b"}"
    contents = {"a.json": blanks, "b.ndjson": blanks, "c.tar": tarred([(member("c.json"), blanks)])}
    pack = gzip.compress if codec == "gz" else zstandard.ZstdCompressor().compress
    for name, content in contents.items():
        (tmp_path / f"{name}.{codec}").write_bytes(pack(content))
    inner = {f"a.json.{codec}!a.json", f"b.ndjson.{codec}!000001", f"c.tar.{codec}!c.json"}

    one = told(tmp_path, Limits(max_ratio=5, max_stream_ratio=10**6, ratio_floor=0))
    many = told(tmp_path, Limits(max_ratio=10**6, max_stream_ratio=5, ratio_floor=0))

    assert told(tmp_path) == dict.fromkeys(inner, "")
    assert {name: what for name, what in one.items() if what} == {
        f"a.json.{codec}": "archive-refused:ratio"
    }
    assert {name: what for name, what in many.items() if what} == dict.fromkeys(
        (f"b.ndjson.{codec}", f"c.tar.{codec}"), "archive-refused:stream-ratio"
    )


def test_one_document_in_a_container_is_called_by_its_own_name(tmp_path: Path) -> None:
    """With its bound, and by its name no message."""
    for name, content in {"a.json": b"{1234}", "b.json": b"{12345}", "c.pdf": b"%PDF"}.items():
        (tmp_path / f"{name}.gz").write_bytes(gzip.compress(content, mtime=0))
        (tmp_path / f"{name}.age").write_bytes(age(content))

    found = told(tmp_path, Limits(max_file_bytes=6), lambda _name: str(IDENTITY))

    expected = {"a.json": "", "b.json": "file-too-large:7", "c.pdf": "no-message .pdf"}
    assert found == {
        f"{name}.{codec}!{name}": what for name, what in expected.items() for codec in ("gz", "age")
    }


def test_several_roots_keep_their_names_apart(folder: Path) -> None:
    """Each file once, named after its root; a root within a root is not read twice."""
    roots = [folder / "folder", folder / "a.zip", folder / "folder" / "xml", folder / "folder"]
    found = list(walk(roots))

    assert len(found) == 2 * len(messages())
    assert len({f.name for f in found}) == len(found)
    assert {f.name.replace("!", "/").split("/")[0] for f in found} == {"folder", "a.zip"}


@pytest.mark.parametrize("name", ["a.tar.zst", "a.tar.gz", "a.tar.gz.age", "a.7z", "secret.7z"])
def test_a_container_that_is_cut_off_or_changed_says_so(
    folder: Path, tmp_path: Path, name: str
) -> None:
    """A flipped bit or a missing end is never a shorter archive."""
    whole = (folder / name).read_bytes()
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 1
    for content in (whole[: len(whole) // 2], whole[:-1], bytes(flipped)):
        (tmp_path / name).write_bytes(content)

        found = lines(tmp_path / name, lambda _name: CONTAINERS[name][1])

        assert list(found) == [name]
        assert found[name].startswith("archive-refused:")


def test_a_reader_that_stops_leaves_no_thread_waiting(folder: Path) -> None:
    """The threads behind age and 7z end with the walk."""
    import threading  # noqa: PLC0415  # only here

    for name in ("a.tar.gz.age", "a.7z"):
        walking = walk([folder / name], passwords=lambda _name: str(IDENTITY))
        next(walking)
        walking.close()  # type: ignore[attr-defined]  # a generator, as Iterator does not say

    assert threading.active_count() == 1


@pytest.mark.parametrize("name", ["a.zip.age", "a.7z.age", "p.zip.age", "p.tar.zst.age"])
def test_what_must_be_held_in_memory_is_so_within_bounds(folder: Path, name: str) -> None:
    """A zip or 7z in age, and whatever has a password."""
    _make, secret = CONTAINERS[name]
    (found,) = walk([folder / name], Limits(max_container_memory=1000), lambda _name: secret)

    assert outcome(found) == "archive-refused:memory"
    assert found.size == (folder / name).stat().st_size
