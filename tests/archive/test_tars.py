"""A tar is read as a stream, by a parser of our own, which takes nothing on its word."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.reading import input_of, outcome, sha256
from archive.tar_writing import END, PIECES, QUICK, entry, told, walked
from kt_migrate.archive.limits import Limits
from kt_migrate.archive.names import shown
from kt_migrate.archive.problems import reason_digest

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
