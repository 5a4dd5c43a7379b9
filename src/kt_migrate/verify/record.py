"""verify.json: what a verification saw, kept in the run folder for the reports."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from kt_migrate.books import HashTotal
from kt_migrate.errors import JournalError
from kt_migrate.plan.findings import write_findings
from kt_migrate.plan.rows import IssueRow
from kt_migrate.verify.audit import AuditResult
from kt_migrate.verify.compare import VerifyResult

_NAME = "verify.json"


@dataclass(frozen=True, slots=True)
class Verified:
    """What the last verification of a run said.

    Attributes:
        passed: whether the server equalled the plan.
        found: hash totals of the server, per R4 type.
        issues: its lines for the error list: differences, and what nobody planned.
        audited: whether the AuditEvents confirmed the journal; None: they were not asked.
    """

    passed: bool
    found: dict[str, HashTotal]
    issues: tuple[IssueRow, ...]
    audited: bool | None = None


def write_verified(folder: Path, result: VerifyResult, audit: AuditResult | None = None) -> Path:
    """Write verify.json, and beside it what a repair needs (`plan.findings`).

    Args:
        folder: the run folder.
        result: what the verification saw.
        audit: what the AuditEvents said; None: they were not asked.
    """
    write_findings(folder, result.findings)
    audited = () if audit is None else audit.differences
    content: dict[str, object] = {
        "schema": "kt-migrate-verify/2",
        "passed": result.passed,
        "counts": dict(result.counts),
        "unplanned": result.unplanned.as_json(),
        "hash_totals": {t.r4_type: t.found.as_json() for t in result.types},
        "differences": [
            {
                "code": d.code,
                "r4_type": d.r4_type,
                "type": d.source_type,
                "link": d.link,
                "paths": list(d.paths),
            }
            for d in (*result.differences, *result.unplanned.listed, *audited)
        ],
    }
    if audit is not None:
        content["audit"] = audit.as_json()
    path = folder / _NAME
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_bytes(orjson.dumps(content, option=orjson.OPT_INDENT_2) + b"\n")
    unfinished.chmod(0o600)
    unfinished.replace(path)
    return path


def forget_verified(folder: Path) -> None:
    """Take back what the last verification said: the server may be another by now."""
    (folder / _NAME).unlink(missing_ok=True)


def read_verified(folder: Path) -> Verified | None:
    """Read what the last verification said; None when there was none.

    Raises:
        JournalError: the file is not as `write_verified` made it.
    """
    path = folder / _NAME
    if not path.is_file():
        return None
    try:
        return _verified(orjson.loads(path.read_bytes()))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise JournalError(
            "What the last verification said cannot be read.",
            where=str(path),
            fix="Give kt-migrate verify again: it makes the file anew.",
        ) from None


def _verified(content: dict[str, Any]) -> Verified:
    totals, audit = content["hash_totals"], content.get("audit")
    return Verified(
        passed=content["passed"] is True,
        found={t: HashTotal(row["count"], int(row["sum"], 16)) for t, row in totals.items()},
        issues=tuple(_issue(row) for row in content["differences"]),
        audited=None if audit is None else audit["passed"] is True,
    )


def _issue(row: dict[str, Any]) -> IssueRow:
    return IssueRow(
        source_type=row["type"] or row["r4_type"],
        event="",
        link=row["link"],
        code=row["code"],
        path=", ".join(row["paths"]),
        rule="",
        detail="",
    )
