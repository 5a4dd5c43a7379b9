"""The same archive in any container is the same archive; passwords open what is encrypted."""

from __future__ import annotations

import gzip
import io
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import py7zr
import pyrage
import pytest
import pyzipper
import zstandard

from archive.hostile import info, member, messages, tarred, zipped
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
    out = io.BytesIO()
    with py7zr.SevenZipFile(out, "w", password=password, header_encryption=names_too) as archive:
        for name, content in messages().items():
            archive.writestr(content, name)
    return out.getvalue()


def age(content: bytes, *, armored: bool = False) -> bytes:
    """Return something encrypted for our identity."""
    return bytes(pyrage.encrypt(content, [IDENTITY.to_public()], armored=armored))


def age_password(content: bytes) -> bytes:
    """Return something encrypted with our password."""
    return bytes(pyrage.passphrase.encrypt(content, PASSWORD))


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
    "a.tar.age": (lambda: age(tar(), armored=True), f"# key\n{IDENTITY}\n"),
    "a.zip.age": (lambda: age(plain_zip()), str(IDENTITY)),
    "a.7z.age": (lambda: age(seven()), str(IDENTITY)),
    "p.tar.zst.age": (lambda: age_password(tar_zst()), PASSWORD),
    "p.zip.age": (lambda: age_password(plain_zip()), PASSWORD),
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


def test_an_age_file_for_an_identity_says_that_it_needs_one(folder: Path) -> None:
    """A password is no identity."""
    found = lines(folder / "a.tar.age", lambda _name: PASSWORD)

    assert found == {"a.tar.age": "archive-refused:needs-identity"}


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


def test_entries_of_an_aes_zip_that_were_changed_are_refused_one_by_one(tmp_path: Path) -> None:
    """The authentication code of one entry fails; the others are read."""
    content = bytearray(aes_zip())
    content[200] ^= 1
    (tmp_path / "a.zip").write_bytes(content)

    found = lines(tmp_path / "a.zip", lambda _name: PASSWORD)

    assert list(found.values()) == ["archive-refused:damaged"]
    assert next(iter(found)).startswith("a.zip!")


def test_a_file_with_a_password_is_held_in_memory_within_bounds(folder: Path) -> None:
    """Age with a password, and a zip in an age file, are bounded."""
    for name in ("p.tar.zst.age", "a.zip.age"):
        limits = Limits(max_container_memory=1000)
        (found,) = walk([folder / name], limits, lambda _name, n=name: CONTAINERS[n][1])  # type: ignore[misc]  # bound early

        assert isinstance(found.content, Unreadable)
        assert found.content.issue.detail == "too-large"


@pytest.mark.parametrize("password", [None, PASSWORD])
def test_a_document_of_a_7z_that_was_changed_never_comes_out(
    tmp_path: Path, password: str | None
) -> None:
    """Its checksum is compared before it is handed over; what precedes it stands."""
    out = io.BytesIO()
    filters = [{"id": py7zr.FILTER_COPY}]
    if password:
        filters.append({"id": py7zr.FILTER_CRYPTO_AES256_SHA256})
    with py7zr.SevenZipFile(out, "w", filters=filters, password=password) as archive:
        for number in range(3):
            archive.writestr(b"<feed>%d</feed>" % number + b" " * 1000, f"{number}.xml")
    content = bytearray(out.getvalue())
    content[32 + 1500] ^= 1  # in the second document
    (tmp_path / "a.7z").write_bytes(content)

    found = [(f.name, f.content) for f in walk([tmp_path], passwords=lambda _name: password)]

    assert [name for name, _content in found] == ["a.7z!0.xml", "a.7z"]
    assert lines(tmp_path, lambda _name: password) == {"a.7z": "archive-refused:damaged"}


@pytest.mark.parametrize("end", [-1, -1000, 150_000])
def test_an_age_file_that_is_cut_off_is_never_a_shorter_document(tmp_path: Path, end: int) -> None:
    """Its first blocks decrypt well; the document is refused all the same."""
    whole = age(b"<feed>" + b" " * 200_000)
    (tmp_path / "a.xml.age").write_bytes(whole[:end])

    found = lines(tmp_path, lambda _name: str(IDENTITY))

    assert found == {"a.xml.age": "archive-refused:damaged"}
