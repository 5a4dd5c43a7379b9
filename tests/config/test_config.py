"""Environments never mix (draaiboek, Bijlage B)."""

from __future__ import annotations

import hashlib
import itertools
import shutil
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey, RSAKey

from config.test_shapes import DOMAIN, ENVIRONMENT, with_
from config.yaml_writing import paths, written
from kt_migrate.config import (
    ENVIRONMENTS,
    DomainFile,
    Environment,
    Workspace,
    environment_digest,
    find_workspace,
    load_environment,
)
from kt_migrate.errors import ConfigurationError
from kt_migrate.kt2.keys import Key, load_key, new_key, public_jwks
from kt_migrate.strict_yaml import parse_model, parse_yaml

REAL = ENVIRONMENTS[1:]
PAIRS = list(itertools.permutations(ENVIRONMENTS, 2))
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


def refusal(folder: Path, env: str) -> ConfigurationError:
    """Return why an environment is not used."""
    with pytest.raises(ConfigurationError) as caught:
        load_environment(find_workspace(folder), env)
    assert caught.value.fix
    return caught.value


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

    assert error.where == f"configs/{env}.yaml:1:1"
    assert ": file: Value error, fhir_base_url: " in error.what


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

    assert error.where == "configs/mgr2.yaml:1:1"
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
    assert error.where == "configs/local.yaml:1:1"
    assert "local is this machine only" in error.what


@pytest.mark.parametrize("domain", ["ANDER", "domein", "DOMEIN2", "xDOMEIN", "", "DOMEIN.nl"])
@pytest.mark.parametrize("env", REAL)
def test_the_address_of_another_domain_is_refused(folder: Path, env: str, domain: str) -> None:
    """The domain is a whole part of the path, letter for letter."""
    change(folder, env, "/DOMEIN/", f"/{domain}/")

    error = refusal(folder, env)

    assert error.what == "The address is not that of the domain DOMEIN."
    assert error.where == place(folder, env, "fhir_base_url")
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
    assert refusal(folder, "mgr2").where == place(folder, "mgr2", "fhir_base_url")


@pytest.mark.parametrize(("env", "other"), PAIRS)
def test_a_file_of_another_environment_is_refused(folder: Path, env: str, other: str) -> None:
    """Copied and renamed: also when only the other one is asked for."""
    shutil.copy(folder / "configs" / f"{other}.yaml", folder / "configs" / f"{env}.yaml")

    error = refusal(folder, env)
    assert error.what == f"This file is for the environment {other}, not for {env}."
    assert error.where == place(folder, env, "environment")
    assert error.fix == "Environments never mix: correct the name, or the file."
    assert refusal(folder, other).where == place(folder, env, "environment")


@pytest.mark.parametrize(("env", "other"), PAIRS)
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
        assert (error.where, error.fix) == (place(folder, name, "client_id"), FIX_SHARED)


@pytest.mark.parametrize(("env", "other"), PAIRS)
def test_a_key_file_of_two_environments_is_refused_by_both(
    folder: Path, env: str, other: str
) -> None:
    """By its path, also when nothing lies there yet."""
    for name in (env, other):
        change(folder, name, f"keys/{name}.pem", "keys/geheim.pem")

    for name, second in ((env, other), (other, env)):
        error = refusal(folder, name)
        assert error.what == f"The environments {name} and {second} share a key."
        assert (error.where, error.fix) == (place(folder, name, "file"), FIX_SHARED)


EC = ECKey.generate_key("P-384")
OTHER_EC = ECKey.generate_key("P-384")


