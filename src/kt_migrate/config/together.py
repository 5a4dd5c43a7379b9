"""The environments of a working folder together: nothing is shared (draaiboek, Bijlage B)."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from kt_migrate.config.environment import Environment
from kt_migrate.config.folder import Workspace
from kt_migrate.config.names import ENVIRONMENTS
from kt_migrate.errors import ConfigurationError
from kt_migrate.strict_yaml import YamlFile, parse_model, read_yaml


def load_environment(workspace: Workspace, name: str) -> Environment:
    """Read configs/<name>.yaml, and see that it shares nothing with the others.

    Raises:
        ConfigurationError: it is not there, is wrong, has another environment's name, or shares
            a key or a client with another environment (Bijlage B). An address cannot be shared:
            the host belongs to the environment's name.
    """
    environment, file = _read(workspace, name)
    _require_own_domain(workspace, environment, file)
    for other_name in ENVIRONMENTS:
        if other_name == name or not _config_path(workspace, other_name).is_file():
            continue
        other, _other_file = _read(workspace, other_name)
        for what, loc, mine, theirs in (
            ("client_id", ("client_id",), environment.client_id, other.client_id),
            ("key", ("key", "file"), *_key_contents(workspace, environment, other)),
        ):
            if mine == theirs:
                raise ConfigurationError(
                    f"The environments {name} and {other_name} share a {what}.",
                    where=file.where(loc),
                    fix="Give each environment its own (draaiboek, Bijlage B).",
                )
    return environment


def where_in_environment(workspace: Workspace, name: str, loc: tuple[str, ...]) -> str:
    """Return where something stands in configs/<name>.yaml, as `file:line:column`."""
    return _read(workspace, name)[1].where(loc)


def _config_path(workspace: Workspace, name: str) -> Path:
    return workspace.root / "configs" / f"{name}.yaml"


def _read(workspace: Workspace, name: str) -> tuple[Environment, YamlFile]:
    file = read_yaml(_config_path(workspace, name), f"configs/{name}.yaml")
    environment = parse_model(Environment, file)
    if environment.environment != name:
        raise ConfigurationError(
            f"This file is for the environment {environment.environment}, not for {name}.",
            where=file.where(("environment",)),
            fix="Environments never mix: correct the name, or the file.",
        )
    return environment, file


def _require_own_domain(workspace: Workspace, environment: Environment, file: YamlFile) -> None:
    segments = urlsplit(environment.base).path.split("/")
    if environment.environment != "local" and workspace.domain.domain not in segments:
        raise ConfigurationError(
            f"The address is not that of the domain {workspace.domain.domain}.",
            where=file.where(("fhir_base_url",)),
            fix="Correct the domain in the address, or in kt-migrate.yaml.",
        )


def _key_contents(
    workspace: Workspace, environment: Environment, other: Environment
) -> tuple[object, object]:
    """Return what tells the keys apart; a key that is not there yet is like no other."""
    mine, theirs = (workspace.path(e.key.file) for e in (environment, other))
    if not (mine.is_file() and theirs.is_file()):
        return mine, theirs
    return _key(mine.read_bytes()), _key(theirs.read_bytes())


def _key(content: bytes) -> object:
    """Return the public half, the same however the key is written down; what is no key, itself."""
    for kind in (RSAKey, ECKey):
        try:
            return kind.import_key(content).thumbprint()
        except (ValueError, TypeError, JoseError):
            continue
    return content
