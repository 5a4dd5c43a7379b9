"""Builds a folder with every kind of trouble in it, and good messages among it."""

from __future__ import annotations

import gzip
import io
import os
import stat
import struct
import tarfile
import zipfile
from functools import lru_cache
from pathlib import Path

from make_example import World, patient, practitioner

GOOD = b"<feed/>"
"""An empty feed: a document (an empty search), without a message."""

MESSAGE = "message"
_LARGE = 33 * 1024 * 1024
Expected = dict[str, str]


@lru_cache
def messages() -> dict[str, bytes]:
    """Return a few invented messages, by name."""
    world = World()
    world.send("CreateOrUpdatePractitioner", [practitioner(0)])
    for number in range(4):
        world.send("CreateOrUpdatePatient", [patient(number)])
    return world.files


def build(folder: Path) -> Expected:
    """Make the folder; nothing in it needs a password or an extra to be named.

    Returns:
        Per name: `message` (a document that is read), `code:detail`, or `no-message KIND`.
        Lines of code `file-unreadable` are the reader's, all others the archive's.
    """
    folder.mkdir(parents=True, exist_ok=True)
    expected: Expected = {}
    for name, content in messages().items():
        _write(folder / name, content)
        expected[name] = MESSAGE
    for make in (_on_disk, _names, _not_messages, _zip, _whole_zips, _tar, _tars, _packed, _lines):
        expected |= make(folder)
    return expected


def _write(path: Path, content: bytes = GOOD) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _on_disk(folder: Path) -> Expected:
    outside = folder.parent / f"{folder.name}-outside.xml"
    outside.write_bytes(GOOD)
    place = folder / "disk"
    good = next(iter(messages()))
    place.mkdir()
    os.mkfifo(place / "pipe.xml")
    os.mknod(place / "socket.xml", stat.S_IFSOCK | 0o600)
    (place / "outside.xml").symlink_to(outside)
    (place / "device.xml").symlink_to("/dev/zero")
    (place / "dead.xml").symlink_to("nowhere.xml")
    (place / "self.xml").symlink_to("self.xml")
    (place / "loop").symlink_to("..")
    (place / "again.xml").symlink_to(Path("..") / good)
    (place / "empty").mkdir()
    return {
        "disk/pipe.xml": "file-not-regular:fifo",
        "disk/socket.xml": "file-not-regular:socket",
        "disk/outside.xml": "archive-refused:link-outside",
        "disk/device.xml": "archive-refused:link-outside",
        "disk/dead.xml": "archive-refused:link-broken",
        "disk/self.xml": "archive-refused:link-broken",
        "disk/loop": "no-message link",
        "disk/again.xml": "no-message link",
    }


def _names(folder: Path) -> Expected:
    content = next(iter(messages().values()))  # copies of one message: counted once
    names = {
        b"byte-\xff.json": "byte-\\xff.json",
        b"byte-\\xff.json": "byte-\\\\xff.json",
        b"line\nend.json": "line\\x0aend.json",
        b"escape\x1b[2J.json": "escape\\x1b[2J.json",
        "rechts\u202enaar-links.json".encode(): "rechts\\xe2\\x80\\xaenaar-links.json",
        b"uitroep!teken.json": "uitroep\\x21teken.json",
        "caf\u00e9.json".encode(): "caf\u00e9.json",
        b" ": " ",
    }
    place = os.fsencode(folder / "names")
    os.mkdir(place)  # noqa: PTH102  # names of bytes
    for name in names:
        with open(place + b"/" + name, "wb") as file:  # noqa: PTH123  # the same
            file.write(content)
    return {f"names/{name}": MESSAGE for name in names.values()}


