"""Whether a run is within the success criteria (draaiboek K.4): success.json, for gates too."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import orjson

from kt_migrate.algorithm.success import Figures, Judgement, Verdict, judge, read_bound
from kt_migrate.algorithm.success_words import criterion_words
from kt_migrate.catalogue import CATALOGUE, ErrorClass
from kt_migrate.language import decimal, percent, shown, tr
from kt_migrate.model import Json, Outcome
from kt_migrate.plan.sampling.sampled import planned_in
from kt_migrate.reports.result import RunResult
from kt_migrate.reports.starts import starts_of, together
from kt_migrate.verify.record import read_verified

NAME = "success.json"
_LATER = frozenset({"write", "verify"})


def judged(folder: Path, result: RunResult) -> Judgement:
    """Hold a run against the criteria that its plan was made with.

    Of a sample nothing is measured: it was drawn so that every reason of a reject is in it, and
    the criteria are of the whole.
    """
    with planned_in(folder) as plan:
        success, becomes = read_bound(plan.meta("success"))
        reasons = Counter(plan.reject_reasons())
    verified, starts = read_verified(folder), together(starts_of(folder))
    later = {
        (issue.source_type, issue.link, issue.code)
        for issue in result.issues
        if (entry := CATALOGUE[issue.code]).step in _LATER
        and entry.error_class is not ErrorClass.NOTICE
    }
    reasons.update(code for _type, _link, code in later)
    rows, whole = result.books.per_type(), result.sample is None
    figures = Figures(
        migrated={t: row.ended[Outcome.MIGRATED] for t, row in rows.items()},
        rejected={t: row.ended[Outcome.REJECTED] for t, row in rows.items()},
        reasons=reasons,
        settled=whole and result.journal is not None and result.pending == 0,
        hours=None if starts is None else starts.seconds / 3600,
        verified=verified.passed if whole and verified is not None else None,
    )
    return judge(success, becomes, figures)


def write_success(folder: Path, result: RunResult) -> Judgement:
    """Judge a run, and keep what was found as success.json in its folder."""
    found = judged(folder, result)
    content = {
        "schema": "kt-migrate-success/1",
        "env": folder.parent.name,
        "run": folder.name,
        **({} if result.sample is None else {"sample": result.sample.brief()}),
        **success_json(found),
    }
    path = folder / NAME
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_bytes(orjson.dumps(content, option=orjson.OPT_INDENT_2) + b"\n")
    unfinished.chmod(0o600)
    unfinished.replace(path)
    return found


def success_json(found: Judgement) -> dict[str, Json]:
    """Return a judgement as JSON: `verdict`, and every criterion with what was found."""
    return {
        "verdict": found.verdict.value,
        "passed": found.passed,
        "criteria": [
            {
                "name": one.name,
                "limit": one.limit,  # type: ignore[dict-item]  # a number or true
                "found": one.found,  # type: ignore[dict-item]
                "verdict": one.verdict.value,
            }
            for one in found.judged
        ],
    }


def success_lines(found: Judgement) -> list[tuple[str, str, str]]:
    """Return (what is demanded, what was found, the verdict) of every criterion, in words."""
    rows = []
    for one in found.judged:
        words = criterion_words(one.name, one.limit)
        share = one.name.endswith("share") and one.found is not None
        value = "" if one.found is None else percent(one.found, 3) if share else decimal(one.found)
        rows.append((shown(words), value, verdict_text(one.verdict)))
    return rows


def verdict_text(verdict: Verdict) -> str:
    """Return a verdict as a person says it."""
    return {
        Verdict.MET: tr("met"),
        Verdict.NOT_MET: tr("NOT met"),
        Verdict.NOT_MEASURABLE: tr("not measurable yet"),
        Verdict.NO_CRITERIA: tr("no criteria: then nothing passes"),
    }[verdict]
