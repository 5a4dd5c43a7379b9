"""The error list (draaiboek M.3, Q.1): code, class, step, rule, link, FHIR path, what to do.

Never a name, date of birth, BSN or e-mail. As CSV it opens in a spreadsheet without running
anything: a cell that could be a formula starts with an apostrophe.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import orjson

from kt_migrate.catalogue import CATALOGUE, ErrorClass
from kt_migrate.language import shown
from kt_migrate.plan.rows import IssueRow
from kt_migrate.pseudonyms import pseudonym

SCHEMA = "kt-migrate-error-list/1"
COLUMNS = (
    "code",
    "class",
    "step",
    "type",
    "event",
    "pseudonym",
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
    return [_line(issue) for issue in issues]


def _line(issue: IssueRow) -> dict[str, str]:
    entry = CATALOGUE[issue.code]
    return {
        "code": issue.code,
        "class": entry.error_class.value,
        "step": entry.step,
        "type": issue.source_type,
        "event": issue.event,
        "pseudonym": short_name(issue.link),
        "link": issue.link,
        "path": issue.path,
        "rule": issue.rule,
        "detail": issue.detail,
        "meaning": shown(entry.title),
        "advice": shown(entry.advice),
    }


def short_name(link: str) -> str:
    """Return the pseudonym of a link; empty when there is no link."""
    return pseudonym(link) if link else ""


def is_error(issue: IssueRow) -> bool:
    """Whether an issue is an error; a notice is none."""
    return CATALOGUE[issue.code].error_class is not ErrorClass.NOTICE


def write_error_list(folder: Path, issues: Iterable[IssueRow]) -> tuple[Path, Path]:
    """Write foutenlijst.csv and foutenlijst.json into a run folder.

    A line at a time: a run that was stopped early has a line per write that was not sent.
    """
    table, machine = folder / "foutenlijst.csv", folder / "foutenlijst.json"
    with written(table) as rows, written(machine) as objects:
        text = io.TextIOWrapper(rows, "utf-8-sig", newline="", write_through=True)
        writer = csv.DictWriter(text, COLUMNS, delimiter=";", lineterminator="\r\n")
        writer.writeheader()
        objects.write(f'{{\n  "schema": "{SCHEMA}",\n  "errors": ['.encode())
        before = b""
        for issue in issues:
            row = _line(issue)
            writer.writerow({name: safe_cell(value) for name, value in row.items()})
            indented = orjson.dumps(row, option=orjson.OPT_INDENT_2).replace(b"\n", b"\n    ")
            objects.write(before + b"\n    " + indented)
            before = b","
        objects.write(b"\n  ]\n}\n" if before else b"]\n}\n")
        text.detach()
    return table, machine


def safe_cell(value: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{value}" if value.startswith(_FORMULA) else value


@contextmanager
def written(path: Path) -> Iterator[IO[bytes]]:
    """Write a file that has its name when it is whole."""
    unfinished = path.with_name(f"{path.name}.unfinished")
    with unfinished.open("wb") as file:
        unfinished.chmod(0o600)
        yield file
    unfinished.replace(path)
