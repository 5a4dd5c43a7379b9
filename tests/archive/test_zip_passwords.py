"""What is encrypted in a zip: AES with its password, nothing else; the rest is read."""

from __future__ import annotations

import pytest
import pyzipper

from archive.hostile import zipped
from archive.reading import input_of, outcome, sha256
from archive.zip_writing import (
    SECRET,
    aes,
    flagged,
    plain,
    told,
    walked,
)


@pytest.mark.parametrize(
    ("flags", "why"), [(0x01, "zipcrypto"), (0x41, "encryption-unknown"), (0x40, "")]
)
def test_what_is_encrypted_badly_is_one_line_and_the_rest_is_read(flags: int, why: str) -> None:
    """Without asking for a password; the line has the digest of the whole."""
    made = flagged(zipped([plain("a.xml"), plain("b.xml"), plain("c.xml")]), flags, b"a", b"b")

    found, refused = walked(made, passwords=lambda _name: pytest.fail("asked"))

    assert refused == ""
    if not why:
        assert len(found) == 3
        return
    assert [(f.name, outcome(f)) for f in found] == [
        ("z", f"archive-refused:{why}"),
        ("z!c.xml", ""),
    ]
    assert (found[0].sha256, found[0].size) == (sha256(made), len(made))


MIXED = aes([("a.xml", b"<1>", SECRET), ("b.xml", b"<2>", ""), ("c.xml", b"<3>" * 9, SECRET)])


@pytest.mark.parametrize(
    ("secret", "why"),
    [(None, "encrypted"), ("", "encrypted"), ("een ander", "wrong-password"), (SECRET, "")],
)
def test_a_password_opens_what_is_encrypted_and_the_rest_is_read_without(
    secret: str | None, why: str
) -> None:
    """It is asked once, by the container's name."""
    asked = []

    def passwords(name: str) -> str | None:
        asked.append(name)
        return secret

    found, refused = walked(MIXED, passwords=passwords)

    assert (refused, asked) == ("", ["z"])
    everything = {"z!a.xml": b"<1>", "z!b.xml": b"<2>", "z!c.xml": b"<3>" * 9}
    assert input_of(found) == (everything if not why else {"z!b.xml": b"<2>"})
    if why:
        assert (found[0].name, outcome(found[0])) == ("z", f"archive-refused:{why}")
        assert (found[0].sha256, found[0].size) == (sha256(MIXED), len(MIXED))


def test_a_password_is_tried_on_what_is_encrypted() -> None:
    """Not on a first entry that is not."""
    made = aes([("a.xml", b"<1>", ""), ("b.xml", b"<2>", SECRET)])

    assert told(made, passwords=lambda _name: "een ander") == {
        "z": "archive-refused:wrong-password",
        "a.xml": "",
    }


def test_an_entry_with_another_password_is_refused_alone() -> None:
    """The first one that is encrypted says whether the password is right."""
    made = aes(
        [("a.xml", b"<1>", SECRET), ("b.xml", b"<2>", "een ander"), ("c.xml", b"<3>", SECRET)]
    )

    assert told(made, passwords=lambda _name: SECRET) == {
        "a.xml": "",
        "b.xml": "archive-refused:wrong-password",
        "c.xml": "",
    }


@pytest.mark.parametrize("number", [0, 2])
def test_an_encrypted_entry_that_was_changed_is_refused_alone(number: int) -> None:
    """Its authentication code fails; also of the first, by which the password is tried."""
    made = bytearray(MIXED)
    name = b"abc"[number : number + 1] + b".xml"
    made[MIXED.index(name) + 5 + 11 + 16 + 2] ^= 1  # past the extra field, salt and check

    said = told(bytes(made), passwords=lambda _name: SECRET)

    assert said == {
        n: "archive-refused:damaged" if n == name.decode() else ""
        for n in ("a.xml", "b.xml", "c.xml")
    }


def test_a_first_entry_that_cannot_be_opened_at_all_does_not_stop_the_rest() -> None:
    """Its own line says that it is damaged."""
    made = bytearray(MIXED)
    made[0] ^= 1

    said = told(bytes(made), passwords=lambda _name: SECRET)

    assert said == {"a.xml": "archive-refused:damaged", "b.xml": "", "c.xml": ""}


def test_a_zip_that_the_second_library_cannot_read_is_damaged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One line for what is encrypted; the rest is read."""

    def failing(_file: object) -> object:
        raise pyzipper.BadZipFile

    monkeypatch.setattr(pyzipper, "AESZipFile", failing)

    assert told(MIXED, passwords=lambda _name: SECRET) == {
        "z": "archive-refused:damaged",
        "b.xml": "",
    }
