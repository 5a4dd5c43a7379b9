"""A page as a spreadsheet: a sheet per subject, heads frozen, filters on, no cell a formula.

By XlsxWriter, a row at a time: a table of a million rows takes no more memory than one of ten.
The same page gives the same bytes: the moments in the file are those of a fixed day.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kt_migrate.language import tr
from kt_migrate.reports.page.html import fates_of
from kt_migrate.reports.page.model import Bars, Cell, Page, Table
from kt_migrate.reports.page.spoken import moment
from kt_migrate.reports.page.things import fate_name

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

_ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]|[\ud800-\udfff]")
"""What XML cannot hold."""
_LONGEST_NAME, _LONGEST_TEXT = 31, 16_000
"""A spreadsheet takes 32,767 of a text, and counts what lies beyond 16 bits for two."""
_FORBIDDEN = re.compile(r"[\[\]:*?/\\'\U00010000-\U0010ffff]")
"""In the name of a sheet: its own marks, and what would count for two."""
_NARROW, _WIDE = 9, 60
_A4 = 9
_DAY = datetime(2025, 1, 1, tzinfo=UTC)
"""In every file: a clock would make each of them another."""
_MOST_ROWS = 1_048_575
"""Of a sheet, below its head."""


def write_workbook(page: Page, path: Path) -> Path:
    """Write a page as XLSX; it appears whole or not at all, and is its owner's.

    Args:
        page: what it says.
        path: where it comes.

    Returns:
        The same path.
    """
    import xlsxwriter  # noqa: PLC0415  (when a spreadsheet is made: docs/dependencies.md)

    unfinished = path.with_suffix(".unfinished")
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "nan_inf_to_errors": True,
    }
    with xlsxwriter.Workbook(str(unfinished), options) as book:
        book.set_properties({"title": _text(page.title), "created": _DAY.replace(tzinfo=None)})
        head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        body = book.add_format({"text_wrap": True, "valign": "top", "quote_prefix": True})
        taken: set[str] = set()
        for table in sheets_of(page):
            _sheet(book, table, _name(table.title, taken), (head, body))
    unfinished.chmod(0o600)
    unfinished.replace(path)
    return path


def sheets_of(page: Page) -> Iterator[Table]:
    """Yield what a page says as tables, one per subject."""
    yield _overview(page)
    if page.flows:
        yield _flows(page)
    if page.left is not None and page.left.rows:
        yield page.left
    if page.proofs:
        yield _proofs(page)
    if page.reasons:
        yield _reasons(page)
    if page.moments:
        yield _moments(page)
    if page.latencies:
        yield _latencies(page)
    if page.trials:
        yield _trials(page)
    yield from (_bars(chart) for chart in page.bars)
    found = (page.criteria, page.server, page.gate, *page.tables)
    yield from (table for table in found if table is not None and table.rows)


def _overview(page: Page) -> Table:
    rows: list[tuple[Cell, ...]] = [(tr("title"), page.title)]
    rows += list(page.facts)
    rows += [(tr("mind"), line) for line in page.warnings]
    for answer in page.answers:
        rows.append((answer.question, answer.answer))
        rows += [("", line) for line in answer.more]
    rows += [("", line) for line in page.foot]
    columns = (tr("question"), tr("answer"))
    return Table(key="overview", title=tr("Overview"), columns=columns, rows=tuple(rows))


def _flows(page: Page) -> Table:
    fates = fates_of(page.flows)
    rows: Iterator[tuple[Cell, ...]] = (
        (
            flow.name,
            flow.source,
            flow.objects,
            *(flow.parts.get(fate, 0) for fate in fates),
            flow.target,
        )
        for flow in page.flows
    )
    names = (fate_name(fate) for fate in fates)
    return Table(
        key="flows",
        title=tr("From KT 1.3 to KT 2.0"),
        columns=(tr("kind"), tr("KT 1.3 type"), tr("objects"), *names, tr("in KT 2.0")),
        rows=tuple(rows),
    )


def _proofs(page: Page) -> Table:
    return Table(
        key="proofs",
        title=tr("The totals, and their proof"),
        columns=(tr("proof"), tr("what was found"), tr("how it was looked at")),
        rows=tuple((proof.name, proof.found, proof.how) for proof in page.proofs),
    )


def _reasons(page: Page) -> Table:
    rows = (
        (one.code, one.count, one.meaning, one.advice, one.holder, _types(one.types))
        for one in page.reasons
    )
    return Table(
        key="reasons",
        title=tr("Why, and whose turn it is"),
        columns=(
            tr("code"),
            tr("count"),
            tr("reason"),
            tr("what to do"),
            tr("who acts"),
            tr("kinds"),
        ),
        rows=tuple(rows),
    )


def _types(types: tuple[tuple[str, int], ...]) -> str:
    return ", ".join(f"{name} {count}" for name, count in types)


def _moments(page: Page) -> Table:
    return Table(
        key="moments",
        title=tr("The course of it"),
        columns=(tr("moment (UTC)"), tr("what")),
        rows=tuple((moment(one.at), one.what) for one in page.moments),
    )


def _latencies(page: Page) -> Table:
    rows: Iterator[tuple[Cell, ...]] = (
        (
            one.name,
            one.requests,
            *(round(1000 * at, 1) for at in (one.mean, one.p50, one.p95, one.p99, one.longest)),
        )
        for one in page.latencies
    )
    return Table(
        key="latencies",
        title=tr("How long the server took to answer"),
        columns=(
            tr("start"),
            tr("writing requests"),
            tr("mean, ms"),
            "50 %",
            "95 %",
            "99 %",
            tr("longest, ms"),
        ),
        rows=tuple(rows),
    )


def _trials(page: Page) -> Table:
    words = {None: tr("not yet"), True: tr("equal"), False: tr("differs")}
    rows = (
        (
            one.name,
            one.extent,
            one.migrated,
            one.rejected,
            one.share,
            one.seconds,
            tr("undone") if one.undone else words[one.verified],
        )
        for one in page.trials
    )
    return Table(
        key="trials",
        title=tr("Beside earlier runs"),
        columns=(
            tr("run"),
            tr("extent"),
            tr("migrated"),
            tr("rejected"),
            tr("share"),
            tr("seconds at work"),
            tr("read back"),
        ),
        rows=tuple(rows),
    )


def _bars(chart: Bars) -> Table:
    return Table(
        key="bars",
        title=chart.title,
        columns=(chart.first, *chart.parts),
        rows=tuple((name, *counts) for name, counts in chart.rows),
        note=chart.note,
    )


def _sheet(book: Workbook, table: Table, name: str, formats: tuple[Format, Format]) -> None:
    """Write a table as a sheet: its head frozen, a filter on every column, A4 on paper."""
    head, body = formats
    sheet: Worksheet = book.add_worksheet(name)
    rows = table.rows[:_MOST_ROWS]
    for place, width in enumerate(_widths(table)):
        sheet.set_column(place, place, width)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(1, len(rows)), len(table.columns) - 1)
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    for place, column in enumerate(table.columns):
        sheet.write_string(0, place, _text(column), head)
    for number, row in enumerate(rows, 1):
        for place, value in enumerate(row):
            match value:
                case None | "":
                    pass
                case str():
                    sheet.write_string(number, place, _text(value), body)
                case _:
                    sheet.write_number(number, place, value)


def _widths(table: Table) -> list[int]:
    """Return how wide each column is: as its longest text of the first rows, within bounds."""
    found = [len(name) for name in table.columns]
    for row in table.rows[:200]:
        for place, value in enumerate(row):
            found[place] = max(found[place], len(str(value if value is not None else "")))
    return [min(_WIDE, max(_NARROW, width + 2)) for width in found]


def _name(title: str, taken: set[str]) -> str:
    """Return the name of a sheet: what a spreadsheet allows, and no other sheet has."""
    plain = _FORBIDDEN.sub(" ", _text(title)).strip()[:_LONGEST_NAME].strip() or "-"
    name, number = plain, 2
    while name.casefold() in taken:
        tail = f" {number}"
        name, number = plain[: _LONGEST_NAME - len(tail)] + tail, number + 1
    taken.add(name.casefold())
    return name


def _text(value: str) -> str:
    """Return a text as a cell can hold it."""
    return _ILLEGAL.sub(" ", value)[:_LONGEST_TEXT]
