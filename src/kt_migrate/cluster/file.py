"""cluster.yaml: which domains belong together, and who works through them (draaiboek A2, K, L)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from kt_migrate.config import DOMAIN_FILE, find_workspace
from kt_migrate.config.names import DomainName, EnvironmentName, Number, Part, Text
from kt_migrate.config.pasted import read_without_secrets
from kt_migrate.errors import ConfigurationError, KtMigrateError, Said, lines, said
from kt_migrate.strict_yaml import YamlFile, parse_model

NAME = "cluster.yaml"
STATE = ".cluster"
"""Beside cluster.yaml: the engine's database, the locks of the workers, what the commands said."""
_POSTGRES = re.compile(r"postgres(?:ql)?://")
_WITH_PASSWORD = re.compile(r"postgres(?:ql)?://[^/@:]*:[^/@]+@|[?&](?:ssl)?pass(?:word|file)=")
_MOST_WORKERS = 64

Loc = tuple[str | int, ...]
Rate = Annotated[Number, Field(ge=0)]
AtOnce = Annotated[int, Field(strict=True, ge=1, le=256)]
Workers = Annotated[int, Field(strict=True, ge=1, le=_MOST_WORKERS)]
Folder = Annotated[str, StringConstraints(min_length=1, strict=True)]


class Entry(Part):
    """One domain of cluster.yaml."""

    domain: DomainName
    folder: Folder
    environment: EnvironmentName | None = None
    algorithm: Text | None = None
    max_in_flight: AtOnce | None = None
    rate: Rate | None = None


