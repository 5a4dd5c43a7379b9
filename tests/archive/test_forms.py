"""What a name says a file is, and what its first bytes say."""

from __future__ import annotations

import pytest

from kt_migrate.archive.forms import (
    NO_MESSAGE,
    UNSUPPORTED,
    form_of,
    no_message_kind,
    starts_as_container,
    starts_as_input,
)


@pytest.mark.parametrize(
    ("name", "codecs", "inner", "inner_name"),
    [
        ("a.xml", "", "document", "a.xml"),
        ("a", "", "document", "a"),
        (".zip", "", "document", ".zip"),
        ("zip", "", "document", "zip"),
        ("a.zip.xml", "", "document", "a.zip.xml"),
        ("b/a.zip", "", "zip", "a.zip"),
        ("a.ZIP", "", "zip", "a.ZIP"),
        ("a.7z", "", "7z", "a.7z"),
        ("a.tar", "", "tar", "a.tar"),
        ("a.ndjson", "", "ndjson", "a.ndjson"),
        ("a.jsonl", "", "ndjson", "a.jsonl"),
        ("a.tgz", "gz", "tar", "a.tar"),
        ("a.TZST", "zst", "tar", "a.tar"),
        ("c/a.json.gz", "gz", "document", "a.json"),
        ("a.json.zst", "zst", "document", "a.json"),
        ("a.json.AGE", "age", "document", "a.json"),
        ("a.tar.gz.age", "age gz", "tar", "a.tar"),
        ("a.tgz.age", "age gz", "tar", "a.tar"),
        ("a.zip.age", "age", "zip", "a.zip"),
        ("a.json.gz.zst.age", "age zst gz", "document", "a.json"),
        ("a.gz", "gz", "document", "a"),
        ("a.rar.gz", "gz", "unsupported", "a.rar"),
        ("a.gz.xml", "", "document", "a.gz.xml"),
    ],
)
def test_a_name_says_what_is_to_be_undone(
    name: str, codecs: str, inner: str, inner_name: str
) -> None:
    """From the outside in, in capitals or not."""
    form = form_of(name)

    assert (form.codecs, form.inner, form.inner_name) == (tuple(codecs.split()), inner, inner_name)
    assert form.is_container == (bool(codecs) or inner in {"zip", "7z", "tar", "unsupported"})


@pytest.mark.parametrize("extension", sorted(UNSUPPORTED))
def test_what_is_never_opened_is_a_container_all_the_same(extension: str) -> None:
    """It gets its line, and is not taken for a document."""
    for name in (f"a{extension}", f"a{extension.upper()}"):
        assert form_of(name).inner == "unsupported"
        assert form_of(name).is_container


@pytest.mark.parametrize("first", [b"{", b"[", b"<"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"])
@pytest.mark.parametrize("blank", [b"", b" \t\r\n\v\f", b"\0", b"\n\0"])
def test_input_is_known_by_its_first_sign(first: bytes, mark: bytes, blank: bytes) -> None:
    """After a byte order mark and blanks, also when each letter takes two bytes."""
    assert starts_as_input(mark + blank + first + b"x")
    assert not any(starts_as_input(mark + blank + other + first) for other in (b"x", b"X"))
    assert not starts_as_input(mark + blank)


@pytest.mark.parametrize(
    "head",
    [
        b"PK\x03\x04",
        b"PK\x05\x06",
        b"PK\x07\x08",
        b"7z\xbc\xaf\x27\x1c",
        b"\x1f\x8b",
        b"\x28\xb5\x2f\xfd",
        b"Rar!\x1a\x07",
        b"BZh",
        b"\xfd7zXZ\x00",
        b"age-encryption.org/",
        b"-----BEGIN AGE ",
        b"-----BEGIN PGP ",
    ],
)
def test_a_container_is_known_by_its_first_bytes(head: bytes) -> None:
    """All of them, at the very start."""
    assert starts_as_container(head)
    assert starts_as_container(head + b"more")
    assert not starts_as_container(head[:-1])
    assert not starts_as_container(b" " + head)
    assert not starts_as_input(head)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a/Thumbs.db", "Thumbs.db"),
        ("THUMBS.DB", "Thumbs.db"),
        ("Desktop.ini", "desktop.ini"),
        (".DS_Store", ".DS_Store"),
        ("a/.ds_store", ".DS_Store"),
        (".git/a.xml", "dot files"),
        ("a/.b/c.xml", "dot files"),
        (".a", "dot files"),
        ("README", "README"),
        ("readme.nl.md", "README"),
        ("LeesMij.txt", "LEESMIJ"),
        ("a/licentie", "LICENTIE"),
        ("licence.x", "LICENCE"),
        ("LICENSE", "LICENSE"),
        ("COPYING", "COPYING"),
        ("changelog.txt", "CHANGELOG"),
        ("xreadme", ""),
        ("readmex", ""),
        ("README/a", ""),
        ("a.PDF", ".pdf"),
        ("a.b.Csv", ".csv"),
        ("a.xml", ""),
        ("a.json", ""),
        ("a.bin", ""),
        ("a", ""),
        ("pdf", ""),
        ("a.pdf.xml", ""),
    ],
)
def test_what_no_message_can_be_has_its_kind(name: str, kind: str) -> None:
    """By its name; what is not known can be a message."""
    assert no_message_kind(name) == kind


@pytest.mark.parametrize("extension", sorted(NO_MESSAGE))
def test_an_extension_that_no_message_has_is_its_own_kind(extension: str) -> None:
    """In capitals too."""
    assert no_message_kind(f"a{extension}") == no_message_kind(f"a{extension.upper()}") == extension
