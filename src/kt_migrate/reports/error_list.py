"""The error list (draaiboek M.3, Q.1): code, class, step, rule, link, FHIR path, what to do.

Never a name, date of birth, BSN or e-mail. As CSV it opens in a spreadsheet without running
anything: a cell that could be a formula starts with an apostrophe.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path

import orjson

from kt_migrate.catalogue import CATALOGUE, ErrorClass
from kt_migrate.language import tr
from kt_migrate.plan.rows import IssueRow
from kt_migrate.reports.dutch import dutch

COLUMNS = (
    "code",
    "class",
    "step",
    "type",
    "event",
    "link",
    "path",
    "rule",
    "detail",
    "meaning",
    "advice",
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def lines(issues: Iterable[IssueRow]) -> list[dict[str, str]]:
    """Return one dict per issue, with the columns of `COLUMNS`."""
    made = []
    for issue in issues:
        entry = CATALOGUE[issue.code]
        made.append(
            {
                "code": issue.code,
                "class": entry.error_class.value,
                "step": entry.step,
                "type": issue.source_type,
                "event": issue.event,
                "link": issue.link,
                "path": issue.path,
                "rule": issue.rule,
                "detail": issue.detail,
                "meaning": tr(dutch(entry.title), entry.title),
                "advice": tr(dutch(entry.advice), entry.advice),
            }
        )
    return made


def is_error(issue: IssueRow) -> bool:
    """Whether an issue is an error; a notice is none."""
    return CATALOGUE[issue.code].error_class is not ErrorClass.NOTICE


def write_error_list(folder: Path, issues: Iterable[IssueRow]) -> tuple[Path, Path]:
    """Write foutenlijst.csv and foutenlijst.json into a run folder."""
    rows = lines(issues)
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, delimiter=";", lineterminator="\r\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _safe(value) for name, value in row.items()})
    table, machine = folder / "foutenlijst.csv", folder / "foutenlijst.json"
    _write(table, b"\xef\xbb\xbf" + text.getvalue().encode())
    _write(machine, orjson.dumps(rows, option=orjson.OPT_INDENT_2) + b"\n")
    return table, machine


def _safe(value: str) -> str:
    return f"'{value}" if value.startswith(_FORMULA) else value


def _write(path: Path, content: bytes) -> None:
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_bytes(content)
    unfinished.chmod(0o600)
    unfinished.replace(path)
