"""However large something is, no more of it is in memory than one document may be.

In this process, with bounds made small; tests/road/test_bombs.py measures real bombs from outside.
"""

from __future__ import annotations

import gzip
import random
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pyrage
import pytest
import zstandard

from archive.hostile import info, member, tarred, zipped
from archive.reading import told
from kt_migrate.archive.limits import Limits

MEGABYTE = 1 << 20
SIZE = 8 * MEGABYTE
LARGE = b"<" + b" " * (SIZE - 1)
NOISE = b"<" + random.Random(3).randbytes(SIZE - 1)  # noqa: S311  # noise, no secret
"""Of blanks, zstd gives megabytes at once: how many is bounded too, but not by a document's size."""
LINES = LARGE + b"\n{}\n"
IDENTITY = pyrage.x25519.Identity.generate()
LIMITS = Limits(max_file_bytes=MEGABYTE // 4, max_ratio=10**6, max_stream_ratio=10**6)
REFUSED = f"file-too-large:{SIZE}"


def _zst(content: bytes) -> bytes:
    return zstandard.ZstdCompressor(level=1).compress(content)


def _gz(content: bytes) -> bytes:
    return gzip.compress(content, 1, mtime=0)


def _tar() -> bytes:
    return tarred([(member("a.xml"), LARGE), (member("b.xml"), b"<b/>")])


CASES: dict[str, tuple[Callable[[], bytes], dict[str, str]]] = {
    "a.xml": (lambda: LARGE, {"a.xml": REFUSED}),
    "a.ndjson": (lambda: LINES, {"a.ndjson!000001": REFUSED, "a.ndjson!000002": ""}),
    "a.xml.gz": (lambda: _gz(LARGE), {"a.xml.gz!a.xml": REFUSED}),
    "a.xml.zst": (lambda: _zst(NOISE), {"a.xml.zst!a.xml": REFUSED}),
    "a.tar": (_tar, {"a.tar!a.xml": REFUSED, "a.tar!b.xml": ""}),
    "a.tar.gz": (lambda: _gz(_tar()), {"a.tar.gz!a.xml": REFUSED, "a.tar.gz!b.xml": ""}),
    "a.zip": (
        lambda: zipped([(info("a.xml"), LARGE), (info("b.jsonl"), LINES)]),
        {"a.zip!a.xml": REFUSED, "a.zip!b.jsonl!000001": REFUSED, "a.zip!b.jsonl!000002": ""},
    ),
    "a.xml.age": (
        lambda: bytes(pyrage.encrypt(LARGE, [IDENTITY.to_public()])),
        {"a.xml.age!a.xml": REFUSED},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_too_large_is_digested_and_never_in_memory(tmp_path: Path, name: str) -> None:
    """Thirty-two times as large as a document may be; what follows it is read."""
    make, expected = CASES[name]
    (tmp_path / name).write_bytes(make())
    tracemalloc.start()
    try:
        found = told(tmp_path, LIMITS, lambda _name: str(IDENTITY))
        _now, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert found == expected
    assert most < 2 * MEGABYTE