def _not_messages(folder: Path) -> Expected:
    kinds = {
        "LEESMIJ.txt": "LEESMIJ",
        "README": "README",
        "Thumbs.db": "Thumbs.db",
        "desktop.ini": "desktop.ini",
        ".DS_Store": ".DS_Store",
        ".gitkeep": "dot files",
        ".git/objects/aa": "dot files",
        "brief.pdf": ".pdf",
        "lijst.csv": ".csv",
        "export.log": ".log",
        "SHA256SUMS.asc": ".asc",
    }
    for name in kinds:
        _write(folder / "around" / name, b"\x00\x01 no message")
    _write(folder / "around" / "export.bin", b"\x00\x01")
    _write(folder / "around" / "nothing.xml", b"")
    _write(folder / "around" / "archive.bak", b"PK\x03\x04")
    _write(folder / "around" / "old.rar", b"Rar!\x1a\x07\x00")
    _write(folder / "around" / "mail.pgp", b"\x85")
    with (folder / "around" / "large.xml").open("wb") as file:
        file.write(b"<feed/>")
        os.truncate(file.fileno(), _LARGE)
    message = next(iter(messages().values()))
    _write(folder / "around" / "message.txt", b"\xef\xbb\xbf\r\n" + message)
    _write(folder / "around" / ".hidden", message)
    return {f"around/{name}": f"no-message {kind}" for name, kind in kinds.items()} | {
        "around/large.xml": f"file-too-large:{_LARGE}",
        "around/export.bin": "file-unreadable:xml",
        "around/nothing.xml": "file-unreadable:xml",
        "around/archive.bak": "archive-refused:container-unnamed",
        "around/old.rar": "archive-refused:unsupported",
        "around/mail.pgp": "archive-refused:unsupported",
        "around/message.txt": MESSAGE,
        "around/.hidden": MESSAGE,
    }


def info(name: str, mode: int = 0) -> zipfile.ZipInfo:
    """Return a zip entry's header, of a moment that does not change."""
    made = zipfile.ZipInfo(name, (2021, 3, 1, 0, 0, 0))
    made.external_attr = mode << 16
    made.compress_type = zipfile.ZIP_DEFLATED
    return made


def zipped(entries: list[tuple[zipfile.ZipInfo, bytes]]) -> bytes:
    """Return a zip."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for header, content in entries:
            if header.filename in archive.NameToInfo:
                del archive.NameToInfo[header.filename]  # it warns of what we mean to do
            archive.writestr(header, content)
    return out.getvalue()


def _zip(folder: Path) -> Expected:
    message = next(iter(messages().values()))
    bzip2 = info("method.xml")
    bzip2.compress_type = zipfile.ZIP_BZIP2
    entries = [
        (info("good.json"), message),
        (info("good.json"), message + b"\n"),
        (info("../climbs.xml"), GOOD),
        (info("/root.xml"), GOOD),
        (info("a/../../climbs.xml"), GOOD),
        (info("..\\climbs.xml"), GOOD),
        (info("C:\\drive.xml"), GOOD),
        (info("/".join(["d"] * 70) + "/deep.xml"), GOOD),
        (info("link.xml", stat.S_IFLNK | 0o777), b"good.json"),
        (info("device.xml", stat.S_IFCHR | 0o600), b""),
        (info("fifo.xml", stat.S_IFIFO | 0o600), b""),
        (info("inner.zip"), b"PK"),
        (info("inner.tar.gz"), b"\x1f\x8b"),
        (info("inner.xml"), b"PK\x03\x04"),
        (info("folder.xml/"), b"not empty"),
        (info("bomb.xml"), b"0" * 5_000_000),
        (bzip2, GOOD),
        (info("notes.txt"), b"notes"),
        (info("__MACOSX/._good.json"), b"\0\5\x16\7"),
        (info("lines.ndjson"), _line(message) + b"\n"),
        (info("wide.xml"), GOOD),
    ]
    _write(folder / "zip.zip", zipped(entries))
    deep = "/".join(["d"] * 70)
    return _prefixed(
        "zip.zip",
        {
            "good.json": MESSAGE,
            "good.json#2": MESSAGE,
            "../climbs.xml": "archive-refused:path",
            "/root.xml": "archive-refused:path",
            "a/../../climbs.xml": "archive-refused:path",
            "..\\\\climbs.xml": "archive-refused:path",
            "C:\\\\drive.xml": "archive-refused:path",
            f"{deep}/deep.xml": "archive-refused:too-deep",
            "link.xml": "archive-refused:link",
            "device.xml": "file-not-regular:special",
            "fifo.xml": "file-not-regular:special",
            "inner.zip": "archive-refused:nested",
            "inner.tar.gz": "archive-refused:nested",
            "inner.xml": "archive-refused:nested",
            "folder.xml/": "archive-refused:folder-with-content",
            "bomb.xml": "archive-refused:ratio",
            "method.xml": "archive-refused:method",
            "notes.txt": "no-message .txt",
            "__MACOSX/._good.json": "no-message dot files",
            "lines.ndjson!000001": MESSAGE,
            "wide.xml": MESSAGE,
        },
    )


def _line(message: bytes) -> bytes:
    return b" ".join(message.split()) if message.startswith(b"{") else message


def _prefixed(container: str, inner: Expected) -> Expected:
    return {f"{container}!{name}": what for name, what in inner.items()}


def overlapping(count: int = 20, size: int = 1_000_000) -> bytes:
    """Return a zip of which every entry is the same packed bytes (as 42.zip's successors)."""
    kernel = zipped([(info("000.xml"), b"0" * size)])
    end = kernel.rindex(b"PK\x05\x06")
    start = struct.unpack_from("<I", kernel, end + 16)[0]
    one = kernel[start:end]
    many = b"".join(one.replace(b"000.xml", b"%03d.xml" % n) for n in range(count))
    tail = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, count, count, len(many), start, 0)
    return kernel[:start] + many + tail


