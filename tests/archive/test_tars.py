"""A tar is read as a stream, by a parser of our own, which takes nothing on its word."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.reading import Trickle, input_of, outcome, sha256, until_refused
from kt_migrate.archive.limits import Limits
from kt_migrate.archive.names import shown
from kt_migrate.archive.problems import reason_digest
from kt_migrate.archive.tars import walk_tar
from kt_migrate.model import SourceFile

QUICK = settings(max_examples=40, deadline=None)
END = bytes(1024)
PIECES = [1 << 20, 100]


def summed(block: bytes) -> bytes:
    """Return a header with its checksum."""
    total = sum(block[:148]) + sum(block[156:]) + 8 * ord(" ")
    return block[:148] + b"%06o\0 " % total + block[156:]


def header(
    name: bytes = b"a.xml",
    size: bytes | int = 0,
    kind: bytes = b"0",
    *,
    magic: bytes = b"ustar\x0000",
    prefix: bytes = b"",
) -> bytes:
    """Return one header; a size that is bytes is written as it is."""
    field = b"%011o\0" % size if isinstance(size, int) else size
    block = name.ljust(100, b"\0") + b"0000600\0" * 3 + field.ljust(12, b"\0") + b"0" * 12
    block += bytes(8) + kind + bytes(100) + magic.ljust(8, b"\0") + bytes(80) + prefix
    return summed(block.ljust(512, b"\0"))


def entry(
    name: bytes = b"a.xml", content: bytes = b"<feed/>", kind: bytes = b"0", **more: bytes
) -> bytes:
    """Return a header and its content."""
    size = more.pop("size", None)
    head = header(name, len(content) if size is None else size, kind, **more)
    return head + content + bytes(-len(content) % 512)


def record(key: bytes, value: bytes) -> bytes:
    """Return a record of a pax header."""
    length = len(key) + len(value) + 3
    length += len(str(length + len(str(length))))
    return b"%d %s=%s\n" % (length, key, value)


def pax(records: bytes, kind: bytes = b"x") -> bytes:
    """Return an extended header."""
    return entry(b"pax", records, kind)


def walked(
    content: bytes, limits: Limits | None = None, most: int = 1 << 20
) -> tuple[list[SourceFile], str]:
    """Return what comes out, and why it goes no further."""
    return until_refused(walk_tar("t", Trickle(content, most), limits or Limits()))


def told(content: bytes, limits: Limits | None = None) -> dict[str, str]:
    """Return what comes of each name; the whole has the empty name."""
    both = [walked(content, limits, most) for most in PIECES]
    assert both[0] == both[1]
    found, why = both[0]
    said = {file.name.removeprefix("t!"): outcome(file) for file in found}
    return said | ({"": why} if why else {})


_NAMES = st.one_of(
    st.from_regex(r"[a-c]{1,3}(/[a-c]{1,60}){0,3}\.xml", fullmatch=True),
    st.sampled_from(["l" * 120 + ".xml", "d/" * 30 + "e" * 99, "byte-\udcff.xml", "\u00e9.json"]),
)
_CONTENTS = st.one_of(
    st.binary(max_size=9).map(lambda rest: b"<" + rest),
    st.sampled_from([0, 511, 512, 513, 1024]).map(lambda n: b"{" * n),
)
_FORMATS = [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT]


def packed(entries: Iterable[tuple[str, bytes]], style: int) -> bytes:
    """Return a tar as Python's own library makes it."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=style) as archive:
        for name, content in entries:
            made = tarfile.TarInfo(name)
            made.size = len(content)
            archive.addfile(made, io.BytesIO(content))
    return out.getvalue()


@pytest.mark.parametrize("style", _FORMATS)
@given(st.dictionaries(_NAMES, _CONTENTS, max_size=4), st.sampled_from(PIECES))
@QUICK
def test_what_was_packed_comes_out(style: int, entries: dict[str, bytes], most: int) -> None:
    """Names of any length and bytes, contents of any size, in their order."""
    content = packed(entries.items(), style)

    found, why = walked(content, most=most)

    assert why == ""
    assert {f.name: f.content for f in found if f.size or f.content == b""} == {
        f"t!{shown(name)}": inner for name, inner in entries.items()
    }
    assert input_of(found) == {f"t!{shown(name)}": inner for name, inner in entries.items()}


@given(st.lists(_CONTENTS, min_size=1, max_size=3), st.data())
@QUICK
def test_a_tar_that_is_cut_is_truncated_and_never_shorter(
    contents: list[bytes], data: st.DataObject
) -> None:
    """Wherever; what came out before stands. One empty block is end enough."""
    entries = [entry(b"%d.xml" % n, content) for n, content in enumerate(contents)]
    whole = b"".join(entries)
    cut = data.draw(st.integers(0, len(whole) + 511))

    found, why = walked((whole + END)[:cut])

    complete = sum(sum(map(len, entries[: n + 1])) <= cut for n in range(len(entries)))
    assert why == "truncated"
    assert len(found) in {complete, complete + 1}  # its content is there, its padding is not
    assert [f.content for f in found] == contents[: len(found)]
    for end in (512, 513, 1024, 9000):
        assert walked(whole + bytes(end))[1] == ""


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
    ("kind", "expected"),
    [
        (b"0", ""),
        (b"\0", ""),
        (b"7", ""),
        (b"1", "archive-refused:link"),
        (b"2", "archive-refused:link"),
        (b"3", "file-not-regular:device"),
        (b"4", "file-not-regular:device"),
        (b"5", "archive-refused:folder-with-content"),
        (b"6", "file-not-regular:fifo"),
        (b"S", "archive-refused:sparse"),
        (b"Z", "file-not-regular:unknown"),
        (b"8", "file-not-regular:unknown"),
    ],
)
def test_only_what_is_a_file_is_read(kind: bytes, expected: str) -> None:
    """What has bytes has their digest, what has none that of its reason; the next one is read."""
    for content in (b"<feed/>", b""):
        if kind == b"5" and not content:
            continue
        found, why = walked(entry(content=content, kind=kind) + entry(b"b.xml") + END)

        assert (why, [f.name for f in found]) == ("", ["t!a.xml", "t!b.xml"])
        assert [outcome(f) for f in found] == [expected, ""]
        assert found[0].size == len(content)
        code, _, detail = expected.partition(":")
        bare = reason_digest("t!a.xml", code, detail)
        assert found[0].sha256 == (sha256(content) if content or not expected else bare)


