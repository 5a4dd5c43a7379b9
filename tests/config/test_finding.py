"""Which working folder is meant, and what a plan is bound to."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import Any

import pytest

from config.test_shapes import DOMAIN, ENVIRONMENT, with_
from config.yaml_writing import paths, written
from kt_migrate.config import (
    DomainFile,
    Environment,
    Workspace,
    environment_digest,
    find_workspace,
)
from kt_migrate.errors import ConfigurationError
from kt_migrate.strict_yaml import parse_model, parse_yaml


def _environment(tree: dict[str, Any]) -> Environment:
    return parse_model(Environment, parse_yaml(written(tree).content, "t.yaml"))


def test_an_environments_digest_is_of_all_but_its_limits() -> None:
    """Plans are bound to it: how fast may change, who and where may not."""
    alone = ENVIRONMENT | {"credentials": {}}
    digest = environment_digest(_environment(alone))
    said = (
        '{"schema":"kt-migrate-environment/1","environment":"mgr2",'
        '"fhir_base_url":"https://mgr2.koppeltaal.nl/api/v1/DOMEIN/fhir/r4",'
        '"client_id":"client-mgr2","key":{"file":"keys/mgr2.pem","kid":"mgr2-1",'
        '"algorithm":"RS384"},"credentials":{}}'
    )

    assert digest == hashlib.sha256(said.encode()).hexdigest()
    assert environment_digest(_environment(alone | {"limits": {}, "credentials": []})) == digest
    assert environment_digest(_environment(ENVIRONMENT)) != digest
    for path, value in (
        (("fhir_base_url",), "https://mgr2.koppeltaal.nl/api/v1/ANDER/fhir/r4"),
        (("client_id",), "x"),
        (("key", "file"), "x"),
        (("key", "kid"), "x"),
        (("key", "algorithm"), "ES384"),
    ):
        assert environment_digest(_environment(with_(alone, path, value))) != digest


def _workspace(folder: Path, content: bytes) -> Workspace:
    folder.mkdir(exist_ok=True)
    (folder / "kt-migrate.yaml").write_bytes(content)
    return find_workspace(folder)


def test_a_domains_digest_is_of_all_that_its_file_says(tmp_path: Path) -> None:
    """Whatever its comments and layout: plans are bound to it."""
    small = {"schema": "kt-migrate-domain/1", "domain": "DOMEIN", "applications": {}}
    said = (
        '{"schema":"kt-migrate-domain/1","domain":"DOMEIN","archives":["archive/"],'
        '"algorithm":"standard","enrichment":[],"applications":{},"source_domains":[],"success":{},'
        '"mode":"latest"}'
    )
    assert _workspace(tmp_path / "a", written(small).content).digest == (
        hashlib.sha256(said.encode()).hexdigest()
    )
    digest = _workspace(tmp_path / "a", written(DOMAIN).content).digest
    assert _workspace(tmp_path / "b", b"# meer\n" + written(DOMAIN, 1).content).digest == digest
    apart = {"schema", "applications", "success", "limits"}  # limits are bound by themselves
    values = [p for p in paths(DOMAIN) if p and p[0] not in apart]
    for path in [*values, ("applications", "SPEL", "endpoint")]:
        value = {"domain": "A", "mode": "latest"}.get(str(path[0]), "https://a")
        other = with_(DOMAIN, path, [value] if path[-1] in {"archives", "enrichment"} else value)
        if path == ("source_domains",):
            other = with_(DOMAIN, path, ["x"])
        if path[0] == "suppliers":
            other = with_(DOMAIN, ("suppliers",), {"ours": "x"})
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
