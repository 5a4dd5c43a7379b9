"""gzip, zstd and NDJSON as streams: whole or refused, whatever the pieces in which they come."""

from __future__ import annotations

import gzip
import random
import zlib

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.reading import Trickle, input_of, outcome, sha256, until_refused, whole
from kt_migrate.archive.compressed import Gunzipped, Unzstd
from kt_migrate.archive.limits import Limits
from kt_migrate.archive.ndjson import walk_ndjson
from kt_migrate.archive.problems import RefusedError

QUICK = settings(max_examples=50, deadline=None)
ANY = 10**9
LIMITS = Limits(max_ratio=ANY, max_stream_ratio=ANY)
_CONTENTS = st.lists(st.binary(max_size=60), max_size=4)
NOISE = random.Random(1).randbytes(70_000)  # noqa: S311  # noise, no secret


def gz(content: bytes) -> bytes:
    """Return a gzip member."""
    return gzip.compress(content, mtime=0)


def zst(content: bytes) -> bytes:
    """Return a zstd frame, with a checksum."""
    return zstandard.ZstdCompressor(write_checksum=True).compress(content)


def reason(stream: Gunzipped | Unzstd) -> str:
    """Return why a stream goes no further."""
    with pytest.raises(RefusedError) as caught:
        whole(stream)
    assert caught.value.code == "archive-refused"
    return caught.value.detail


@given(_CONTENTS, st.lists(st.integers(0, 3), min_size=5, max_size=5), st.integers(1, 50))
@QUICK
def test_members_of_gzip_are_one_stream(contents: list[bytes], zeros: list[int], most: int) -> None:
    """One after the other, with padding before, between and after."""
    packed = bytes(zeros[0]) + b"".join(
        gz(content) + bytes(pad) for content, pad in zip(contents, zeros[1:], strict=False)
    )

    assert whole(Gunzipped(Trickle(packed, most), LIMITS, alike=True), most) == b"".join(contents)


@given(_CONTENTS, st.integers(1, 50))
@QUICK
def test_frames_of_zstd_are_one_stream(contents: list[bytes], most: int) -> None:
    """One after the other."""
    packed = b"".join(map(zst, contents))

    assert whole(Unzstd(Trickle(packed, most), LIMITS, alike=True), most) == b"".join(contents)


@given(st.binary(max_size=60), st.data(), st.sampled_from([1, 7, 99]))
@QUICK
def test_what_ends_too_early_is_never_shorter(
    content: bytes, data: st.DataObject, most: int
) -> None:
    """Wherever it is cut, also in the second member."""
    for pack, kind in ((gz, Gunzipped), (zst, Unzstd)):
        packed = pack(content)
        end = data.draw(st.integers(1, len(packed) - 1))
        assert reason(kind(Trickle(packed[:end], most), LIMITS, alike=True)) == "truncated"
        assert reason(kind(Trickle(packed + packed[:end], most), LIMITS, alike=True)) == "truncated"


@given(st.binary(min_size=1, max_size=60), st.data(), st.integers(1, 255))
@QUICK
def test_a_changed_byte_is_noticed_or_changes_nothing(
    content: bytes, data: st.DataObject, change: int
) -> None:
    """What comes out to its end is what went in."""
    for pack, kind in ((gz, Gunzipped), (zst, Unzstd)):
        packed = bytearray(pack(content))
        packed[data.draw(st.integers(0, len(packed) - 1))] ^= change
        try:
            said: bytes | str = whole(kind(Trickle(bytes(packed)), LIMITS, alike=True))
        except RefusedError as refusal:
            said = refusal.detail
        assert said in (content, "damaged", "truncated", "window")


@pytest.mark.parametrize(
    "tail", [b"x", b"XX", b"tail of it", b"\x1f\x8c", b"\x1f\x8b\x07", zlib.compress(b"a")]
)
def test_what_follows_and_is_no_member_is_damage(tail: bytes) -> None:
    """After a whole member as well as at the start."""
    for most in (1, 99):
        for before in (b"", gz(b"a"), gz(b"a") + b"\0\0"):
            packed = before + tail + bytes(20)
            assert reason(Gunzipped(Trickle(packed, most), LIMITS, alike=True)) == "damaged"
        for before in (b"", zst(b"a")):
            packed = before + tail + bytes(20)
            assert reason(Unzstd(Trickle(packed, most), LIMITS, alike=True)) == "damaged"


def test_what_came_before_the_damage_came_out() -> None:
    """The reader has it, and is told at the next read."""
    stream = Gunzipped(Trickle(gz(b"abc") + b"tail"), LIMITS, alike=True)
    assert [stream.read(2), stream.read(2)] == [b"ab", b"c"]
    assert reason(stream) == "damaged"


@pytest.mark.parametrize(("pack", "kind"), [(gz, Gunzipped), (zst, Unzstd)])
def test_members_and_bytes_are_counted(pack: type[bytes], kind: type[Gunzipped | Unzstd]) -> None:
    """To the last one that is allowed; an empty member counts."""
    packed = pack(b"abc") + pack(b"") + pack(b"de")
    for most in (3, 99):
        for limits, expected in (
            (Limits(max_entries=3, max_container_bytes=5), ""),
            (Limits(max_entries=2), "too-many-entries"),
            (Limits(max_container_bytes=4), "too-large"),
        ):
            stream = kind(Trickle(packed, most), limits, alike=True)
            if expected:
                assert reason(stream) == expected
            else:
                assert whole(stream) == b"abcde"


