"""A working folder in which a trial was done, once; each test works on a copy."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from inside import inside, typed
from support import EXAMPLE


@pytest.fixture(scope="session")
def _tried(new_workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tried") / "EXAMPLE"
    shutil.copytree(new_workspace, folder)
    shutil.copytree(EXAMPLE, folder, dirs_exist_ok=True)
    with inside(folder):
        assert typed("trial", "--env", "local", cwd=folder).code == 0
    return folder


@pytest.fixture
def tried(_tried: Path, tmp_path: Path) -> Path:
    """Return a working folder with the example domain, of which the sandbox has everything."""
    return shutil.copytree(_tried, tmp_path / "EXAMPLE")
