"""What these tests share: a folder with every kind of trouble, built once; nobody writes in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from archive.hostile import Expected, build


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Expected]:
    """Return the folder, and what is expected of each name in it."""
    folder = tmp_path_factory.mktemp("hostile") / "archive"
    return folder, build(folder)
