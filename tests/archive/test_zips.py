"""A zip is not trusted: no path, size, ratio, kind of entry or list of entries on its word."""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.hostile import info, zipped
from archive.reading import input_of, outcome, sha256
from archive.zip_writing import (
    CENTRAL,
    GOOD,
    LOCAL,
    QUICK,
    plain,
    told,
    walked,
)
from kt_migrate.archive.limits import Limits
from kt_migrate.archive.names import shown
from kt_migrate.archive.problems import reason_digest

_NAMES = st.one_of(
    st.from_regex(r"[a-c]{1,3}(/[a-c]{1,5}){0,2}\.xml", fullmatch=True),
    st.sampled_from(["\u00e9.xml", "a!b.xml", "B.xml"]),
)
_CONTENTS = st.one_of(st.just(b""), st.binary(max_size=99).map(lambda rest: b"<" + rest))


@given(st.lists(st.tuples(_NAMES, _CONTENTS, st.booleans()), max_size=5))
@QUICK
def test_what_was_packed_comes_out_sorted(entries: list[tuple[str, bytes, bool]]) -> None:
    """Whatever the order in the zip; of equal names, the first in it is the first."""
    content = zipped([_made(name, inner, packed=packed) for name, inner, packed in entries])

    found, why = walked(content)

    assert why == ""
    expected: dict[str, bytes] = {}
    for name, inner, _packed in sorted(entries, key=lambda e: e[0]):
        said, number = f"z!{shown(name)}", 1
        while said in expected:
            number += 1
            said = f"z!{shown(name)}#{number}"
        expected[said] = inner
    assert input_of(found) == expected
    assert [f.name for f in found] == list(expected)


def _made(name: str, content: bytes, *, packed: bool) -> tuple[zipfile.ZipInfo, bytes]:
    return (info(name), content) if packed else plain(name, content)


@pytest.mark.parametrize(
    ("name", "mode", "content", "expected"),
    [
        ("a.xml", 0, GOOD, ""),
        ("a.xml", stat.S_IFREG | 0o600, GOOD, ""),
        ("a.xml", 0o600, GOOD, ""),
        ("a.xml", stat.S_IFDIR | 0o700, GOOD, ""),
        ("../a.xml", 0, GOOD, "archive-refused:path"),
        ("../a.xml", stat.S_IFLNK, GOOD, "archive-refused:path"),
        ("/a.xml", 0, GOOD, "archive-refused:path"),
        ("C:a.xml", 0, GOOD, "archive-refused:path"),
        ("d/e/f/a.xml", 0, GOOD, "archive-refused:too-deep"),
        ("a.xml", stat.S_IFLNK | 0o777, b"b.xml", "archive-refused:link"),
        ("a.xml", stat.S_IFIFO | 0o600, b"", "file-not-regular:special"),
        ("a.xml", stat.S_IFCHR | 0o600, b"", "file-not-regular:special"),
        ("a.xml", stat.S_IFSOCK | 0o600, b"", "file-not-regular:special"),
        ("d/", 0, GOOD, "archive-refused:folder-with-content"),
        ("a.zip", 0, b"PK", "archive-refused:nested"),
        ("a.json.gz", 0, b"PK", "archive-refused:nested"),
        ("a.xml", 0, LOCAL, "archive-refused:nested"),
        ("a.pdf", 0, b"%PDF", "no-message .pdf"),
    ],
)
def test_only_what_is_a_file_is_read(name: str, mode: int, content: bytes, expected: str) -> None:
    """The rest has its line, with the digest of its packed bytes; what lies around it is read."""
    made = zipped([plain("1.xml"), plain(name, content, mode), plain("z.xml")])

    found, why = walked(made, Limits(max_depth=3))

    assert why == ""
    (file,) = [f for f in found if f.name == f"z!{name}"]
    assert outcome(file) == expected
    assert (file.sha256, file.size) == (sha256(content) if content else file.sha256, len(content))
    assert {"z!1.xml", "z!z.xml"} <= input_of(found).keys()


def test_a_name_is_looked_at_as_it_was_written() -> None:
    """What follows a NUL would be left out by the library."""
    made = zipped([plain("a.xml0zip")]).replace(b"a.xml0zip", b"a.xml\0zip")

    assert told(made) == {"a.xml": "archive-refused:path"}


def test_folders_are_passed_over_and_not_counted() -> None:
    """Without content only."""
    made = zipped([plain("d/", b""), plain("e/", b""), plain("e/a.xml")])

    assert told(made, Limits(max_entries=3)) == {"e/a.xml": ""}
    packed = zipped([(info("d/"), b"")])
    assert told(packed) in ({}, {"d/": "archive-refused:folder-with-content"})


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_what_cannot_be_bounded_is_not_unpacked(method: int) -> None:
    """The digest is that of the packed bytes."""
    entry = info("a.xml")
    entry.compress_type = method
    made = zipped([(entry, GOOD), plain("b.xml")])

    found, _why = walked(made)

    assert [outcome(f) for f in found] == ["archive-refused:method", ""]
    packed = made[made.index(b"a.xml") + 5 : made.index(LOCAL, 4)]
    assert (found[0].sha256, found[0].size) == (sha256(packed), len(packed))


