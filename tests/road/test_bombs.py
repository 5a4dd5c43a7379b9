"""Bombs cost neither memory nor time: measured in a process that may not have more."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path

import py7zr
import pytest
import zstandard

from archive.hostile import info, overlapping, zipped

MEGABYTE = 1024 * 1024
_HUGE = 512 * MEGABYTE

_WALK = """
import json, resource, sys
from pathlib import Path
sys.path[:0] = json.loads(sys.argv[2])
from kt_migrate.archive.files import walk
from kt_migrate.model import Unreadable
import py7zr, zstandard
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
resource.setrlimit(resource.RLIMIT_AS, (1200 * 1024 * 1024,) * 2)
resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
lines = {}
for file in walk([Path(sys.argv[1])]):
    problem = file.content.issue if isinstance(file.content, Unreadable) else None
    lines[file.name] = f"{problem.code}:{problem.detail}" if problem else ""
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
print(json.dumps([lines, grown // 1024]))
"""


def walked(path: Path) -> tuple[dict[str, str], int]:
    """Walk in a process of its own, bounded by the system: lines, megabytes that it grew.

    The bound is on processor time, so that a busy machine changes nothing.
    """
    done = subprocess.run(
        [sys.executable, "-c", _WALK, str(path), json.dumps(sys.path)],
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    lines, grown = json.loads(done.stdout)
    return lines, grown


def gzip_of(megabytes: int) -> bytes:
    """Return a gzip of so many megabytes of blanks, quickly."""
    packer = zlib.compressobj(9, wbits=31)
    return b"".join(packer.compress(b" " * MEGABYTE) for _ in range(megabytes)) + packer.flush()


def zstd_of(megabytes: int) -> bytes:
    """Return the same of zstd: a ratio of tens of thousands."""
    packer = zstandard.ZstdCompressor().compressobj()
    return b"".join(packer.compress(b" " * MEGABYTE) for _ in range(megabytes)) + packer.flush()


def tar_of(size: int) -> bytes:
    """Return the head of a tar with one file of so many bytes."""
    header = tarfile.TarInfo("a.xml")
    header.size = size
    return header.tobuf(tarfile.GNU_FORMAT)


def zstd_tar() -> bytes:
    """Return a tar.zst of a file of 8 GB, of which a few hundred MB are there."""
    packer = zstandard.ZstdCompressor().compressobj()
    body = b"".join(packer.compress(b" " * MEGABYTE) for _ in range(400))
    return packer.compress(tar_of(8 * 1024**3)) + body + packer.flush()


def seven_of(megabytes: int) -> bytes:
    """Return a 7z of so many megabytes of blanks."""
    out = io.BytesIO()
    with py7zr.SevenZipFile(out, "w") as archive:
        archive.writestr(b" " * (megabytes * MEGABYTE), "a.xml")
    return out.getvalue()


def empty_members() -> bytes:
    """Return two hundred thousand empty gzip members."""
    return zlib.compress(b"", wbits=31) * 200_000


def many(count: int) -> bytes:
    """Return a zip with so many entries."""
    return zipped([(info(f"{number}.xml"), b"<feed/>") for number in range(count)])


BOMBS: dict[str, tuple[Callable[[], bytes], dict[str, str]]] = {
    "a.xml.gz": (lambda: gzip_of(400), {"a.xml.gz": "archive-refused:ratio"}),
    "a.xml.zst": (lambda: zstd_of(2000), {"a.xml.zst": "archive-refused:ratio"}),
    "a.tar.gz": (lambda: gzip_of(400), {"a.tar.gz": "archive-refused:damaged"}),
    "a.tar.zst": (zstd_tar, {"a.tar.zst": "archive-refused:stream-ratio"}),
    "a.ndjson.zst": (lambda: zstd_of(2000), {"a.ndjson.zst": "archive-refused:stream-ratio"}),
    "a.7z": (lambda: seven_of(100), {"a.7z": "archive-refused:stream-ratio"}),
    "a.zip": (
        lambda: zipped([(info("a.xml"), b"0" * (300 * MEGABYTE))]),
        {"a.zip!a.xml": "archive-refused:ratio"},
    ),
    "o.zip": (
        lambda: overlapping(900, 10 * MEGABYTE),
        {f"o.zip!{n:03}.xml": "archive-refused:overlap" for n in range(900)},
    ),
    "members.xml.gz": (empty_members, {"members.xml.gz!members.xml": ""}),
    "many.zip": (lambda: many(20_000), {f"many.zip!{n}.xml": "" for n in range(20_000)}),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_within_bounds(tmp_path: Path, name: str) -> None:
    """At most 128 MB more memory and a minute of processor time, whatever would come out."""
    make, expected = BOMBS[name]
    (tmp_path / name).write_bytes(make())

    lines, grown = walked(tmp_path / name)

    assert lines == expected
    assert grown < 128


def test_a_file_of_half_a_gigabyte_is_never_in_memory(tmp_path: Path) -> None:
    """It is digested, named and refused."""
    path = tmp_path / "a.xml"
    with path.open("wb") as file:
        file.write(b"<feed/>")
        os.truncate(file.fileno(), _HUGE)

    lines, grown = walked(tmp_path)

    assert lines == {"a.xml": f"file-too-large:{_HUGE}"}
    assert grown < 128


def test_a_line_of_half_a_gigabyte_is_never_in_memory(tmp_path: Path) -> None:
    """Nor is the line after it lost."""
    path = tmp_path / "a.ndjson"
    with path.open("wb") as file:
        os.truncate(file.fileno(), _HUGE)
        file.seek(0, 2)
        file.write(b'\n{"a": 1}\n')

    lines, grown = walked(tmp_path)

    assert lines == {"a.ndjson!000001": f"file-too-large:{_HUGE}", "a.ndjson!000002": ""}
    assert grown < 128