def test_folders_are_passed_over_and_not_counted() -> None:
    """In the new way and in the old; one with content is a file."""
    folders = (
        entry(b"a/", b"", b"5")
        + entry(b"b", b"", b"5")
        + entry(b"c/", b"")
        + entry(b"d/", b"", b"\0")
    )
    limits = Limits(max_entries=1)

    assert told(folders + entry(b"e/") + END, limits) == {"e/": ""}
    assert told(folders + END) == {}
    assert told(entry() + entry(b"b.xml") + END, limits) == {"a.xml": "", "": "too-many-entries"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (b"../a.xml", "archive-refused:path"),
        (b"/a.xml", "archive-refused:path"),
        (b"d/e/f/a.xml", "archive-refused:too-deep"),
        (b"a.zip", "archive-refused:nested"),
        (b"a.ndjson.gz", "archive-refused:nested"),
        (b"a.rar", "archive-refused:nested"),
        (b"a.pdf", "no-message .pdf"),
        (b"a.txt", ""),
    ],
)
def test_a_name_decides_what_becomes_of_it(name: bytes, expected: str) -> None:
    """Refused with the digest of its bytes, counted, or read when it starts as a message."""
    content = b"%PDF" if b"pdf" in name else b"<feed/>"

    (found,), why = walked(entry(name, content) + END, Limits(max_depth=3))

    assert (outcome(found), why) == (expected, "")
    assert (found.sha256, found.size) == (sha256(content), len(content))


def test_names_that_occur_again_are_numbered() -> None:
    """Both are read."""
    assert told(entry() + entry() + entry(b"b.xml") + END) == {
        "a.xml": "",
        "a.xml#2": "",
        "b.xml": "",
    }


def test_a_document_has_its_bound_and_so_has_the_whole() -> None:
    """To the byte; the digest is of all of it."""
    content = entry(content=b"<12345>") + entry(b"b.xml", b"<123456>") + END

    assert told(content, Limits(max_file_bytes=7)) == {"a.xml": "", "b.xml": "file-too-large:8"}
    assert told(content, Limits(max_container_bytes=15)) == {"a.xml": "", "b.xml": ""}
    assert told(content, Limits(max_container_bytes=14))[""] == "too-large"


def test_lines_within_a_tar_are_documents() -> None:
    """NDJSON is no container; its bounds hold within."""
    content = entry(b"a.jsonl", b'{"a": 1}\n\n{}\n') + entry(b"b.xml") + END

    assert input_of(walked(content)[0]) == {
        "t!a.jsonl!000001": b'{"a": 1}',
        "t!a.jsonl!000003": b"{}",
        "t!b.xml": b"<feed/>",
    }


@pytest.mark.parametrize(
    ("magic", "expected"), [(b"ustar\x0000", "p/q/a.xml"), (b"ustar  \0", "a.xml"), (b"", "a.xml")]
)
def test_a_prefix_is_that_of_ustar_only(magic: bytes, expected: str) -> None:
    """GNU keeps other things there."""
    assert told(entry(magic=magic, prefix=b"p/q") + END) == {expected: ""}
    full = b"n" * 96 + b".xml"
    assert told(entry(full, magic=magic) + END) == {full.decode(): ""}


def test_extended_headers_hold_for_one_entry_and_global_ones_for_all() -> None:
    """Name and size; the nearest wins; an empty name is none."""
    content = (
        pax(record(b"path", b"all.xml") + record(b"comment", b"x"), b"g")
        + entry(b"1.xml")
        + pax(record(b"path", b"own.xml"))
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
        ("t!own.xml", b"<feed/>"),
        ("t!all.xml#2", b"<feed/>"),
        ("t!4.xml", b"<4>"),
        ("t!all.xml#3", b"<feed/>"),
    ]


def test_long_names_of_gnu_hold_for_one_entry() -> None:
    """A long target of a link is no name."""
    content = (
        entry(b"L", b"long.xml\0rest", b"L")
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


@pytest.mark.parametrize(("tail", "expected"), [(b"x", "trailing-data"), (bytes(70_000), "")])
def test_after_the_end_there_is_nothing(tail: bytes, expected: str) -> None:
    """But emptiness; a second tar would be left out without a word."""
    for end in (END, END[:512] + bytes(512 * 300)):
        said = told(entry() + end + tail)
        assert said == {"a.xml": ""} | ({"": expected} if expected else {})
