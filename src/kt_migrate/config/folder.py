"""A working folder: where kt-migrate.yaml lies, and what it says."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from kt_migrate.config.domain import DomainFile
from kt_migrate.config.names import DOMAIN_FILE
from kt_migrate.config.pasted import read_without_secrets
from kt_migrate.errors import ConfigurationError
from kt_migrate.strict_yaml import YamlFile, parse_model


@dataclass(frozen=True, slots=True)
class Workspace:
    """A working folder.

    Attributes:
        root: the folder that holds kt-migrate.yaml.
        domain: its content.
        file: the same with positions, for messages.
    """

    root: Path
    domain: DomainFile
    file: YamlFile

    @property
    def digest(self) -> str:
        """SHA-256 of what kt-migrate.yaml says, whatever its comments; limits stand apart."""
        # Who is alone in a domain has the digest of before there could be others.
        apart = {"limits"} if self.domain.suppliers.ours else {"limits", "suppliers"}
        content = self.domain.model_dump_json(by_alias=True, exclude=apart)
        return hashlib.sha256(content.encode()).hexdigest()

    def path(self, relative: str) -> Path:
        """Return a path of kt-migrate.yaml as a path on disk."""
        return self.root / relative


def find_workspace(start: Path) -> Workspace:
    """Find the working folder, from a folder upwards, as git does.

    Raises:
        ConfigurationError: there is none, or its kt-migrate.yaml is wrong.
    """
    for folder in (start, *start.parents):
        path = folder / DOMAIN_FILE
        if path.is_file():
            file = read_without_secrets(path, DOMAIN_FILE)
            return Workspace(folder, parse_model(DomainFile, file), file)
    raise ConfigurationError(
        "This is no working folder of kt-migrate, nor is any folder above it.",
        where=str(start),
        fix="Make one with kt-migrate init DOMAIN, or name it with --domain-dir.",
    )
