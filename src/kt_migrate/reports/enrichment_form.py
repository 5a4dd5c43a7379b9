"""The file that asks for what is missing: a row per value that would cure a reject (draaiboek M.4).

Its values are empty; who fills them in gives it back as enrichment. It holds links, fields and
codes, and nothing of what is in the objects.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font

from kt_migrate.algorithm.model import Algorithm, Rule, TypeRules
from kt_migrate.algorithm.registry import FUNCTIONS, part_of, split_call
from kt_migrate.catalogue import CATALOGUE, ErrorClass
from kt_migrate.plan.rows import IssueRow
from kt_migrate.plan.store import Plan
from kt_migrate.plan.supplied_rows import ABSENT
from kt_migrate.reports.error_list import safe_cell, written
from kt_migrate.reports.field_words import asked

COLUMNS = ("link", "field", "value", "type", "asked", "reason")
_APPLICATION = "application"
"""Said of a definition that lacks what its application lacks: that is asked of the application."""

_WIDTHS = {"A": 60, "B": 18, "C": 30, "D": 20, "E": 45, "F": 22}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One value that would help.

    Attributes:
        link, source_type: of which object.
        field: of the enrichment.
        reason: code of what it would cure.
    """

    link: str
    source_type: str
    field: str
    reason: str

    @property
    def row(self) -> tuple[str, ...]:
        """Return the cells, in the order of `COLUMNS`."""
        return self.link, self.field, "", self.source_type, asked(self.field), self.reason


def asks(plan: Plan, algorithm: Algorithm) -> Iterator[Ask]:
    """Yield what would cure the rejects of a plan, each field of an object once.

    What a code table, kt-migrate.yaml or another object's value has to cure is not asked.

    Args:
        plan: with its error list.
        algorithm: the one that the plan was made with.
    """
    issues = (i for i in plan.issues() if CATALOGUE[i.code].error_class is ErrorClass.DATA)
    for (source_type, link), group in groupby(issues, lambda i: (i.source_type, i.link)):
        rules = algorithm.types.get(source_type)
        if rules is None:
            continue
        found: dict[str, str] = {}
        for issue in group:
            for field in _fields(issue, rules):
                found.setdefault(field, issue.code)
        for field, reason in found.items():
            yield Ask(link=link, source_type=source_type, field=field, reason=reason)


def _fields(issue: IssueRow, rules: TypeRules) -> Iterator[str]:
    """Yield the fields that would cure one issue, most of the time one."""
    said = issue.detail.split()
    elsewhere = issue.code == "reference-missing" and said and ABSENT not in said
    if elsewhere or _APPLICATION in said:
        return  # it follows by itself when that object is cured
    for rule in rules.rules:
        if rule.id == issue.rule or (not issue.rule and _is_about(issue.path, rules, rule)):
            yield from _of_rule(rule, {part_of(word) for word in (*said, issue.path)})


def _is_about(path: str, rules: TypeRules, rule: Rule) -> bool:
    element = f"{rules.target}.{rule.to}"
    return path == element or path.startswith((f"{element}.", f"{element}["))


def _of_rule(rule: Rule, named: set[str]) -> list[str]:
    """Return the fields of a rule that were named; when none was, those it cannot do without."""
    exact = [field for field in rule.fields if part_of(field) in named]
    needs = FUNCTIONS[split_call(rule.using)[0]].supply.needs
    needed = [field for field in rule.fields if part_of(field) in needs]
    return exact or needed or list(rule.fields)


def write_csv(path: Path, rows: Iterable[Ask]) -> int:
    """Write the form as CSV; no cell can be a formula. Returns the number of rows."""
    count = 0
    with written(path) as file:
        text = io.TextIOWrapper(file, "utf-8-sig", newline="", write_through=True)
        writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
        writer.writerow(COLUMNS)
        for ask in rows:
            count += 1
            writer.writerow([safe_cell(cell) for cell in ask.row])
        text.detach()
    return count


def write_xlsx(path: Path, rows: Iterable[Ask]) -> int:
    """Write the form as a workbook; every cell is a text. Returns the number of rows.

    A link with a character that no workbook can hold is left out: in CSV it is there.
    """
    count = 0
    book = Workbook(write_only=True)
    sheet = book.create_sheet("enrichment")
    sheet.freeze_panes = "A2"
    for column, width in _WIDTHS.items():
        sheet.column_dimensions[column].width = width
    sheet.append([_cell(sheet, name, bold=True) for name in COLUMNS])
    for ask in rows:
        if not ILLEGAL_CHARACTERS_RE.search(ask.link):
            count += 1
            sheet.append([_cell(sheet, cell) for cell in ask.row])
    with written(path) as file:
        book.save(file)
    return count


def _cell(sheet: Any, text: str, *, bold: bool = False) -> Any:  # noqa: ANN401 (openpyxl does not say)
    cell = WriteOnlyCell(sheet, value=text)
    cell.data_type = "s"  # never a formula, whatever it begins with
    cell.number_format = "@"  # what is filled in stays as it was typed: a date too
    if bold:
        cell.font = Font(bold=True)
    return cell