def test_the_digest_of_a_refused_entry_is_of_its_bytes_only() -> None:
    """Whatever the length of its name and of what the local header says besides."""
    entry = info("../a.xml")
    entry.extra = b"\xfe\xca\x03\0abc"
    made = zipped([(entry, GOOD * 9), plain("b.xml")])
    packer = zlib.compressobj(wbits=-15)
    packed = packer.compress(GOOD * 9) + packer.flush()

    found, _why = walked(made)

    assert (found[0].sha256, found[0].size) == (sha256(packed), len(packed))


@pytest.mark.parametrize(
    ("mode", "expected"),
    [(0, "archive-refused:path"), (stat.S_IFIFO | 0o600, "file-not-regular:special")],
)
def test_a_refused_entry_whose_bytes_are_not_there_has_no_digest(mode: int, expected: str) -> None:
    """Its reason stands for it: nothing of another entry is digested."""
    name = "../a.xml" if not mode else "a.xml"
    made = bytearray(zipped([plain(name, GOOD, mode)]))
    struct.pack_into("<H", made, 28, 60_000)  # an extra field beyond the end
    (file,), _why = walked(bytes(made))
    assert file.sha256 == reason_digest(f"z!{name}", *expected.split(":"))
    assert (file.size, outcome(file)) == (0, expected)

    made = bytearray(zipped([plain(name, GOOD, mode)]))
    struct.pack_into("<I", made, made.rindex(CENTRAL) + 42, len(made) - 10)  # no header there
    (file,), _why = walked(bytes(made))
    assert (file.size, outcome(file)) == (0, expected)


def test_a_damaged_entry_is_refused_and_the_others_are_read() -> None:
    """A changed byte, a checksum, a length that is not true."""
    good = zipped([plain("a.xml", b"<inhoud/>"), (info("b.xml"), GOOD * 50), plain("c.xml")])
    central = good.index(CENTRAL, good.index(CENTRAL) + 1)
    for old, new in ((b"<inhoud/>", b"<anders/>"), (LOCAL + good[4:14], b"XX" + good[2:14])):
        assert told(good.replace(old, new, 1)) == {
            "a.xml": "archive-refused:damaged",
            "b.xml": "",
            "c.xml": "",
        }
    changed = bytearray(good)
    struct.pack_into("<I", changed, central + 24, 10)
    assert told(bytes(changed))["b.xml"] == "archive-refused:damaged"
    changed = bytearray(good)
    changed[good.index(b"b.xml") + 6] ^= 0xFF
    assert told(bytes(changed))["b.xml"] == "archive-refused:damaged"


def test_lines_within_a_zip_are_documents() -> None:
    """NDJSON is no container; one that is too long does not hide the next."""
    made = zipped([(info("a.jsonl"), b'{"a": 1}\n\n' + b"x" * 60 + b"\n{}"), plain("b.xml")])

    found, why = walked(made, Limits(max_file_bytes=50))

    assert why == ""
    assert input_of(found) == {
        "z!a.jsonl!000001": b'{"a": 1}',
        "z!a.jsonl!000004": b"{}",
        "z!b.xml": GOOD,
    }
    assert outcome(found[1]) == "file-too-large:60"


def test_bounds_hold_for_what_comes_out() -> None:
    """Of one document, of all, and per byte in: to the byte."""
    made = zipped([plain("a.xml", b"<12345>"), plain("b.xml", b"<123456>")])
    assert told(made, Limits(max_file_bytes=7)) == {"a.xml": "", "b.xml": "file-too-large:8"}
    assert told(made, Limits(max_container_bytes=15)) == {"a.xml": "", "b.xml": ""}
    assert told(made, Limits(max_container_bytes=14)) == {"a.xml": "", "": "too-large"}
    bomb = zipped([(info("a.xml"), b" " * 10_000), plain("b.xml")])
    packed = bomb.index(LOCAL, 4) - bomb.index(b"a.xml") - 5
    ratio = -(-10_000 // packed)
    assert told(bomb, Limits(max_ratio=ratio, ratio_floor=0)) == {"a.xml": "", "b.xml": ""}
    refused = {"a.xml": "archive-refused:ratio", "b.xml": ""}
    assert told(bomb, Limits(max_ratio=ratio - 1, ratio_floor=0)) == refused
    assert told(bomb, Limits(max_ratio=1, ratio_floor=10_000))["a.xml"] == ""
    assert told(bomb, Limits(max_ratio=1, ratio_floor=9_999)) == refused
    alone = zipped([(info("a.xml"), b" " * 10_000)])
    both = Limits(max_ratio=1, ratio_floor=9_999, max_container_bytes=10_000)
    assert told(alone, both) == {"a.xml": "archive-refused:ratio"}
