"""A zip is not trusted: no path, size, ratio, kind of entry or list of entries on its word."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import pytest
import pyzipper
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.hostile import info, overlapping, zipped
from archive.reading import input_of, outcome, sha256, until_refused
from kt_migrate.archive import zips
from kt_migrate.archive.limits import Limits
from kt_migrate.archive.names import shown
from kt_migrate.archive.passwords import Passwords, no_passwords
from kt_migrate.archive.problems import reason_digest
from kt_migrate.archive.zips import walk_zip
from kt_migrate.model import SourceFile

QUICK = settings(max_examples=40, deadline=None)
SECRET = "vier willekeurige woorden"
GOOD = b"<feed/>"
WHOLE = "z"
CENTRAL, LOCAL, END = b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06"


def walked(
    content: bytes, limits: Limits | None = None, passwords: Passwords = no_passwords
) -> tuple[list[SourceFile], str]:
    """Return what comes out, and why it goes no further."""
    return until_refused(walk_zip(WHOLE, io.BytesIO(content), limits or Limits(), passwords))


def told(
    content: bytes, limits: Limits | None = None, passwords: Passwords = no_passwords
) -> dict[str, str]:
    """Return what comes of each name; a refusal of the whole has the empty name."""
    found, why = walked(content, limits, passwords)
    said = {file.name.removeprefix("z!"): outcome(file) for file in found}
    assert len(said) == len(found)
    return said | ({"": why} if why else {})


def plain(name: str, content: bytes = GOOD, mode: int = 0) -> tuple[zipfile.ZipInfo, bytes]:
    """Return an entry that is stored as it is."""
    made = info(name, mode)
    made.compress_type = zipfile.ZIP_STORED
    return made, content


def flagged(content: bytes, flags: int, *names: bytes) -> bytes:
    """Return a zip with flags set, in both headers of these entries."""
    changed = bytearray(content)
    for signature, flag, name in ((LOCAL, 6, 30), (CENTRAL, 8, 46)):
        place = -1
        while (place := content.find(signature, place + 1)) >= 0:
            if content[place + name :].startswith(names):
                changed[place + flag] |= flags
    return bytes(changed)


def aes(entries: Sequence[tuple[str, bytes, str]]) -> bytes:
    """Return a zip of which each entry has a password of its own; empty: none."""
    out = io.BytesIO()
    with pyzipper.AESZipFile(out, "w", compression=pyzipper.ZIP_DEFLATED) as archive:
        for name, content, password in entries:
            archive.setencryption(pyzipper.WZ_AES if password else None)
            archive.setpassword(password.encode() or None)
            archive.writestr(name, content)
    return out.getvalue()


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


@pytest.mark.parametrize("cut", ["header", "content"])
def test_a_refused_entry_whose_bytes_are_not_there_has_no_digest(cut: str) -> None:
    """Its reason stands for it: nothing of another entry is digested."""
    made = bytearray(zipped([plain("../a.xml", GOOD)]))
    central = made.rindex(CENTRAL)
    if cut == "content":
        struct.pack_into("<H", made, 28, 60_000)  # an extra field beyond the end
    else:
        struct.pack_into("<I", made, central + 42, len(made) - 10)
        (file,), _why = walked(bytes(made))
        assert (file.size, outcome(file)) == (0, "archive-refused:path")
        return
    (file,), _why = walked(bytes(made))
    assert file.sha256 == reason_digest("z!../a.xml", "archive-refused", "path")
    assert (file.size, outcome(file)) == (0, "archive-refused:path")


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


def with_comment(content: bytes, comment: bytes) -> bytes:
    """Return a zip with a comment at its end."""
    return content[:-2] + struct.pack("<H", len(comment)) + comment


def large_end(content: bytes) -> bytes:
    """Return a zip whose list of entries is told in the way of zip64 only."""
    place = content.rindex(END)
    count, size, start = struct.unpack_from("<HII", content, place + 10)
    record = struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, size, start)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, place, 1)
    end = struct.pack("<4sHHHHIIH", END, 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return content[:place] + record + locator + end


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
    for limits in (Limits(max_entries=4), Limits(max_container_memory=size * 7 - 1)):
        assert told(made, limits) == {"": "too-many-entries"}


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


@pytest.mark.parametrize(
    ("flags", "why"), [(0x01, "zipcrypto"), (0x41, "encryption-unknown"), (0x40, "")]
)
def test_what_is_encrypted_badly_is_one_line_and_the_rest_is_read(flags: int, why: str) -> None:
    """Without asking for a password; the line has the digest of the whole."""
    made = flagged(zipped([plain("a.xml"), plain("b.xml"), plain("c.xml")]), flags, b"a", b"b")

    found, refused = walked(made, passwords=lambda _name: pytest.fail("asked"))

    assert refused == ""
    if not why:
        assert len(found) == 3
        return
    assert [(f.name, outcome(f)) for f in found] == [
        ("z", f"archive-refused:{why}"),
        ("z!c.xml", ""),
    ]
    assert (found[0].sha256, found[0].size) == (sha256(made), len(made))


MIXED = aes([("a.xml", b"<1>", SECRET), ("b.xml", b"<2>", ""), ("c.xml", b"<3>" * 9, SECRET)])


@pytest.mark.parametrize(
    ("secret", "why"),
    [(None, "encrypted"), ("", "encrypted"), ("een ander", "wrong-password"), (SECRET, "")],
)
def test_a_password_opens_what_is_encrypted_and_the_rest_is_read_without(
    secret: str | None, why: str
) -> None:
    """It is asked once, by the container's name."""
    asked = []

    def passwords(name: str) -> str | None:
        asked.append(name)
        return secret

    found, refused = walked(MIXED, passwords=passwords)

    assert (refused, asked) == ("", ["z"])
    everything = {"z!a.xml": b"<1>", "z!b.xml": b"<2>", "z!c.xml": b"<3>" * 9}
    assert input_of(found) == (everything if not why else {"z!b.xml": b"<2>"})
    if why:
        assert (found[0].name, outcome(found[0])) == ("z", f"archive-refused:{why}")
        assert (found[0].sha256, found[0].size) == (sha256(MIXED), len(MIXED))


