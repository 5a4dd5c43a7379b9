"""verify.json: what a verification saw, kept in the run folder for the reports."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import orjson

from kt_migrate.books import HashTotal
from kt_migrate.verify.compare import VerifyResult

_NAME = "verify.json"


@dataclass(frozen=True, slots=True)
class Verified:
    """What the last verification of a run said."""

    passed: bool
    found: dict[str, HashTotal]


def write_verified(folder: Path, result: VerifyResult) -> Path:
    """Write verify.json."""
    content = {
        "schema": "kt-migrate-verify/1",
        "passed": result.passed,
        "unplanned": result.unplanned,
        "hash_totals": {t.r4_type: t.found.as_json() for t in result.types},
        "differences": [
            {
                "code": d.code,
                "r4_type": d.r4_type,
                "type": d.source_type,
                "link": d.link,
                "paths": list(d.paths),
            }
            for d in result.differences
        ],
    }
    path = folder / _NAME
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_bytes(orjson.dumps(content, option=orjson.OPT_INDENT_2) + b"\n")
    unfinished.chmod(0o600)
    unfinished.replace(path)
    return path


def read_verified(folder: Path) -> Verified | None:
    """Read what the last verification said; None when there was none."""
    path = folder / _NAME
    if not path.is_file():
        return None
    content = orjson.loads(path.read_bytes())
    totals = content["hash_totals"]
    return Verified(
        passed=bool(content["passed"]),
        found={t: HashTotal(row["count"], int(row["sum"], 16)) for t, row in totals.items()},
    )
