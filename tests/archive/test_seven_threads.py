"""What unpacks a 7z beside the reader: it waits, it ends with the reader, and the reader hears of it."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import py7zr
import pytest
from py7zr.exceptions import UnsupportedCompressionMethodError

from archive.reading import sha256
from archive.seven_told import told, walked
from archive.seven_writing import seven
from kt_migrate.archive.limits import Limits
from kt_migrate.archive.passwords import no_passwords
from kt_migrate.archive.sevenzip import walk_sevenzip
from kt_migrate.archive.sevenzip_writer import Writer, Writers
from kt_migrate.model import SourceFile


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (UnsupportedCompressionMethodError(b"x", "x"), "method"),
        (RuntimeError("x"), "damaged"),
        (MemoryError(), "damaged"),
        (None, "damaged"),
    ],
)
def test_the_reader_hears_why_there_is_no_more(
    monkeypatch: pytest.MonkeyPatch, error: Exception | None, why: str
) -> None:
    """Whatever goes wrong where it is unpacked; also when it just stops."""

    def extract(_archive: object, targets: set[str], factory: Writers) -> None:
        assert targets == {"a.xml", "b.xml"}
        writer = factory.create("a.xml")
        writer.write(b"<1>")
        writer.close()
        if error:
            raise error

    monkeypatch.setattr(py7zr.SevenZipFile, "extract", extract)

    found, said = walked(seven([("a.xml", b"<1>"), ("b.xml", b"<2>")]))

    assert ([f.content for f in found], said) == ([b"<1>"], why)


def test_nothing_is_unpacked_when_nothing_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only folders, empty files and refused ones."""
    monkeypatch.setattr(py7zr.SevenZipFile, "extract", lambda *_a, **_m: pytest.fail("unpacked"))

    assert told(seven([("a.zip", b"PK"), ("b.xml", b"")])) == {
        "a.zip": "archive-refused:nested",
        "b.xml": "",
    }


def wait_for(there: Callable[[], bool]) -> None:
    """Wait until a thread has come so far, on a machine however busy."""
    end = time.monotonic() + 10
    while not there() and time.monotonic() < end:
        time.sleep(0.005)


def test_one_document_waits_and_no_more_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader that takes its time, and one that stops: the thread ends with it."""
    given_: list[int] = []

    def extract(_archive: object, targets: set[str], factory: Writers) -> None:
        for number in range(len(targets)):
            writer = factory.create("x")
            writer.write(b"<%d>" % number)
            given_.append(number)
            writer.close()

    monkeypatch.setattr(py7zr.SevenZipFile, "extract", extract)
    made = seven([(f"{n}.xml", b"<1>") for n in range(9)])
    walking: Iterator[SourceFile] = walk_sevenzip("s", io.BytesIO(made), Limits(), no_passwords)
    next(walking)
    wait_for(lambda: len(given_) == 3)
    time.sleep(0.15)  # longer than it waits for the reader at a time
    assert given_ == [0, 1, 2]
    assert [next(walking).content for _ in range(2)] == [b"<1>", b"<2>"]
    wait_for(lambda: len(given_) == 5)
    time.sleep(0.02)  # so that it waits when the reader stops
    walking.close()  # type: ignore[attr-defined]  # a generator, as Iterator does not say

    assert threading.active_count() == 1
    assert given_ == [0, 1, 2, 3, 4]


def test_a_writer_keeps_no_more_than_a_document_may_be() -> None:
    """What is written in pieces comes out whole, or digested only; an empty one does not."""
    out: list[Any] = []
    for pieces in ([b"ab", b"cde"], [b"ab", b"cdef"], [b""], []):
        writer = Writers(out.append, 5).create("x")
        for piece in pieces:
            assert writer.write(piece) == len(piece)
        assert (writer.size(), writer.read(), writer.seek(3)) == (sum(map(len, pieces)), b"", 0)
        writer.flush()
        writer.close()

    assert [(g.sha256, g.size, g.content) for g in out] == [
        (sha256(b"abcde"), 5, b"abcde"),
        (sha256(b"abcdef"), 6, None),
    ]
    assert [g.head for g in out] == [b"ab", b"ab"]
    large = Writer(out.append, 5)
    large.write(bytearray(b"x" * 5000))
    large.write(b"y")
    large.close()
    assert (out[-1].head, out[-1].content) == (b"x" * 4096, None)
