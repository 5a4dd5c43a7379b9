"""The headers of a tar: only what archives use, and nothing on their word."""

from __future__ import annotations

import pytest

from archive.reading import input_of
from archive.tar_writing import END, entry, pax, record, told, walked


def test_every_byte_of_a_header_counts() -> None:
    """By its checksum, in whatever field."""
    good = entry() + END
    for place in [*range(148), *range(156, 512)]:
        changed = bytearray(good)
        changed[place] ^= 1
        assert told(bytes(changed)) == {"": "damaged"}, place


@pytest.mark.parametrize(
    ("size", "content", "expected"),
    [
        (b"00000000007\0", b"<feed/>", ""),
        (b"         7 \0", b"<feed/>", ""),
        (b"7", b"<feed/>", ""),
        (b"7 ", b"<feed/>", ""),
        (b"\x80" + (7).to_bytes(11, "big"), b"<feed/>", ""),
        (b"\x80" + (300).to_bytes(11, "big"), b"<" * 300, ""),
        (b"\x80" + (1 << 70).to_bytes(11, "big"), b"<feed/>", "truncated"),
        (b"", b"", ""),
        (b"8", b"<feed/>", "damaged"),
        (b"0x7", b"<feed/>", "damaged"),
        (b"-7", b"<feed/>", "damaged"),
        (b"X7", b"<feed/>", "damaged"),
        (b"7X7", b"<feed/>", "damaged"),
        (b"\x80" + ((1 << 80) + 7).to_bytes(11, "big"), b"<feed/>", "truncated"),
        (b"\xff" * 12, b"<feed/>", "damaged"),
        (b"7 7", b"<feed/>", "damaged"),
        (b"77777777777\0", b"<feed/>", "truncated"),
    ],
)
def test_a_size_is_octal_or_binary_and_nothing_else(
    size: bytes, content: bytes, expected: str
) -> None:
    """Blanks around it do not matter; a size that is none is damage."""
    found, why = walked(entry(content=content, size=size) + END)

    assert why == expected
    assert input_of(found) == ({"t!a.xml": content} if not expected else {})


@pytest.mark.parametrize(
    ("magic", "expected"), [(b"ustar\x0000", "p/q/a.xml"), (b"ustar  \0", "a.xml"), (b"", "a.xml")]
)
def test_a_prefix_is_that_of_ustar_only(magic: bytes, expected: str) -> None:
    """GNU keeps other things there."""
    assert told(entry(magic=magic, prefix=b"p/q") + END) == {expected: ""}
    longest = entry(magic=b"ustar\x0000", prefix=b"p" * 155 + b"x") + END
    assert told(longest) == {"p" * 155 + "/a.xml": ""}
    full = b"n" * 96 + b".xml"
    assert told(entry(full, magic=magic) + END) == {full.decode(): ""}


def test_extended_headers_hold_for_one_entry_and_global_ones_for_all() -> None:
    """Name and size; the nearest wins; an empty name is none."""
    content = (
        pax(record(b"path", b"all.xml") + record(b"comment", b"x"), b"g")
        + entry(b"1.xml")
        + pax(record(b"path", b"own=2.xml"))
        + entry(b"2.xml")
        + entry(b"3.xml")
        + pax(record(b"path", b"") + record(b"size", b"3"))
        + entry(b"4.xml", b"<4>", size=b"0")
        + entry(b"5.xml")
    )

    found, why = walked(content + END)

    assert why == ""
    assert [(f.name, f.content) for f in found] == [
        ("t!all.xml", b"<feed/>"),
        ("t!own=2.xml", b"<feed/>"),
        ("t!all.xml#2", b"<feed/>"),
        ("t!4.xml", b"<4>"),
        ("t!all.xml#3", b"<feed/>"),
    ]


def test_long_names_of_gnu_hold_for_one_entry() -> None:
    """A long target of a link is no name."""
    content = (
        entry(b"L", b"long.xml\0rest\0", b"L")
        + entry(b"K", b"target\0", b"K")
        + entry(b"1.xml")
        + entry(b"K", b"target\0", b"K")
        + entry(b"2.xml")
    )

    assert told(content + END) == {"long.xml": "", "2.xml": ""}


@pytest.mark.parametrize("key", [b"GNU.sparse.major", b"GNU.sparse.map"])
@pytest.mark.parametrize("kind", [b"x", b"g"])
def test_a_sparse_file_is_refused(key: bytes, kind: bytes) -> None:
    """Its bytes are a part of it only."""
    content = pax(record(key, b"1"), kind) + entry() + END

    assert told(content) == {"a.xml": "archive-refused:sparse"}


@pytest.mark.parametrize(
    "records",
    [
        b"x",
        b"8 path=a",
        b"7 path=a\n",
        b"0 path=a\n",
        b" path=a\n",
        b"8 path a\n",
        b"x path=a\n",
        b"-9 path=a\n",
        b"999999999999999999999999 path=a\n",
        b"8 path=a\n garbage",
        b"000000000000000000009 path=a\n",
        b"path=a\n",
        record(b"size", b"x"),
        record(b"size", b"-1"),
        record(b"size", b"1" * 21),
        record(b"size", b""),
    ],
)
def test_an_extended_header_that_is_none_is_damage(records: bytes) -> None:
    """No loop, no number of any length, nothing taken for what it is not."""
    assert told(pax(records) + entry() + END) == {"": "damaged"}


def test_an_extended_header_has_a_bound() -> None:
    """A path is at most kilobytes: to the byte."""
    for more, expected in ((0, {"a.xml": ""}), (1, {"": "damaged"})):
        comment = record(b"comment", b"x" * (64 * 1024 - 15 + more))
        assert len(comment) == 64 * 1024 + more
        assert told(pax(comment) + entry() + END) == expected
    assert told(pax(record(b"size", b"9" * 20)) + entry() + END) == {"": "truncated"}


@pytest.mark.parametrize(
    ("tail", "expected"), [(b"x", "trailing-data"), (b"XX", "trailing-data"), (bytes(70_000), "")]
)
def test_after_the_end_there_is_nothing(tail: bytes, expected: str) -> None:
    """But emptiness; a second tar would be left out without a word."""
    for end in (END, END[:512] + bytes(512 * 300)):
        said = told(entry() + end + tail)
        assert said == {"a.xml": ""} | ({"": expected} if expected else {})


def test_a_checksum_is_read_whole() -> None:
    """Also of a header whose sum takes all its digits; only an empty block is the end."""
    name = b"\xff" * 100

    assert told(entry(name, prefix=b"\xff" * 155) + END) == {
        "\\xff" * 155 + "/" + "\\xff" * 100: ""
    }
    for block in (b"X" * 512, b" " * 512, b"\0" * 511 + b"X"):
        assert told(block + END) == {"": "damaged"}