def test_an_entry_with_another_password_is_refused_alone() -> None:
    """The first one that is encrypted says whether the password is right."""
    made = aes(
        [("a.xml", b"<1>", SECRET), ("b.xml", b"<2>", "een ander"), ("c.xml", b"<3>", SECRET)]
    )

    assert told(made, passwords=lambda _name: SECRET) == {
        "a.xml": "",
        "b.xml": "archive-refused:wrong-password",
        "c.xml": "",
    }


@pytest.mark.parametrize("number", [0, 2])
def test_an_encrypted_entry_that_was_changed_is_refused_alone(number: int) -> None:
    """Its authentication code fails; also of the first, by which the password is tried."""
    made = bytearray(MIXED)
    name = b"abc"[number : number + 1] + b".xml"
    made[MIXED.index(name) + 5 + 11 + 16 + 2] ^= 1  # past the extra field, salt and check

    said = told(bytes(made), passwords=lambda _name: SECRET)

    assert said == {
        n: "archive-refused:damaged" if n == name.decode() else ""
        for n in ("a.xml", "b.xml", "c.xml")
    }


def test_a_first_entry_that_cannot_be_opened_at_all_does_not_stop_the_rest() -> None:
    """Its own line says that it is damaged."""
    made = bytearray(MIXED)
    made[0] ^= 1

    said = told(bytes(made), passwords=lambda _name: SECRET)

    assert said == {"a.xml": "archive-refused:damaged", "b.xml": "", "c.xml": ""}


def test_a_zip_that_the_second_library_cannot_read_is_damaged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One line for what is encrypted; the rest is read."""

    def failing(_file: object) -> object:
        raise pyzipper.BadZipFile

    monkeypatch.setattr(pyzipper, "AESZipFile", failing)

    assert told(MIXED, passwords=lambda _name: SECRET) == {
        "z": "archive-refused:damaged",
        "b.xml": "",
    }


def test_names_that_are_not_what_they_are_said_to_be_are_refused() -> None:
    """They say UTF-8, and are not."""
    made = flagged(zipped([plain("a.xml")]), 0, b"a.xml").replace(b"a.xml", b"\xff.xml")
    changed = bytearray(made)
    for place in (6, made.rindex(CENTRAL) + 8):
        changed[place + 1] |= 0x08

    assert told(bytes(changed)) == {"": "names"}