def _whole_zips(folder: Path) -> Expected:
    good = zipped([(info("a.xml"), GOOD), (info("b.xml"), b"<feed>inhoud van b</feed>" * 9)])
    plain = info("a.xml")
    plain.compress_type = zipfile.ZIP_STORED
    stored = zipped([(plain, b"<feed>inhoud</feed>")])
    secret, strong = bytearray(stored), bytearray(stored)
    for place in (6, stored.rindex(b"PK\x01\x02") + 8):
        secret[place] |= 0x01
        strong[place] |= 0x41
    files = {
        "none.zip": b"geen zip",
        "nothing.zip": b"",
        "cut.zip": good[:-30],
        "empty.zip": zipped([]),
        "crc.zip": stored.replace(b"inhoud", b"anders", 1),
        "overlap.zip": overlapping(2),
        "zipcrypto.zip": bytes(secret),
        "strong.zip": bytes(strong),
        "utf8.zip": _broken_utf8(stored),
        "liar.zip": _liar(),
    }
    for name, content in files.items():
        _write(folder / "zips" / name, content)
    return {
        "zips/none.zip": "archive-refused:not-a-zip",
        "zips/nothing.zip": "archive-refused:not-a-zip",
        "zips/cut.zip": "archive-refused:not-a-zip",
        "zips/empty.zip": "no-message empty container",
        "zips/crc.zip!a.xml": "archive-refused:damaged",
        "zips/overlap.zip!000.xml": "archive-refused:overlap",
        "zips/overlap.zip!001.xml": "archive-refused:overlap",
        "zips/zipcrypto.zip": "archive-refused:zipcrypto",
        "zips/strong.zip": "archive-refused:encryption-unknown",
        "zips/utf8.zip": "archive-refused:names",
        "zips/liar.zip!a.xml": "archive-refused:damaged",
    }


def _broken_utf8(stored: bytes) -> bytes:
    content = bytearray(stored.replace(b"a.xml", b"\xff.xml"))
    for place in (6, stored.rindex(b"PK\x01\x02") + 8):
        content[place + 1] |= 0x08  # "names are UTF-8"
    return bytes(content)


