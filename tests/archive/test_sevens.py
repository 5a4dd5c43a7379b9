"""A 7z, in one pass: each entry its line, and nothing of it that was changed."""

from __future__ import annotations

from typing import Any

import py7zr
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.reading import input_of, outcome, sha256
from archive.seven_told import COPY, SECRET, UNIX, told, walked
from archive.seven_writing import changed, listed, seven
from kt_migrate.archive import sevenzip
from kt_migrate.archive.limits import Limits
from kt_migrate.archive.problems import reason_digest

_NAMES = st.from_regex(r"[a-c]{1,3}(/[a-c]{1,5}){0,2}\.xml", fullmatch=True)
_CONTENTS = st.one_of(st.just(b""), st.binary(max_size=99).map(lambda rest: b"<" + rest))


@given(st.dictionaries(_NAMES, _CONTENTS, max_size=4), st.sampled_from([None, COPY]))
@settings(max_examples=15, deadline=None)
def test_what_was_packed_comes_out(
    entries: dict[str, bytes], filters: list[dict[str, Any]] | None
) -> None:
    """Empty ones first, for they need no unpacking; each with its digest."""
    content = seven(list(entries.items()), filters=filters)

    found, why = walked(content)

    assert why == ""
    assert input_of(found) == {f"s!{name}": inner for name, inner in entries.items()}
    assert len(found) == len(entries)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("../aa.xml", "archive-refused:path"),
        ("/aaaa.xml", "archive-refused:path"),
        ("C:aaa.xml", "archive-refused:path"),
        ("d/e/f/g/a", "archive-refused:too-deep"),
        ("aaaaa.zip", "archive-refused:nested"),
        ("aa.ndjson", "archive-refused:nested"),
        ("a.json.gz", "archive-refused:nested"),
        ("aaaaa.pdf", ""),
        ("d/e/f/aaa", ""),
    ],
)
def test_a_name_decides_what_becomes_of_it(name: str, expected: str) -> None:
    """What is refused has its line, and what lies around it is read."""
    made = seven([("1.xml", b"<1>"), ("xxxxx.xml", b"<feed/>"), ("2.xml", b"<2>")])

    found, why = walked(changed(made, {"xxxxx.xml": name}), Limits(max_depth=4))

    assert why == ""
    assert {f.name: outcome(f) for f in found} == {
        "s!1.xml": "",
        f"s!{name}": expected,
        "s!2.xml": "",
    }
    (refused,) = [f for f in found if f.name == f"s!{name}"]
    digest = reason_digest(refused.name, *expected.split(":")) if expected else sha256(b"<feed/>")
    assert refused.sha256 == digest
    assert input_of(found).get("s!2.xml") == b"<2>"


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        (0o100600 << 16 | UNIX, ""),
        (0x20, ""),
        (0o120777 << 16 | UNIX, "archive-refused:link"),
        (0o140600 << 16 | UNIX, "file-not-regular:socket"),
        (0x410, "archive-refused:link"),
        (0x400, "archive-refused:link"),
        (0x10, "archive-refused:folder-with-content"),
        (0o040700 << 16 | UNIX | 0x10, "archive-refused:folder-with-content"),
    ],
)
def test_only_what_is_a_file_is_read(attributes: int, expected: str) -> None:
    """Links, sockets, junctions and folders that hide something get their line."""
    made = changed(seven([("a.xml", b"<feed/>"), ("b.zip", b"")]), attributes=attributes)

    said = told(made)

    assert said["a.xml"] == expected
    hidden = "folder" in expected
    assert ("b.zip" in said) != hidden
    assert hidden or said["b.zip"] == (expected or "archive-refused:nested")


def test_folders_are_passed_over() -> None:
    """What comes after them is not."""
    made = seven([("d", b""), ("e.xml", b""), ("f.xml", b"<feed/>")])

    assert told(changed(made, attributes=0x10, first=True)) == {"e.xml": "", "f.xml": ""}


def test_names_that_occur_again_are_numbered() -> None:
    """Both are read, each with its own content; also one that is refused and its namesake."""
    made = seven([("a.xml", b"<1>"), ("b.xml", b"<2>"), ("c.xml", b"<3>")])

    found, why = walked(changed(made, {"b.xml": "a.xml"}))
    assert why == ""
    assert input_of(found) == {"s!a.xml": b"<1>", "s!a.xml#2": b"<2>", "s!c.xml": b"<3>"}


