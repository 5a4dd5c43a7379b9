"""What these tests share: one working folder, made once and copied for each."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from kt_migrate.workspace import init_workspace


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a working folder as it is made; nobody writes in it."""
    return init_workspace(tmp_path_factory.mktemp("fresh") / "in" / "DOMEIN", "DOMEIN")


@pytest.fixture
def folder(fresh: Path, tmp_path: Path) -> Path:
    """Return a working folder of one's own."""
    return Path(shutil.copytree(fresh, tmp_path / "DOMEIN"))
