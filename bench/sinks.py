"""Where a generated archive goes: folders of files, one zip, or one tar.zst."""

from __future__ import annotations

import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import zstandard

PER_FOLDER = 5_000
"""Most files in one folder."""


class Sink(Protocol):
    """Where files go."""

    def add(self, name: str, content: bytes) -> None:
        """Write one file."""

    def close(self) -> None:
        """Say that there is no more."""


class Folders:
    """Folders of at most 5,000 files each."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._count = 0

    def add(self, name: str, content: bytes) -> None:
        """Write one file."""
        if self._count % PER_FOLDER == 0:
            self._folder = self._root / f"part-{1 + self._count // PER_FOLDER:04}"
            self._folder.mkdir(parents=True)
        self._count += 1
        (self._folder / name).write_bytes(content)

    def close(self) -> None:
        """Nothing is left open."""


class OneZip:
    """One zip; its index (some 500 bytes per file) stays in memory until the end."""

    def __init__(self, root: Path) -> None:
        root.mkdir(parents=True)
        self._zip = zipfile.ZipFile(root / "archive.zip", "w", zipfile.ZIP_DEFLATED)

    def add(self, name: str, content: bytes) -> None:
        """Write one file."""
        info = zipfile.ZipInfo(name, (2021, 3, 1, 0, 0, 0))
        self._zip.writestr(info, content, zipfile.ZIP_DEFLATED, 1)

    def close(self) -> None:
        """Write the index."""
        self._zip.close()


class OneTar:
    """One tar.zst; nothing of it stays in memory."""

    def __init__(self, root: Path) -> None:
        root.mkdir(parents=True)
        self._file = (root / "archive.tar.zst").open("wb")
        self._packer = zstandard.ZstdCompressor(level=3).stream_writer(self._file)

    def add(self, name: str, content: bytes) -> None:
        """Write one file."""
        info = tarfile.TarInfo(name)
        info.size = len(content)
        padding = bytes(-len(content) % tarfile.BLOCKSIZE)
        self._packer.write(info.tobuf(tarfile.USTAR_FORMAT) + content + padding)

    def close(self) -> None:
        """Write the end."""
        self._packer.write(bytes(2 * tarfile.BLOCKSIZE))
        self._packer.close()  # type: ignore[no-untyped-call]  # zstandard leaves it untyped
        self._file.close()


PACKED: dict[str, Callable[[Path], Sink]] = {"zip": OneZip, "tar.zst": OneTar}
"""By what the file's name ends with."""
