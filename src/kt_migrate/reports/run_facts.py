"""What a run folder says of a run, for the gates: facts with digests. Only reads."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path

import orjson

from kt_migrate.books import HashTotal, digest
from kt_migrate.gates.evidence import RunFacts, Undone
from kt_migrate.load.execute import open_journal
from kt_migrate.load.journal import State
from kt_migrate.model import Outcome
from kt_migrate.plan.account import UNCOUNTED
from kt_migrate.plan.binding import read_binding
from kt_migrate.plan.findings import read_findings
from kt_migrate.plan.rows import IssueRow
from kt_migrate.plan.store import Plan
from kt_migrate.reports.error_list import is_error
from kt_migrate.reports.judged import judged_facts
from kt_migrate.reports.result import RunResult, run_result
from kt_migrate.reports.success import judged
from kt_migrate.reports.undone import RESULT
from kt_migrate.undo.looking import undoing_of
from kt_migrate.undo.record import wholly_undone
from kt_migrate.verify.record import read_verified

SAMPLE = "sample.json"
_VERIFIED = "verify.json"


def facts_of(folder: Path) -> RunFacts:
    """Read what a run folder says.

    Raises:
        JournalError: no plan, or something in the folder is damaged.
    """
    result, binding = run_result(folder), asdict(read_binding(folder))
    with Plan(folder / "plan.sqlite") as plan:
        planned = plan.sha256()  # of the file itself: binding.json only says so
    verified, findings = read_verified(folder), read_findings(folder)
    errors = [issue for issue in result.issues if is_error(issue)]
    return RunFacts(
        env=folder.parent.name,
        run=folder.name,
        plan=planned,
        binding={name: str(value) for name, value in binding.items()},
        sample=(folder / SAMPLE).exists(),
        sent=result.journal is not None,
        pending=result.pending,
        verified=None if verified is None else verified.passed,
        written_since=_written_since(folder),
        verify=file_digest(folder / _VERIFIED),
        findings=len(findings.all),
        duplicates=result.states.get(State.DUPLICATE, 0) + len(findings.duplicate),
        audited=None if verified is None else verified.audited,
        success=judged(folder, result).verdict.value,
        census_equal=census_equal(result),
        unbalanced=len(result.books.unbalanced()),
        rejected=sum(row.ended[Outcome.REJECTED] for row in result.books.per_type().values()),
        lines=len(errors),
        errors=issues_digest(errors),
        undone=_undone(folder),
        judged=judged_facts(folder, planned),
    )


def binding_of(folder: Path) -> RunFacts:
    """Read which plan a run folder has, and nothing of what became of it.

    Raises:
        JournalError: it is not there, or damaged.
    """
    bound = asdict(read_binding(folder))
    binding = {name: str(value) for name, value in bound.items()}
    return RunFacts(env=folder.parent.name, run=folder.name, plan=binding["plan"], binding=binding)


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file; empty: it is not there."""
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def issues_digest(issues: Iterable[IssueRow]) -> str:
    """Return one digest over an error list, whatever its order and the language of its words.

    As hash totals are made: what is there twice counts twice, and nothing is kept.
    """
    total = HashTotal()
    for issue in issues:
        total = total.plus(digest(orjson.dumps(asdict(issue), option=orjson.OPT_SORT_KEYS)))
    return total.hex


def census_equal(result: RunResult) -> bool:
    """Whether the plan has as many objects of each type as the census counts.

    What has no link cannot be counted by the census, nor the parts that have no object of their
    own; what it could not type may be of any type.
    """
    objects: Mapping[str, int] = {t: row.objects for t, row in result.books.per_type().items()}
    untyped = result.census.get("", 0)
    counted = (objects.keys() | result.census.keys()) - {"", *UNCOUNTED}
    return all(
        0
        <= objects.get(name, 0) - result.without_link.get(name, 0) - result.census.get(name, 0)
        <= untyped
        for name in counted
    )


def _written_since(folder: Path) -> bool:
    """Whether something was recorded after the last verification wrote down what it saw."""
    path = folder / _VERIFIED
    if not (path.is_file() and (folder / "journal.sqlite").is_file()):
        return False
    with open_journal(folder) as journal:
        last = journal.last_at()
    return last is not None and last > path.stat().st_mtime


def _undone(folder: Path) -> Undone | None:
    undoing = undoing_of(folder)
    if undoing is None:
        return None
    try:
        content = orjson.loads((folder / RESULT).read_bytes())
        proof = content["proof"]
        proven = proof is not None and proof["wrong"] == 0 and content["pending"] == 0
    except (OSError, ValueError, KeyError, TypeError):
        proven = False
    return Undone(
        wholly=wholly_undone(folder),
        proven=proven,
        left=undoing.left,
        digest=file_digest(folder / RESULT),
    )