class ClusterFile(Part):
    """cluster.yaml. Source: docs/clusters.md."""

    schema_: Literal["kt-migrate-cluster/1"] = Field(alias="schema")
    cluster: DomainName
    environment: EnvironmentName
    workers: Workers = 2
    database: Text = f"{STATE}/engine.sqlite"
    algorithm: Text | None = None
    domains: tuple[Entry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """One domain of a cluster.

    Attributes:
        name: of the domain, as its own kt-migrate.yaml has it.
        folder: its working folder.
        algorithm: a shipped name or a path that holds; empty: what kt-migrate.yaml says.
        planning: options of `plan` and `trial`.
        writing: options of `trial`.
    """

    name: str
    folder: Path
    algorithm: str = ""
    planning: tuple[str, ...] = ()
    writing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """A cluster.

    Attributes:
        path: of cluster.yaml.
        name, environment, workers: as it says; workers are those of one machine.
        database: where the engine keeps what is whose turn: a file, or a PostgreSQL address.
        domains: in the order of the file.
    """

    path: Path
    name: str
    environment: str
    workers: int
    database: Path | str
    domains: tuple[Domain, ...]

    @property
    def state(self) -> Path:
        """The folder beside cluster.yaml that is the tool's own."""
        return self.path.parent / STATE

    def domain(self, name: str) -> Domain | None:
        """Return a domain by its name; None: it is not of this cluster (any more)."""
        return next((domain for domain in self.domains if domain.name == name), None)


def read_cluster(path: Path) -> Cluster:
    """Read cluster.yaml, and look at the working folders that it names.

    Raises:
        ConfigurationError: with one line per mistake, each with `file:line:column`.
    """
    file = read_without_secrets(path, path.name)
    content = parse_model(ClusterFile, file)
    found = tuple(_mistakes(content, file, path.resolve().parent))
    if found:
        raise ConfigurationError(
            lines(_line(*mistake) for mistake in found),
            where=found[0][0],
            fix="Correct the file at the place named.",
        )
    return _cluster(content, path.resolve())


def words_of(error: KtMigrateError) -> Said:
    """Return what an error says as words that can stand within other words, in any language."""
    return error.what if isinstance(error.what, Said) else Said(error.what)


def _line(place: str, what: str) -> Said:
    return said("{place}: {what}", place=place, what=what)


def _mistakes(content: ClusterFile, file: YamlFile, root: Path) -> Iterator[tuple[str, str]]:
    """Yield (place, what is wrong) for what no schema can say."""
    if content.environment == "prd2":
        yield file.where(("environment",)), _PRODUCTION
    if _WITH_PASSWORD.search(content.database):
        yield file.where(("database",)), _PASSWORD
    if "://" in content.database and not _POSTGRES.match(content.database):
        yield file.where(("database",)), _NO_DATABASE
    if not content.domains:
        yield file.where(("domains",)), _EMPTY
    if content.algorithm and not _there(root, content.algorithm):
        yield file.where(("algorithm",)), _NO_ALGORITHM
    names: set[str] = set()
    folders: set[Path] = set()
    for place, entry in enumerate(content.domains):
        for key, what in _of_one(content, entry, root, names, folders):
            yield file.where(("domains", place, key)), _line(entry.domain, what)


_PRODUCTION = said(
    "a cluster never works on production: each domain has its own kt-migrate run, behind its own GO"
)
_PASSWORD = said("no password stands here: give it by PGPASSWORD or ~/.pgpass")
_NO_DATABASE = said("the engine's database is a file, or postgresql://…")
_EMPTY = said("there are no domains in this cluster")
_NO_ALGORITHM = said("there is no such file")
_TWICE_NAME = said("this domain stands here twice")
_TWICE_FOLDER = said("another domain of this cluster has the same working folder")
_NO_FOLDER = said("this is no working folder of kt-migrate")
_OTHER_NAME = said("the working folder is of another domain")
_OTHER_ENVIRONMENT = said("another environment than the cluster's: a cluster is of one environment")


def _of_one(
    content: ClusterFile, entry: Entry, root: Path, names: set[str], folders: set[Path]
) -> Iterator[tuple[str, str]]:
    """Yield (key, what is wrong) of one domain, beside those that came before it."""
    folder = (root / entry.folder).resolve()
    if entry.environment not in (None, content.environment):
        yield "environment", _OTHER_ENVIRONMENT
    if entry.domain in names:
        yield "domain", _TWICE_NAME
    if folder in folders:
        yield "folder", _TWICE_FOLDER
    if entry.algorithm and not _there(root, entry.algorithm):
        yield "algorithm", _NO_ALGORITHM
    names.add(entry.domain)
    folders.add(folder)
    yield from _of_folder(entry, folder)


def _of_folder(entry: Entry, folder: Path) -> Iterator[tuple[str, str]]:
    if not (folder / DOMAIN_FILE).is_file():
        yield "folder", _NO_FOLDER
        return
    try:
        found = find_workspace(folder).domain.domain
    except KtMigrateError as error:
        yield "folder", _line(error.where, words_of(error))
        return
    if found != entry.domain:
        yield "domain", _OTHER_NAME


def _is_path(algorithm: str) -> bool:
    return algorithm.endswith((".yaml", ".yml")) or "/" in algorithm or os.sep in algorithm


def _there(root: Path, algorithm: str) -> bool:
    """Whether an algorithm of cluster.yaml is there; a shipped name is looked up by the command."""
    return not _is_path(algorithm) or (root / algorithm).is_file()


def _cluster(content: ClusterFile, path: Path) -> Cluster:
    database: Path | str = content.database
    if not _POSTGRES.match(content.database):
        database = path.parent / content.database
    return Cluster(
        path=path,
        name=content.cluster,
        environment=content.environment,
        workers=content.workers,
        database=database,
        domains=tuple(_domain(content, entry, path.parent) for entry in content.domains),
    )


def _domain(content: ClusterFile, entry: Entry, root: Path) -> Domain:
    algorithm = entry.algorithm or content.algorithm or ""
    if algorithm and _is_path(algorithm):
        algorithm = str((root / algorithm).resolve())
    limits = {"--max-in-flight": entry.max_in_flight, "--rate": entry.rate}
    return Domain(
        name=entry.domain,
        folder=(root / entry.folder).resolve(),
        algorithm=algorithm,
        planning=("--algorithm", algorithm) if algorithm else (),
        writing=tuple(
            part
            for name, value in limits.items()
            if value is not None
            for part in (name, f"{value:.12g}")
        ),
    )