def _liar() -> bytes:
    """Return a zip that says its entry is ten bytes; it is more."""
    content = bytearray(zipped([(info("a.xml"), b"<feed>" + bytes(range(250)) + b"</feed>")]))
    central = content.rindex(b"PK\x01\x02")
    for place in (22, central + 24):
        struct.pack_into("<I", content, place, 10)
    return bytes(content)


def tarred(entries: list[tuple[tarfile.TarInfo, bytes]], style: int = tarfile.PAX_FORMAT) -> bytes:
    """Return a tar."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=style) as archive:
        for header, content in entries:
            header.size = len(content) if header.type not in _NO_CONTENT else 0
            archive.addfile(header, io.BytesIO(content))
    return out.getvalue()


_NO_CONTENT = (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE)


def member(name: str, kind: bytes = tarfile.REGTYPE) -> tarfile.TarInfo:
    """Return a tar entry's header."""
    made = tarfile.TarInfo(name)
    made.type = kind
    made.linkname = "good.json" if kind in (tarfile.SYMTYPE, tarfile.LNKTYPE) else ""
    return made


def _tar(folder: Path) -> Expected:
    message = next(iter(messages().values()))
    long = "l" * 150 + ".json"
    sparse = member("sparse.xml")
    sparse.pax_headers = {"GNU.sparse.major": "1"}
    entries = [
        (member("good.json"), message),
        (member("good.json"), message + b"\n"),
        (member(long), message),
        (member("folder", tarfile.DIRTYPE), b""),
        (member("../climbs.xml"), GOOD),
        (member("/root.xml"), GOOD),
        (member("symbolic.xml", tarfile.SYMTYPE), b""),
        (member("hard.xml", tarfile.LNKTYPE), b""),
        (member("device.xml", tarfile.CHRTYPE), b""),
        (member("fifo.xml", tarfile.FIFOTYPE), b""),
        (member("strange.xml", b"Z"), GOOD),
        (sparse, GOOD),
        (member("byte-\udcff.json"), message),
        (member("inner.zip"), b"PK"),
        (member("notes.txt"), b"notes"),
        (member("lines.jsonl"), _line(message)),
    ]
    _write(folder / "tar.tar", tarred(entries))
    return _prefixed(
        "tar.tar",
        {
            "good.json": MESSAGE,
            "good.json#2": MESSAGE,
            long: MESSAGE,
            "../climbs.xml": "archive-refused:path",
            "/root.xml": "archive-refused:path",
            "symbolic.xml": "archive-refused:link",
            "hard.xml": "archive-refused:link",
            "device.xml": "file-not-regular:device",
            "fifo.xml": "file-not-regular:fifo",
            "strange.xml": "file-not-regular:unknown",
            "sparse.xml": "archive-refused:sparse",
            "byte-\\xff.json": MESSAGE,
            "inner.zip": "archive-refused:nested",
            "notes.txt": "no-message .txt",
            "lines.jsonl!000001": MESSAGE,
        },
    )


