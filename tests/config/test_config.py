"""Environments never mix (draaiboek, Bijlage B)."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from pydantic import ValidationError

from kt_migrate.config import Application, find_workspace, load_environment
from kt_migrate.errors import ConfigurationError
from kt_migrate.kt2.keys import load_key, new_key, public_jwks
from kt_migrate.workspace import init_workspace


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a fresh working folder."""
    return init_workspace(tmp_path / "DOMEIN", "DOMEIN")


def change(folder: Path, env: str, old: str, new: str) -> None:
    """Edit an environment's file, as a person does."""
    path = folder / "configs" / f"{env}.yaml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


@pytest.mark.parametrize("env", ["local", "acc21", "acc22", "mgr2", "prd2"])
def test_every_environment_of_a_fresh_folder_is_right(folder: Path, env: str) -> None:
    """Found from a folder below; the host belongs to the name."""
    environment = load_environment(find_workspace(folder / "archive"), env)

    assert environment.environment == env
    assert "/api/v1/DOMEIN/fhir/r4" in environment.base


@pytest.mark.parametrize(
    ("env", "old", "new"),
    [
        ("mgr2", "https://mgr2.koppeltaal.nl", "https://prd2.koppeltaal.nl"),
        ("mgr2", "https://mgr2", "http://mgr2"),
        ("mgr2", "/DOMEIN/", "/ANDER/"),
        ("mgr2", "environment: mgr2", "environment: prd2"),
        ("mgr2", "fill-in-for-mgr2", "fill-in-for-prd2"),
        ("mgr2", "keys/mgr2.pem", "keys/prd2.pem"),
        ("mgr2", "error_share: 0.05", "error_share: 5"),
        ("mgr2", "max_in_flight: 16", "max_in_flght: 16"),
        ("local", "http://127.0.0.1", "http://192.0.2.1"),
    ],
)
def test_what_mixes_environments_is_refused(folder: Path, env: str, old: str, new: str) -> None:
    """Host, scheme, domain, name, client, key, a limit, a typing error; each with its place."""
    change(folder, env, old, new)

    with pytest.raises(ConfigurationError) as caught:
        load_environment(find_workspace(folder), env)

    assert f"configs/{env}.yaml" in caught.value.where


def test_two_files_with_one_key_are_one_key(folder: Path) -> None:
    """A copy does not help."""
    shutil.copy(folder / "keys" / "local.pem", folder / "keys" / "mgr2.pem")

    with pytest.raises(ConfigurationError) as caught:
        load_environment(find_workspace(folder), "mgr2")

    assert "key" in caught.value.what


def test_a_key_that_others_may_read_is_refused(folder: Path) -> None:
    """And says how to correct it; a key is never overwritten."""
    path = folder / "keys" / "local.pem"
    with pytest.raises(ConfigurationError):
        new_key(path, "RS512")
    path.chmod(0o644)

    with pytest.raises(ConfigurationError) as caught:
        load_key(path)

    assert caught.value.fix.startswith("chmod 600")


@pytest.mark.parametrize("algorithm", ["RS512", "ES384"])
def test_the_jwks_holds_the_public_half_only(tmp_path: Path, algorithm: str) -> None:
    """RSA and EC."""
    new_key(tmp_path / "k.pem", algorithm)

    (public,) = public_jwks(load_key(tmp_path / "k.pem"), "kid-1", algorithm)["keys"]

    assert (public["kid"], public["use"], public["alg"]) == ("kid-1", "sig", algorithm)
    assert "d" not in public


def test_what_is_no_key_is_refused(tmp_path: Path) -> None:
    """Absent, or something else."""
    path = tmp_path / "k.pem"
    with pytest.raises(ConfigurationError):
        load_key(path)
    path.write_text("geen sleutel")
    path.chmod(0o600)
    with pytest.raises(ConfigurationError):
        load_key(path)


@pytest.mark.parametrize(
    "entry",
    [
        {},
        {"endpoint": "https://a.example", "reference": "Endpoint/1"},
        {"endpoint": "http://a.example"},
        {"reference": "Endpoint/1"},
        {"endpoint": "https://a.example", "definition_url": "https://a.example/x"},
    ],
)
def test_an_application_has_one_endpoint_and_it_is_secure(entry: dict[str, str]) -> None:
    """Either an address or a reference; a definition's url names the identifier."""
    with pytest.raises(ValidationError):
        Application.model_validate(entry)


def test_a_folder_is_not_made_over_another(folder: Path) -> None:
    """Nor is one found where there is none."""
    with pytest.raises(ConfigurationError):
        init_workspace(folder, "DOMEIN")
    with pytest.raises(ConfigurationError):
        find_workspace(folder.parent)
