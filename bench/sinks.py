"""Where a generated archive goes: folders of files, or one zip."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Protocol

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
