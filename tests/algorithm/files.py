"""Algorithms as files: written for a test, and refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from kt_migrate.algorithm.load import load_algorithm
from kt_migrate.errors import ConfigurationError

HEAD = 'schema: kt-migrate-algorithm/1\nname: eigen\nversion: "1"\n'  # lines 1 to 3


def written(folder: Path, text: str, name: str = "eigen.yaml") -> Path:
    """Write an algorithm."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def refused(folder: Path, text: str) -> ConfigurationError:
    """Return why an algorithm cannot be read."""
    with pytest.raises(ConfigurationError) as caught:
        load_algorithm(str(written(folder, text)))
    return caught.value
