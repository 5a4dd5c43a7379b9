"""One document: read whole, never more of it kept than a message may be; and its bounds."""

from __future__ import annotations

import errno
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.reading import Trickle, outcome, sha256
from kt_migrate.archive.content import CHUNK, Gathered, chunks, document, gather, stored, too_large
from kt_migrate.archive.limits import Limits, Tally
from kt_migrate.archive.passwords import no_passwords
from kt_migrate.archive.problems import (
    RefusedError,
    os_reason,
    reason_digest,
    refused,
    unreachable,
    without_bytes,
)
from kt_migrate.model import NoMessage, SourceFile

QUICK = settings(max_examples=60, deadline=None)


@given(st.binary(max_size=40), st.integers(1, 9), st.integers(0, 50), st.integers(0, 50))
@QUICK
def test_a_stream_is_read_to_its_end_or_to_where_is_asked(
    content: bytes, most: int, keep: int, size: int
) -> None:
    """However little it gives at a time; less than is asked for is truncated."""
    read = gather(Trickle(content, most), keep)

    assert (read.sha256, read.size) == (sha256(content), len(content))
    assert read.head == content[:most]
    assert read.content == (content if len(content) <= keep else None)
    stream = Trickle(content, most)
    if size > len(content):
        with pytest.raises(RefusedError) as caught:
            gather(stream, keep, size)
        assert caught.value.detail == "truncated"
        return
    assert gather(stream, 99, size).content == content[:size]
    assert stream.left == len(content) - size


def test_no_more_is_asked_of_a_stream_than_is_wanted() -> None:
    """What follows belongs to another; and never more than a piece at a time."""
    stream = Trickle(bytes(2 * CHUNK + 5))
    assert [len(piece) for piece in chunks(stream, CHUNK + 3)] == [CHUNK, 3]
    assert stream.asked == [CHUNK, 3]
    assert [len(piece) for piece in chunks(stream)] == [CHUNK, 2]
    assert stream.asked[2:] == [CHUNK] * 3
    assert list(chunks(stream, 0)) == []
    assert CHUNK == 64 * 1024


def test_of_the_beginning_no_more_is_looked_at_than_is_needed() -> None:
    """Four thousand bytes say what it is."""
    assert gather(Trickle(b"a" * 5000), 0).head == b"a" * 4096


def test_what_is_stored_is_digested_from_its_start() -> None:
    """Wherever the file stood."""
    file = io.BytesIO(b"inhoud")
    file.seek(3)

    assert stored(file) == (sha256(b"inhoud"), 6)


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.xml", b"<feed/>", ""),
        ("a.pdf", b"<feed/>", ""),
        ("a.xml", b"PK\x03\x04", "archive-refused:container-unnamed"),
        ("a.zip!a.xml", b"PK\x03\x04", "archive-refused:nested"),
        ("a.pdf", b"PK\x03\x04", "no-message .pdf"),
        ("a.bin", b"\0\1", ""),
        ("a.xml", b"", ""),
        (".a.xml", b"", "no-message dot files"),
        ("a.xml", b"<" + b"x" * 99, "file-too-large:100"),
        ("a.bin", b"x" * 100, "file-too-large:100"),
        ("a.pdf", b"x" * 100, "no-message .pdf"),
        ("a.bin", b"PK\x03\x04" + b"x" * 96, "archive-refused:container-unnamed"),
    ],
)
def test_a_document_is_input_no_message_or_refused(
    name: str, content: bytes, expected: str
) -> None:
    """By its beginning first, then by its name; with its digest and size in any case."""
    file = document(name, name, gather(Trickle(content), 50))

    assert outcome(file) == expected
    assert (file.name, file.sha256, file.size) == (name, sha256(content), len(content))
    assert file.content == content or expected


def test_a_document_is_called_by_its_own_name() -> None:
    """The dots and extension that count are those within the container."""
    read = gather(Trickle(b"x"), 9)

    assert outcome(document("a.pdf", "a.bin", read)) == ""
    assert outcome(document("a.bin", "a.pdf", read)) == "no-message .pdf"


def test_what_is_too_large_has_its_size_as_the_reason() -> None:
    """And the digest of all of it."""
    file = too_large("a", Gathered(sha256="1" * 64, size=77, head=b"", content=None))

    assert (file.sha256, file.size, outcome(file)) == ("1" * 64, 77, "file-too-large:77")