def test_bounds_are_looked_at_before_anything_is_unpacked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Files, bytes, ratio: by the list of entries, beyond which py7zr gives nothing."""
    made = seven([("a.xml", b"<12345>"), ("b.xml", b"<12345>")], filters=COPY)
    bomb = seven([("a.xml", b" " * 100_000)])
    ratio = -(-100_000 // len(bomb))
    assert told(made, Limits(max_entries=2, max_container_bytes=14)) == {"a.xml": "", "b.xml": ""}
    assert told(bomb, Limits(max_stream_ratio=ratio, ratio_floor=0)) == {"a.xml": ""}
    monkeypatch.setattr(py7zr.SevenZipFile, "extract", lambda *_a, **_m: pytest.fail("unpacked"))
    assert told(made, Limits(max_entries=1)) == {"": "too-many-entries"}
    assert told(made, Limits(max_container_bytes=13)) == {"": "too-large"}
    assert told(bomb, Limits(max_stream_ratio=ratio - 1, ratio_floor=0)) == {"": "stream-ratio"}


def test_a_document_has_its_bound() -> None:
    """To the byte; the digest is of all of it."""
    made = seven([("a.xml", b"<12345>"), ("b.xml", b"<123456>")])

    found, _why = walked(made, Limits(max_file_bytes=7))

    assert [(outcome(f), f.size) for f in found] == [("", 7), ("file-too-large:8", 8)]
    assert found[1].sha256 == sha256(b"<123456>")


@pytest.mark.parametrize(
    ("filters", "memory"),
    [
        ([{"id": py7zr.FILTER_LZMA2, "preset": 0}], 1 << 18),
        ([{"id": py7zr.FILTER_LZMA, "preset": 0}], 1 << 18),
        ([{"id": py7zr.FILTER_PPMD, "order": 6, "mem": 20}], 1 << 20),
    ],
)
def test_a_dictionary_has_a_bound(filters: list[dict[str, Any]], memory: int) -> None:
    """To the byte, before it is reserved."""
    made = seven([("a.xml", b"<feed/>")], filters=filters)

    assert told(made, Limits(max_container_memory=memory)) == {"a.xml": ""}
    assert told(made, Limits(max_container_memory=memory - 1)) == {"": "memory"}


@pytest.mark.parametrize(
    ("coder", "memory"),
    [
        ({"method": b"\x21", "properties": b"\x00"}, 1 << 12),
        ({"method": b"\x21", "properties": b"\x01"}, 3 << 11),
        ({"method": b"\x21", "properties": b"\x18"}, 1 << 24),
        ({"method": b"\x21", "properties": b"\x19"}, 3 << 23),
        ({"method": b"\x21", "properties": b"\x58"}, 1 << 24),
        ({"method": b"\x03\x01\x01", "properties": b"\x5d\0\0\x10\0"}, 1 << 20),
        ({"method": b"\x03\x01\x01", "properties": b"\x5d\1\2\3\4\5"}, 0x04030201),
        ({"method": b"\x03\x04\x01", "properties": b"\x06\0\0\0\1"}, 1 << 24),
        ({"method": b"\x03\x04\x01", "properties": b""}, 0),
        ({"method": b"\x21", "properties": None}, 0),
        ({"method": b"\x21"}, 0),
        ({"method": b"\x00", "properties": b"\x18\1\1\1\1"}, 0),
    ],
)
def test_what_a_decoder_takes_is_in_its_properties(coder: dict[str, object], memory: int) -> None:
    """As the 7z format says it, method by method."""
    assert sevenzip._memory(coder) == memory


@pytest.mark.parametrize("names_too", [False, True])
@pytest.mark.parametrize(
    ("secret", "why"),
    [(SECRET, ""), (None, "encrypted"), ("", "encrypted"), ("een ander", "wrong-password")],
)
def test_a_password_opens_it_or_it_is_refused_whole(
    secret: str | None, why: str, *, names_too: bool
) -> None:
    """It is asked once, by the container's name."""
    made = seven([("a.xml", b"<1>"), ("b.xml", b"<2>")], SECRET, names_too=names_too)
    asked = []

    def passwords(name: str) -> str | None:
        asked.append(name)
        return secret

    found, said = walked(made, passwords=passwords)

    assert said == why
    assert [f.content for f in found] == ([] if why else [b"<1>", b"<2>"])
    assert asked == ["s"]


def test_no_password_is_asked_of_what_is_not_encrypted() -> None:
    """A person is not asked in vain."""
    made = seven([("a.xml", b"<1>")])

    found, why = walked(made, passwords=lambda _name: pytest.fail("asked"))

    assert (why, len(found)) == ("", 1)


@pytest.mark.parametrize("password", [None, SECRET])
@pytest.mark.parametrize(
    ("place", "count", "reason"), [(0, 0, "first"), (1500, 1, "damaged"), (2500, 2, "damaged")]
)
def test_a_document_that_was_changed_never_comes_out(
    password: str | None, place: int, count: int, reason: str
) -> None:
    """Its checksum is compared before it is handed over; what precedes it stands."""
    filters = [*COPY, {"id": py7zr.FILTER_CRYPTO_AES256_SHA256}] if password else COPY
    entries = [(f"{n}.xml", b"<feed>%d</feed>" % n + b" " * 1000) for n in range(3)]
    content = bytearray(seven(entries, password, filters=filters))
    content[32 + place] ^= 1

    found, why = walked(bytes(content), passwords=lambda _name: password)

    assert [f.content for f in found] == [inner for _name, inner in entries[:count]]
    first = "wrong-password" if password else "damaged"  # the first one cannot tell
    assert why == (first if reason == "first" else reason)


@pytest.mark.parametrize(
    "content", [b"", b"geen 7z", b"7z\xbc\xaf\x27\x1c", b"7z\xbc\xaf\x27\x1c" + bytes(99)]
)
def test_what_is_no_7z_is_refused(content: bytes) -> None:
    """By its first bytes or its list of entries."""
    assert walked(content) in [([], "not-a-7z"), ([], "")]
    made = bytearray(seven([("a.xml", b"<1>")]))
    for place in (0, 8, 12, 20, 28, len(made) - 3):
        made[place] ^= 1
        assert walked(bytes(made)) == ([], "not-a-7z"), place
        made[place] ^= 1


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(b"\x01\x04\x07\x0b\x01\x01" + b"\xff" * 9, id="folders-beyond-the-file"),
        pytest.param(b"\x01\x05\x01\x11\x0a\x01" + b"\xff" * 9, id="names-beyond-the-file"),
        pytest.param(b"\x01\x02", id="properties-cut-off"),
    ],
)
def test_a_list_that_is_nonsense_is_refused(head: bytes) -> None:
    """Whatever the library raises on it, sums that fit notwithstanding; found by fuzzing."""
    assert walked(listed(head)) == ([], "not-a-7z")


def test_a_list_may_have_streams_of_nothing() -> None:
    """Then there is nothing in it; found by fuzzing."""
    assert walked(listed(b"\x01\x04\x00\x00")) == ([], "")