@pytest.mark.parametrize(
    ("mine", "theirs", "shared"),
    [
        (b"een sleutel", b"een sleutel", True),
        (b"een sleutel", b"een andere", False),
        (EC.as_pem(private=True), EC.as_pem(private=True), True),
        (EC.as_pem(private=True), EC.as_pem(private=True) + b"\n# kopie\n", True),
        (EC.as_pem(private=True), EC.as_pem(private=False), True),
        (EC.as_pem(private=True), OTHER_EC.as_pem(private=True), False),
        (EC.as_pem(private=True), b"een sleutel", False),
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
            (folder / "keys" / f"{name}.pem").write_bytes(content)

    if not shared:
        assert load_environment(find_workspace(folder), "prd2").environment == "prd2"
        return
    error = refusal(folder, "prd2")
    assert error.what == "The environments prd2 and acc21 share a key."
    assert error.where == place(folder, "prd2", "file")


def test_a_copy_of_an_rsa_key_is_the_same_key(folder: Path) -> None:
    """Not only of an EC key; and its public half gives it away."""
    key = load_key(folder / "keys" / "local.pem")
    assert isinstance(key, RSAKey)
    (folder / "keys" / "mgr2.pem").write_bytes(b"\n" + key.as_pem(private=True))
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


def test_several_clients_are_not_there_yet(folder: Path) -> None:
    """What is not supported is refused, not passed over; and not shown."""
    change(folder, "mgr2", "client_id: fill", "credentials: {a: geheim}\nclient_id: fill")

    error = refusal(folder, "mgr2")

    assert "credentials: writing with several clients is not there yet" in error.what
    assert "geheim" not in error.what


def _environment(tree: dict[str, Any]) -> Environment:
    return parse_model(Environment, parse_yaml(written(tree).content, "t.yaml"))


def test_an_environments_digest_is_of_all_but_its_limits() -> None:
    """Plans are bound to it: how fast may change, who and where may not."""
    digest = environment_digest(_environment(ENVIRONMENT))
    said = (
        '{"schema":"kt-migrate-environment/1","environment":"mgr2",'
        '"fhir_base_url":"https://mgr2.koppeltaal.nl/api/v1/DOMEIN/fhir/r4",'
        '"client_id":"client-mgr2","key":{"file":"keys/mgr2.pem","kid":"mgr2-1",'
        '"algorithm":"RS384"},"credentials":{}}'
    )

    assert digest == hashlib.sha256(said.encode()).hexdigest()
    assert environment_digest(_environment(ENVIRONMENT | {"limits": {}})) == digest
    for path, value in (
        (("fhir_base_url",), "https://mgr2.koppeltaal.nl/api/v1/ANDER/fhir/r4"),
        (("client_id",), "x"),
        (("key", "file"), "x"),
        (("key", "kid"), "x"),
        (("key", "algorithm"), "ES384"),
    ):
        assert environment_digest(_environment(with_(ENVIRONMENT, path, value))) != digest


def _workspace(folder: Path, content: bytes) -> Workspace:
    folder.mkdir(exist_ok=True)
    (folder / "kt-migrate.yaml").write_bytes(content)
    return find_workspace(folder)


def test_a_domains_digest_is_of_all_that_its_file_says(tmp_path: Path) -> None:
    """Whatever its comments and layout: plans are bound to it."""
    small = {"schema": "kt-migrate-domain/1", "domain": "DOMEIN", "applications": {}}
    said = (
        '{"schema":"kt-migrate-domain/1","domain":"DOMEIN","archives":["archive/"],'
        '"algorithm":"standard","enrichment":[],"applications":{},"source_domains":[],"success":{}}'
    )
    assert _workspace(tmp_path / "a", written(small).content).digest == (
        hashlib.sha256(said.encode()).hexdigest()
    )
    digest = _workspace(tmp_path / "a", written(DOMAIN).content).digest
    assert _workspace(tmp_path / "b", b"# meer\n" + written(DOMAIN, 1).content).digest == digest
    values = [p for p in paths(DOMAIN) if p and p[0] not in {"schema", "applications", "success"}]
    for path in [*values, ("applications", "SPEL", "endpoint"), ("success", "count")]:
        value = 9.0 if path[0] == "success" else "https://a"
        value = "A" if path == ("domain",) else value
        other = with_(DOMAIN, path, [value] if path[-1] in {"archives", "enrichment"} else value)
        if path == ("source_domains",):
            other = with_(DOMAIN, path, ["x"])
        assert _workspace(tmp_path / "a", written(other).content).digest != digest, path


def test_the_nearest_working_folder_above_is_found(fresh: Path, folder: Path) -> None:
    """As git does; with its content, and places in messages."""
    inner = folder / "archive" / "IN" / "deep" / "deeper"
    inner.mkdir(parents=True)
    assert find_workspace(inner).root == folder
    (folder / "archive" / "IN" / "kt-migrate.yaml").mkdir()  # a folder is no such file
    assert find_workspace(inner).root == folder
    shutil.copy(fresh / "kt-migrate.yaml", folder / "archive" / "IN" / "deep")

    found = find_workspace(inner)

    assert found.root == folder / "archive" / "IN" / "deep"
    assert found.path("keys/x") == found.root / "keys" / "x"
    assert found.domain == parse_model(DomainFile, found.file)
    assert found.file.where(("domain",)) == "kt-migrate.yaml:3:1"


def test_a_folder_without_one_above_is_a_mistake(tmp_path: Path) -> None:
    """What, where, fix."""
    with pytest.raises(ConfigurationError) as caught:
        find_workspace(tmp_path)

    assert "no working folder" in caught.value.what
    assert caught.value.where == str(tmp_path)
    assert "kt-migrate init DOMAIN" in caught.value.fix


def test_a_working_folder_that_is_wrong_is_not_passed_over(folder: Path) -> None:
    """Nor is the one above it taken instead."""
    (folder / "archive" / "kt-migrate.yaml").write_bytes(b"domain: geheim\n")

    with pytest.raises(ConfigurationError) as caught:
        find_workspace(folder / "archive")

    assert caught.value.where == "kt-migrate.yaml:1:1"


def test_a_key_that_others_may_read_is_refused(folder: Path) -> None:
    """And says how to correct it; a key is never overwritten."""
    path = folder / "keys" / "local.pem"
    before = path.read_bytes()
    with pytest.raises(ConfigurationError):
        new_key(path, "ES384")
    assert path.read_bytes() == before
    path.chmod(0o644)

    with pytest.raises(ConfigurationError) as caught:
        load_key(path)

    assert caught.value.fix.startswith("chmod 600")


def test_the_jwks_holds_the_public_half_only(tmp_path: Path, fresh: Path) -> None:
    """RSA and EC."""
    new_key(tmp_path / "k.pem", "ES384")
    keys: dict[str, Key] = {
        "ES384": load_key(tmp_path / "k.pem"),
        "RS512": load_key(fresh / "keys" / "local.pem"),
    }
    for algorithm, key in keys.items():
        (public,) = public_jwks(key, "kid-1", algorithm)["keys"]

        assert (public["kid"], public["use"], public["alg"]) == ("kid-1", "sig", algorithm)
        assert not {"d", "p", "q", "dp", "dq", "qi"} & public.keys()


def test_what_is_no_key_is_refused(tmp_path: Path) -> None:
    """Absent, or something else."""
    path = tmp_path / "k.pem"
    with pytest.raises(ConfigurationError):
        load_key(path)
    path.write_text("geen sleutel")
    path.chmod(0o600)
    with pytest.raises(ConfigurationError):
        load_key(path)
