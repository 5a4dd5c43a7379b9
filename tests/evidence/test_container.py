"""The zip of a pack: one way to write it, and nothing else is read."""

from __future__ import annotations

import io
import stat
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kt_migrate.errors import ForgedError
from kt_migrate.evidence import container
from kt_migrate.evidence.container import packed, read_pack, unpacked
from kt_migrate.language import shown

MEMBERS = {"a.json": b"{}\n", "b.csv": b"x\r\n", "README.txt": b"Lees dit.\n"}
names = st.from_regex(r"[a-z][a-z0-9-]{0,9}\.[a-z0-9]{1,4}", fullmatch=True)
Change = Callable[[zipfile.ZipFile], None]


@given(st.dictionaries(names, st.binary(max_size=200), max_size=8))
def test_what_goes_in_comes_out_and_the_order_does_not_matter(members: dict[str, bytes]) -> None:
    """The same members give the same bytes, whatever their order."""
    content = packed(members)

    assert unpacked(content, "x.zip") == members
    assert packed(dict(reversed(members.items()))) == content


@given(st.data())
def test_a_changed_byte_is_never_read_as_the_same(data: st.DataObject) -> None:
    """Refused, or another content: nothing that stands beside the members is passed over."""
    content = bytearray(packed(MEMBERS))
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))

    try:
        found = unpacked(bytes(content), "x.zip")
    except ForgedError:
        return
    assert found != MEMBERS


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    """Never another error."""
    with pytest.raises(ForgedError):
        unpacked(content, "x.zip")


def made(change: Change) -> bytes:
    """Return a zip with something of its own in it."""
    out = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w") as archive:
        warnings.simplefilter("ignore")  # a name that comes twice
        archive.writestr("a.json", b"{}")
        change(archive)
    return out.getvalue()


def entry(name: str, mode: int = 0) -> Change:
    """Add an entry."""
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    return lambda archive: archive.writestr(info, b"{}")


def squeezed(archive: zipfile.ZipFile) -> None:
    """Add what unpacks to far more than it takes."""
    archive.writestr("bom.json", bytes(1_000_000), zipfile.ZIP_DEFLATED)


def many(archive: zipfile.ZipFile) -> None:
    """Add more members than a pack has."""
    for number in range(container.MOST_MEMBERS):
        archive.writestr(f"b{number}.json", b"")


HOSTILE: dict[str, tuple[bytes, str]] = {
    "two of one name": (made(entry("a.json")), "double"),
    "a path out of the folder": (made(entry("../a.json")), "name"),
    "an absolute path": (made(entry("/etc/a.json")), "name"),
    "a folder": (made(entry("map/")), "name"),
    "a capital": (made(entry("A.json")), "name"),
    "a null byte": (made(entry("b.json")).replace(b"b.json", b"b.js\0n"), "name"),
    "a link": (made(entry("b.json", stat.S_IFLNK | 0o777)), "not-a-file"),
    "a device": (made(entry("b.json", stat.S_IFCHR | 0o600)), "not-a-file"),
    "a bomb": (made(squeezed), "compressed"),
    "too many": (made(many), "too-many"),
    "something behind it": (packed(MEMBERS) + b"x", "other-bytes"),
    "something before it": (b"#!/bin/sh\n" + packed(MEMBERS), "other-bytes"),
    "a time": (made(entry("b.json", stat.S_IFREG | 0o600)), "other-bytes"),
    "cut off": (packed(MEMBERS)[:-9], "not-a-zip"),
    "empty": (b"", "not-a-zip"),
}


@pytest.mark.parametrize("reason", container.REASONS.values())
def test_every_reason_has_its_dutch(reason: str) -> None:
    """A tired person reads it."""
    assert shown(reason) != reason


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_zip_ends_as_a_named_refusal(case: str) -> None:
    """Each says what is wrong."""
    content, reason = HOSTILE[case]

    with pytest.raises(ForgedError, match=container.REASONS[reason]):
        unpacked(content, "x.zip")


def test_an_encrypted_member_is_refused() -> None:
    """Its flag is enough: nothing is asked of a person."""
    content = bytearray(made(lambda _archive: None))
    content[content.index(b"PK\x01\x02") + 8] |= 1

    with pytest.raises(ForgedError, match=container.REASONS["encrypted"]):
        unpacked(bytes(content), "x.zip")


def test_a_claimed_size_that_is_not_there_is_refused() -> None:
    """No member is read before all of them are known to fit."""
    content = bytearray(made(lambda _archive: None))
    place = content.index(b"PK\x01\x02") + 20
    content[place : place + 8] = (0xFFFF_FFF0).to_bytes(4, "little") * 2

    with pytest.raises(ForgedError, match=container.REASONS["too-large"]):
        unpacked(bytes(content), "x.zip")


def test_a_file_too_large_to_be_a_pack_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One byte over the bound."""
    monkeypatch.setattr(container, "MOST_BYTES", 1_000)
    path = tmp_path / "x.zip"
    path.write_bytes(bytes(1_000))
    assert len(read_pack(path)) == 1_000
    path.write_bytes(bytes(1_001))

    with pytest.raises(ForgedError, match=container.REASONS["too-large"]):
        read_pack(path)


@pytest.mark.parametrize("name", ["../a", "a", "a/b.json", "é.json", "", "x" * 60 + ".json"])
def test_no_pack_is_made_with_another_name(name: str) -> None:
    """It could not be read back."""
    with pytest.raises(ValueError, match=r"^"):
        packed({name: b""})
