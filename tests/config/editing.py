"""Edits a working folder as a person does, and knows where things stand in it."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from kt_migrate.config import (
    ENVIRONMENTS,
    find_workspace,
    load_environment,
)
from kt_migrate.errors import ConfigurationError

REAL = ENVIRONMENTS[1:]
PAIRS = list(itertools.permutations(ENVIRONMENTS, 2))
SETS = list(itertools.combinations(ENVIRONMENTS, 2))
FIX_SHARED = "Give each environment its own (draaiboek, Bijlage B)."


def change(folder: Path, env: str, old: str, new: str) -> None:
    """Edit an environment's file, as a person does."""
    path = folder / "configs" / f"{env}.yaml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def place(folder: Path, env: str, key: str) -> str:
    """Return where a key stands in an environment's file."""
    name = f"configs/{env}.yaml"
    for number, line in enumerate((folder / name).read_text("utf-8").split("\n"), start=1):
        if f"{key}:" in line and not line.startswith("#"):
            return f"{name}:{number}:{line.index(f'{key}:') + 1}"
    raise AssertionError(key)


def places(folder: Path, env: str, other: str, key: str) -> str:
    """Return where a key stands in the files of two environments, as a refusal names them."""
    return f"{place(folder, env, key)}, {place(folder, other, key)}"


def refusal(folder: Path, env: str) -> ConfigurationError:
    """Return why an environment is not used."""
    with pytest.raises(ConfigurationError) as caught:
        load_environment(find_workspace(folder), env)
    assert caught.value.fix
    return caught.value
