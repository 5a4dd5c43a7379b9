"""A domain's name and an address's port are good before anything is made of them."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import patch

import pytest

from kt_migrate.config import find_workspace, load_environment
from kt_migrate.config.addresses import host_of
from kt_migrate.errors import ConfigurationError, UsageError
from kt_migrate.workspace import init_workspace


@pytest.mark.parametrize(
    "name", ["", "a/b", "../a", ".a", "-a", "a b", "a\n", "a: b", "é", "x" * 65]
)
def test_a_name_that_cannot_be_makes_no_folder(tmp_path: Path, name: str) -> None:
    """Nor would the working folder have been read again."""
    with pytest.raises(UsageError) as caught:
        init_workspace(tmp_path / "new", name)

    assert caught.value.what == "This cannot be the name of a domain."
    assert caught.value.where == "DOMAIN"
    assert "letters" in caught.value.fix
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a", "A-1_b.C", "x" * 64])
def test_a_good_name_is_read_again(tmp_path: Path, name: str) -> None:
    """As it was given."""
    with patch("kt_migrate.workspace.new_key"):
        folder = init_workspace(tmp_path / "new", name)

    assert find_workspace(folder).domain.domain == name


@pytest.mark.parametrize("port", ["x", "0", "65536", "-1", "8420x"])
def test_a_port_that_cannot_be_is_said_where_it_stands(workspace: Path, port: str) -> None:
    """Before anybody connects to it."""
    local = workspace / "configs" / "local.yaml"
    lines = local.read_text("utf-8").splitlines()
    lines[3] = f"fhir_base_url: http://127.0.0.1:{port}/fhir/r4"
    local.write_text("\n".join(lines), "utf-8")

    with pytest.raises(ConfigurationError, match="port must be a number"):
        load_environment(find_workspace(workspace), "local")


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://prd2.koppeltaal.nl./fhir", "prd2.koppeltaal.nl"),
        ("https://PRD2.koppeltaal.nl:443/", "prd2.koppeltaal.nl"),
        ("nothing", ""),
    ],
)
def test_a_host_is_the_same_with_a_point_behind_it(address: str, host: str) -> None:
    """It is one name for whoever looks it up, so no other environment's either."""
    assert host_of(address) == host
