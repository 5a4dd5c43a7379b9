"""Environments never mix (draaiboek, Bijlage B)."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from config.editing import PAIRS, REAL, change, place, refusal
from kt_migrate.config import (
    ENVIRONMENTS,
    find_workspace,
    load_environment,
)


@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_every_environment_of_a_fresh_folder_is_right(fresh: Path, env: str) -> None:
    """Found from a folder below; the host belongs to the name; an end slash does not matter."""
    environment = load_environment(find_workspace(fresh / "archive"), env)

    assert environment.environment == env
    assert environment.base == environment.fhir_base_url
    assert environment.base.endswith("/api/v1/DOMEIN/fhir/r4")
    slashes = environment.model_copy(update={"fhir_base_url": environment.base + "//"})
    assert slashes.base == environment.base


@pytest.mark.parametrize(
    ("env", "old", "new", "key"),
    [
        ("mgr2", "error_share: 0.05", "error_share: 5", "error_share"),
        ("mgr2", "max_in_flight: 16", "max_in_flght: 16", "max_in_flght"),
        ("mgr2", "schema: ", "shcema: ", "shcema"),
        ("mgr2", "per_second: 60", "per_second: '60'", "per_second"),
    ],
)
def test_a_typing_error_is_refused_at_its_place(
    folder: Path, env: str, old: str, new: str, key: str
) -> None:
    """Before anything is compared."""
    change(folder, env, old, new)

    error = refusal(folder, env)

    assert place(folder, env, key) in error.what
    assert error.where.startswith(f"configs/{env}.yaml:")


@pytest.mark.parametrize(("env", "other"), PAIRS)
def test_the_address_of_another_environment_is_refused(folder: Path, env: str, other: str) -> None:
    """So that no two environments can have one address."""
    addresses = {
        e: (folder / "configs" / f"{e}.yaml").read_text("utf-8").split("fhir_base_url: ")[1]
        for e in (env, other)
    }
    change(folder, env, addresses[env].split("\n")[0], addresses[other].split("\n")[0])

    error = refusal(folder, env)

    assert error.where == place(folder, env, "fhir_base_url")
    assert ": fhir_base_url: " in error.what


@pytest.mark.parametrize(
    "address",
    [
        "http://mgr2.koppeltaal.nl/DOMEIN",
        "mgr2.koppeltaal.nl/DOMEIN",
        "https:///DOMEIN",
        "https://mgr2.koppeltaal.nl.example/DOMEIN",
        "https://mgr2.koppeltaal.nl@geheim.example/DOMEIN",
        "https://mgr2.koppeltaal.nl:geheim@mgr2.example/DOMEIN",
        "https://xmgr2.koppeltaal.nl/DOMEIN",
        "https://koppeltaal.nl/mgr2.koppeltaal.nl/DOMEIN",
        "https://127.0.0.1/DOMEIN",
        "https://[mgr2.koppeltaal.nl/DOMEIN",
    ],
)
def test_a_host_that_is_not_the_environments_is_refused(folder: Path, address: str) -> None:
    """Whole, with https; the address itself is not shown."""
    change(folder, "mgr2", "https://mgr2.koppeltaal.nl/api/v1/DOMEIN/fhir/r4", f"'{address}'")

    error = refusal(folder, "mgr2")

    assert error.where == place(folder, "mgr2", "fhir_base_url")
    assert "geheim" not in error.what


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("localhost", True),
        ("127.0.0.9", True),
        ("[::1]", True),
        ("0.0.0.0", False),  # noqa: S104  # an address to refuse
        ("192.0.2.1", False),
        ("127.0.0.1.example", False),
        ("sandbox", False),
        ("", False),
    ],
)
def test_local_is_this_machine_only(folder: Path, host: str, *, local: bool) -> None:
    """Its domain is that of the sandbox, whatever it is called."""
    change(folder, "local", "127.0.0.1", host)
    change(folder, "local", "/DOMEIN/", "/ANDER/")

    if local:
        assert load_environment(find_workspace(folder), "local").environment == "local"
        return
    error = refusal(folder, "local")
    assert error.where == place(folder, "local", "fhir_base_url")
    assert "local is this machine only" in error.what


@pytest.mark.parametrize(
    ("env", "domain"),
    [(env, "ANDER") for env in REAL]
    + [("mgr2", domain) for domain in ("domein", "DOMEIN2", "xDOMEIN", "", "DOMEIN.nl")],
)
def test_the_address_of_another_domain_is_refused(folder: Path, env: str, domain: str) -> None:
    """The domain is a whole part of the path, letter for letter."""
    change(folder, env, "/DOMEIN/", f"/{domain}/")

    error = refusal(folder, env)

    assert error.what == "The address is not that of the domain DOMEIN."
    assert error.where == f"{place(folder, env, 'fhir_base_url')}, kt-migrate.yaml:3:1"
    assert error.fix == "Correct the domain in the address, or in kt-migrate.yaml."


def test_a_domain_can_stand_anywhere_in_the_path(folder: Path) -> None:
    """At its end, with a slash or without; but not in the host."""
    for address in ("mgr2.koppeltaal.nl/DOMEIN", "mgr2.koppeltaal.nl/fhir/DOMEIN/"):
        shutil.copy(folder / "configs" / "mgr2.yaml", folder / "keep")
        change(folder, "mgr2", "mgr2.koppeltaal.nl/api/v1/DOMEIN/fhir/r4", address)
        assert load_environment(find_workspace(folder), "mgr2").base.endswith("/DOMEIN")
        shutil.copy(folder / "keep", folder / "configs" / "mgr2.yaml")
    text = (folder / "kt-migrate.yaml").read_text("utf-8").replace("DOMEIN", "mgr2.koppeltaal.nl")
    (folder / "kt-migrate.yaml").write_text(text, "utf-8")
    address = place(folder, "mgr2", "fhir_base_url")
    assert refusal(folder, "mgr2").where == f"{address}, kt-migrate.yaml:3:1"


def test_of_an_unknown_environment_no_address_is_judged(folder: Path) -> None:
    """One mistake is one line."""
    change(folder, "mgr2", "environment: mgr2", "environment: prod")

    error = refusal(folder, "mgr2")

    assert error.where == place(folder, "mgr2", "environment")
    assert len(error.what.splitlines()) == 1
