"""No two environments share a client, a key or a file (draaiboek, Bijlage B)."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from joserfc.jwk import ECKey, RSAKey

from certifying import kept
from config.editing import FIX_SHARED, PAIRS, SETS, change, place, places, refusal
from kt_migrate.config import (
    find_workspace,
    load_environment,
)
from kt_migrate.kt2.keys import load_key


@pytest.mark.parametrize(("env", "other"), PAIRS)
def test_a_file_of_another_environment_is_refused(folder: Path, env: str, other: str) -> None:
    """Copied and renamed: also when only the other one is asked for."""
    shutil.copy(folder / "configs" / f"{other}.yaml", folder / "configs" / f"{env}.yaml")

    error = refusal(folder, env)
    assert error.what == f"This file is for the environment {other}, not for {env}."
    assert error.where == place(folder, env, "environment")
    assert error.fix == "Environments never mix: correct the name, or the file."
    assert refusal(folder, other).where == place(folder, env, "environment")


@pytest.mark.parametrize(("env", "other"), SETS)
def test_a_client_of_two_environments_is_refused_by_both(
    folder: Path, env: str, other: str
) -> None:
    """Named, at its place in the file of the one that is asked for; the client is not shown."""
    for name in (env, other):
        client = "kt-migrate-local" if name == "local" else f"fill-in-for-{name}"
        change(folder, name, client, "geheim")

    for name, second in ((env, other), (other, env)):
        error = refusal(folder, name)
        assert error.what == f"The environments {name} and {second} share a client_id."
        assert (error.where, error.fix) == (places(folder, name, second, "client_id"), FIX_SHARED)


@pytest.mark.parametrize(("env", "other"), SETS)
def test_a_key_file_of_two_environments_is_refused_by_both(
    folder: Path, env: str, other: str
) -> None:
    """By its path, also when nothing lies there yet."""
    for name in (env, other):
        change(folder, name, f"keys/{name}.pem", "keys/geheim.pem")

    for name, second in ((env, other), (other, env)):
        error = refusal(folder, name)
        assert error.what == f"The environments {name} and {second} share a key."
        assert (error.where, error.fix) == (places(folder, name, second, "file"), FIX_SHARED)


EC = ECKey.generate_key("P-384")
OTHER_EC = ECKey.generate_key("P-384")


@pytest.mark.parametrize(
    ("mine", "theirs", "shared"),
    [
        (b"een sleutel", b"een sleutel", True),
        (OTHER_EC.as_pem(private=True), EC.as_pem(private=True), False),
        (EC.as_pem(private=True), EC.as_pem(private=True), True),
        (EC.as_pem(private=True), EC.as_pem(private=True) + b"\n# kopie\n", True),
        (EC.as_pem(private=True), EC.as_pem(private=False), True),
        (EC.as_pem(private=True), OTHER_EC.as_pem(private=True), False),
        (b"een sleutel", EC.as_pem(private=True), False),
        (EC.as_pem(private=True), None, False),
        (None, EC.as_pem(private=True), False),
        (None, None, False),
    ],
)
def test_two_files_with_one_key_are_one_key(
    folder: Path, mine: bytes | None, theirs: bytes | None, *, shared: bool
) -> None:
    """However it is written down; a key that is not there yet is like no other."""
    for name, content in (("acc21", mine), ("prd2", theirs)):
        if content is not None:
            kept(folder / "keys" / f"{name}.pem", content)
            change(folder, name, "RS512", "ES384")

    if not shared:
        assert load_environment(find_workspace(folder), "prd2").environment == "prd2"
        return
    error = refusal(folder, "prd2")
    assert error.what.splitlines()[0] == "The environments prd2 and acc21 share a key."
    assert error.where == places(folder, "prd2", "acc21", "file")


def test_a_copy_of_an_rsa_key_is_the_same_key(folder: Path) -> None:
    """Not only of an EC key; and its public half gives it away."""
    key = load_key(folder / "keys" / "local.pem")
    assert isinstance(key, RSAKey)
    kept(folder / "keys" / "mgr2.pem", b"\n" + key.as_pem(private=True))
    assert refusal(folder, "mgr2").what == "The environments mgr2 and local share a key."
    (folder / "keys" / "mgr2.pem").write_bytes(key.as_pem(private=False))
    assert refusal(folder, "local").what == "The environments local and mgr2 share a key."


def test_another_environments_file_need_not_be_there_but_must_be_right(folder: Path) -> None:
    """What cannot be compared cannot be said to differ."""
    for name in ("local", "acc21", "acc22"):
        (folder / "configs" / f"{name}.yaml").unlink()
    assert load_environment(find_workspace(folder), "mgr2").environment == "mgr2"
    change(folder, "prd2", "client_id: ", "klant: ")

    assert refusal(folder, "mgr2").where == "configs/prd2.yaml:1:1"
    assert refusal(folder, "acc21").where == "configs/acc21.yaml"
    assert refusal(folder, "acc21").what == "The file cannot be read."
