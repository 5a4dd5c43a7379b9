"""Clusters of working folders in which nothing has to be written."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cluster_scene import Maker, Scene


@pytest.fixture
def made(new_workspace: Path, tmp_path: Path) -> Maker:
    """Return a maker of clusters: `made("A", "B")`."""

    def make(*names: str) -> Scene:
        for name in names:
            folder = shutil.copytree(new_workspace, tmp_path / name)
            text = (folder / "kt-migrate.yaml").read_text("utf-8")
            (folder / "kt-migrate.yaml").write_text(text.replace('"EXAMPLE"', name), "utf-8")
        scene = Scene(tmp_path, names)
        scene.write()
        return scene

    return make