def _tars(folder: Path) -> Expected:
    one = tarred([(member("a.xml"), GOOD)])
    gnu = tarred([(member("g" * 150 + ".xml"), GOOD)], tarfile.GNU_FORMAT)
    huge = bytearray(gnu)
    huge[124:136] = b"77777777777\0"  # a name of 8 GB
    huge[148:156] = b"%06o\0 " % (sum(huge[:148]) + sum(huge[156:512]) + 8 * 32)
    files = {
        "empty.tar": tarred([]),
        "none.tar": b"geen tar" * 100,
        "cut.tar": tarred([(member("a.xml"), GOOD * 100)])[:700],
        "cut-header.tar": one[:100],
        "no-end.tar": one[:1024],
        "sum.tar": one[:148] + b"000000\0 " + one[156:],
        "two.tar": one + one,
        "longname.tar": gnu,
        "hugename.tar": bytes(huge),
    }
    for name, content in files.items():
        _write(folder / "tars" / name, content)
    return {
        "tars/empty.tar": "no-message empty container",
        "tars/none.tar": "archive-refused:damaged",
        "tars/cut.tar": "archive-refused:truncated",
        "tars/cut-header.tar": "archive-refused:truncated",
        "tars/no-end.tar!a.xml": MESSAGE,
        "tars/no-end.tar": "archive-refused:truncated",
        "tars/sum.tar": "archive-refused:damaged",
        "tars/two.tar!a.xml": MESSAGE,
        "tars/two.tar": "archive-refused:trailing-data",
        "tars/longname.tar!" + "g" * 150 + ".xml": MESSAGE,
        "tars/hugename.tar": "archive-refused:damaged",
    }


def _packed(folder: Path) -> Expected:
    message = next(iter(messages().values()))
    packed = gzip.compress(message, mtime=0)
    tar = tarred([(member("a.json"), message)])
    flipped = bytearray(packed)
    flipped[-5] ^= 1
    files = {
        "good.json.gz": packed,
        "two.json.gz": gzip.compress(message[:20], mtime=0) + gzip.compress(message[20:], mtime=0),
        "padded.json.gz": packed + bytes(100),
        "cut.json.gz": packed[:-20],
        "crc.json.gz": bytes(flipped),
        "tail.json.gz": packed + b"tail",
        "none.json.gz": b"geen gzip",
        "bomb.json.gz": gzip.compress(b"{" + b" " * 5_000_000, mtime=0),
        "tar.tar.gz": gzip.compress(tar, mtime=0),
        "tar.tgz": gzip.compress(tar, mtime=0),
        "twice.json.gz.gz": gzip.compress(packed, mtime=0),
        "zip.zip.gz": gzip.compress(b"PK", mtime=0),
        "lines.ndjson.gz": gzip.compress(_line(message), mtime=0),
        "notes.txt.gz": gzip.compress(b"notes", mtime=0),
        "secret.json.age": b"age-encryption.org/v1\n-> scrypt x 18\n",
        "none.json.age": b"geen age",
    }
    for name, content in files.items():
        _write(folder / "packed" / name, content)
    return {
        "packed/good.json.gz!good.json": MESSAGE,
        "packed/two.json.gz!two.json": MESSAGE,
        "packed/padded.json.gz!padded.json": MESSAGE,
        "packed/cut.json.gz": "archive-refused:truncated",
        "packed/crc.json.gz": "archive-refused:damaged",
        "packed/tail.json.gz": "archive-refused:damaged",
        "packed/none.json.gz": "archive-refused:damaged",
        "packed/bomb.json.gz": "archive-refused:ratio",
        "packed/tar.tar.gz!a.json": MESSAGE,
        "packed/tar.tgz!a.json": MESSAGE,
        "packed/twice.json.gz.gz": "archive-refused:nested",
        "packed/zip.zip.gz": "archive-refused:nested",
        "packed/lines.ndjson.gz!000001": MESSAGE,
        "packed/notes.txt.gz!notes.txt": "no-message .txt",
        "packed/secret.json.age": "archive-refused:encrypted",
        "packed/none.json.age": "archive-refused:not-an-age-file",
    }


def _lines(folder: Path) -> Expected:
    message = _line(next(iter(messages().values())))
    _write(folder / "lines.ndjson", message + b"\r\n\n  \n" + message + b"\n{broken\n" + message)
    _write(folder / "none.ndjson", b"\n\n")
    return {
        "lines.ndjson!000001": MESSAGE,
        "lines.ndjson!000004": MESSAGE,
        "lines.ndjson!000005": "file-unreadable:json",
        "lines.ndjson!000006": MESSAGE,
        "none.ndjson": "no-message empty container",
    }