@pytest.mark.parametrize("alike", [False, True])
@pytest.mark.parametrize(("pack", "kind"), [(gz, Gunzipped), (zst, Unzstd)])
def test_a_bomb_stops_at_its_ratio_and_not_at_its_end(
    pack: type[bytes], kind: type[Gunzipped | Unzstd], *, alike: bool
) -> None:
    """Of what went in, not of what the file is; below the floor nothing is looked at."""
    packed = pack(b" " * 1000)
    ratio = -(-1000 // len(packed))
    refused = "stream-ratio" if alike else "ratio"

    def opened(stream: Trickle, ratio: int, floor: int = 0) -> Gunzipped | Unzstd:
        one, many = (ANY, ratio) if alike else (ratio, ANY)
        limits = Limits(max_ratio=one, max_stream_ratio=many, ratio_floor=floor)
        return kind(stream, limits, alike=alike)

    assert len(whole(opened(Trickle(packed), ratio))) == 1000
    assert reason(opened(Trickle(packed), ratio - 1)) == refused
    assert len(whole(opened(Trickle(packed), 1, floor=1000))) == 1000
    assert reason(opened(Trickle(packed), 1, floor=999)) == refused
    assert whole(opened(Trickle(pack(NOISE), 999), 2)) == NOISE
    early = Trickle(pack(bytes(9000)) + pack(NOISE), 512)
    assert reason(opened(early, 3)) == refused
    assert early.left > 60_000


def test_little_goes_in_and_comes_out_at_a_time() -> None:
    """So that a bomb is never in memory before it is known as one."""
    inner = Trickle(gz(NOISE))
    assert whole(Gunzipped(inner, LIMITS, alike=True)) == NOISE
    assert set(inner.asked) == {16 * 1024}
    blanks = Gunzipped(Trickle(gz(bytes(600_000))), LIMITS, alike=True)
    assert [len(blanks.read(ANY)) for _ in range(3)] == [262_144, 262_144, 75_712]
    inner = Trickle(zst(NOISE))
    assert whole(Unzstd(inner, LIMITS, alike=True)) == NOISE
    assert set(inner.asked) == {512}


def frame(window: int) -> bytes:
    """Return a zstd frame of two bytes that asks for a window: its exponent and mantissa."""
    return b"\x28\xb5\x2f\xfd\0" + bytes([window]) + (2 << 3 | 1).to_bytes(3, "little") + b"{}"


@pytest.mark.parametrize(
    ("window", "memory", "expected"),
    [
        (17 << 3, 1 << 30, b"{}"),
        (17 << 3 | 1, 1 << 30, "window"),
        (18 << 3, 1 << 30, "window"),
        (3 << 3, 1 << 13, b"{}"),
        (3 << 3 | 1, 1 << 13, "window"),
    ],
)
def test_a_window_has_a_bound(window: int, memory: int, expected: bytes | str) -> None:
    """128 MB, or less when a container may take less."""
    limits = Limits(max_container_memory=memory)
    stream = Unzstd(Trickle(frame(window)), limits, alike=True)

    assert (whole(stream) if isinstance(expected, bytes) else reason(stream)) == expected


@given(
    st.lists(st.sampled_from([b'{"a": 1}', b"x", b"\n", b"\r", b"\r\n", b" ", b"\t"]), max_size=14),
    st.integers(1, 4),
)
@QUICK
def test_every_line_that_is_not_blank_is_a_document(parts: list[bytes], most: int) -> None:
    """Named after its number, without its end, whatever the pieces; blank ones are passed over."""
    content = b"".join(parts)
    lines = [line.removesuffix(b"\r") for line in content.split(b"\n")]

    found = input_of(walk_ndjson("a.ndjson", Trickle(content, most), LIMITS))

    assert found == {
        f"a.ndjson!{number:06}": line for number, line in enumerate(lines, 1) if line.strip()
    }


@pytest.mark.parametrize("most", [1, 3, 99])
def test_a_line_is_as_long_as_a_document_may_be(most: int) -> None:
    """To the byte; a longer one is named and digested, and the next one is read."""
    limits = Limits(max_file_bytes=5)
    content = b"12345\n123456\r\n12345\r\n   \n      \n1\n"

    files = list(walk_ndjson("a", Trickle(content, most), limits))

    assert [(f.name, outcome(f)) for f in files] == [
        ("a!000001", ""),
        ("a!000002", "file-too-large:6"),
        ("a!000003", ""),
        ("a!000005", "file-too-large:6"),
        ("a!000006", ""),
    ]
    assert (files[1].sha256, files[1].size) == (sha256(b"123456"), 6)
    assert [f.content for f in files if isinstance(f.content, bytes)] == [b"12345", b"12345", b"1"]


def test_lines_are_counted_and_blank_ones_are_not() -> None:
    """Up to the last that is allowed; what came before stands."""
    content = b"a\n\nb\n \nc"
    found, why = until_refused(walk_ndjson("a", Trickle(content), Limits(max_entries=2)))

    assert ([f.name for f in found], why) == (["a!000001", "a!000003"], "too-many-entries")
    assert until_refused(walk_ndjson("a", Trickle(content), Limits(max_entries=3)))[1] == ""
