"""A zip's list of entries: bounded before it is read, and no byte is in two of them."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from archive.hostile import overlapping, zipped
from archive.reading import outcome, until_refused
from archive.zip_writing import (
    CENTRAL,
    END,
    LOCAL,
    flagged,
    large_end,
    plain,
    told,
    walked,
    with_comment,
)
from kt_migrate.archive import zips
from kt_migrate.archive.limits import Limits
from kt_migrate.archive.passwords import no_passwords
from kt_migrate.archive.problems import reason_digest
from kt_migrate.archive.zips import walk_zip

_FORMS: dict[str, Callable[[bytes], bytes]] = {
    "usual": lambda content: content,
    "comment": lambda content: with_comment(content, b"x" * 65535),
    "zip64": large_end,
    "zip64 comment": lambda content: with_comment(large_end(content), b"x" * 65535),
}


@pytest.mark.parametrize("form", _FORMS)
def test_a_list_of_entries_is_not_read_when_it_would_fill_the_memory(
    monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    """By the number and the size that the zip itself gives, in any of its forms."""
    made = zipped([plain(f"{number}.xml") for number in range(5)])
    size = made.rindex(END) - made.index(CENTRAL)
    made = _FORMS[form](made)
    fits = Limits(max_entries=5, max_container_memory=size * 7)
    assert told(made, fits) == {f"{n}.xml": "" for n in range(5)}

    monkeypatch.setattr(zipfile, "ZipFile", lambda *_a: pytest.fail("read"))
    for limits, refused in (
        (Limits(max_entries=4), "too-many-entries"),
        (Limits(max_container_memory=size * 7 - 1), "memory"),
    ):
        assert told(made, limits) == {"": refused}


@pytest.mark.parametrize("part", [b"PK\x06\x06", b"PK\x06\x07"])
def test_half_of_a_large_end_is_none(part: bytes) -> None:
    """What the library does not look at says nothing: neither too little nor too much."""
    made = zipped([plain(f"{number}.xml") for number in range(5)])
    for size in (20, 56, 76):
        for filling in (b"\0", b"\xff"):
            place = made.rindex(END)
            fake = part + filling * (size - 4)
            bogus = made[:place] + fake + made[place:]
            assert told(bogus, Limits(max_entries=4)) == {"": "too-many-entries"}


def test_entries_that_are_more_than_the_end_says_are_counted() -> None:
    """The library counts for itself, and so do we."""
    made = bytearray(zipped([plain(f"{number}.xml") for number in range(5)]))
    struct.pack_into("<HH", made, made.rindex(END) + 8, 1, 1)

    assert told(bytes(made), Limits(max_entries=4)) == {"": "too-many-entries"}


@pytest.mark.parametrize("content", [b"", b"geen zip", END, END + bytes(17), LOCAL * 9])
def test_what_is_no_zip_is_refused(content: bytes) -> None:
    """Or has no end, or half of one."""
    assert told(content) == {"": "not-a-zip"}
    assert told(zipped([plain("a.xml")])[:-1]) == {"": "not-a-zip"}


def test_an_end_alone_is_an_empty_zip() -> None:
    """Nothing, and no trouble."""
    assert told(END + bytes(18)) == {}


_SPANS = st.lists(st.tuples(st.integers(0, 150), st.integers(0, 40)), max_size=7)


@given(_SPANS, st.integers(0, 260))
@example([(0, 10)], 40)
@example([(0, 10)], 39)
@example([(0, 10), (40, 5)], 99)
@settings(max_examples=200, deadline=None)
def test_what_shares_a_byte_is_found_and_nothing_else(
    spans: list[tuple[int, int]], start: int
) -> None:
    """With another entry, or with the list of entries; a header takes thirty bytes."""
    entries = [SimpleNamespace(header_offset=at, compress_size=size) for at, size in spans]
    archive: Any = SimpleNamespace(infolist=lambda: entries, start_dir=start)
    ranges = [(at, at + 30 + size) for at, size in spans]
    shared = {
        begin
        for number, (begin, end) in enumerate(ranges)
        if end > start
        or any(
            begin < other_end and other < end
            for second, (other, other_end) in enumerate(ranges)
            if second != number
        )
    }

    assert zips._overlapping(archive) == shared


def test_entries_that_overlap_are_not_even_digested() -> None:
    """A small zip would take days; a good one beside them is read."""
    found, why = walked(overlapping(3, 1000))

    assert why == ""
    assert [outcome(f) for f in found] == ["archive-refused:overlap"] * 3
    assert {f.size for f in found} == {0}
    assert found[0].sha256 == reason_digest("z!000.xml", "archive-refused", "overlap")


def test_names_that_are_not_what_they_are_said_to_be_are_refused() -> None:
    """They say UTF-8, and are not."""
    made = flagged(zipped([plain("a.xml")]), 0, b"a.xml").replace(b"a.xml", b"\xff.xml")
    changed = bytearray(made)
    for place in (6, made.rindex(CENTRAL) + 8):
        changed[place + 1] |= 0x08

    assert told(bytes(changed)) == {"": "names"}


def test_what_overlaps_keeps_the_reason_that_comes_first() -> None:
    """With its own code."""
    made = bytearray(overlapping(2, 1000))
    place = -1
    while (place := made.find(CENTRAL, place + 1)) >= 0:
        struct.pack_into("<I", made, place + 38, (stat.S_IFIFO | 0o600) << 16)

    found, _why = walked(bytes(made))

    assert [(outcome(f), f.size) for f in found] == [("file-not-regular:special", 0)] * 2


def test_the_last_end_counts_and_no_more_is_read_to_find_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An entry can hold what looks like one; a zip can be of any size."""
    looks_like = b"<" + END + bytes(40)
    entries = [plain(f"{number}.xml", looks_like) for number in range(5)]
    made = zipped([plain("0.bin", bytes(200_000)), *entries])
    read: list[int] = []

    class Read(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            piece = super().read(size)
            read.append(len(piece))
            return piece

    monkeypatch.setattr(zipfile, "ZipFile", lambda *_a: pytest.fail("read"))

    files = walk_zip("z", Read(made), Limits(max_entries=5), no_passwords)
    assert until_refused(files) == ([], "too-many-entries")
    assert read == [66_000]


@pytest.mark.parametrize(
    ("count", "size", "refused"),
    [
        (0xFFFF, 0, "too-many-entries"),
        (1, 0xFFFFFFFF, "memory"),
        (0x8000, 46, "too-many-entries"),
    ],
)
def test_a_number_of_entries_is_never_less_than_none(count: int, size: int, refused: str) -> None:
    """Nor is their size: the numbers have no sign."""
    end = struct.pack("<4sHHHHIIH", END, 0, 0, count, count, size, 0, 0)
    limits = Limits(max_entries=100, max_container_memory=1000)

    assert told(end, limits) == {"": refused}
    large = large_end(end)
    for place, number, reason in ((32, 1 << 63, "too-many-entries"), (40, 1 << 63, "memory")):
        changed = bytearray(large)
        struct.pack_into("<QQ", changed, 32, 1, 1)
        struct.pack_into("<Q", changed, place, number)
        assert told(bytes(changed), limits) == {"": reason}


def test_a_list_of_entries_that_is_none_is_no_zip() -> None:
    """Though its end is one."""
    end = struct.pack("<4sHHHHIIH", END, 0, 0, 1, 1, 46, 0, 0)

    assert told(bytes(46) + end) == {"": "not-a-zip"}
