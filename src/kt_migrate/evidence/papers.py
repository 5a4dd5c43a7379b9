"""What of a run goes into its pack: a list of papers, each made field by field.

Nothing is copied from the run folder: what is not named here stays behind. Objects go by their
pseudonym; the key to those is the plan, which stays with who made it.
"""

from __future__ import annotations

import csv
import io
import platform
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import orjson

from kt_migrate.algorithm.success import Judgement
from kt_migrate.books import HashTotal
from kt_migrate.catalogue import CATALOGUE
from kt_migrate.evidence.words import (
    event_word,
    path_word,
    rule_word,
    type_word,
    with_known_words,
)
from kt_migrate.model import Json
from kt_migrate.plan.binding import Binding
from kt_migrate.plan.rows import IssueRow
from kt_migrate.pseudonyms import pseudonym
from kt_migrate.reports.error_list import safe_cell
from kt_migrate.reports.result import RunResult
from kt_migrate.reports.starts import starts_of, together
from kt_migrate.reports.success import success_json
from kt_migrate.verify.record import Verified

LIBRARIES = (
    "aiohttp",
    "authlib",
    "fhir.resources",
    "fhirpathpy",
    "httpx",
    "joserfc",
    "lxml",
    "openpyxl",
    "orjson",
    "pydantic",
    "ruamel.yaml",
    "tzdata",
)
"""Those whose version can decide what is written, or whether it is."""
ERROR_COLUMNS = ("pseudonym", "code", "class", "step", "type", "event", "path", "rule")


def document(content: Mapping[str, Json]) -> bytes:
    """Return a paper as indented JSON with sorted keys: the same content, the same bytes."""
    options = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE
    return orjson.dumps(content, option=options)


def binding_paper(binding: Binding) -> dict[str, Json]:
    """Return what the plan is bound to: digests, versions, the environment's name."""
    return {str(name): str(value) for name, value in asdict(binding).items()}


def versions_paper(binding: Binding) -> dict[str, Json]:
    """Return the versions of everything that decides what is written."""
    return {
        "tool": binding.tool,
        "profile": binding.profile,
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "libraries": {name: _version(name) for name in LIBRARIES},
    }


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:  # another installation than ours
        return ""


def books_paper(result: RunResult) -> dict[str, Json]:
    """Return the two accounts per type and per event, and the census beside them."""
    books = with_known_words(result.books)
    return {
        "types": {t: dict(row) for t, row in books.as_json().items()},
        "events": {
            t: {e: dict(row) for e, row in events.items()}
            for t, events in books.as_json_per_event().items()
        },
        "census": dict(_known(result.census)),
        "without_link": dict(_known(result.without_link)),
    }


def _known(counts: Mapping[str, int]) -> dict[str, int]:
    out: dict[str, int] = {}
    for source_type, count in counts.items():
        name = type_word(source_type)
        out[name] = out.get(name, 0) + count
    return out


def totals_paper(result: RunResult, verified: Verified | None) -> dict[str, Json]:
    """Return the hash totals of plan, journal and server; null where nobody looked."""
    server = None if verified is None else verified.found
    sides = {"plan": result.planned, "journal": result.journal, "server": server}
    types = sorted({r4 for side in sides.values() for r4 in side or ()})
    return {r4: {name: _total(side, r4) for name, side in sides.items()} for r4 in types}


def _total(side: Mapping[str, HashTotal] | None, r4_type: str) -> Json:
    if side is None:
        return None
    total = side.get(r4_type, HashTotal())
    return {"count": total.count, "sum": total.hex}


def verify_paper(verified: Verified) -> dict[str, Json]:
    """Return what the last verification said, in counts per code."""
    counts: dict[str, int] = {}
    for issue in verified.issues:
        counts[issue.code] = counts.get(issue.code, 0) + 1
    return {
        "passed": verified.passed,
        "audited": verified.audited,
        "listed": dict(sorted(counts.items())),
    }


def success_paper(found: Judgement) -> dict[str, Json]:
    """Return the success criteria (K.4), and what was found of each."""
    return success_json(found)


def figures_paper(folder: Path) -> dict[str, Json]:
    """Return what every start of the run came to, and all of them together."""
    starts = starts_of(folder)
    total = together(starts)
    return {
        "starts": [start.as_json() for start in starts],
        "together": None if total is None else total.as_json(),
    }


def errors_paper(issues: Iterable[IssueRow]) -> bytes:
    """Return the error list as CSV: a line per issue, by pseudonym and code, sorted.

    Left out is the detail, for it may name a link; and of a write the path, which a server said.
    """
    rows = sorted(_error(issue) for issue in issues)
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(ERROR_COLUMNS)
    writer.writerows([safe_cell(cell) for cell in row] for row in rows)
    return out.getvalue().encode()


def _error(issue: IssueRow) -> tuple[str, ...]:
    entry = CATALOGUE[issue.code]
    return (
        pseudonym(issue.link) if issue.link else "",
        issue.code,
        entry.error_class.value,
        entry.step,
        type_word(issue.source_type),
        event_word(issue.event),
        "" if entry.step == "write" else path_word(issue.path),
        rule_word(issue.rule),
    )
