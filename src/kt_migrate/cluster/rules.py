"""Which rules a domain was planned with: kept, so that what changed between two can be told."""

from __future__ import annotations

import secrets
from contextlib import suppress
from pathlib import Path

import orjson

from kt_migrate.algorithm.differences import Difference, compare_plain, plain
from kt_migrate.algorithm.load import load_algorithm
from kt_migrate.cluster.file import Cluster, Domain
from kt_migrate.config import find_workspace
from kt_migrate.errors import KtMigrateError

_FOLDER = "rules"


def keep_rules(cluster: Cluster, domain: Domain) -> None:
    """Keep what a domain's algorithm says now, under its digest; of a wrong one nothing."""
    try:
        workspace = find_workspace(domain.folder)
        algorithm = load_algorithm(domain.algorithm or workspace.domain.algorithm, workspace.root)
    except KtMigrateError:
        return
    path = _path(cluster, algorithm.digest)
    if path.is_file():
        return
    content = orjson.dumps({"name": algorithm.name, "says": plain(algorithm)})
    with suppress(OSError):  # no domain fails for it: the report says that it was not kept
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        unfinished = path.with_suffix(f".{secrets.token_hex(8)}")  # two workers keep the same
        unfinished.write_bytes(content)
        unfinished.replace(path)


def kept_rules(cluster: Cluster, digest: str) -> object | None:
    """Return what an algorithm said, by its digest; None: it was not kept."""
    try:
        content = orjson.loads(_path(cluster, digest).read_bytes())
        return content["says"]  # type: ignore[no-any-return]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def changed_rules(cluster: Cluster, before: str, after: str) -> tuple[Difference, ...] | None:
    """Return what differs between two algorithms by their digests; None: one was not kept."""
    one, other = kept_rules(cluster, before), kept_rules(cluster, after)
    if not isinstance(one, dict) or not isinstance(other, dict):
        return None
    return compare_plain(one, other)


def _path(cluster: Cluster, digest: str) -> Path:
    return cluster.state / _FOLDER / f"{digest}.json"