@pytest.mark.parametrize(("alike", "reason"), [(False, "ratio"), (True, "stream-ratio")])
@given(steps=st.lists(st.tuples(st.sampled_from("eio"), st.integers(0, 9)), max_size=12))
@QUICK
def test_a_tally_stops_exactly_at_its_bounds(
    steps: list[tuple[str, int]], reason: str, *, alike: bool
) -> None:
    """Files, bytes, and bytes out per byte in, above a floor; without anything in, no ratio."""
    one, many = (9, 2) if alike else (2, 9)
    limits = Limits(
        max_entries=3,
        max_container_bytes=30,
        ratio_floor=7,
        max_ratio=one,
        max_stream_ratio=many,
    )
    tally = Tally(limits, alike=alike)
    entries = bytes_in = bytes_out = 0
    for step, size in steps:
        entries += step == "e"
        bytes_out += size * (step == "o")
        if step == "i":
            bytes_in += size
            tally.bytes_in += size
            continue
        expected = ""
        if step == "e":
            expected = "too-many-entries" if entries > 3 else ""
        elif bytes_out > 30:
            expected = "too-large"
        elif bytes_in and bytes_out > max(7, 2 * bytes_in):
            expected = reason
        said = ""
        try:
            tally.entry() if step == "e" else tally.out(size)
        except RefusedError as refusal:
            said = refusal.detail
        assert (said, tally.entries, tally.bytes_out) == (expected, entries, bytes_out)


def test_the_bounds_are_those_that_are_documented() -> None:
    """docs/archives.md, Limits."""
    assert Limits() == Limits(
        max_file_bytes=32 << 20,
        max_entries=2_000_000,
        max_container_bytes=64 << 30,
        max_container_memory=1 << 30,
        max_ratio=200,
        max_stream_ratio=1000,
        ratio_floor=64 << 10,
        max_depth=64,
    )


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (errno.EACCES, "no-permission"),
        (errno.EPERM, "no-permission"),
        (errno.ENOENT, "vanished"),
        (errno.ENOTDIR, "vanished"),
        (errno.EIO, "EIO"),
        (errno.ELOOP, "ELOOP"),
        (0, "unknown"),
        (None, "unknown"),
        (98765, "unknown"),
    ],
)
def test_what_the_system_said_has_a_word(number: int | None, reason: str) -> None:
    """Its own name, when there is no better one."""
    error = OSError("x") if number is None else OSError(number, "x")

    assert os_reason(error) == reason
    assert outcome(unreachable("a", error)) == f"file-unreachable:{reason}"
    assert unreachable("a", error).size == 0


def test_what_has_no_bytes_has_the_digest_of_its_reason() -> None:
    """So that a manifest still tells one trouble from another."""
    bare = refused("a.xml", "fifo", code="file-not-regular")
    assert bare == refused("a.xml", "fifo", code="file-not-regular", sha256="", size=0)
    assert bare.sha256 == sha256(b"file-not-regular:fifo:a.xml")
    assert refused("a", "path").sha256 == reason_digest("a", "archive-refused", "path")
    full = refused("a", "path", sha256="1" * 64, size=5)
    assert (full.sha256, full.size, outcome(full)) == ("1" * 64, 5, "archive-refused:path")
    assert (RefusedError("path").code, str(RefusedError("path"))) == ("archive-refused", "path")
    assert RefusedError("fifo", "file-not-regular").code == "file-not-regular"


@pytest.mark.parametrize(
    ("file", "bare"),
    [
        (refused("a", "path"), True),
        (refused("a", "fifo", code="file-not-regular"), True),
        (refused("a", "path", sha256="1" * 64), False),
        (SourceFile(name="a", sha256=sha256(b"x"), size=1, content=b"x"), False),
        (SourceFile(name="a", sha256=sha256(b"x"), size=1, content=NoMessage(kind="link")), False),
        (
            SourceFile(
                name="a",
                sha256=sha256(b"archive-refused:link:a"),
                size=0,
                content=NoMessage(kind="link"),
            ),
            True,
        ),
        (
            SourceFile(
                name="b",
                sha256=sha256(b"archive-refused:link:a"),
                size=0,
                content=NoMessage(kind="link"),
            ),
            False,
        ),
    ],
)
def test_what_has_no_bytes_is_known_by_its_digest(file: SourceFile, *, bare: bool) -> None:
    """A link to a folder too, though it is no trouble."""
    assert without_bytes(file) is bare


def test_who_gives_no_passwords_gives_none() -> None:
    """Not an empty one."""
    assert no_passwords("a.zip") is None  # type: ignore[func-returns-value]  # that is the point
