"""A working folder that works at once, and keeps what is secret to itself."""

from __future__ import annotations

import re
import shutil
import socket
import stat
from pathlib import Path
from typing import Self

import pytest

from kt_migrate import workspace
from kt_migrate.config import (
    ENVIRONMENTS,
    DomainFile,
    Environment,
    Workspace,
    find_workspace,
    load_environment,
)
from kt_migrate.errors import ConfigurationError
from kt_migrate.kt2.keys import load_key
from kt_migrate.workspace import init_workspace


@pytest.fixture
def cheap(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Make no new key: that takes the most of the time. Return of which algorithms it was asked."""
    asked: list[str] = []

    def copied(path: Path, algorithm: str) -> None:
        asked.append(algorithm)
        shutil.copy(fresh / "keys" / "local.pem", path)

    monkeypatch.setattr(workspace, "new_key", copied)
    return asked


def test_a_fresh_folder_has_all_that_it_needs(tmp_path: Path, cheap: list[str]) -> None:
    """Also when the folders above it were not there."""
    made = init_workspace(tmp_path / "in" / "DOMEIN", "DOMEIN")

    assert made == tmp_path / "in" / "DOMEIN"
    assert {path.name for path in made.iterdir()} == {
        ".gitignore",
        "archive",
        "configs",
        "enrichment",
        "keys",
        "kt-migrate.yaml",
        "runs",
    }
    assert {p.name for p in (made / "configs").iterdir()} == {f"{e}.yaml" for e in ENVIRONMENTS}
    assert [p.name for p in (made / "keys").iterdir()] == ["local.pem"]
    assert cheap == ["RS512"]


def _key_file(found: Workspace, environment: Environment) -> Path:
    assert environment.key.file is not None
    return found.path(environment.key.file)


@pytest.mark.usefixtures("cheap")
def test_what_holds_patients_or_secrets_is_for_its_owner_and_not_for_git(tmp_path: Path) -> None:
    """Keys and runs; and the archive and the enrichment never get into a repository."""
    made = init_workspace(tmp_path / "DOMEIN", "DOMEIN")

    for name in ("keys", "runs"):
        assert stat.S_IMODE((made / name).stat().st_mode) == 0o700
    ignored = (made / ".gitignore").read_text("utf-8").split("\n")
    assert ignored == [
        "keys/",
        "runs/",
        "archive/",
        "enrichment/",
        "manifests/",
        "gates/",
        ".sandbox/",
        "",
    ]


def test_the_key_of_local_is_of_the_kind_that_its_file_says(fresh: Path) -> None:
    """RSA, for RS512; at the place that it says."""
    found = find_workspace(fresh)
    local = load_environment(found, "local")

    assert local.key.algorithm == "RS512"
    assert stat.S_IMODE(_key_file(found, local).stat().st_mode) == 0o600
    assert load_key(_key_file(found, local)).key_type == "RSA"


def test_a_fresh_domain_says_no_more_than_its_name(fresh: Path) -> None:
    """The rest is as when it is left out, but for where enrichment is looked for."""
    said = find_workspace(fresh).domain

    assert said == DomainFile(
        schema="kt-migrate-domain/1", domain="DOMEIN", enrichment=("enrichment/",)
    )


def test_a_working_folder_is_not_made_over_another(fresh: Path) -> None:
    """What, where, fix; nothing in it changes."""
    before = (fresh / "kt-migrate.yaml").read_bytes()

    with pytest.raises(ConfigurationError) as caught:
        init_workspace(fresh, "ANDER")

    assert caught.value.what == "This is a working folder already."
    assert caught.value.where == str(fresh)
    assert caught.value.fix == "Go on in it, or choose another folder."
    assert (fresh / "kt-migrate.yaml").read_bytes() == before


@pytest.mark.usefixtures("cheap")
def test_a_folder_that_is_there_is_filled(tmp_path: Path) -> None:
    """With an archive in it, and empty folders of the names that it needs."""
    for name in ("archive", "configs", "enrichment", "keys", "runs"):
        (tmp_path / name).mkdir()
    (tmp_path / "archive" / "a.xml").write_bytes(b"<feed/>")

    assert init_workspace(tmp_path, "DOMEIN") == tmp_path

    assert (tmp_path / "archive" / "a.xml").read_bytes() == b"<feed/>"
    assert find_workspace(tmp_path).domain.domain == "DOMEIN"


@pytest.mark.usefixtures("cheap")
@pytest.mark.parametrize("domain", ["123", "1e3", "true", "null", "NO", "a.b-c_d", "x" * 64])
def test_a_domain_that_yaml_would_read_as_something_else_is_text(
    tmp_path: Path, domain: str
) -> None:
    """What was made can be read, whatever the domain is called."""
    found = find_workspace(init_workspace(tmp_path / "new", domain))

    assert found.domain.domain == domain
    for name in ENVIRONMENTS:
        assert f"/api/v1/{domain}/fhir/r4" in load_environment(found, name).base


class _Ports:
    """Sockets of a machine where some ports are taken."""

    def __init__(self, taken: set[int]) -> None:
        self._taken = taken
        self.asked: list[tuple[str, int]] = []
        self.closed = 0

    def __call__(self) -> Self:
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.closed += 1

    def connect_ex(self, address: tuple[str, int]) -> int:
        """Say whether somebody answers: 0."""
        self.asked.append(address)
        return 0 if address[1] in self._taken else 111


@pytest.mark.usefixtures("cheap")
@pytest.mark.parametrize(
    ("taken", "port"),
    [
        (set(), 8420),
        ({8420}, 8421),
        ({8420, 8421, 8423}, 8422),
        (set(range(8420, 8619)), 8619),
        (set(range(8420, 8620)), 8420),
        (set(range(8420, 9000)), 8420),
    ],
)
def test_the_sandbox_gets_the_first_port_that_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken: set[int], port: int
) -> None:
    """From 8420, on this machine; of two hundred that are taken, the first."""
    ports = _Ports(taken)
    monkeypatch.setattr(socket, "socket", ports)

    folder = init_workspace(tmp_path / "new", "DOMEIN")

    text = (folder / "configs" / "local.yaml").read_text("utf-8")
    assert re.findall(r"http://127\.0\.0\.1:(\d+)/", text) == [str(port)]
    assert {host for host, _port in ports.asked} == {"127.0.0.1"}
    assert ports.closed == len(ports.asked)
