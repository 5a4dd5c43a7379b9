"""rules.json: what a plan's algorithm said, so that what changed between two plans can be told."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import orjson

from kt_migrate.algorithm.differences import plain
from kt_migrate.algorithm.model import Algorithm

SCHEMA = "kt-migrate-rules/1"
_NAME = "rules.json"


def write_rules(folder: Path, algorithm: Algorithm) -> None:
    """Write rules.json into a run folder, which is its owner's."""
    content = {
        "schema": SCHEMA,
        "name": algorithm.name,
        "digest": algorithm.digest,
        "says": plain(algorithm),
    }
    path = folder / _NAME
    unfinished = path.with_suffix(".unfinished")
    unfinished.touch(mode=0o600)
    unfinished.write_bytes(orjson.dumps(content) + b"\n")
    unfinished.replace(path)


def read_rules(folder: Path, digest: str) -> Mapping[str, object] | None:
    """Read what the algorithm of a run said; None: it was not kept, or is another's.

    Args:
        folder: the run folder.
        digest: of the algorithm that its plan is bound to.
    """
    try:
        content = orjson.loads((folder / _NAME).read_bytes())
        known = content["schema"] == SCHEMA and content["digest"] == digest
        says = content["says"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return says if known and isinstance(says, dict) else None
