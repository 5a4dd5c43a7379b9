"""The summary of a run: rapport.html for people, rapport.json for machines."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import orjson

from kt_migrate.books import HashTotal
from kt_migrate.catalogue import ErrorClass
from kt_migrate.model import Json
from kt_migrate.plan.store import Plan
from kt_migrate.reports.elements import element_json, losses
from kt_migrate.reports.error_list import lines
from kt_migrate.reports.estimating import read_estimate
from kt_migrate.reports.page.html import write_page
from kt_migrate.reports.page.run import run_page
from kt_migrate.reports.page.standing import standing_of
from kt_migrate.reports.page.workbook import write_workbook
from kt_migrate.reports.result import RunResult, run_result
from kt_migrate.reports.starts import starts_of, together
from kt_migrate.reports.success import judged, success_json
from kt_migrate.undo.looking import undoing_of
from kt_migrate.verify.record import Verified, read_verified

MOST_SAID = 20
"""Different answers of the server per code; the error list has them all."""


def summary(folder: Path, result: RunResult | None = None) -> dict[str, Json]:
    """Return what rapport.json holds: books, hash totals, errors per code, elements left behind."""
    result = result or run_result(folder)
    verified = read_verified(folder)
    starts, undoing = starts_of(folder), undoing_of(folder)
    total = together(starts)
    with Plan(folder / "plan.sqlite") as plan:
        domain = plan.meta("domain")
        elements = plan.elements()
    return {
        "schema": "kt-migrate-report/1",
        "domain": domain,
        "env": folder.parent.name,
        "run": folder.name,
        "sample": None if result.sample is None else result.sample.brief(),
        "estimate": read_estimate(folder) if result.sample is not None else None,
        "books": {t: dict(row) for t, row in result.books.as_json().items()},
        "books_per_event": {
            t: {e: dict(row) for e, row in events.items()}
            for t, events in result.books.as_json_per_event().items()
        },
        "census": dict(result.census),
        "without_link": dict(result.without_link),
        "hash_totals": _totals(result, verified),
        "verified": None if verified is None else verified.passed,
        "audited": None if verified is None else verified.audited,
        "undoing": None if undoing is None else dict(undoing.as_json()),
        "success": success_json(judged(folder, result)),
        "existing": list(result.existing),
        "starts": [start.as_json() for start in starts],
        "figures": None if total is None else total.as_json(),
        "errors": _errors(result),
        "losses": losses(elements),
        "elements": [element_json(row) for row in elements],
    }


def _totals(result: RunResult, verified: Verified | None) -> list[Json]:
    rows: list[Json] = []
    for r4_type, planned in result.planned.items():
        journal = (result.journal or {}).get(r4_type)
        server = None if verified is None else verified.found.get(r4_type, HashTotal())
        rows.append(
            {
                "type": r4_type,
                "count": planned.count,
                "source": planned.hex,
                "journal": journal.hex if journal else "",
                "server": server.hex if server else "",
                "equal": planned == journal == server,
            }
        )
    return rows


def _errors(result: RunResult) -> list[Json]:
    found = lines(result.issues)
    counts = Counter(row["code"] for row in found)
    first = {row["code"]: row for row in reversed(found)}
    said = Counter((row["code"], row["path"], row["detail"]) for row in found)
    return [
        {
            "code": code,
            "class": first[code]["class"],
            "count": count,
            "meaning": first[code]["meaning"],
            "advice": first[code]["advice"],
            "said": _said(code, said) if _is_answer(first[code]) else [],
        }
        for code, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    ]


def _is_answer(row: dict[str, str]) -> bool:
    """Whether the detail of an error's lines is what the server answered."""
    held_back = row["code"] == "reference-not-written"
    return row["step"] == "write" and row["class"] != ErrorClass.NOTICE.value and not held_back


def _said(code: str, counts: Counter[tuple[str, str, str]]) -> list[Json]:
    """Return what the server said with one code, the most frequent first."""
    rows = [(n, path, detail) for (c, path, detail), n in counts.items() if c == code and detail]
    return [
        {"count": count, "path": path, "detail": detail}
        for count, path, detail in sorted(rows, key=lambda row: (-row[0], row[1:]))[:MOST_SAID]
    ]


def write_report(folder: Path, result: RunResult | None = None) -> tuple[Path, Path]:
    """Write rapport.html, rapport.xlsx beside it, and rapport.json into a run folder.

    The page needs nothing from elsewhere: it opens offline, and years later.

    Args:
        folder: the run folder.
        result: where the run stands, when somebody read that already.

    Returns:
        The page, and what machines read.

    Raises:
        JournalError: no plan, or something in the folder is damaged.
    """
    result = result or run_result(folder)
    content = summary(folder, result)
    page = run_page(standing_of(folder, result), content)
    html, machine = folder / "rapport.html", folder / "rapport.json"
    write_page(page, html)
    write_workbook(page, folder / "rapport.xlsx")
    _write(machine, orjson.dumps(content, option=orjson.OPT_INDENT_2) + b"\n")
    return html, machine


def forget_report(folder: Path) -> bool:
    """Take a run's report away: what it says may not hold any more.

    Returns:
        Whether there was one.
    """
    there = (folder / "rapport.json").is_file()
    for name in ("rapport.html", "rapport.xlsx", "rapport.json"):
        (folder / name).unlink(missing_ok=True)
    return there


def _write(path: Path, content: bytes) -> None:
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_bytes(content)
    unfinished.chmod(0o600)
    unfinished.replace(path)
